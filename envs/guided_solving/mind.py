"""Who is stuck: students of several strengths, who understand a problem up to some step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import Attempt, Guidance, GuidedSteps, Hint, Nudge, Show, Try

_SAY, _RIGHT, _WRONG = Say(), Attempt("right"), Attempt("wrong")


@replaceable
class Student(NamedTuple):
    """Hidden state of a student.

    Attributes:
        strength: One of the population's strengths.
        understood: For each step, whether the student understands it.
    """

    strength: str
    understood: tuple[bool, ...]


@replaceable
class Strength(NamedTuple):
    """What students of one strength are like: probabilities.

    Attributes:
        share: It is this strong.
        start: It understands the first step before the dialogue; and each next one but the last, if it understands
            those before.
        nudge: A leading question makes it understand.
        hint: The idea makes it understand.
        show: The worked step makes it understand.
    """

    share: float
    start: float
    nudge: float
    hint: float
    show: float


POPULATIONS: dict[str, dict[str, Strength]] = {
    "default": {
        "weak": Strength(0.35, 0.15, 0.05, 0.25, 0.60),
        "middling": Strength(0.35, 0.35, 0.25, 0.65, 0.55),
        "strong": Strength(0.30, 0.50, 0.70, 0.80, 0.45),
    },
    "easy": {
        "weak": Strength(0.15, 0.15, 0.15, 0.50, 0.60),
        "middling": Strength(0.35, 0.40, 0.40, 0.75, 0.60),
        "strong": Strength(0.50, 0.60, 0.75, 0.85, 0.50),
    },
    "hard": {
        "weak": Strength(0.50, 0.15, 0.05, 0.20, 0.60),
        "middling": Strength(0.30, 0.30, 0.20, 0.60, 0.50),
        "strong": Strength(0.20, 0.45, 0.65, 0.75, 0.35),
    },
}
"""Who is met in the registered environments.

A worked step helps the weak most and the strong least (the expertise reversal effect, Kalyuga et al. 2003).
"""


@dataclass(frozen=True)
class Learner:
    """The student's mind.

    What it understands shows in its tries alone: it takes help in without a sign of having understood.

    Args:
        game: The problem.
        population: Who the student may be: a key of `POPULATIONS`.
    """

    game: GuidedSteps
    population: str = "default"

    def prior(self) -> Belief[Student]:
        """Strength by its share; the student understands the steps before the one it is stuck at, never the last."""
        return _prior(self.game.steps, self.population)

    def react(self, hidden: Student, state: Guidance) -> Belief[tuple[Student, Act]]:
        """Answer a try, with the game's slip and guess; else take in what was given."""
        return _react(hidden, type(state.given), state.step, self.game.slip, self.game.guess, self.population)


@cache
def _prior(steps: int, population: str) -> Belief[Student]:
    weights = {}
    for name, strength in POPULATIONS[population].items():
        for reach in range(steps):
            stuck = 1.0 - strength.start if reach < steps - 1 else 1.0
            weights[Student(name, (True,) * reach + (False,) * (steps - reach))] = (
                strength.share * strength.start**reach * stuck
            )
    return Belief(weights)


@cache
def _react(
    hidden: Student, given: type[Act], step: int, slip: float, guess: float, population: str
) -> Belief[tuple[Student, Act]]:
    if given is Try:
        right = 1.0 - slip if hidden.understood[step] else guess
        return Belief({(hidden, _RIGHT): right, (hidden, _WRONG): 1.0 - right})
    if given not in (Nudge, Hint, Show) or hidden.understood[step]:
        return Belief.certain((hidden, _SAY))
    strength = POPULATIONS[population][hidden.strength]
    learns = {Nudge: strength.nudge, Hint: strength.hint, Show: strength.show}[given]
    wiser = hidden._replace(understood=(*hidden.understood[:step], True, *hidden.understood[step + 1 :]))
    return Belief({(wiser, _SAY): learns, (hidden, _SAY): 1.0 - learns})
