"""What a language model is told that decides for a simulated person, and what holds it to that person's facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ..core.acts import Act
from ..core.grammar import Grammar
from ..core.setting import Setting

GOALS = "goals"
"""Key of a dialogue's `memo` under which its `GoalState` is kept."""

OPEN, MET, FAILED = "open", "met", "failed"
ATTEMPTED = "attempted"
"""Only of soft goals: something was done about it."""

KINDS = ("profile", "policy", "objective", "requirement", "preference")
"""Of goals, as in UGST."""

KEPT = ("profile", "policy")
"""Those that are kept to, and so met from the first."""


class Moment(NamedTuple):
    """A place in a dialogue where the simulated person is to act, or the place where it ended.

    Attributes:
        setting: Game, mind and the learner's seat.
        public: The family's public facts.
        hidden: What is hidden from the learner: the person's private facts.
        seat: The simulated person's seat.
        state: Public state.
        past: Every act so far as (seat, act); a lost turn is `Say`.
    """

    setting: Setting
    public: Any
    hidden: Any
    seat: str
    state: Any
    past: tuple[tuple[str, Act], ...]

    def own(self) -> list[Act]:
        """The simulated person's acts so far."""
        return [act for seat, act in self.past if seat == self.seat]


class Goal(NamedTuple):
    """Part of what a simulated person wants.

    Attributes:
        text: What, as an instruction to the person.
        status: `OPEN`, `MET` or `FAILED`, soft ones also `ATTEMPTED`. What is to be kept to is met as long as it is.
        kind: One of `KINDS`.
        soft: Whether no code can tell; see `simulated_users.tracking`.
    """

    text: str
    status: str
    kind: str = "objective"
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """How an act was found.

    Attributes:
        act: Its tag; ``""`` for talk.
        plan: The model's plan in its own words; ``""`` if it made none.
        attempts: How often the model was asked; 0 where the rules left no choice.
        fallback: Whether all its answers failed, and the scripted mind decided.
        problems: What was wrong with the answers that failed.
    """

    act: str
    plan: str
    attempts: int
    fallback: bool
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class GoalState:
    """What a simulated person wants, how far it has come, and what it plans.

    Updated at every turn; the statuses by code, those of soft goals by a model, the plan by the model that decides.

    Attributes:
        goals: With their statuses.
        plan: The latest plan.
        decisions: Every decision so far.
        tracked: Soft goal -> how far it has come, in the words of `tracking.STATUSES`, and the quotation that shows it.
    """

    goals: tuple[Goal, ...] = ()
    plan: str = ""
    decisions: list[Decision] = field(default_factory=list)
    tracked: dict[str, tuple[str, str]] = field(default_factory=dict)


class Cast(Protocol):
    """A family's part in an LLM mind. It sees the private facts; what it returns never goes to the voice.

    Attributes:
        grammar: Reads and prints the simulated person's acts.
    """

    @property
    def grammar(self) -> Grammar: ...

    def facts(self, moment: Moment) -> str:
        """Who the person is and what only it knows, addressed to it. The same in all turns of a dialogue."""
        ...

    def goals(self, moment: Moment) -> list[Goal]:
        """What it wants, in parts, each with its status."""
        ...

    def situation(self, moment: Moment) -> str:
        """How things stand, by the public state."""
        ...

    def acts(self, moment: Moment) -> list[Act]:
        """Legal acts to choose from, a manageable number.

        At least one is admissible. Where there is but one, nobody is asked.
        """
        ...

    def admissible(self, moment: Moment, act: Act) -> str:
        """What is wrong with a legal act for this person, in a sentence to it; ``""`` if nothing is."""
        ...

    def bounds(self, setting: Setting, hidden: Any) -> tuple[float, float]:
        """What the best learner can expect at least and at most with any person like this whose acts are admissible.

        Proven, whatever the model does.
        """
        ...


@runtime_checkable
class Recalls(Protocol):
    """A cast whose person has read something, of which it is shown what fits."""

    def recalled(self, moment: Moment, words: str) -> str:
        """What comes to its mind on hearing these words; ``""`` for nothing. It holds nothing that is hidden."""
        ...


@runtime_checkable
class WordsRead(Protocol):
    """A cast that can tell from the person's words alone what they do."""

    def read(self, moment: Moment, words: str, bye: bool) -> Act:
        """The legal act that words come to; `bye` if the person says that it is over for it."""
        ...
