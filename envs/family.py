"""What a family of dialogues has to provide; everything else (faces, policies, trainers, reports) is shared."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any, Protocol

from ..core.dialogue import Dialogue
from ..core.game import Game
from ..core.grammar import Grammar
from ..core.setting import Setting
from ..core.stream import Stream
from ..simulated_users.user import Voice


class Scenario(Protocol):
    """The facts of one dialogue apart from the partner's hidden state. A frozen dataclass of plain values."""

    @property
    def public(self) -> Any:
        """What both sides, and so the partner's voice, may know."""
        ...


class Family(Protocol):
    """One family of dialogues, with its settings. `Negotiation` is an example to read.

    Attributes:
        seats: Every seat of the game.
        role: The learner's seat.
        partner: Name of the other seat, as shown in transcripts.
        grammar: Reads and prints the acts, in natural mode.
        voice: Default words of the simulated user.
        scenario_type: Dataclass of the scenarios, to read recorded ones back.
        metrics: Numeric keys of `outcome` worth averaging, each with a one-line explanation.

    A family may have more, which is used where it is there: ``bound(scenario)``, an upper bound on the best expected payoff where the optimum is out of reach;
    ``measures``, the two sides of a trade-off (see `evaluation.pareto`); ``duel`` (see `TwoSeatFamily`); ``baselines``, the module of its baselines if that is
    not the file of the same name in ``policies/``; ``guide``, a `Guide` that lets a language model speak for the simulated person; ``cast``, a `Cast` that lets
    one decide for it; ``people``, a `PersonaDistribution`; ``traits(scenario)``, the fields of a `Persona` that the scenario fixes.
    """

    @property
    def seats(self) -> tuple[str, ...]: ...

    @property
    def role(self) -> str: ...

    @property
    def partner(self) -> str: ...

    @property
    def grammar(self) -> Grammar: ...

    @property
    def voice(self) -> Voice: ...

    @property
    def scenario_type(self) -> type: ...

    @property
    def metrics(self) -> Mapping[str, str]: ...

    def settings(self) -> dict[str, Any]:
        """The arguments that make this family again, JSON-ready."""
        ...

    def sample(self, stream: Stream) -> Any:
        """Draw a scenario."""
        ...

    def setting(self, scenario: Any) -> Setting:
        """Game, mind and seat of a scenario; made once for each and kept."""
        ...

    def brief(self, scenario: Any, grammar: Grammar) -> str:
        """What the learner is told first."""
        ...

    def context(self, dialogue: Dialogue) -> Hashable:
        """What the natural grammar may look at when it reads the learner's words."""
        ...

    def outcome(self, dialogue: Dialogue) -> dict[str, Any]:
        """The family's metrics at the end of an episode."""
        ...

    def reveal(self, scenario: Any, hidden: Any) -> dict[str, Any]:
        """The hidden state in plain values, for ``info["hidden"]`` at the end."""
        ...

    def scenarios(self) -> Sequence[Any]:
        """Every scenario, where they are finitely many; to sum expectations exactly."""
        ...


class TwoSeatFamily(Family, Protocol):
    """A family in which both seats can learn."""

    def duel(self, stream: Stream) -> tuple[Game, dict[str, str], Callable[[Any], Hashable]]:
        """A game with both seats' private facts, what each seat is told first, and the natural grammar's context of a state."""
        ...


def load_family(path: str, settings: Mapping[str, Any]) -> Family:
    """Make a family from ``"module:Class"`` and its settings.

    Raises:
        ValueError: If a setting is unknown; the message lists the valid ones.
    """
    module, _, name = path.partition(":")
    kind: Any = getattr(import_module(module), name)
    valid = [field.name for field in fields(kind) if not field.name.startswith("_")] if is_dataclass(kind) else []
    for given in settings:
        if valid and given not in valid:
            raise ValueError(f"{name} has no setting {given!r}; valid settings are {', '.join(valid)}")
    return kind(**settings)  # pyright: ignore[reportCallIssue, reportReturnType]
