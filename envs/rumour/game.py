"""Rumour: a moderator and its assistant, day by day, while a story goes round. Acts, public state, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("moderator", "assistant")
Verdict = Literal["none", "true", "false"]
SAYS: dict[Verdict, int] = {"none": 0, "true": -1, "false": 1}
"""What a verdict adds to the balance of the checks."""


@dataclass(frozen=True, slots=True)
class Check(Act):
    """Have the story checked: what comes out is known in the evening."""


@dataclass(frozen=True, slots=True)
class Label(Act):
    """From today on the story is shown with a warning."""


@dataclass(frozen=True, slots=True)
class Unlabel(Act):
    """From today on it is shown without one."""


@dataclass(frozen=True, slots=True)
class Debunk(Act):
    """Write to all who believe it, today."""


@dataclass(frozen=True, slots=True)
class Report(Act):
    """What the assistant says in the evening.

    Attributes:
        level: How many believe the story: a place in the game's `weights`.
        verdict: What a check has found today; ``"none"`` without one.
        last: Whether this was the last day.
    """

    level: int
    verdict: Verdict
    last: bool


ACTS = (Check, Label, Unlabel, Debunk)
"""What a moderator can do, apart from waiting."""

_SAY, _CHECK, _LABEL, _UNLABEL, _DEBUNK = Say(), Check(), Label(), Unlabel(), Debunk()


@replaceable
class Days(NamedTuple):
    """Public state.

    Attributes:
        left: Days to come, the present one included.
        mover: Whose turn it is; ``None`` after the last day.
        level: How many believed the story yesterday evening, as reported; 0 at the start.
        labelled: Whether it is shown with a warning.
        balance: How many more checks have found it false than true.
        today: What the moderator did today, while the assistant has not reported; else ``None``.
        spent: Cost of checks and letters so far.
        talk: Sum of the weights of the days so far.
        wrong: Days with a label so far, and two for each letter: what counts if the story is true.
    """

    left: int
    mover: str | None
    level: int = 0
    labelled: bool = False
    balance: int = 0
    today: Act | None = None
    spent: float = 0.0
    talk: float = 0.0
    wrong: int = 0


@dataclass(frozen=True)
class Moderation:
    """The rules.

    Args:
        days: How many there are.
        weights: How much talk each level of believers is, from 0 to 1.
        alone: Virulence -> the mean talk a day of a town that is left alone, as pairs.
        harm: The mean harm of a story in a town that is left alone: the unit of the payoff.
        check: What a check costs, as a share of a day for each day that all talk of a false story.
        letter: What a letter costs, likewise.
        wrong: What a day with a label on a true story costs, likewise; a letter against one costs twice as much.
    """

    days: int
    weights: tuple[float, ...]
    alone: tuple[tuple[float, float], ...]
    harm: float
    check: float
    letter: float
    wrong: float

    seats = SEATS

    def start(self) -> Days:
        """The assistant is about to tell what is going round."""
        return Days(self.days + 1, "assistant")

    def mover(self, state: Days) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Days, seat: str, act: Act) -> Days:
        """The state after `act`.

        Raises:
            IllegalAct: If there is a label already, or none to take off.
        """
        if seat == "assistant":
            return self._evening(state, act)
        following = state._replace(mover="assistant", today=act)
        match act:
            case Say():
                return following
            case Check():
                return following._replace(spent=state.spent + self.check)
            case Label():
                if state.labelled:
                    raise IllegalAct("It has a label already.")
                return following._replace(labelled=True)
            case Unlabel():
                if not state.labelled:
                    raise IllegalAct("There is no label on it.")
                return following._replace(labelled=False)
            case Debunk():
                return following._replace(spent=state.spent + self.letter)
        raise IllegalAct("We can have it checked, label it, take the label off, write to people, or wait.")

    def _evening(self, state: Days, act: Act) -> Days:
        if not isinstance(act, Report):
            return state._replace(left=state.left - 1, mover="moderator")
        letter = isinstance(state.today, Debunk)
        return state._replace(
            left=state.left - 1,
            mover="moderator" if state.left > 1 else None,
            level=act.level,
            balance=state.balance + SAYS[act.verdict],
            today=None,
            talk=round(state.talk + self.weights[act.level], 9),
            wrong=state.wrong + state.labelled + 2 * letter,
        )

    def choices(self, state: Days, seat: str) -> Iterator[Act]:
        """All that is possible, waiting included."""
        yield _SAY
        yield _CHECK
        yield _UNLABEL if state.labelled else _LABEL
        yield _DEBUNK

    def payoff(self, state: Days, seat: str, hidden: Any = None) -> float:
        """The harm that was averted, less what it has cost, as a share of the mean harm of a town that is left alone.

        Where the days are cut short, those to come count as if all talked, and the label stays.
        """
        cut = 0 if state.mover is None else state.left
        return self.averted(state, hidden, cut)

    def averted(self, state: Days, hidden: Any, cut: int = 0) -> float:
        """What is in `payoff`, with `cut` days to come; days that are not counted at all do no harm."""
        if hidden.true:
            less = 0.0 - self.wrong * (state.wrong + cut * state.labelled) / self.days
        else:
            less = self._alone[hidden.virulence] - (state.talk + cut) / self.days
        return (less - state.spent) / self.harm

    @cached_property
    def _alone(self) -> dict[float, float]:
        return dict(self.alone)
