"""The model in training: what it can do, which part of a skill it lacks, and what tests and errors show of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.solver import weighed
from ...core.states import replaceable
from .game import (
    EXPLORES,
    PARTS,
    PIECES,
    SKILLS,
    TOP,
    WHOLES,
    Errors,
    Explore,
    Make,
    Over,
    Report,
    Rounds,
    Stop,
    Training,
    place_of,
)

GRADES = Report("few"), Report("half"), Report("most")
_SAY, _OVER, _STOP = Say(), Over(), Stop()
_EVEN = 1e-12  # probabilities that differ by less are the same


@replaceable
class Student(NamedTuple):
    """Hidden state of a model in training, skill by skill.

    Attributes:
        weak: The part that it lacks, such as ``"a2"``.
        levels: How far it is, from 0 to 2, which is mastery. Levels move.
    """

    weak: tuple[str, ...]
    levels: tuple[int, ...]


@dataclass(frozen=True)
class Chances:
    """What models are like: probabilities.

    Args:
        starts: A skill is at level 0, 1 or 2 at the start.
        broad: Data for a whole skill lifts it by a level.
        fits: Data for the part that is lacking does.
        clarity: Most errors are said to be in the part that is lacking; of a skill that is mastered, either is said
            with one half.
        tests: At each level, that few, about half or nearly all answers of the small test are right.
    """

    starts: tuple[float, ...] = (0.35, 0.55, 0.1)
    broad: float = 0.4
    fits: float = 0.95
    clarity: float = 0.7
    tests: tuple[tuple[float, ...], ...] = ((0.65, 0.3, 0.05), (0.25, 0.5, 0.25), (0.0, 0.1, 0.9))


MODELS = Chances()
"""Those of the registered environments."""


@dataclass(frozen=True)
class Learner:
    """The mind of the model, as the trainer shows it.

    Args:
        game: The rules.
        chances: What models are like.
    """

    game: Rounds
    chances: Chances = MODELS

    def prior(self) -> Belief[Student]:
        """Every part may be the one that is lacking, at every level; skills are independent."""
        starts = list(enumerate(self.chances.starts))
        return Belief(
            (Student(weak, (one, other)), p * q)
            for weak in product(*PARTS)
            for (one, p), (other, q) in product(starts, repeat=2)
            if p * q > 0.0
        )

    def react(self, hidden: Student, state: Training) -> Belief[tuple[Student, Act]]:
        """What is learnt from the data, and what the test or the errors show."""
        key = hidden, state.topic, not state.left
        found = self._reactions.get(key)
        if found is None:
            found = self._reactions[key] = Belief(self._reaction(*key))
        return found

    @weighed
    def candidates(self, state: Training, mass: tuple[tuple[Student, float], ...]) -> Iterator[Act]:
        """All acts that can gain something, one of those that are alike.

        Data helps its own skill alone, and the skills are independent: so nothing is gained by acts for a skill that is
        surely mastered, or can no longer be. In the last round only what masters a skill at once counts. Where the
        belief is the same for both skills, or for both parts of one, one of the two is enough.
        """
        if state.left == 1:
            yield self._last(state, mass)
            return
        yield _STOP
        belief = dict(mass)
        alike = state.explored[0] == state.explored[1] and _even(belief, _swapped)
        for place in range(1 if alike else len(SKILLS)):
            needed = [TOP - hidden.levels[place] for hidden, _ in mass if hidden.levels[place] < TOP]
            if not needed or min(needed) > state.left:
                continue
            if min(needed) < state.left:  # else no round is left to use the answer
                yield EXPLORES[place]
            yield WHOLES[place]
            if state.explored[place]:
                yield from PIECES[place][: 1 if _even(belief, _MIRRORED[place]) else 2]

    def _last(self, state: Training, mass: tuple[tuple[Student, float], ...]) -> Act:
        """The one best act of the last round: to stop, or data that likely masters a skill."""
        chances, best, gain = self.chances, _STOP, self.game.costs[1] / 100
        for place, explored in enumerate(state.explored):
            near = [(hidden.weak[place], p) for hidden, p in mass if hidden.levels[place] == TOP - 1]
            lifts: list[tuple[Act, float]] = [(WHOLES[place], chances.broad * sum([p for _, p in near]))]
            if explored:
                lifts += [
                    (piece, chances.fits * sum([p for weak, p in near if weak == piece.data]))
                    for piece in PIECES[place]
                ]
            for act, lift in lifts:
                if lift / len(SKILLS) > gain:
                    best, gain = act, lift / len(SKILLS)
        return best

    def _reaction(self, hidden: Student, topic: Act | None, last: bool) -> Iterator[tuple[tuple[Student, Act], float]]:
        chances = self.chances
        if isinstance(topic, Explore):
            place = SKILLS.index(topic.skill)
            told = 0.5 if hidden.levels[place] == TOP else chances.clarity
            for part in PARTS[place]:
                yield (hidden, Errors(part)), told if part == hidden.weak[place] else 1.0 - told
        elif isinstance(topic, Make):
            place = place_of(topic.data)
            lift = chances.broad if topic in WHOLES else chances.fits if topic.data in hidden.weak else 0.0
            level = hidden.levels[place]
            lift = lift if level < TOP else 0.0
            for then, p in ((level + 1, lift), (level, 1.0 - lift)):
                if p > 0.0:
                    levels = tuple(then if k == place else old for k, old in enumerate(hidden.levels))
                    for grade, q in zip(GRADES, chances.tests[then], strict=True):
                        yield (hidden._replace(levels=levels), grade), p * q
        else:
            yield (hidden, _OVER if last else _SAY), 1.0

    @cached_property
    def _reactions(self) -> dict[tuple[Student, Act | None, bool], Belief[tuple[Student, Act]]]:
        return {}


def _even(belief: dict[Student, float], turned: Any) -> bool:
    """Whether the belief stays the same where hidden states change places."""
    return all(abs(belief.get(turned(hidden), 0.0) - p) < _EVEN for hidden, p in belief.items())


_OTHER = {"a1": "b1", "a2": "b2", "b1": "a1", "b2": "a2"}
_TWIN = {"a1": "a2", "a2": "a1", "b1": "b2", "b2": "b1"}


def _swapped(hidden: Student) -> Student:
    """The other skill in place of each."""
    (one, other), (low, high) = hidden
    return Student((_OTHER[other], _OTHER[one]), (high, low))


_MIRRORED = (
    lambda hidden: Student((_TWIN[hidden.weak[0]], hidden.weak[1]), hidden.levels),
    lambda hidden: Student((hidden.weak[0], _TWIN[hidden.weak[1]]), hidden.levels),
)
"""For each skill: the other part of it in place of each."""
