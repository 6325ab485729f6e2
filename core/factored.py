"""The exact solver for several people: expectimax over public state and a belief about each of them.

The value of an information state is that of `Solution`; there are fewer of them, and each is smaller, since a belief
about independent people is kept as one belief for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

from .acts import Act, Say
from .belief import Belief, ProductBelief
from .game import Game, view_of
from .people import People
from .search import COARSE, OTHERS, OVER, Board, Candidates, Moves, Numbered, Order, Place, Search, Way
from .solver import Solution

Part = tuple[tuple[Any, float], ...]  # (hidden, probability) of one person
Parts = tuple[Part, ...]
Masses = tuple[Numbered, ...]  # the same by number


class Split:
    """The part of a belief that is left when the people have made one act, whatever the probabilities were.

    It is kept: several people meet what they see of a state, and are thought of in the same ways, again and again. A
    single person is so seldom met twice that `Search.step` makes do without.

    Attributes:
        act: The number of the act.
        after: The numbers of what can be hidden then.
        size: How many these are.
        terms: Of which each one's weight is the sum: its place in `after`, the place of what was hidden, probability.
        way: `after` in the order of a search, which fills this in.
    """

    __slots__ = ("act", "after", "size", "terms", "way")

    def __init__(self, act: int, after: tuple[int, ...], terms: tuple[tuple[int, int, float], ...]):
        self.act, self.after, self.size, self.terms = act, after, len(after), terms
        self.way: Way | None = None


class Table(Board[Any]):
    """The places of a game at which several people sit. What one of them does is kept for what it sees of a state.

    The parts of what is hidden have their numbers together: people who are alike can be exchanged.
    """

    mind: People

    def __init__(self, game: Game, mind: People, seat: str):
        super().__init__(game, mind, seat)
        self.symmetry: Callable[..., tuple[Any, Parts, Callable[[Act], Act]]] | None = getattr(game, "symmetry", None)
        alike = Order()
        self.orders = [alike if self.symmetry else Order() for _ in mind.parts]
        self._seen: dict[tuple[str, Any], Moves] = {}

    def moves(self, state: Any, mover: Any) -> Moves:
        """What somebody can do who sees this of a state."""
        seen = mover, view_of(self.game, state, mover)
        found = self._seen.get(seen)
        if found is None:
            found = self._seen[seen] = Moves()
        return found

    def react(self, hidden: Any, state: Any) -> Iterable[tuple[tuple[Any, Act], float]]:
        """What whose turn it is does, and the part that is hidden then, with probabilities."""
        return self.mind.react_factor(hidden, state)

    def splits(self, place: Place, numbers: tuple[int, ...]) -> list[Split]:
        """What can be seen in a place if one of these is hidden: an act each, in the order in which they are found."""
        found: dict[int, dict[int, int]] = {}
        terms: dict[int, list[tuple[int, int, float]]] = {}
        for of, number in enumerate(numbers):
            for act, after, q in place.moves.rows.get(number) or self.row(place, number):
                into = found.setdefault(act, {})
                terms.setdefault(act, []).append((into.setdefault(after, len(into)), of, q))
        return [Split(act, tuple(into), tuple(terms[act])) for act, into in found.items()]

    def expected(self, state: Any, parts: Parts) -> float:
        """The expected payoff; of a game that is no `FactoredGame`, from every combination of what is hidden."""
        game: Any = self.game
        if hasattr(game, "expected_payoff"):
            return game.expected_payoff(state, self.seat, parts)
        beliefs = ProductBelief([Belief(part) for part in parts])
        return beliefs.expectation(lambda hidden: game.payoff(state, self.seat, hidden))


class FactoredSearch(Search[Any]):
    """Values of information states with a belief about each person.

    Attributes:
        memo: Values of those that stand for all that differ in names alone.
    """

    board: Table

    def __init__(self, board: Table, candidates: Candidates, horizon: int | None = None):
        super().__init__(board, candidates, horizon)
        self._splits: dict[Moves, dict[tuple[int, ...], list[Split]]] = {}
        self._found: dict[tuple[Place, Masses], tuple[float, Act]] = {}  # by what was asked

    def mass(self, pairs: Iterable[Any]) -> Any:
        """Beliefs in numbers."""
        board = self.board
        return tuple([order.put(board.numbered(part)) for order, part in zip(board.orders, pairs, strict=True)])

    def pairs(self, mass: Any) -> Any:
        """Beliefs in hidden states."""
        hidden = self.board.hidden
        return tuple([tuple([(hidden[n], p) for n, p in zip(*part, strict=True)]) for part in mass])

    def possible(self, mass: Any) -> tuple[Any, ...]:
        """What may be hidden in each, as numbers."""
        return tuple([numbers for numbers, _ in mass])

    def named(self, possible: tuple[Any, ...]) -> tuple[Any, ...]:
        """What may be hidden in each, of its numbers."""
        return tuple([super(FactoredSearch, self).named(numbers) for numbers in possible])

    def _orders(self) -> list[Order]:
        return self.board.orders

    def _of(self, state: Any) -> Any:
        return state

    def _state(self, of: Any) -> Any:
        return of

    def solve(self, place: Place, mass: Any) -> tuple[float, Act]:
        """Value and best act of a place in which the seat moves."""
        found = self._found.get((place, mass))
        if found is None:
            found = self._found[place, mass] = self._solved(place, mass)
        return found

    def _solved(self, place: Place, mass: Any) -> tuple[float, Act]:
        banked, state, mass, back = self.representative(place, mass)
        if self.horizon == 0:
            return banked, Say()
        key = state, rounded(mass)
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = self._choose(self.board.place(state), mass)
        value, act = found
        return banked + value, act if back is None else back(act)

    def representative(self, place: Place, mass: Masses) -> tuple[float, Any, Masses, Callable[[Act], Act] | None]:
        """What the seat has got, and what stands for all that differ in this or in names alone.

        Returns:
            What it has got; a state; beliefs; and what gives an act there its names here.
        """
        board, state, banked, back = self.board, place.state, 0.0, None
        if board.unbank is not None:
            banked, state = board.unbank(state, board.seat)
        if board.symmetry is not None:
            state, parts, back = board.symmetry(state, self.pairs(mass))
            mass = tuple([board.numbered(part) for part in parts])
        return banked, state, mass, back

    def future(self, place: Place, mass: Any) -> float:
        """Best expected payoff from a place on."""
        if place.kind != OTHERS:
            return super().future(place, mass)
        at = self.board.mind.place(place.mover)
        before, behind, split = mass[:at], mass[at + 1 :], self._step(place, mass[at], self.board.orders[at])
        return sum([p * self.future(end, (*before, posterior, *behind)) for p, end, posterior in split])

    def step(self, place: Place, mass: Any) -> Iterator[tuple[float, Place, Any]]:
        """One move of the person whose turn it is: (probability, place, beliefs) for each act it can make."""
        at = self.board.mind.place(place.mover)
        for p, end, posterior in self._step(place, mass[at], self.board.orders[at]):
            yield p, end, (*mass[:at], posterior, *mass[at + 1 :])

    def _step(self, place: Place, mass: Numbered, order: Order) -> Iterator[tuple[float, Place, Numbered]]:
        numbers, probabilities = mass
        known = self._splits.get(place.moves)
        if known is None:
            known = self._splits[place.moves] = {}
        splits = known.get(numbers)
        if splits is None:
            splits = known[numbers] = self.board.splits(place, numbers)
        ends = place.ends
        for split in splits:
            weights = [0.0] * split.size
            for into, of, q in split.terms:
                weights[into] += probabilities[of] * q
            total = sum(weights)
            if split.way is None:
                split.way = order.way(split.after)
            ordered, places = split.way
            if places is None:
                posterior = ordered, tuple([weight / total for weight in weights])
            else:
                posterior = ordered, tuple([weights[at] / total for at in places])
            yield total, ends.get(split.act) or self.board.end(place, split.act), posterior

    def paid(self, place: Place, mass: Any) -> float:
        """Expected payoff in a place."""
        return self.board.expected(place.state, self.pairs(mass))


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

    board, search = Table, FactoredSearch
    mind: People
    _finder: Any

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
        return self._value_of(lambda place, mass: rule(place.state, self._finder.pairs(mass)))

    def planned_value(self, horizon: int) -> float:
        """Expected payoff of a seat that sees only `horizon` of its own turns; see `ShortSighted`."""
        planner = self.short_sighted(horizon)._finder
        return self._value_of(lambda place, mass: planner.solve(place, mass)[1])

    def _value_of(self, rule: Callable[[Place, Any], Act]) -> float:
        finder: FactoredSearch = self._finder
        values: dict[Any, float] = {}

        def followed(place: Place, mass: Masses) -> float:
            if place.kind == OVER:
                return finder.paid(place, mass)
            if place.kind == OTHERS:
                return math.fsum(p * followed(end, then) for p, end, then in finder.step(place, mass))
            banked, state, mass, _ = finder.representative(place, mass)
            key = state, rounded(mass)
            if key not in values:
                place = finder.board.place(state)
                values[key] = followed(finder.board.after(place, rule(place, mass)), mass)
            return banked + values[key]

        return followed(finder.board.place(self.game.start()), finder.mass(self._canonical(self.mind.prior())))

    def short_sighted(self, horizon: int) -> Solution[tuple[Any, ...]]:
        """See `Solution.short_sighted`."""
        if horizon not in self._short:
            short = self._short[horizon] = FactoredSolution(self.game, self.mind, self.seat)
            short._finder = FactoredSearch(self._finder.board, self._finder.candidates, horizon)
        return self._short[horizon]

    def _canonical(self, belief: Iterable[tuple[Any, float]]) -> Any:
        if isinstance(belief, ProductBelief):
            return tuple(factor.items() for factor in belief.factors)
        if isinstance(belief, Belief) and len(belief) == 1:
            return tuple(((hidden, 1.0),) for hidden in belief.support[0])
        raise ValueError(f"a belief about several people must be a ProductBelief, or certain; got {belief!r}")

    def _future(self, state: Any, mass: Any) -> float:
        self._recall()
        return self._finder.future(self._finder.board.place(state), self._finder.mass(mass))


def rounded(mass: Masses) -> tuple:
    """Beliefs as a part of a key. Only keys are rounded: rounding does not pile up."""
    return tuple([
        part[0] if len(part[0]) == 1 else (part[0], tuple([p + COARSE for p in part[1]])) for part in mass
    ])  # fmt: skip


def solution_of(game: Game, mind: Any, seat: str, candidates: Candidates | None = None) -> Solution[Any]:
    """The optimum of a seat, by the solver that suits its company."""
    return (FactoredSolution if isinstance(mind, People) else Solution)(game, mind, seat, candidates)
