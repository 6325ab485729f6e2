"""A classroom: a teacher has a few turns to get a small class to master something. Acts, public state, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("teacher", "class")


@dataclass(frozen=True, slots=True)
class Lecture(Act):
    """Explain it to all."""


@dataclass(frozen=True, slots=True)
class Exercise(Act):
    """Have all work on a task."""


@dataclass(frozen=True, slots=True)
class Call(Act):
    """Call on a student, who answers."""

    student: str


@dataclass(frozen=True, slots=True)
class Pair(Act):
    """Have two work together: who can do it may bring the other on."""

    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """End the lesson."""


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """What the student who was called on says: the right answer or the wrong one, and what helps the class."""

    word: Literal["right", "wrong"]
    way: Literal["listening", "doing"]


@dataclass(frozen=True, slots=True)
class Bell(Act):
    """The lesson is over."""


ACTS = (Lecture, Exercise, Call, Pair, Stop)
"""What a teacher can do, apart from talking."""

_LECTURE, _EXERCISE, _STOP, _SAY = Lecture(), Exercise(), Stop(), Say()


@replaceable
class Lesson(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the teacher has used. Stopping uses none.
        mover: Whose turn it is; ``None`` when the lesson is over.
        spent: What was done so far has cost, in hundredths.
        topic: What the class is to react to, with students in the order in which they sit; ``None`` for talk.
        ending: ``""`` while it goes on, then ``"stop"`` or ``"bell"``.
    """

    turn: int
    mover: str | None
    spent: int = 0
    topic: Act | None = None
    ending: str = ""


@dataclass(frozen=True)
class Class:
    """The rules.

    Args:
        students: Their names, in the order in which they sit.
        turns: Turns of the teacher, after which the bell rings.
        costs: What a lecture, an exercise, a call and pair work cost, in hundredths.
    """

    students: tuple[str, ...]
    turns: int = 4
    costs: tuple[int, int, int, int] = (20, 20, 1, 2)

    seats = SEATS

    def start(self) -> Lesson:
        """The class is about to say good morning."""
        return Lesson(0, "class")

    def mover(self, state: Lesson) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Lesson, seat: str, act: Act) -> Lesson:
        """The state after `act`.

        Raises:
            IllegalAct: If nobody of that name is in the class, or if a student is paired with itself.
        """
        if seat == "class":
            over = state.turn >= self.turns
            return state._replace(mover=None if over else "teacher", topic=None, ending="bell" if over else "")
        following = state._replace(turn=state.turn + 1, mover="class", topic=act)
        lecture, exercise, call, pair = self.costs
        match act:
            case Say():
                return following._replace(topic=None)
            case Stop():
                return state._replace(mover=None, topic=None, ending="stop")
            case Lecture():
                return following._replace(spent=state.spent + lecture)
            case Exercise():
                return following._replace(spent=state.spent + exercise)
            case Call(student):
                self._known(student)
                return following._replace(topic=Call(student.lower()), spent=state.spent + call)
            case Pair(first, second):
                self._known(first, second)
                one, other = sorted((first.lower(), second.lower()), key=self.students.index)
                if one == other:
                    raise IllegalAct("It takes two to work in a pair.")
                return following._replace(topic=Pair(one, other), spent=state.spent + pair)
        raise IllegalAct("A teacher can lecture, set an exercise, call on somebody, pair two up, stop, or talk.")

    def choices(self, state: Lesson, seat: str) -> Iterator[Act]:
        """All that is possible, talk included."""
        yield from dict.fromkeys((*self.candidates(state), *(Call(student) for student in self.students)))
        yield _SAY

    def candidates(self, state: Lesson, support: Any = None) -> Iterator[Act]:
        """`choices` without talk, which only passes the time."""
        yield _STOP
        yield _LECTURE
        yield _EXERCISE
        yield from (Pair(first, second) for first, second in combinations(self.students, 2))
        if state.turn + 1 < self.turns:  # an answer in the last turn is of no use
            yield from (Call(student) for student in self.students)

    def payoff(self, state: Lesson, seat: str, hidden: Any = None) -> float:
        """The share of the class that masters it, less what was done has cost."""
        return sum(hidden.masters) / len(self.students) - state.spent / 100

    def _known(self, *names: str) -> None:
        for name in names:
            if name.lower() not in self.students:
                here = ", ".join(student.capitalize() for student in self.students)
                raise IllegalAct(f"In this class there are {here}.")
