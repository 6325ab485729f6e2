"""How a story spreads: what one person does in a day, and what follows for a small town, exactly, and for many people.

One law, whoever computes with it: counts of believers in a small town (`spread`), every person of a large one
(`town.Town`), and the mean field (`mean_field`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True)
class Law:
    """What a person does in a day, given what it is exposed to.

    Args:
        label: The share of a story's virulence that is left where it is shown with a warning.
        forget: Probability that who believes it gives it up by itself.
        letter: The same on the day of a letter.
    """

    label: float = 0.35
    forget: float = 0.05
    letter: float = 0.45

    def hear(self, virulence: float, share: float, labelled: bool) -> float:
        """Probability to come to believe, where a share of those one listens to believe."""
        return 1.0 - math.exp(-virulence * share * (self.label if labelled else 1.0))

    def stay(self, hear: float, letter: bool) -> float:
        """Probability to believe still. Who gives it up may hear it again on the same day."""
        return 1.0 - (self.letter if letter else self.forget) * (1.0 - hear)


@lru_cache(maxsize=100_000)
def spread(
    law: Law, people: int, believers: int, virulence: float, labelled: bool, letter: bool
) -> tuple[tuple[int, float], ...]:
    """How many believe after a day, with the probability of each, in a town where everybody hears everybody."""
    hear = law.hear(virulence, believers / people, labelled)
    gained, kept = _binomial(people - believers, hear), _binomial(believers, law.stay(hear, letter))
    after: dict[int, float] = {}
    for new, p in enumerate(gained):
        for old, q in enumerate(kept):
            after[new + old] = after.get(new + old, 0.0) + p * q
    return tuple((believers, p) for believers, p in after.items() if p > 0.0)


def untouched(
    law: Law,
    people: int,
    first: Iterable[tuple[int, float]],
    virulence: float,
    days: int,
    weights: Mapping[int, float],
) -> float:
    """The mean talk a day of a town that is left alone.

    Args:
        law: How a story spreads.
        people: In the town.
        first: How many believe it at the start, with weights.
        virulence: Of the story.
        days: That are counted.
        weights: What a day counts, for each number of believers in its evening.
    """
    chances, talk = dict(first), 0.0
    total = sum(chances.values())
    for _ in range(days):
        after: dict[int, float] = {}
        for believers, p in chances.items():
            for then, q in spread(law, people, believers, virulence, False, False):
                after[then] = after.get(then, 0.0) + p * q
        chances = after
        talk += sum(p * weights[believers] for believers, p in chances.items())
    return talk / days / total


def mean_field(
    law: Law, virulence: float, share: float, days: int, labelled: Collection[int] = (), letters: Collection[int] = ()
) -> list[float]:
    """The share of believers, evening by evening, if chance is left out: each share is put in the place of its mean.

    An approximation for any number of people, and a bound for none: it is the limit of ever more people who all hear
    each other, and stays away from the truth on a network where each hears few, however many there are.

    Args:
        law: How a story spreads.
        virulence: Of the story.
        share: Of those who believe it at the start.
        days: To go on.
        labelled: Days on which it is shown with a warning, from 0.
        letters: Days of a letter.
    """
    path = []
    for day in range(days):
        hear = law.hear(virulence, share, day in labelled)
        share = (1.0 - share) * hear + share * law.stay(hear, day in letters)
        path.append(share)
    return path


def _binomial(n: int, p: float) -> tuple[float, ...]:
    return tuple(math.comb(n, k) * p**k * (1.0 - p) ** (n - k) for k in range(n + 1))
