"""Finite probability distributions: priors, reactions, and what a perfect listener believes."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, Generic, Protocol, TypeVar

X = TypeVar("X", bound=Hashable)
Y = TypeVar("Y", bound=Hashable)


class Uniform(Protocol):
    """Anything with ``random() -> float`` in [0, 1): ``numpy.random.Generator``, ``random.Random``, a `Stream`."""

    def random(self) -> float: ...


class Belief(Generic[X]):
    """An immutable distribution over finitely many hashable outcomes.

    Args:
        weights: Non-negative weights, as a mapping or as pairs. Weights of equal outcomes add up; zeros are dropped; the rest is normalised.

    Raises:
        ValueError: If a weight is negative or not finite, or if all are zero.
    """

    __slots__ = ("_index", "_items", "_steps")

    def __init__(self, weights: Mapping[X, float] | Iterable[tuple[X, float]]):
        pairs: Any = weights.items() if isinstance(weights, Mapping) else weights
        index: dict[Any, float] = {}
        for outcome, weight in pairs:
            if not (weight >= 0.0 and math.isfinite(weight)):
                raise ValueError(f"weight of {outcome!r} must be finite and at least 0, got {weight!r}")
            if weight > 0.0:
                index[outcome] = index.get(outcome, 0.0) + weight
        total = math.fsum(index.values())
        if total <= 0.0:
            raise ValueError("a belief needs at least one outcome of positive weight")
        self._index: dict[X, float] | None = {outcome: weight / total for outcome, weight in index.items()}
        self._items = tuple(self._index.items())
        self._steps: list[float] | None = None

    @classmethod
    def certain(cls, outcome: X) -> Belief[X]:
        """The distribution that has all its mass on `outcome`."""
        certain = object.__new__(cls)  # this is on the path of every step: no checks, nothing to normalise, the index only if it is asked for
        certain._index = None
        certain._items = ((outcome, 1.0),)
        certain._steps = None
        return certain

    @classmethod
    def uniform(cls, outcomes: Iterable[X]) -> Belief[X]:
        """Equal weight on each of `outcomes`."""
        return cls((outcome, 1.0) for outcome in outcomes)

    @property
    def support(self) -> tuple[X, ...]:
        """The outcomes of positive probability, in the order they were given."""
        return tuple([outcome for outcome, _ in self._items])

    @property
    def entropy(self) -> float:
        """Shannon entropy in bits."""
        return -math.fsum(p * math.log2(p) for _, p in self._items) + 0.0

    def probability(self, outcome: X) -> float:
        """Probability of `outcome`; 0 outside the support."""
        if self._index is None:
            self._index = dict(self._items)
        return self._index.get(outcome, 0.0)

    def expectation(self, of: Callable[[X], float]) -> float:
        """Mean of ``of(outcome)``."""
        return math.fsum(p * of(outcome) for outcome, p in self._items)

    def map(self, to: Callable[[X], Y]) -> Belief[Y]:
        """Distribution of ``to(outcome)``: a marginal, when `to` picks a part of the outcome."""
        return Belief((to(outcome), p) for outcome, p in self._items)

    def update(self, likelihood: Callable[[X], float]) -> Belief[X]:
        """Bayes' rule for an outcome that does not move.

        Args:
            likelihood: Probability of what was seen, given the outcome.

        Raises:
            ValueError: If what was seen is impossible under every outcome.
        """
        return Belief((outcome, p * likelihood(outcome)) for outcome, p in self._items)

    def sample(self, rng: Uniform) -> X:
        """Draw one outcome. A certain belief draws no random number."""
        items = self._items
        if len(items) == 1:
            return items[0][0]
        if self._steps is None:
            self._steps = list(accumulate(p for _, p in items))
        place = bisect_right(self._steps, rng.random())
        return items[min(place, len(items) - 1)][0]  # rounding can leave the last step a hair below 1

    def items(self) -> tuple[tuple[X, float], ...]:
        """Pairs of outcome and probability."""
        return self._items

    def __iter__(self) -> Iterator[tuple[X, float]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Belief) and dict(self._items) == dict(other._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __repr__(self) -> str:
        shown = ", ".join(f"{outcome!r}: {p:.3g}" for outcome, p in self._items[:4])
        return f"Belief({{{shown}{', ...' if len(self) > 4 else ''}}})"
