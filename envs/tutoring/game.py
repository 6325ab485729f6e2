"""Tutoring a chain of skills: the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("tutor", "student")


@dataclass(frozen=True, slots=True)
class Teaching(Act):
    """An act about a skill, which is named or numbered from 1."""

    skill: str


@dataclass(frozen=True, slots=True)
class Explain(Teaching):
    """Explain a skill."""


@dataclass(frozen=True, slots=True)
class Example(Teaching):
    """Work through an example of a skill."""


@dataclass(frozen=True, slots=True)
class Quiz(Teaching):
    """Set an exercise on a skill."""


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """End the lesson; the post-test follows."""


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """The student's answer to a quiz on the skill of that number; of it, the mind only says whether it is right."""

    skill: int
    right: bool


ACTS = (Explain, Example, Quiz, Stop)
KINDS: dict[type[Teaching], str] = {Explain: "explain", Example: "example", Quiz: "quiz"}


class Lesson(NamedTuple):
    """Public state of a tutorial.

    Attributes:
        left: Turns that the tutor still has.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        explanations: Explanations given so far.
        examples: Examples worked through so far.
        quizzes: Quizzes set so far.
        last: What the student has to react to: ``"explain"``, ``"example"`` or ``"quiz"``, and the number of the skill;
            ``None`` for talk.
        ending: ``""`` while it goes on, then ``"stop"`` or ``"limit"``.
    """

    left: int
    mover: str | None = "student"
    explanations: int = 0
    examples: int = 0
    quizzes: int = 0
    last: tuple[str, int] | None = None
    ending: str = ""


@dataclass(frozen=True)
class Tutorial:
    """The tutor explains, shows examples and sets quizzes until it stops or has no turn left.

    The student opens, and reacts to each turn.

    Args:
        skills: Their names, each skill the prerequisite of the next.
        turns: Turns that the tutor has. Stopping takes none.
        explain_cost: Price of an explanation, in shares of full mastery.
        example_cost: Price of an example.
        quiz_cost: Price of a quiz.
    """

    skills: tuple[str, ...]
    turns: int = 6
    explain_cost: float = 0.07
    example_cost: float = 0.09
    quiz_cost: float = 0.005

    seats = SEATS

    def start(self) -> Lesson:
        """Nobody has spoken; the student is to open."""
        return Lesson(self.turns)

    def mover(self, state: Lesson) -> str | None:
        """Whose turn it is."""
        return state.mover

    def number(self, skill: str) -> int:
        """Number of a skill from 1, given its name or its number.

        Raises:
            IllegalAct: If there is no such skill.
        """
        found = self._numbers.get(skill.lower())
        if found is None:
            raise IllegalAct(f"The skills are {', '.join(self.skills)}.")
        return found

    def apply(self, state: Lesson, seat: str, act: Act) -> Lesson:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no such act or no such skill.
        """
        left, mover, explanations, examples, quizzes, _, _ = state
        if seat != mover:
            raise IllegalAct("It is not your turn.")
        if seat == "student":
            if left == 0:
                return Lesson(0, None, explanations, examples, quizzes, None, "limit")
            return Lesson(left, "tutor", explanations, examples, quizzes)
        if isinstance(act, Teaching):
            kind = KINDS[type(act)]
            explanations, examples = explanations + (kind == "explain"), examples + (kind == "example")
            last = (kind, self.number(act.skill))
            return Lesson(left - 1, "student", explanations, examples, quizzes + (kind == "quiz"), last)
        if type(act) is Stop:
            return Lesson(left, None, explanations, examples, quizzes, None, "stop")
        if type(act) is Say:
            return Lesson(left - 1, "student", explanations, examples, quizzes)
        raise IllegalAct("A tutor can explain a skill, show an example of it, set a quiz on it, stop, or talk.")

    def choices(self, state: Lesson, seat: str) -> Iterator[Act]:
        """Stop, each kind of teaching and the quiz for each skill, and talk."""
        yield Stop()
        for kind in KINDS:
            for skill in self.skills:
                yield kind(skill)
        yield Say()

    def cost(self, state: Lesson) -> float:
        """What has been spent so far."""
        return (
            state.explanations * self.explain_cost + state.examples * self.example_cost + state.quizzes * self.quiz_cost
        )

    def payoff(self, state: Lesson, seat: str, hidden: Any = None) -> float:
        """Share of the skills that the student has mastered in the end, less the cost."""
        return hidden.mastered / len(self.skills) - self.cost(state)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {key: number for number, name in enumerate(self.skills, 1) for key in (str(number), name)}
