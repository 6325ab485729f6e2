"""A large town: the law of `law.Law` for every person of a network, a day of everybody at once.

A network is a list of whom each person listens to, row after row (compressed sparse rows): ``listens[starts[i] :
starts[i + 1]]`` are those of person i. The shares are in the order of the people, so that a network may be cut into
parts of whole rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .law import Law

Ints = np.ndarray
Booleans = np.ndarray


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
        return _sums(self.degrees[self.listens].astype(float), self.starts) / np.maximum(self.degrees, 1)


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


class Town:
    """Everybody in a town, a day at a time.

    Args:
        network: Whom each person listens to.
        law: How a story spreads.
        virulence: Of the story.
        believers: Who believe it at the start, shape (people,).
        rng: Chance; a day takes one number a person.
    """

    def __init__(self, network: Network, law: Law, virulence: float, believers: Booleans, rng: np.random.Generator):
        if believers.shape != (len(network.starts) - 1,):
            raise ValueError(f"believers must have shape ({len(network.starts) - 1},), got {believers.shape}")
        self.network, self.law, self.virulence, self.rng = network, law, virulence, rng
        self.believers = believers.astype(bool)
        self._per_friend = (1.0 / np.maximum(network.degrees, 1)).astype(np.float32)

    def step(self, labelled: bool = False, letter: bool = False) -> float:
        """A day passes. Returns the share of believers in its evening."""
        believers, law = self.believers, self.law
        heard = _sums(believers.astype(np.float32).take(self.network.listens), self.network.starts) * self._per_friend
        silent = np.exp(np.float32(-self.virulence * (law.label if labelled else 1.0)) * heard)
        drop = law.letter if letter else law.forget
        # one number decides for each: more believers around make nobody disbelieve, nor does a weaker measure
        self.believers = self.rng.random(len(believers), dtype=np.float32) >= np.where(believers, drop * silent, silent)
        return float(self.believers.mean())


def _sums(values: np.ndarray, starts: Ints) -> np.ndarray:
    """The sum of each row; 0 for who has none, whom `reduceat` would give a value of the next row."""
    total = np.zeros(len(starts) - 1, values.dtype)
    filled = starts[1:] > starts[:-1]
    total[filled] = np.add.reduceat(values, starts[:-1][filled])
    return total
