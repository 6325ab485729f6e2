"""The exact solver for several people: expectimax over public state and a belief about each of them.

The value of an information state is that of `Solution`; there are fewer of them, and each is smaller, since a belief
about independent people is kept as one belief for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

from .acts import Act, Say
from .belief import Belief, ProductBelief
from .game import Game, view_of
from .people import People
from .search import DIGITS, Candidates
from .solver import Solution, weighed

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
        super().__init__(game, mind, seat)
        self._candidates = _of_parts(candidates or (lambda state, _: game.choices(state, seat)))
        self._memo: dict[tuple, tuple[float, Act]] = {}
        self._made_in: dict[Any, Moves] = {}
        self._unbank: Callable[[Any, str], tuple[float, Any]] | None = getattr(game, "unbank", None)
        self._symmetry = getattr(game, "symmetry", None)
        alike: dict[Any, int] = {}
        self._orders: list[dict[Any, int]] = [alike if self._symmetry else {} for _ in mind.parts]

    @property
    def states(self) -> int:
        """How many information states have been solved so far."""
        return len(self._memo)

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

    def _choose(self, state: Any, mass: Any) -> tuple[float, Act]:
        """The best of the candidates; the first one of equals."""
        best, choice = float("-inf"), None
        for act in self._candidates(state, mass):
            value = self._continuation(self.game.apply(state, self.seat, act), mass)
            if value > best:
                best, choice = value, act
        if choice is None:
            raise ValueError(f"no candidate acts for {self.seat!r} in {state!r}")
        return best, choice

    def _continuation(self, state: Any, mass: Any) -> float:
        return self._future(state, mass)

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


class _ShortSighted(FactoredSolution):
    """See `ShortSighted`."""

    def __init__(self, base: FactoredSolution, horizon: int):
        super().__init__(base.game, base.mind, base.seat)
        self._made_in, self._orders = base._made_in, base._orders
        self._shorter = _ShortSighted(base, horizon - 1) if horizon > 0 else None
        candidates, over = base._candidates, self._ends
        self._candidates = lambda state, mass: sorted(candidates(state, mass), key=lambda act: over(state, act))

    def _ends(self, state: Any, act: Act) -> bool:
        return self.game.mover(self.game.apply(state, self.seat, act)) is None

    def _solve(self, state: Any, mass: Any) -> tuple[float, Act]:
        if self._shorter is None:
            return 0.0 if self._unbank is None else self._unbank(state, self.seat)[0], Say()
        return super()._solve(state, mass)

    def _continuation(self, state: Any, mass: Any) -> float:
        assert self._shorter is not None
        return self._shorter._future(state, mass)


class Moves:
    """What one of several people can do in one state: looked up by number, since to hash an act takes long."""

    __slots__ = ("acts", "numbers", "rows")

    def __init__(self) -> None:
        self.rows: dict[Any, list[tuple[int, Any, float]]] = {}  # what is hidden: act, what is hidden then, probability
        self.numbers: dict[Act, int] = {}
        self.acts: list[Act] = []

    def add(self, hidden: Any, reaction: Iterable[tuple[tuple[Any, Act], float]]) -> list[tuple[int, Any, float]]:
        """Keep what is done if `hidden` is hidden."""
        row = []
        for (after, act), q in reaction:
            number = self.numbers.get(act)
            if number is None:
                number = self.numbers[act] = len(self.acts)
                self.acts.append(act)
            row.append((number, after, q))
        self.rows[hidden] = row
        return row


def rounded(part: Part) -> tuple:
    """A belief about one person as a part of a key. Only keys are rounded: rounding does not pile up."""
    if len(part) == 1:
        return (part[0][0],)
    return tuple([hidden for hidden, _ in part]), tuple([round(p, DIGITS) for _, p in part])


def in_order(order: dict[Any, int], pairs: Iterable[tuple[Any, float]]) -> Part:
    """Pairs in the order of first sight, which is kept in `order`."""
    found = tuple(pairs)
    ranks = [order.setdefault(pair[0], len(order)) for pair in found]
    if len(found) == 1 or ranks == sorted(ranks):
        return found
    return tuple([pair for _, pair in sorted(zip(ranks, found, strict=True))])


def solution_of(game: Game, mind: Any, seat: str, candidates: Candidates | None = None) -> Solution[Any]:
    """The optimum of a seat, by the solver that suits its company."""
    return (FactoredSolution if isinstance(mind, People) else Solution)(game, mind, seat, candidates)


def _of_parts(candidates: Callable[..., Iterable[Act]]) -> Callable[..., Iterable[Act]]:
    """The candidates as a function of state and beliefs, marked as such."""
    if getattr(candidates, "weighed", False):
        return candidates

    def possible(state: Any, mass: Sequence[Part]) -> Iterable[Act]:
        return candidates(state, tuple(tuple(hidden for hidden, _ in part) for part in mass))

    return weighed(possible)
