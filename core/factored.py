"""The exact solver for several people: expectimax over public state and a belief about each of them.

The value of an information state is that of `Solution`; there are fewer of them, and each is smaller, since a belief
about independent people is kept as one belief for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

from .acts import Act
from .belief import Belief, ProductBelief
from .game import Game, view_of
from .people import People
from .solver import Candidates, Limited, Moves, Solution, in_order, rounded

Part = tuple[tuple[Any, float], ...]  # (hidden, probability) of one person, in order of first sight
Parts = tuple[Part, ...]


class FactoredSolution(Solution[tuple[Any, ...]]):
    """The optimum of one seat against several people, computed lazily at the information states that are asked for.

    A game that is no `FactoredGame` is asked for its payoff under every combination of what is hidden, which is slow.

    Args:
        game: The rules.
        mind: The people.
        seat: The seat to optimise.
        candidates: As for `Solution`; with `weighed` they are given the belief about each of the people, in their
            order, and else the hidden parts still possible of each.
    """

    mind: People

    def __init__(self, game: Game, mind: People, seat: str, candidates: Candidates | None = None):
        super().__init__(game, mind, seat, candidates and _of_parts(candidates))
        self._symmetry = getattr(game, "symmetry", None)
        alike: dict[Any, int] = {}
        self._orders: list[dict[Any, int]] = [alike if self._symmetry else {} for _ in mind.parts]

    def start_value(self) -> float:
        """Best expected payoff before the first word."""
        return self.value(self.game.start(), self.mind.prior())

    def known_value(self) -> float:
        """Expected payoff of a seat that is told at the start what is hidden: an upper bound on `start_value`."""
        start, found = self.game.start(), []
        for parts in product(*(factor.items() for factor in self.mind.prior().factors)):
            mass = tuple(((hidden, 1.0),) for hidden, _ in parts)
            found.append(math.prod(p for _, p in parts) * self._future(start, mass))
        return math.fsum(found)

    def branches(
        self, state: Any, belief: Belief[tuple[Any, ...]], act: Act
    ) -> list[tuple[float, Any, Belief[tuple[Any, ...]]]]:
        """See `Solution.branches`."""
        found: Any = self._branches(self.game.apply(state, self.seat, act), self._canonical(belief))
        return [(p, end, ProductBelief([Belief(part) for part in mass])) for p, end, mass in found]

    def value_of(self, rule: Callable[[Any, Parts], Act]) -> float:
        """Expected payoff of a rule that acts by the state and the belief about each person alone.

        It is followed through information states, each once, so that it does not matter how many histories there are.
        What is said of a state is taken to hold of all that differ in nothing that matters (see `Game`).

        Args:
            rule: Of a state in which the seat moves, and the beliefs as pairs of hidden part and probability, its act.
        """
        values: dict[Any, float] = {}

        def followed(state: Any, mass: Any) -> float:
            mover = self.game.mover(state)
            if mover is None:
                return self._final(state, mass)
            if mover != self.seat:
                return math.fsum(p * followed(after, then) for p, after, then in self._step(state, mass))
            banked = 0.0
            if self._unbank is not None:
                banked, state = self._unbank(state, self.seat)
            if self._symmetry is not None:
                state, mass, _ = self._symmetry(state, mass)
            key = state, tuple([rounded(part) for part in mass])
            if key not in values:
                values[key] = followed(self.game.apply(state, self.seat, rule(state, mass)), mass)
            return banked + values[key]

        return followed(self.game.start(), self._canonical(self.mind.prior()))

    def planned_value(self, horizon: int) -> float:
        """Expected payoff of a seat that sees only `horizon` of its own turns; see `ShortSighted`."""
        planner: Any = self.short_sighted(horizon)
        return self.value_of(lambda state, mass: planner._solve(state, mass)[1])

    def short_sighted(self, horizon: int) -> Solution[tuple[Any, ...]]:
        """See `Solution.short_sighted`."""
        if horizon not in self._short:
            self._short[horizon] = _ShortSighted(self, horizon)
        return self._short[horizon]

    def _canonical(self, belief: Iterable[tuple[Any, float]]) -> Any:
        if isinstance(belief, ProductBelief):
            return tuple(self._part(place, factor) for place, factor in enumerate(belief.factors))
        if isinstance(belief, Belief) and len(belief) == 1:
            return tuple(((hidden, 1.0),) for hidden in belief.support[0])
        raise ValueError(f"a belief about several people must be a ProductBelief, or certain; got {belief!r}")

    def _part(self, place: int, pairs: Iterable[tuple[Any, float]]) -> Part:
        return in_order(self._orders[place], pairs)

    def _future(self, state: Any, mass: Any) -> float:
        mover = self.game.mover(state)
        if mover == self.seat:
            return self._solve(state, mass)[0]
        if mover is None:
            return self._final(state, mass)
        return sum([p * self._future(after, posterior) for p, after, posterior in self._step(state, mass)])

    def _final(self, state: Any, mass: Parts) -> float:
        game: Any = self.game
        if hasattr(game, "expected_payoff"):
            return game.expected_payoff(state, self.seat, mass)
        beliefs = ProductBelief([Belief(part) for part in mass])
        return beliefs.expectation(lambda hidden: game.payoff(state, self.seat, hidden))

    def _solve(self, state: Any, mass: Any) -> tuple[float, Act]:
        banked, back = 0.0, None
        if self._unbank is not None:
            banked, state = self._unbank(state, self.seat)
        if self._symmetry is not None:
            state, mass, back = self._symmetry(state, mass)
        key = state, tuple([rounded(part) for part in mass])
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._choose(state, mass)
        return banked + found[0], found[1] if back is None else back(found[1])

    def _step(self, state: Any, mass: Any) -> Iterable[tuple[float, Any, Any]]:
        """One move of the person whose turn it is: (probability, next state, beliefs) for each act it can make."""
        game, mind = self.game, self.mind
        seat = game.mover(state)
        assert seat is not None
        seen, place = (seat, view_of(game, state, seat)), mind.place(seat)
        moves = self._made_in.get(seen)
        if moves is None:
            moves = self._made_in[seen] = Moves()
        rows = moves.rows
        split: dict[int, dict[Any, float]] = {}
        for part, p in mass[place]:
            row = rows.get(part)
            if row is None:
                row = moves.add(part, mind.react_factor(part, state))
            for number, after, q in row:
                into = split.get(number)
                if into is None:
                    into = split[number] = {}
                into[after] = into.get(after, 0.0) + p * q
        for number, into in split.items():
            total = sum(into.values())
            posterior = self._part(place, [(hidden, weight / total) for hidden, weight in into.items()])
            yield total, game.apply(state, seat, moves.acts[number]), (*mass[:place], posterior, *mass[place + 1 :])


class _ShortSighted(Limited[tuple[Any, ...]], FactoredSolution):
    """See `ShortSighted`."""

    def __init__(self, base: FactoredSolution, horizon: int):
        super().__init__(base, horizon)
        self._orders = base._orders


def solution_of(game: Game, mind: Any, seat: str, candidates: Candidates | None = None) -> Solution[Any]:
    """The optimum of a seat, by the solver that suits its company."""
    return (FactoredSolution if isinstance(mind, People) else Solution)(game, mind, seat, candidates)


def _of_parts(candidates: Callable[..., Iterable[Act]]) -> Callable[..., Iterable[Act]]:
    """The candidates as a function of state and beliefs, marked as such."""
    if getattr(candidates, "weighed", False):
        return candidates

    def possible(state: Any, mass: Sequence[Part]) -> Iterable[Act]:
        return candidates(state, tuple(tuple(hidden for hidden, _ in part) for part in mass))

    vars(possible)["weighed"] = True
    return possible
