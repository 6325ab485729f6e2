"""What a family of dialogues is.

A family says its rules, its simulated person and its words; everything else is derived here. A small family fits into
one file (`dialogym new` writes one). What it does not say is taken from its dataclass fields and its parts; what it
says otherwise, it overrides.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any, ClassVar, Protocol, cast

from ..core.acts import Act
from ..core.dialogue import Dialogue, Step
from ..core.duel import Seats, SmallDuel
from ..core.game import Game
from ..core.grammar import Grammar, Understand
from ..core.mind import Mind
from ..core.reading import Patterns
from ..core.setting import Exchange, Setting
from ..core.stream import Stream
from ..rewards.rubrics import Rubric
from ..simulated_users.cast import Cast
from ..simulated_users.guide import Guide
from ..simulated_users.personas import PersonaDistribution
from ..simulated_users.user import Cue, Voice
from .human_data import HumanData

LOST = {"malformed": "malformed or ambiguous turns a dialogue", "illegal": "illegal turns a dialogue"}
"""Metrics of every family."""


class Scenario(Protocol):
    """The facts of one dialogue apart from the partner's hidden state. A frozen dataclass of plain values."""

    @property
    def public(self) -> Any:
        """What both sides, and so the partner's voice, may know."""
        ...


class Family:
    """One family of dialogues, with its settings: a frozen dataclass whose fields are the settings.

    A family has to say `acts`, `voice`, `scenarios`, `parts` (or `setting`), `task` (or `brief`), and `role`: as a
    class variable, or as a field if the learner can choose its seat. The rest has defaults.

    Files beside the family's module are found by their names: ``guide.py`` (``GUIDE``), ``cast.py`` (``CAST``),
    ``human.py`` (``HUMAN``) and ``policies.py`` (the baselines).

    Attributes:
        role: The learner's seat.
        acts: The learner's acts that have tags.
        understand: Reads an utterance without a tag (see `Grammar`); without it only tags bind.
        patterns: What `understand` reads, for the family's page.
        voice: Default words of the simulated people.
        tools: Seats of no person, such as a desk that keeps the orders: seat -> prints what it did, in one line. The
            mind alone decides for it, whoever else plays, and no voice is asked: what is printed stands after the
            seat's name as it is.
        metrics_of: Numeric keys of `measure` worth averaging, each with a one-line explanation.
        bound: ``bound(scenario)``, a proven upper bound on the best expected payoff, where the optimum is out of reach.
        success: ``success(game, state, hidden)``, whether a dialogue that ended so has reached its end, by the metric
            of the family's source; without it, a payoff of at least half of what could be expected by who knew the
            hidden state (see `evaluation.consistency`).
        measures: ``measures(game, state, hidden)``, the two sides of a trade-off (see `evaluation.pareto`).
        duel: ``duel(stream)``, where other seats can learn too: see `Seats`.
        listener: ``listener(seat, scenario)``, the setting of a seat of `duel` that takes the other one for the
            simulated person, with what that seat knows of the scenario; ``None`` if nobody is simulated opposite it.
        small_duel: ``small_duel(**options)``, such a game that is small enough for exact best responses.
        people: Who may be met; by default pupils where the simulated person is a student, and people elsewhere.
    """

    role: str
    acts: ClassVar[tuple[type[Act], ...]]
    understand: ClassVar[Understand | None] = None
    patterns: ClassVar[Patterns | None] = None
    voice: ClassVar[Voice]
    tools: ClassVar[Mapping[str, Callable[[Cue], str]]] = {}
    metrics_of: ClassVar[Mapping[str, str]] = {}
    bound: Callable[..., float] | None = None
    success: Callable[..., bool] | None = None
    measures: Callable[..., dict[str, float]] | None = None
    duel: Callable[..., Seats] | None = None
    listener: Callable[..., Setting | None] | None = None
    small_duel: Callable[..., SmallDuel] | None = None
    people: ClassVar[PersonaDistribution | None] = None

    # ---- what a family has to say

    def scenarios(self) -> Sequence[Any]:
        """Every scenario, in order; all equally likely unless `sample` says otherwise. A scenario is hashable."""
        raise NotImplementedError(f"{type(self).__name__} lacks scenarios()")

    def parts(self, scenario: Any) -> tuple[Game, Mind]:
        """The game and the mind of a scenario. Scenarios with equal ones share a solution.

        Where one of them has ``candidates(state, support)``, the solver tries these acts alone: see `Solution`.
        """
        raise NotImplementedError(f"{type(self).__name__} lacks parts(scenario), or setting(scenario)")

    def task(self, scenario: Any) -> str:
        """What the learner is told; how to act is added by `brief`."""
        raise NotImplementedError(f"{type(self).__name__} lacks task(scenario), or brief(scenario, grammar)")

    # ---- what follows from it

    def measure(self, dialogue: Dialogue) -> dict[str, Any]:
        """The family's own metrics of a finished dialogue."""
        return {}

    def setting(self, scenario: Any) -> Setting:
        """Game, mind and seat of a scenario; made once for each and kept."""
        found = self._settings.get(scenario)
        if found is None:
            found = self._settings[scenario] = _setting(*self.parts(scenario), self.role)
        return found

    def settings(self) -> dict[str, Any]:
        """The arguments that make this family again, JSON-ready."""
        return {field.name: _listed(getattr(self, field.name)) for field in fields(cast(Any, self))}

    def sample(self, stream: Stream) -> Any:
        """Draw a scenario."""
        some = self._scenarios
        return some[stream.choose(len(some))]

    @property
    def seats(self) -> tuple[str, ...]:
        """Every seat of the game."""
        return self.setting(self._scenarios[0]).game.seats

    @property
    def partner(self) -> str:
        """The seat of the simulated person, as shown in transcripts; of the first, if there are several."""
        return self.company[0]

    @property
    def company(self) -> tuple[str, ...]:
        """The seats of the simulated people."""
        return tuple(seat for seat in self.people_seats if seat != self.role)

    def called(self, seat: str) -> str:
        """A seat as one speaks of it: a person by its name where there are several, else by what it is."""
        if seat == "you":
            return seat
        return seat.capitalize() if len(self.company) > 1 else f"the {seat}"

    @property
    def people_seats(self) -> tuple[str, ...]:
        """The seats that are no tools."""
        return tuple(seat for seat in self.seats if seat not in self.tools)

    @cached_property
    def grammar(self) -> Grammar:
        """Reads and prints the acts, in natural mode."""
        return _grammar(self.acts, type(self).understand)

    @property
    def shared_grammar(self) -> Grammar:
        """Reads and prints the acts of all seats, where several learn; by default the same as for one."""
        return self.grammar

    @property
    def scenario_type(self) -> type:
        """Dataclass of the scenarios, to read recorded ones back."""
        return type(self._scenarios[0])

    @property
    def metrics(self) -> Mapping[str, str]:
        """Numeric keys of `outcome` worth averaging, each with a one-line explanation."""
        return {**self.metrics_of, **LOST}

    def brief(self, scenario: Any, grammar: Grammar) -> str:
        """What the learner is told first: the task, and how to act."""
        key = (scenario, grammar.mode)
        found = self._briefs.get(key)
        if found is None:
            task = self.task(scenario)
            plain = "; plain words work too" if grammar.mode == "natural" and grammar.reads_words else ""
            space = "" if task.endswith("\n") else " "
            found = f"{task}{space}What binds is one tag a message: {grammar.help()}{plain}."
            self._briefs[key] = found
        return found

    def context(self, dialogue: Dialogue) -> Hashable:
        """What the natural grammar may look at when it reads the learner's words; nothing hidden."""
        return None

    def outcome(self, dialogue: Dialogue) -> dict[str, Any]:
        """The metrics at the end of an episode: the family's own, and how many turns were lost."""
        problems = [step.problem for step in dialogue.steps]
        malformed = sum(problem in ("malformed", "ambiguous") for problem in problems)
        return {**self.measure(dialogue), "malformed": malformed, "illegal": problems.count("illegal")}

    def reveal(self, scenario: Any, hidden: Any) -> dict[str, Any]:
        """The hidden state in plain values, for ``info["hidden"]`` at the end."""
        return hidden._asdict() if hasattr(hidden, "_asdict") else {"hidden": hidden}

    def known(self, seat: str, told: dict[str, Any]) -> dict[str, Any]:
        """What the one in a simulated seat knows itself of what `reveal` tells; a person who plays it is told that.

        Of several people each knows its own. A family leaves out what only a tool can tell, or what nobody knows.
        """
        if len(self.company) < 2:
            return told
        if seat in told:
            return told[seat]
        # What is hidden is which one of the company it is: who is not the one does not know who is.
        return {name: "not you" if one in self.company and one != seat else one for name, one in told.items()}

    def in_words(self, outcome: Mapping[str, Any]) -> str:
        """What the learner came to, as a person is told: after "You", such as ``"paid $510"``; ``""`` for nothing."""
        return ""

    def traits(self, scenario: Any) -> dict[str, str]:
        """The fields of a `Persona` that the scenario fixes."""
        return {}

    def rubrics(self, scenario: Any) -> Sequence[Rubric]:
        """What a judge is asked about dialogues of this scenario, besides the rubrics that fit every dialogue."""
        return ()

    def wordings(self, scenario: Any, act: Act) -> Sequence[str]:
        """Plain words of the learner that make an act, where the scenario brings some."""
        return ()

    def told(self, text: str, scenario: Any) -> str:
        """The words of a baseline, or of another speaker of tags, as the learner is to say them in this setting."""
        return text

    def meant(self, text: str, scenario: Any) -> str:
        """An utterance in the units of the acts, for language models that read it and think in acts."""
        return text

    def kept(self, dialogue: Dialogue) -> tuple[str, str, Sequence[Step]] | None:
        """Brief, opening and steps that the learner is still shown in `Dialogue.messages`; ``None``: all."""
        return None

    def named(self, text: str, public: Any) -> Iterable[int]:
        """Numbers that a text names otherwise than in figures; to tell whether words give away what is hidden."""
        return ()

    def shown(self, state: Any) -> Iterable[Any]:
        """Values of a public state that may be spoken of, besides the acts that led to it; see `named`."""
        return ()

    def leaked(self, dialogue: Dialogue, exchange: Exchange, said: str) -> list[str] | None:
        """Names of what is hidden that words give away; ``None`` if it is told by the values of the hidden state.

        The dialogue is as before `exchange` is recorded.
        """
        return None

    # ---- what lies beside it

    @cached_property
    def guide(self) -> Guide | None:
        """What a language model is told that speaks for the simulated person, and how its words are checked."""
        return self._beside("guide", "GUIDE")

    @cached_property
    def cast(self) -> Cast | None:
        """What a language model is told that decides for the simulated person."""
        return self._beside("cast", "CAST")

    @cached_property
    def human(self) -> HumanData | None:
        """How dialogues between people are read and measured: ``HUMAN`` of ``human.py``."""
        return self._beside("human", "HUMAN")

    @cached_property
    def baselines(self) -> ModuleType | None:
        """The module of the baselines: ``policies.py`` beside the family, or the family's own if that has any."""
        for home in self._homes():
            found = _module_beside(home, "policies")
            if found or hasattr(home, "demonstrate") or hasattr(home, "improvise"):
                return found or home
        return None

    def _beside(self, file: str, name: str) -> Any:
        found = next(filter(None, (_module_beside(home, file) for home in self._homes())), None)
        return None if found is None else getattr(found, name)

    def _homes(self) -> Iterator[ModuleType]:
        """The modules of the family's class and of the families that it derives from."""
        for kind in type(self).__mro__:
            if issubclass(kind, Family) and kind is not Family:
                yield import_module(kind.__module__)

    # ---- pickles and copies

    def __getstate__(self) -> dict[str, Any]:
        """What was given. What is derived from it is made again where it is needed."""
        derived = [name for name in vars(self) if isinstance(getattr(type(self), name, None), cached_property)]
        return {name: value for name, value in vars(self).items() if name not in derived}

    def __deepcopy__(self, memo: Any) -> Family:
        """The family itself: it never changes."""
        return self

    @cached_property
    def _scenarios(self) -> tuple[Any, ...]:
        return tuple(self.scenarios())

    @cached_property
    def _settings(self) -> dict[Any, Setting]:
        return {}

    @cached_property
    def _briefs(self) -> dict[tuple[Any, str], str]:
        return {}


def _module_beside(home: ModuleType, file: str) -> ModuleType | None:
    """The module `file` of a family's own folder, which is a package that holds ``family.py``."""
    package, _, stem = home.__name__.rpartition(".")
    if stem != "family" or find_spec(f"{package}.{file}") is None:
        return None
    return import_module(f"{package}.{file}")


def _listed(value: Any) -> Any:
    """Tuples as the lists that JSON makes of them."""
    return [_listed(part) for part in value] if isinstance(value, (tuple, list)) else value


@lru_cache(maxsize=1024)
def _setting(game: Game, mind: Mind, seat: str) -> Setting:
    return Setting(game, mind, seat, getattr(mind, "candidates", None) or getattr(game, "candidates", None))


@lru_cache(maxsize=256)
def _grammar(acts: tuple[type[Act], ...], understand: Understand | None) -> Grammar:
    return Grammar(acts, understand)
