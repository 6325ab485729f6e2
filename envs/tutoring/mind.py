"""Who is tutored: students who have mastered the first few skills of a chain.

They learn the next skill from explanations or from examples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import Answer, Lesson, Quiz, Tutorial

_SAY = Say()


@replaceable
class Pupil(NamedTuple):
    """Hidden state of a student.

    Attributes:
        learns: Name of the student's kind: what it learns from.
        mastered: How many skills it has mastered. They are the first of the chain, because each needs the one before.
    """

    learns: str
    mastered: int


@replaceable
class Kind(NamedTuple):
    """A kind of student.

    Attributes:
        name: What it is called.
        weight: How often it is met.
        explanation: Probability that an explanation of the first skill not yet mastered teaches it.
        example: Probability that an example does.
    """

    name: str
    weight: float
    explanation: float
    example: float


@dataclass(frozen=True)
class Student:
    """The student's mind: Bayesian Knowledge Tracing (Corbett and Anderson 1995) along a chain of prerequisites.

    Teaching skill k moves a student that has mastered k-1 skills to k with a probability that depends on its kind and
    on the way of teaching; with any other student it does nothing. What a lesson has done does not show. A quiz is
    answered right with probability ``1 - slip`` if the skill is mastered, else with probability `guess`, and teaches
    nothing.

    Args:
        game: The rules.
        mastery: Weight of each number of skills mastered at the start, from 0 on.
        kinds: The kinds of student; independent of what is mastered.
        slip: Probability of a wrong answer in spite of mastery.
        guess: Probability of a right answer without it.
    """

    game: Tutorial
    mastery: tuple[float, ...] = (0.50, 0.30, 0.15, 0.05)
    kinds: tuple[Kind, ...] = (Kind("explanations", 0.5, 0.9, 0.05), Kind("examples", 0.5, 0.05, 0.95))
    slip: float = 0.05
    guess: float = 0.20

    def prior(self) -> Belief[Pupil]:
        """Every kind with every number of skills mastered."""
        return self._prior

    def react(self, hidden: Pupil, state: Lesson) -> Belief[tuple[Pupil, Act]]:
        """Answer the quiz; after a lesson, perhaps have learnt, and say something that does not show it."""
        return self._reactions[hidden, state.last]

    def candidates(self, state: Lesson, support: tuple[Pupil, ...]) -> Iterator[Act]:
        """All acts but talk, which wastes a turn, and quizzes in the last turn, which come too late to be of use."""
        yield from (
            act
            for act in self.game.choices(state, "tutor")
            if type(act) is not Say and (state.left > 1 or type(act) is not Quiz)
        )

    @cached_property
    def pupils(self) -> tuple[Pupil, ...]:
        """Every hidden state, kind by kind."""
        return tuple(Pupil(kind.name, mastered) for kind in self.kinds for mastered in range(len(self.game.skills) + 1))

    @cached_property
    def _prior(self) -> Belief[Pupil]:
        return Belief(
            (Pupil(kind.name, mastered), kind.weight * weight)
            for kind in self.kinds
            for mastered, weight in enumerate(self.mastery)
        )

    @cached_property
    def _reactions(self) -> dict[tuple[Pupil, tuple[str, int] | None], Belief[tuple[Pupil, Act]]]:
        """Made once: nothing but the last act matters."""
        made: dict[tuple[Pupil, tuple[str, int] | None], Belief[tuple[Pupil, Act]]] = {}
        for pupil in self.pupils:
            made[pupil, None] = Belief.certain((pupil, _SAY))
            for number in range(1, len(self.game.skills) + 1):
                right = 1.0 - self.slip if pupil.mastered >= number else self.guess
                made[pupil, ("quiz", number)] = Belief(
                    [((pupil, Answer(number, True)), right), ((pupil, Answer(number, False)), 1.0 - right)]
                )
                for way in ("explain", "example"):
                    made[pupil, (way, number)] = self._lesson(pupil, way, number)
        return made

    def _lesson(self, pupil: Pupil, way: str, number: int) -> Belief[tuple[Pupil, Act]]:
        if pupil.mastered != number - 1:
            return Belief.certain((pupil, _SAY))
        kind = next(kind for kind in self.kinds if kind.name == pupil.learns)
        learns = kind.explanation if way == "explain" else kind.example
        return Belief([((pupil._replace(mastered=number), _SAY), learns), ((pupil, _SAY), 1.0 - learns)])
