"""An upper bound on what any coach can get, for lessons that are too long to be solved, and the prices of time in it.

**Lagrangian relaxation.** A coach reviews at most one card a turn: ``sum_i a_i(t) <= 1``. Put a price ``l_t >= 0`` on
each turn. For every coach, whatever it knows and does,

    E[payoff]  <=  E[ payoff + sum_t l_t (1 - sum_i a_i(t)) ]  =  sum_t l_t + sum_i E[ recall_i / n - sum_t (cost + l_t)
    a_i(t) ],

since the added terms are not negative. The right side is at most its maximum over all coaches that may review any
number of cards in a turn. For them the cards decouple: the payoff is a sum over cards, a card's memory and answers
depend on its own reviews alone, and the priors are independent, so what is heard of other cards is no more than a coin
to toss when it comes to this one. The maximum is therefore ``n`` times the value ``V(l)`` of the problem with one card,
and

    optimum  <=  B(l) = sum_t l_t + n V(l)        for every l >= 0

(weak duality; Hawkins 2003, Adelman and Mersereau 2008). ``B`` is convex and is minimised by subgradients: ``dB/dl_t =
1 - n P(the card is reviewed at t)``.

**Beliefs about one card.** The problem with one card is partially observed, and its value is convex in the belief. So
interpolation between beliefs on a grid never lies below it, at each turn of the recursion (Lovejoy 1991, section 3):
``V(sum_j w_j b_j) <= sum_j w_j V(b_j)``. The grid is that of Freudenthal's triangulation of the simplex. With
``resolution=1`` its points are the corners: the coach that sees every memory as it is (an information relaxation). A
finer grid gives a tighter bound, and each is proven.
"""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np

from ...core.belief import Belief
from .game import Calendar, Trace, recall
from .mind import BLANK, RIGHT, WRONG, Memory, answer

POINTS = 1000  # of a grid, at most
_COARSE = 100  # of the grid on which the prices are sought
_STEPS = 300  # in search of prices
_KEPT = 200_000  # gains that are kept
_SURE = 1e-12


class PricedCard:
    """One card where turns have a price: value and plan on a grid of beliefs.

    Args:
        memory: How cards are remembered.
        calendar: When the turns and the test are.
        cards: How many cards there are; the recall of one counts ``1 / cards``.
        cost: What a review costs besides.
        resolution: Steps of the grid along each edge of the simplex.
    """

    def __init__(self, memory: Memory, calendar: Calendar, cards: int, cost: float, resolution: int):
        self.memory, self.calendar, self.cards, self.cost, self.resolution = memory, calendar, cards, cost, resolution
        self.traces = memory.traces
        self._place = {trace: place for place, trace in enumerate(self.traces)}
        corners = _compositions(resolution, len(self.traces))
        self.grid = corners / resolution  # (points, traces)
        self._digits = (resolution + 1) ** np.arange(len(self.traces))  # a grid point as one whole number
        codes = corners @ self._digits
        self._order = np.argsort(codes)
        self._codes = codes[self._order]
        self._turns = len(calendar.times)
        self._moments = (-calendar.before, *calendar.times)  # when a card can have been seen last
        gaps = {now - seen for turn, now in enumerate(calendar.times) for seen in self._moments[: turn + 1]}
        self._reviews = {gap: self._review(gap) for gap in gaps}
        test = np.array(
            [[recall(trace.half_life, calendar.test - seen) for trace in self.traces] for seen in self._moments]
        )
        self._kept = test @ self.grid.T / cards  # (moments, points)
        self.start = self.place(memory.prior)
        self.values: list[np.ndarray] = []
        self.prices = np.zeros(self._turns)

    def place(self, belief: Belief[Trace]) -> tuple[np.ndarray, np.ndarray]:
        """Grid points around a belief, and its weights on them."""
        vector = np.zeros(len(self.traces))
        for trace, p in belief:
            vector[self._place[trace]] += p
        places, weights = self._interpolate(vector[None])
        return places[0], weights[0]

    def solve(self, prices: np.ndarray) -> float:
        """Value of the card before the first turn, at these prices of the turns, shape (turns,).

        The values of later turns are kept in ``values``.
        """
        self._gains: dict[tuple[int, int, Belief[Trace]], float] = {}
        self.prices, value = prices, self._kept
        self.values = [value]
        for turn in reversed(range(self._turns)):
            reviewed = self._reviewed(turn, value[turn + 1])
            value = np.maximum(value[: turn + 1], reviewed)
            self.values.append(value)
        self.values.reverse()
        places, weights = self.start
        return float(weights @ self.values[0][0, places])

    def use(self) -> np.ndarray:
        """Probability that the plan of the last `solve` reviews the card in each turn, shape (turns,)."""
        used = np.zeros(self._turns)
        mass = np.zeros((1, len(self.grid)))
        np.add.at(mass[0], self.start[0], self.start[1])
        for turn in range(self._turns):
            later = self.values[turn + 1]
            chosen = self._reviewed(turn, later[turn + 1]) > later[: turn + 1] + _SURE
            moved = np.where(chosen, mass, 0.0)
            used[turn] = moved.sum()
            fresh = np.zeros(len(self.grid))
            for moment in np.flatnonzero(moved.any(axis=1)):
                places, weights = self._reviews[self.calendar.times[turn] - self._moments[moment]]
                live = np.flatnonzero(moved[moment])
                np.add.at(fresh, places[live].ravel(), (weights[live] * moved[moment, live, None]).ravel())
            mass = np.vstack([mass - moved, fresh])
        return used

    def gain(self, turn: int, seen: int, belief: Belief[Trace]) -> float:
        """What a review of the card in this turn adds to its value after `solve`, the price of the turn not counted."""
        key = (turn, seen, belief)
        found = self._gains.get(key)
        if found is None:
            if len(self._gains) >= _KEPT:
                self._gains.clear()
            found = self._gains[key] = self._gain(turn, seen, belief)
        return found

    def _gain(self, turn: int, seen: int, belief: Belief[Trace]) -> float:
        places, weights = self.place(belief)
        moment = self._moments.index(seen)
        around, shares = self._reviews[self.calendar.times[turn] - seen]
        later = self.values[turn + 1]
        reviewed = (shares[places] * later[turn + 1][around[places]]).sum(axis=1)
        return float(weights @ (reviewed - later[moment, places])) - self.cost

    def _reviewed(self, turn: int, fresh: np.ndarray) -> np.ndarray:
        """Values of a review in this turn, for each moment so far that the card can have been seen last.

        Shape (moments so far, points).
        """
        rows = []
        for seen in self._moments[: turn + 1]:
            places, weights = self._reviews[self.calendar.times[turn] - seen]
            rows.append((weights * fresh[places]).sum(axis=1))
        return np.array(rows) - (self.cost + self.prices[turn])

    def _review(self, gap: int) -> tuple[np.ndarray, np.ndarray]:
        """Where a review leads from each grid point: grid points and weights, shapes (points, 3 * traces)."""
        places, weights = [], []
        for act in (RIGHT, WRONG, BLANK):
            step = np.zeros((len(self.traces), len(self.traces)))
            for trace in self.traces:
                for (after, made), p in answer(self.memory, trace, gap):
                    if made == act:
                        step[self._place[trace], self._place[after]] += p
            joint = self.grid @ step
            likely = joint.sum(axis=1)
            around, shares = self._interpolate(joint / np.where(likely > 0.0, likely, 1.0)[:, None])
            places.append(around)
            weights.append(shares * likely[:, None])
        return np.hstack(places), np.hstack(weights)

    def _interpolate(self, beliefs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Grid points around each belief, and weights under which they average to it.

        This is Freudenthal's triangulation, as in Lovejoy (1991, section 4).
        """
        count, size = beliefs.shape
        sums = np.cumsum(beliefs[:, ::-1], axis=1)[:, ::-1] * self.resolution  # decreasing; the first is the resolution
        sums[:, 0] = self.resolution
        base = np.floor(sums + 1e-9)
        rest = np.clip(sums - base, 0.0, 1.0)
        order = np.argsort(-rest, axis=1, kind="stable")
        sorted_rest = np.take_along_axis(rest, order, axis=1)
        # The first sum is whole, so that the last rest is 0.
        weights = np.concatenate([1.0 - sorted_rest[:, :1], sorted_rest[:, :-1] - sorted_rest[:, 1:]], axis=1)
        places = np.zeros((count, size), dtype=np.int64)
        corner = base.astype(np.int64)
        for k in range(size):
            if k:
                corner[np.arange(count), order[:, k - 1]] += 1
            point = corner - np.concatenate([corner[:, 1:], np.zeros((count, 1), dtype=np.int64)], axis=1)
            codes = point @ self._digits
            found = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
            known = (self._codes[found] == codes) & (point >= 0).all(axis=1)
            places[:, k] = self._order[found]
            weights[~known, k] = 0.0  # rounding alone leads off the grid, with a weight of its size
        total = weights.sum(axis=1, keepdims=True)
        return places, weights / np.where(total > 0.0, total, 1.0)


class Bound:
    """The best bound found, with the prices of the turns.

    Attributes:
        value: No coach can expect more.
        prices: Shape (turns,).
        card: One card at these prices, on the fine grid.
    """

    def __init__(self, memory: Memory, calendar: Calendar, cards: int, cost: float, resolution: int | None):
        size = len(memory.traces)
        fine = resolution or _finest(size, POINTS)
        self.prices = _cheapest(PricedCard(memory, calendar, cards, cost, min(fine, _finest(size, _COARSE))))
        self.card = PricedCard(memory, calendar, cards, cost, fine)
        self.value = float(self.prices.sum()) + cards * self.card.solve(self.prices)

    @cached_property
    def use(self) -> np.ndarray:
        """Cards that the relaxed coach reviews in each turn, in expectation; near 1 where the price is not 0.

        Shape (turns,).
        """
        return self.card.cards * self.card.use()


@cache
def bound(memory: Memory, calendar: Calendar, cards: int, cost: float, resolution: int | None = None) -> Bound:
    """The bound for these numbers; made once, in some seconds.

    Args:
        memory: How cards are remembered.
        calendar: When the turns and the test are.
        cards: How many.
        cost: What a review costs.
        resolution: Of the grid; by default as fine as `POINTS` points allow. 1 is the coach that sees every memory.
    """
    return Bound(memory, calendar, cards, cost, resolution)


def _cheapest(card: PricedCard) -> np.ndarray:
    """Prices that make the bound small: projected subgradient steps of decreasing length, the best ones kept."""
    prices = np.full(len(card.calendar.times), 0.5 / card.cards)
    best, kept, length = np.inf, prices, 0.1 / card.cards
    for step in range(_STEPS):
        value = prices.sum() + card.cards * card.solve(prices)
        if value < best - 1e-9:
            best, kept = value, prices
        slope = 1.0 - card.cards * card.use()
        slope = np.where((prices <= 0.0) & (slope > 0.0), 0.0, slope)
        size = np.linalg.norm(slope)
        if size < 1e-9:
            break
        prices = np.maximum(0.0, prices - length * (1.0 - step / _STEPS) ** 2 * slope / max(1.0, size))
    return kept


def _finest(size: int, points: int) -> int:
    """The highest resolution of a grid over so many traces that has at most so many points; at least 1."""
    resolution = 1
    while len(_compositions(resolution + 1, size)) <= points:
        resolution += 1
    return resolution


@cache
def _compositions(total: int, parts: int) -> np.ndarray:
    """Every way to write `total` as a sum of `parts` whole numbers from 0, shape (ways, parts)."""
    if parts == 1:
        return np.array([[total]])
    return np.vstack(
        [
            np.hstack([np.full((len(rest), 1), first), rest])
            for first in range(total + 1)
            for rest in [_compositions(total - first, parts - 1)]
        ]
    )
