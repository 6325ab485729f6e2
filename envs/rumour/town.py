"""A large town: the law of `law.Law` for every person of a network, a day of everybody at once.

A network is a list of whom each person listens to, row after row (compressed sparse rows): ``listens[starts[i] :
starts[i + 1]]`` are those of person i. Chance is a function of seed, day and person (counter-based: Salmon et al.
2011), and not of what was drawn before. So a town may be cut into parts of whole rows, and a part that is lost can be
made anew, and nobody can see it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from .law import Law

Ints = np.ndarray
Booleans = np.ndarray
_DAYS, _LINKS, _FIRST = 0, 1, 2  # what chance decides: who changes their mind; who listens to whom; who believes first


class Network(NamedTuple):
    """Whom each person listens to.

    Attributes:
        starts: Where each person's row begins, and where the last one ends; shape (people + 1,).
        listens: Whom they listen to, row after row; shape (links,).
    """

    starts: Ints
    listens: Ints

    @property
    def degrees(self) -> Ints:
        """How many each listens to, shape (people,)."""
        return np.diff(self.starts)

    def friends(self) -> np.ndarray:
        """The mean degree of those whom each listens to, shape (people,)."""
        return _sums(self.degrees[self.listens], self.starts, float) / np.maximum(self.degrees, 1)

    def rows(self, first: int, last: int) -> Network:
        """Those of the people from `first` to before `last`."""
        start, end = self.starts[first], self.starts[last]
        return Network(self.starts[first : last + 1] - start, self.listens[start:end])


def network(ones: Ints, others: Ints, people: int) -> Network:
    """The network of mutual links between `ones` and `others`, both of shape (links,)."""
    speakers, hearers = np.concatenate([ones, others]), np.concatenate([others, ones])
    order = np.argsort(speakers, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(speakers, minlength=people))])
    return Network(starts, hearers[order].astype(np.intp))


def scale_free(people: int, links: int, rng: np.random.Generator) -> Network:
    """Preferential attachment (Barabasi and Albert 1999): each newcomer links to `links` ends of earlier links.

    Ends are drawn with replacement, so that a few links are double.
    """
    first = [(i, j) for i in range(links + 1) for j in range(i)]
    ends = np.empty(2 * (len(first) + links * max(0, people - links - 1)), np.int64)
    ends[: 2 * len(first)] = np.ravel(first)
    filled = 2 * len(first)
    for newcomer in range(links + 1, people):
        chosen = ends[(rng.random(links) * filled).astype(np.int64)]
        ends[filled : filled + 2 * links : 2] = newcomer
        ends[filled + 1 : filled + 2 * links : 2] = chosen
        filled += 2 * links
    return network(ends[0::2], ends[1::2], people)


def small_world(people: int, links: int, rewired: float, rng: np.random.Generator) -> Network:
    """A ring in which each links to the next `links`, and a share of the links goes anywhere (Watts, Strogatz 1998)."""
    ones = np.repeat(np.arange(people), links)
    others = (ones + np.tile(np.arange(1, links + 1), people)) % people
    moved = rng.random(len(ones)) < rewired
    others[moved] = (ones[moved] + rng.integers(1, people, moved.sum())) % people
    return network(ones, others, people)


def communities(first: int, last: int, people: int, links: int, rewired: float, seed: int) -> Network:
    """The rows of some people of a small world, made without the others'.

    Each listens to `links` neighbours on either side, and in the place of a share of them to anybody: one-way, so that
    a row needs no other row.
    """
    steps = np.array([*range(-links, 0), *range(1, links + 1)])
    rows = np.arange(first, last)[:, None]
    moved, where = chance(seed, 0, first, last, 4 * links, _LINKS).reshape(last - first, 2, 2 * links).swapaxes(0, 1)
    listens = np.where(moved < rewired, rows + 1 + (where * (people - 1)).astype(np.int64), rows + steps) % people
    return Network(2 * links * np.arange(last - first + 1), listens.ravel().astype(np.intp))


def chance(seed: int, day: int, first: int, last: int, numbers: int = 1, kind: int = _DAYS) -> np.ndarray:
    """Numbers in [0, 1) for the people from `first` to before `last`, the same whoever else is asked for with them."""
    begin = first * numbers
    bits = np.random.Philox(key=np.array([seed, kind], np.uint64), counter=np.array([begin // 4, day, 0, 0], np.uint64))
    return np.random.Generator(bits).random(last * numbers - begin // 4 * 4)[begin % 4 :]  # a count is four numbers


def patience(seed: int, day: int, first: int, last: int) -> np.ndarray:
    """How much each of some people takes on a day before they believe: exponential, with mean 1."""
    return -np.log((1.0 - chance(seed, day, first, last)).astype(np.float32))


def believers_at_first(share: float, seed: int, people: int) -> Booleans:
    """Who believe a story at the start: each with the same probability."""
    return chance(seed, 0, 0, people, 1, _FIRST) < share


def evening(
    rows: Network,
    first: int,
    believers: Booleans,
    law: Law,
    virulence: float,
    measures: tuple[bool, bool],
    needed: Ints,
) -> Booleans:
    """Who believes in the evening.

    Args:
        rows: Whom some people listen to.
        first: The number of the first of them.
        believers: Who believe in the morning, everybody.
        law: How a story spreads.
        virulence: Of the story.
        measures: Whether it has a label, and whether letters are written.
        needed: The `patience` of these people. One number decides: more believers around make nobody disbelieve, nor
            does a weaker measure.
    """
    labelled, letter = measures
    drop = law.letter if letter else law.forget
    heard = _sums(believers.view(np.uint8).take(rows.listens), rows.starts, np.int32) / np.maximum(rows.degrees, 1)
    own = believers[first : first + len(heard)]
    held = np.float32(-math.log(drop) if drop > 0.0 else math.inf)
    caught = np.float32(virulence * (law.label if labelled else 1.0)) * heard.astype(np.float32)
    return needed < np.where(own, caught + held, caught)


class Town:
    """Everybody in a town, a day at a time.

    Args:
        network: Whom each person listens to.
        law: How a story spreads.
        virulence: Of the story.
        believers: Who believe it at the start, shape (people,).
        seed: Of chance.
    """

    def __init__(self, network: Network, law: Law, virulence: float, believers: Booleans, seed: int):
        if believers.shape != (len(network.starts) - 1,):
            raise ValueError(f"believers must have shape ({len(network.starts) - 1},), got {believers.shape}")
        self.network, self.law, self.virulence, self.seed = network, law, virulence, seed
        self.believers, self.day = believers.astype(bool), 0

    def step(self, labelled: bool = False, letter: bool = False) -> float:
        """A day passes. Returns the share of believers in its evening."""
        needed, measures = patience(self.seed, self.day, 0, len(self.believers)), (labelled, letter)
        self.believers = evening(self.network, 0, self.believers, self.law, self.virulence, measures, needed)
        self.day += 1
        return float(self.believers.mean())


def _sums(values: np.ndarray, starts: Ints, kind: type) -> np.ndarray:
    """The sum of each row; 0 for who has none, whom `reduceat` would give a value of the next row."""
    total = np.zeros(len(starts) - 1, kind)
    filled = starts[1:] > starts[:-1]
    total[filled] = np.add.reduceat(values, starts[:-1][filled], dtype=kind)
    return total
