"""The search of the exact solver: places of a game that know where they lead, and hidden states by number.

`core.solver` says what is computed. Here is how: a state is looked up once, and what the simulated person does in it is
kept there as numbers, so that no state, act or hidden state is hashed again on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from .acts import Act, Say
from .game import Game
from .mind import Mind

H = TypeVar("H", bound=Hashable)
DIGITS = 12  # beliefs that agree to this many digits are one information state

Candidates = Callable[[Any, tuple[Any, ...]], Iterable[Act]]
Numbered = tuple[tuple[int, ...], tuple[float, ...]]  # numbers of hidden states, in order of first sight; probabilities
Row = list[tuple[int, int, float]]  # of a hidden state: number of the act, hidden state after it, probability

OVER, OWN, OTHERS = range(3)  # who moves in a place


class Place:
    """A public state.

    Attributes:
        state: The state.
        kind: Whose turn it is: `OVER`, `OWN` or `OTHERS`.
        mover: Its seat.
        rows: What the people do, by the number of what is hidden.
        acts: What they can do.
        numbers: The acts by number.
        ends: The places where the acts lead, as far as they were asked for.
        payoffs: What the searching seat gets here, by the number of what is hidden.
        bare: What it has got so far, and the place without it.
    """

    __slots__ = ("state", "kind", "mover", "rows", "acts", "numbers", "ends", "payoffs", "bare")

    def __init__(self, state: Any, kind: int, mover: str | None):
        self.state, self.kind, self.mover = state, kind, mover
        if kind == OTHERS:
            self.rows: dict[int, Row] = {}
            self.acts: list[Act] = []
            self.numbers: dict[Act, int] = {}
            self.ends: list[Place | None] = []
        self.payoffs: dict[int, float] | None = None
        self.bare: tuple[float, Place] | None = None


class Board(Generic[H]):
    """The places of a game, and what one mind does in them; shared by all searches of one seat.

    Args:
        game: The rules.
        mind: The simulated person that holds every other seat.
        seat: The seat that searches.
    """

    def __init__(self, game: Game, mind: Mind[H], seat: str):
        self.game, self.mind, self.seat = game, mind, seat
        self.unbank: Callable[[Any, str], tuple[float, Any]] | None = getattr(game, "unbank", None)
        self.hidden: list[H] = []
        self._numbers: dict[H, int] = {}
        self._places: dict[Any, Place] = {}

    def place(self, state: Any) -> Place:
        """The place of a state."""
        found = self._places.get(state)
        if found is None:
            mover = self.game.mover(state)
            kind = OVER if mover is None else OWN if mover == self.seat else OTHERS
            found = self._places[state] = Place(state, kind, mover)
        return found

    def number(self, hidden: H) -> int:
        """The number of a hidden state."""
        found = self._numbers.get(hidden)
        if found is None:
            found = self._numbers[hidden] = len(self.hidden)
            self.hidden.append(hidden)
        return found

    def row(self, place: Place, number: int) -> Row:
        """What is done in a place if this is hidden, made and kept."""
        row, numbers, acts = [], place.numbers, place.acts
        for (after, act), p in self.mind.react(self.hidden[number], place.state):
            known = numbers.get(act)
            if known is None:
                known = numbers[act] = len(acts)
                acts.append(act)
                place.ends.append(None)
            row.append((known, self.number(after), p))
        place.rows[number] = row
        return row

    def end(self, place: Place, act: int) -> Place:
        """Where an act of the people leads, made and kept."""
        mover: Any = place.mover
        end = place.ends[act] = self.place(self.game.apply(place.state, mover, place.acts[act]))
        return end

    def after(self, place: Place, act: Act) -> Place:
        """Where an act of the searching seat leads."""
        return self.place(self.game.apply(place.state, self.seat, act))

    def paid(self, place: Place, numbers: tuple[int, ...]) -> dict[int, float]:
        """The payoffs in a place, these among them."""
        if place.payoffs is None:
            place.payoffs = {}
        payoff, payoffs = self.game.payoff, place.payoffs
        for number in numbers:
            if number not in payoffs:
                payoffs[number] = payoff(place.state, self.seat, self.hidden[number])
        return payoffs

    def bare(self, place: Place) -> tuple[float, Place]:
        """What the seat has got so far where payoffs add up, and the place without it."""
        if place.bare is None:
            assert self.unbank is not None
            banked, state = self.unbank(place.state, self.seat)
            place.bare = banked, self.place(state)
        return place.bare


class Search(Generic[H]):
    """Values of information states, each found once.

    Args:
        board: Where to search.
        candidates: Given a state and what may be hidden, the acts worth considering; see `core.solver.Solution`.
        horizon: Own turns seen; ``None`` for all. What was got by then counts, where payoffs add up.
    """

    def __init__(self, board: Board[H], candidates: Candidates, horizon: int | None = None):
        self.board, self.candidates, self.horizon = board, candidates, horizon
        self.memo: dict[tuple, tuple[float, Act]] = {}
        self._next: Search[H] = type(self)(board, candidates, horizon - 1) if horizon else self
        self._weighed = getattr(candidates, "weighed", False)
        self._options: dict[tuple[Place, tuple[int, ...]], list[tuple[Act, Place]]] = {}
        self._rank: dict[int, int] = {}
        self._ways: dict[tuple[int, ...], tuple[tuple[int, ...], tuple[int, ...] | None]] = {}

    def mass(self, pairs: Iterable[tuple[H, float]]) -> Numbered:
        """A belief in numbers."""
        found, number = tuple(pairs), self.board.number
        return self._in_order(tuple([number(hidden) for hidden, _ in found]), [p for _, p in found])

    def pairs(self, mass: Numbered) -> tuple[tuple[H, float], ...]:
        """A belief in hidden states."""
        hidden = self.board.hidden
        return tuple([(hidden[number], p) for number, p in zip(*mass, strict=True)])

    def future(self, place: Place, mass: Numbered) -> float:
        """Best expected payoff from a place on."""
        if place.kind == OTHERS:
            return sum([p * self.future(end, posterior) for p, end, posterior in self.step(place, mass)])
        if place.kind == OWN:
            return self.solve(place, mass)[0]
        return self.paid(place, mass)

    def solve(self, place: Place, mass: Numbered) -> tuple[float, Act]:
        """Value and best act of a place in which the seat moves."""
        banked = 0.0
        if self.board.unbank is not None:
            banked, place = place.bare or self.board.bare(place)
        if self.horizon == 0:
            return banked, Say()
        numbers, probabilities = mass
        if len(numbers) == 1:
            key: tuple = place, numbers
        else:  # only keys are rounded: rounding does not pile up
            key = place, numbers, tuple([round(p, DIGITS) for p in probabilities])
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = self._choose(place, mass)
        return (banked + found[0], found[1]) if banked else found

    def step(self, place: Place, mass: Numbered) -> Iterator[tuple[float, Place, Numbered]]:
        """One move of the people: (probability, place, posterior) for each act that they can make."""
        split: dict[int, dict[int, float]] = {}
        rows = place.rows
        for number, p in zip(*mass, strict=True):
            row = rows.get(number)
            if row is None:
                row = self.board.row(place, number)
            for act, after, q in row:
                part = split.get(act)
                if part is None:
                    part = split[act] = {}
                part[after] = part.get(after, 0.0) + p * q
        for act, part in split.items():
            total = sum(part.values())
            posterior = self._in_order(tuple(part), [weight / total for weight in part.values()])
            yield total, place.ends[act] or self.board.end(place, act), posterior

    def paid(self, place: Place, mass: Numbered) -> float:
        """Expected payoff in a place."""
        numbers, probabilities = mass
        payoffs = place.payoffs
        if payoffs is not None:
            try:
                return sum([p * payoffs[number] for number, p in zip(numbers, probabilities, strict=True)])
            except KeyError:
                pass
        payoffs = self.board.paid(place, numbers)
        return sum([p * payoffs[number] for number, p in zip(numbers, probabilities, strict=True)])

    def _choose(self, place: Place, mass: Numbered) -> tuple[float, Act]:
        """The best of the candidates; the first one of equals."""
        best, choice, future = float("-inf"), None, self._next.future
        for act, after in self._considered(place, mass):
            value = future(after, mass)
            if value > best:
                best, choice = value, act
        if choice is None:
            raise ValueError(f"no candidate acts for {self.board.seat!r} in {place.state!r}")
        return best, choice

    def _considered(self, place: Place, mass: Numbered) -> list[tuple[Act, Place]]:
        """The candidates, each with the place where it leads; those that do not look at probabilities are kept."""
        if self._weighed:
            return self._led(place, self.candidates(place.state, self.pairs(mass)))
        key = place, mass[0]
        found = self._options.get(key)
        if found is None:
            hidden = self.board.hidden
            acts = self.candidates(place.state, tuple([hidden[number] for number in mass[0]]))
            found = self._options[key] = self._led(place, acts)
        return found

    def _led(self, place: Place, acts: Iterable[Act]) -> list[tuple[Act, Place]]:
        after = self.board.after
        options = [(act, after(place, act)) for act in acts]
        if self.horizon is not None:  # ties go to an act that keeps the dialogue going
            options.sort(key=lambda option: option[1].kind == OVER)
        return options

    def _in_order(self, numbers: tuple[int, ...], probabilities: list[float]) -> Numbered:
        """A belief in the order in which this search has first seen the hidden states."""
        way = self._ways.get(numbers)
        if way is None:
            rank = self._rank
            ranks = [rank.setdefault(number, len(rank)) for number in numbers]
            places = sorted(range(len(ranks)), key=ranks.__getitem__)
            ordered = numbers if places == list(range(len(ranks))) else tuple([numbers[place] for place in places])
            way = self._ways[numbers] = ordered, None if ordered is numbers else tuple(places)
        ordered, places = way
        if places is None:
            return ordered, tuple(probabilities)
        return ordered, tuple([probabilities[place] for place in places])
