"""Data teaching: a teacher makes training data for a model, round by round. Acts, public state, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("teacher", "trainer")
TOP = 2
"""The level of a skill that is mastered; the lowest is 0."""

Skill = Literal["a", "b"]
Part = Literal["a1", "a2", "b1", "b2"]
SKILLS: tuple[Skill, Skill] = ("a", "b")
PARTS: tuple[tuple[Part, Part], tuple[Part, Part]] = (("a1", "a2"), ("b1", "b2"))
"""The parts of each skill."""


@dataclass(frozen=True, slots=True)
class Explore(Act):
    """Have the errors in a skill sorted by its parts."""

    skill: Skill


@dataclass(frozen=True, slots=True)
class Make(Act):
    """Make data for a whole skill or for a part of one; the model is trained on it, and tested."""

    data: Literal["a", "b", "a1", "a2", "b1", "b2"]


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """End the training."""


@dataclass(frozen=True, slots=True)
class Report(Act):
    """How many of a skill's questions in the small test were answered right: few, about half or nearly all."""

    right: Literal["few", "half", "most"]


@dataclass(frozen=True, slots=True)
class Errors(Act):
    """In which part of a skill most errors are."""

    part: Part


@dataclass(frozen=True, slots=True)
class Over(Act):
    """There is no round left."""


ACTS = (Explore, Make, Stop)
"""What a teacher can do, apart from talking."""

_STOP, _SAY = Stop(), Say()
EXPLORES = tuple(Explore(skill) for skill in SKILLS)
WHOLES = tuple(Make(skill) for skill in SKILLS)
PIECES = tuple((Make(one), Make(other)) for one, other in PARTS)


@replaceable
class Training(NamedTuple):
    """Public state.

    Attributes:
        left: Rounds that the teacher has left. Stopping uses none.
        mover: Whose turn it is; ``None`` when the training is over.
        explored: For each skill, whether its errors have been sorted.
        spent: What was done so far has cost, in hundredths.
        topic: What the trainer is to react to; ``None`` for talk.
        ending: ``""`` while it goes on, then ``"stop"`` or ``"limit"``.
    """

    left: int
    mover: str | None
    explored: tuple[bool, ...] = (False, False)
    spent: int = 0
    topic: Act | None = None
    ending: str = ""


@dataclass(frozen=True)
class Rounds:
    """The rules.

    Args:
        turns: Rounds that the teacher has.
        costs: What it costs to explore and to make data, in hundredths.
    """

    turns: int = 5
    costs: tuple[int, int] = (2, 7)

    seats = SEATS

    def start(self) -> Training:
        """The trainer is about to say hello."""
        return Training(self.turns, "trainer")

    def mover(self, state: Training) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Training, seat: str, act: Act) -> Training:
        """The state after `act`.

        Raises:
            IllegalAct: If data is made for a part of a skill that was not explored.
        """
        if seat == "trainer":
            over = not state.left
            return state._replace(mover=None if over else "teacher", topic=None, ending="limit" if over else "")
        following = state._replace(left=state.left - 1, mover="trainer", topic=act)
        exploring, making = self.costs
        match act:
            case Say():
                return following._replace(topic=None)
            case Stop():
                return state._replace(mover=None, topic=None, ending="stop")
            case Explore(skill):
                explored = tuple(done or one == skill for one, done in zip(SKILLS, state.explored, strict=True))
                return following._replace(explored=explored, spent=state.spent + exploring)
            case Make(data):
                if len(data) > 1 and not state.explored[place_of(data)]:
                    raise IllegalAct(f"We have to explore skill {data[0]} before there can be data for {data} alone.")
                return following._replace(spent=state.spent + making)
        raise IllegalAct("We can explore a skill, make data, stop the training, or just talk.")

    def choices(self, state: Training, seat: str) -> Iterator[Act]:
        """All that is possible, talk included."""
        yield _STOP
        yield from EXPLORES
        yield from WHOLES
        for explored, pieces in zip(state.explored, PIECES, strict=True):
            yield from pieces if explored else ()
        yield _SAY

    def payoff(self, state: Training, seat: str, hidden: Any = None) -> float:
        """The share of the skills that are mastered, less what was done has cost."""
        return sum(level == TOP for level in hidden.levels) / len(SKILLS) - state.spent / 100


def place_of(data: str) -> int:
    """The place of the skill that data is for, in `SKILLS`."""
    return SKILLS.index(data[0])
