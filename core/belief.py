"""Finite probability distributions: priors, reactions, and what a perfect listener believes."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, product
from typing import Any, Generic, Protocol, TypeVar

X = TypeVar("X", bound=Hashable)
Y = TypeVar("Y", bound=Hashable)


class Uniform(Protocol):
    """Anything with ``random() -> float`` in [0, 1): ``numpy.random.Generator``, ``random.Random``, a `Stream`."""

    def random(self) -> float: ...


class OutOfReach(NotImplementedError):
    """What nobody can compute in reasonable time, such as an optimum. The message says what there is in its place."""


class Belief(Generic[X]):
    """An immutable distribution over finitely many hashable outcomes.

    Args:
        weights: Non-negative weights, as a mapping or as pairs. Weights of equal outcomes add up; zeros are dropped;
            the rest is normalised.

    Raises:
        ValueError: If a weight is negative or not finite, or if all are zero.
    """

    __slots__ = ("_index", "_items", "_steps")

    def __init__(self, weights: Mapping[X, float] | Iterable[tuple[X, float]]):
        self._index: dict[X, float] | None = None  # made when it is asked for
        self._steps: list[float] | None = None
        if type(weights) is dict and weights and min(weights.values()) >= 0.0:
            total = math.fsum(weights.values())
            if 0.0 < total < math.inf:  # nothing to check one by one, nothing to add up
                self._items = tuple([(outcome, weight / total) for outcome, weight in weights.items() if weight])
                return
        pairs: Any = weights.items() if isinstance(weights, Mapping) else weights
        index: dict[Any, float] = {}
        for outcome, weight in pairs:
            if 0.0 < weight < math.inf:
                index[outcome] = index[outcome] + weight if outcome in index else weight
            elif weight != 0.0:
                raise ValueError(f"weight of {outcome!r} must be finite and at least 0, got {weight!r}")
        total = math.fsum(index.values())
        if total <= 0.0:
            raise ValueError("a belief needs at least one outcome of positive weight")
        self._items = tuple([(outcome, weight / total) for outcome, weight in index.items()])

    @classmethod
    def certain(cls, outcome: X) -> Belief[X]:
        """The distribution that has all its mass on `outcome`."""
        certain: Belief[X] = object.__new__(
            Belief
        )  # this is on the path of every step: no checks, nothing to normalise, the index only if it is asked for
        certain._index = None
        certain._items = ((outcome, 1.0),)
        certain._steps = None
        return certain

    @classmethod
    def uniform(cls, outcomes: Iterable[X]) -> Belief[X]:
        """Equal weight on each of `outcomes`."""
        return Belief((outcome, 1.0) for outcome in outcomes)

    @property
    def support(self) -> Sequence[X]:
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

    def relabel(self, to: Callable[[X], Y]) -> Belief[Y]:
        """`map` for a `to` that makes no two outcomes the same: probabilities and draws stay as they are."""
        renamed: Belief[Y] = object.__new__(Belief)
        renamed._index = None
        renamed._items = tuple([(to(outcome), p) for outcome, p in self._items])
        if self._steps is None and len(self._items) > 1:
            self._steps = list(accumulate([p for _, p in self._items]))
        renamed._steps = self._steps
        return renamed

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


LISTED = (
    100_000  # outcomes of a product that are listed one by one; beyond it, only what its factors can answer is answered
)


class ProductBelief(Belief[tuple[Any, ...]]):
    """Independent beliefs about the parts of an outcome, kept apart.

    The belief about a deck of cards is one about each card. An outcome is a tuple with an entry for each factor.
    Probability, entropy, draws and marginals come from the factors, so that it does not matter how many outcomes there
    are. What needs every outcome (`items`, iteration, `map`, `update`, `expectation`) lists them if there are at most
    `LISTED`, and refuses otherwise. `support` is a lazy sequence, which can be indexed and sliced at any size.

    Two products are equal if their factors are; a product equals no belief that is not one.

    Args:
        factors: The belief about each part.

    Raises:
        ValueError: If there are no factors.
    """

    __slots__ = ("factors",)

    def __init__(self, factors: Iterable[Belief]):
        self.factors = tuple(factors)
        if not self.factors:
            raise ValueError("a product needs at least one factor")

    def replace(self, place: int, factor: Belief) -> ProductBelief:
        """The same belief but for the factor at `place`."""
        return ProductBelief((*self.factors[:place], factor, *self.factors[place + 1 :]))

    @property
    def support(self) -> Sequence[tuple[Any, ...]]:
        """The outcomes of positive probability; the last part changes fastest."""
        return _ProductSupport(tuple(factor.support for factor in self.factors))

    @property
    def entropy(self) -> float:
        """Shannon entropy in bits: the sum over the factors."""
        return math.fsum(factor.entropy for factor in self.factors)

    def probability(self, outcome: tuple[Any, ...]) -> float:
        """Probability of `outcome`; 0 outside the support, and for what is no tuple of as many parts."""
        if not isinstance(outcome, tuple) or len(outcome) != len(self.factors):
            return 0.0
        return math.prod(factor.probability(part) for factor, part in zip(self.factors, outcome, strict=True))

    def expectation(self, of: Callable[[tuple[Any, ...]], float]) -> float:
        """Mean of ``of(outcome)``. For a sum over the parts, add up the expectations of the factors instead.

        Raises:
            OutOfReach: If there are more than `LISTED` outcomes.
        """
        return math.fsum(p * of(outcome) for outcome, p in self._listed())

    def map(self, to: Callable[[tuple[Any, ...]], Y]) -> Belief[Y]:
        """Distribution of ``to(outcome)``. The marginal of a part is in `factors`.

        Raises:
            OutOfReach: If there are more than `LISTED` outcomes.
        """
        return Belief((to(outcome), p) for outcome, p in self._listed())

    def relabel(self, to: Callable[[tuple[Any, ...]], Y]) -> Belief[Y]:
        """See `map`."""
        return self.map(to)

    def update(self, likelihood: Callable[[tuple[Any, ...]], float]) -> Belief[tuple[Any, ...]]:
        """Bayes' rule for a likelihood that may tie the parts together: the result is no product.

        Raises:
            OutOfReach: If there are more than `LISTED` outcomes.
            ValueError: If what was seen is impossible under every outcome.
        """
        return Belief((outcome, p * likelihood(outcome)) for outcome, p in self._listed())

    def sample(self, rng: Uniform) -> tuple[Any, ...]:
        """Draw each part from its factor, in order."""
        return tuple([factor.sample(rng) for factor in self.factors])

    def items(self) -> tuple[tuple[tuple[Any, ...], float], ...]:
        """Pairs of outcome and probability.

        Raises:
            OutOfReach: If there are more than `LISTED` outcomes.
        """
        return tuple(self._listed())

    def _listed(self) -> Iterator[tuple[tuple[Any, ...], float]]:
        if len(self) > LISTED:
            raise OutOfReach(f"{len(self):.2g} outcomes are too many to list (at most {LISTED:,}); ask the factors")
        for pairs in product(*(factor.items() for factor in self.factors)):
            yield tuple([part for part, _ in pairs]), math.prod([p for _, p in pairs])

    def __iter__(self) -> Iterator[tuple[tuple[Any, ...], float]]:
        return iter(self.items())

    def __len__(self) -> int:
        return math.prod(len(factor) for factor in self.factors)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProductBelief) and self.factors == other.factors

    def __hash__(self) -> int:
        return hash(self.factors)

    def __repr__(self) -> str:
        return f"ProductBelief({', '.join(map(repr, self.factors[:3]))}{', ...' if len(self.factors) > 3 else ''})"


class _ProductSupport(Sequence[tuple[Any, ...]]):
    """The tuples of a product in order, without a list of them."""

    def __init__(self, parts: tuple[Sequence[Any], ...]):
        self._parts = parts

    def __len__(self) -> int:
        return math.prod(map(len, self._parts))

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return tuple(self[i] for i in range(*place.indices(len(self))))
        place = place + len(self) if place < 0 else place
        if not 0 <= place < len(self):
            raise IndexError(place)
        found = []
        for part in reversed(self._parts):
            place, digit = divmod(place, len(part))
            found.append(part[digit])
        return tuple(reversed(found))

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return product(*self._parts)

    def __contains__(self, outcome: object) -> bool:
        return (
            isinstance(outcome, tuple)
            and len(outcome) == len(self._parts)
            and all(o in part for o, part in zip(outcome, self._parts, strict=True))
        )

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Place of an outcome, without a search through the others."""
        if value not in self:
            raise ValueError(f"{value!r} is not in the support")
        place = 0
        for part, own in zip(self._parts, value, strict=True):
            place = place * len(part) + part.index(own)
        return place
