"""What is hidden in a town of thousands: which town it is, how catching the story is, and whether it is true.

Once these are drawn, a town goes on by what is done in it alone: chance is a function of town, day and person. So there
are finitely many towns, the belief over them is exact, and who believes after which days is found out once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import Check, Days, Debunk, Moderation, Report
from .law import Law
from .mind import Tales
from .town import Network, believers_at_first, evening, patience, scale_free, small_world

_SAY, _LAW = Say(), Law()
_MARKS = {(False, False): "-", (True, False): "L", (False, True): "D", (True, True): "B"}
_MEASURES = {mark: measures for measures, mark in _MARKS.items()}


class Origin(NamedTuple):
    """Hidden state of a large town.

    Attributes:
        virulence: How catching the story is.
        true: Whether it is true.
        town: Which of the towns it is: network, first believers and chance.
        past: What was done on each day: ``L`` with a label, ``D`` a letter, ``B`` both, ``-`` neither.
        believers: How many believe it now; follows from the rest.
    """

    virulence: float
    true: bool
    town: int
    past: str
    believers: int


@dataclass(frozen=True)
class Places:
    """What towns there are, all equally likely. Those of even numbers are scale-free, the others small worlds.

    Args:
        people: In each.
        links: That each person makes; it listens to twice as many, on the mean.
        rewired: The share of the links of a small world that go anywhere.
        shares: The share of those who believe the story at first, of each town.
        law: How a story spreads.
    """

    people: int
    links: int = 5
    rewired: float = 0.1
    shares: tuple[float, ...] = (0.02, 0.02, 0.05, 0.05, 0.1, 0.1, 0.2, 0.2)
    law: Law = _LAW

    def believe(self, virulence: float, town: int, past: str) -> int:
        """How many believe after these days."""
        return _after(self, virulence, town, past)[1]


@dataclass(frozen=True)
class Townspeople:
    """The mind of a large town, as the assistant reports of it.

    Args:
        game: The rules.
        places: The towns.
        tales: What stories are like.
    """

    game: Moderation
    places: Places
    tales: Tales

    def prior(self) -> Belief[Origin]:
        """Town, virulence and truth are independent."""
        tales = self.tales
        return Belief(
            (Origin(virulence, true, town, "", self.places.believe(virulence, town, "")), p * q)
            for (virulence, p), (true, q), town in product(
                tales.virulences, ((True, tales.true), (False, 1.0 - tales.true)), range(len(self.places.shares))
            )
        )

    def react(self, hidden: Origin, state: Days) -> Belief[tuple[Origin, Act]]:
        """A day passes, and the assistant reports."""
        if state.today is None:
            return Belief.certain((hidden, _SAY))
        after = self._evening(hidden, _MARKS[state.labelled, isinstance(state.today, Debunk)])
        level, checked = self.tales.level(after.believers / self.places.people), isinstance(state.today, Check)
        told = self.tales.verdicts(hidden.true, checked)
        return Belief([((after, Report(level, verdict, state.left == 1)), p) for verdict, p in told])

    @property
    def law(self) -> Law:
        """How a story spreads."""
        return self.places.law

    def _evening(self, hidden: Origin, mark: str) -> Origin:
        past = hidden.past + mark
        return hidden._replace(past=past, believers=self.places.believe(hidden.virulence, hidden.town, past))


def alone(places: Places, tales: Tales, weights: tuple[float, ...], days: int) -> Iterator[tuple[float, float]]:
    """The mean talk a day of a town that is left alone, for each virulence."""
    for virulence, _ in tales.virulences:
        levels = [
            tales.level(places.believe(virulence, town, "-" * day) / places.people)
            for town, day in product(range(len(places.shares)), range(1, days + 1))
        ]
        yield virulence, sum(weights[level] for level in levels) / len(levels)


@lru_cache(maxsize=64)
def _network(places: Places, town: int) -> Network:
    rng = np.random.default_rng(town)
    if town % 2:
        return small_world(places.people, places.links, places.rewired, rng)
    return scale_free(places.people, places.links, rng)


@lru_cache(maxsize=1024)
def _patience(people: int, town: int, day: int) -> np.ndarray:
    return patience(town, day, 0, people)


@lru_cache(maxsize=65536)  # of some kilobytes each: a bit a person
def _after(places: Places, virulence: float, town: int, past: str) -> tuple[np.ndarray, int]:
    """Who believes after these days, as bits, and how many."""
    people = places.people
    if past:
        before = np.unpackbits(_after(places, virulence, town, past[:-1])[0], count=people).astype(bool)
        needed, measures = _patience(people, town, len(past) - 1), _MEASURES[past[-1]]
        now = evening(_network(places, town), 0, before, places.law, virulence, measures, needed)
    else:
        now = believers_at_first(places.shares[town], town, people)
    return np.packbits(now), int(now.sum())
