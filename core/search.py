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
COARSE = 4096.0  # what is added to it keeps 40 binary digits, which are 12 decimal ones; ten times as fast as `round`

Candidates = Callable[[Any, tuple[Any, ...]], Iterable[Act]]
Numbered = tuple[tuple[int, ...], tuple[float, ...]]  # numbers of hidden states, in order of first sight; probabilities
Way = tuple[tuple[int, ...], tuple[int, ...] | None]  # numbers in order, and the places from where they were taken
Row = list[tuple[int, int, float]]  # of a hidden state: number of the act, hidden state after it, probability

OVER, OWN, OTHERS = range(3)  # who moves in a place


class Moves:
    """What the people can do in a place, and in others that they cannot tell from it.

    Attributes:
        acts: All they can do.
        numbers: The acts by number.
        rows: What they do, by the number of what is hidden.
    """

    __slots__ = ("acts", "numbers", "rows")

    def __init__(self) -> None:
        self.acts: list[Act] = []
        self.numbers: dict[Act, int] = {}
        self.rows: dict[int, Row] = {}


class Place:
    """A public state.

    Attributes:
        state: The state.
        kind: Whose turn it is: `OVER`, `OWN` or `OTHERS`.
        mover: Its seat.
        moves: What the people can do.
        ends: The places where their acts lead, as far as they were asked for.
        own: The places where acts of the searching seat lead, likewise.
        payoffs: What the searching seat gets here, by the number of what is hidden.
        bare: What it has got so far, and the place without it; ``None`` for that if it is the same.
    """

    __slots__ = ("state", "kind", "mover", "moves", "ends", "own", "payoffs", "bare")

    def __init__(self, state: Any, kind: int, mover: str | None, moves: Moves | None):
        self.state, self.kind = state, kind
        self.mover: Any = mover
        if moves is not None:
            self.moves = moves
            self.ends: dict[int, Place] = {}
        self.own: dict[Act, Place] | None = None
        self.payoffs: dict[int, float] | None = None
        self.bare: tuple[float, Place | None] | None = None


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
            moves = self.moves(state, mover) if kind == OTHERS else None
            found = self._places[state] = Place(state, kind, mover, moves)
        return found

    def moves(self, state: Any, mover: Any) -> Moves:
        """What the people can do in a state in which one of them moves."""
        return Moves()

    def number(self, hidden: H) -> int:
        """The number of a hidden state."""
        found = self._numbers.get(hidden)
        if found is None:
            found = self._numbers[hidden] = len(self.hidden)
            self.hidden.append(hidden)
        return found

    def numbered(self, belief: Iterable[tuple[H, float]]) -> Numbered:
        """A belief by number."""
        found = tuple(belief)
        return tuple([self.number(hidden) for hidden, _ in found]), tuple([p for _, p in found])

    def row(self, place: Place, number: int) -> Row:
        """What is done in a place if this is hidden, made and kept."""
        row, numbers, acts = [], place.moves.numbers, place.moves.acts
        for (after, act), p in self.react(self.hidden[number], place.state):
            known = numbers.get(act)
            if known is None:
                known = numbers[act] = len(acts)
                acts.append(act)
            row.append((known, self.number(after), p))
        place.moves.rows[number] = row
        return row

    def react(self, hidden: H, state: Any) -> Iterable[tuple[tuple[H, Act], float]]:
        """What is done and hidden then, with probabilities."""
        return self.mind.react(hidden, state)

    def end(self, place: Place, act: int) -> Place:
        """Where an act of the people leads, made and kept."""
        end = place.ends[act] = self.place(self.game.apply(place.state, place.mover, place.moves.acts[act]))
        return end

    def after(self, place: Place, act: Act) -> Place:
        """Where an act of the searching seat leads."""
        if place.own is None:
            place.own = {}
        end = place.own.get(act)
        if end is None:
            end = place.own[act] = self.place(self.game.apply(place.state, self.seat, act))
        return end

    def paid(self, place: Place, numbers: tuple[int, ...]) -> dict[int, float]:
        """The payoffs in a place, these among them."""
        if place.payoffs is None:
            place.payoffs = {}
        payoff, payoffs = self.game.payoff, place.payoffs
        for number in numbers:
            if number not in payoffs:
                payoffs[number] = payoff(place.state, self.seat, self.hidden[number])
        return payoffs

    def bare(self, place: Place) -> tuple[float, Place | None]:
        """What the seat has got so far where payoffs add up, and the place without it; ``None`` if it is the same."""
        if place.bare is None:
            assert self.unbank is not None
            banked, state = self.unbank(place.state, self.seat)
            bare = self.place(state)
            place.bare = banked, None if bare is place else bare  # kept in itself, it would outlive its last use
        return place.bare


class Order:
    """The order in which hidden states were first seen. Beliefs are put into it, so that equal ones are equal keys."""

    __slots__ = ("_rank", "_ways")

    def __init__(self) -> None:
        self._rank: dict[int, int] = {}
        self._ways: dict[tuple[int, ...], Way] = {}

    def ranks(self) -> list[int]:
        """The numbers in that order."""
        return [*self._rank]

    def follow(self, ranks: Iterable[int]) -> None:
        """Take over an order, before there is one."""
        for number in ranks:
            self._rank.setdefault(number, len(self._rank))

    def way(self, numbers: tuple[int, ...]) -> Way:
        """Numbers in that order, and at which place each stood; ``None`` if they stood in it."""
        way = self._ways.get(numbers)
        if way is None:
            rank = self._rank
            ranks = [rank.setdefault(number, len(rank)) for number in numbers]
            places = tuple(sorted(range(len(ranks)), key=ranks.__getitem__))
            in_order = places == tuple(range(len(ranks)))
            way = (numbers, None) if in_order else (tuple([numbers[place] for place in places]), places)
            self._ways[numbers] = way
        return way

    def put(self, mass: Numbered) -> Numbered:
        """A belief in that order."""
        numbers, probabilities = mass
        ordered, places = self.way(numbers)
        return mass if places is None else (ordered, tuple([probabilities[place] for place in places]))


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
        self._shorter: Search[H] | None = type(self)(board, candidates, horizon - 1) if horizon else None
        self._weighed = getattr(candidates, "weighed", False)
        self._options: dict[tuple[Place, tuple[Any, ...]], list[tuple[Act, Place]]] = {}
        self._order = Order()

    def mass(self, pairs: Iterable[tuple[H, float]]) -> Numbered:
        """A belief in numbers."""
        return self._order.put(self.board.numbered(pairs))

    def pairs(self, mass: Numbered) -> tuple[tuple[H, float], ...]:
        """A belief in hidden states."""
        hidden = self.board.hidden
        return tuple([(hidden[number], p) for number, p in zip(*mass, strict=True)])

    def possible(self, mass: Numbered) -> tuple[Any, ...]:
        """What may be hidden, as numbers: beliefs without probabilities."""
        return mass[0]

    def named(self, possible: tuple[Any, ...]) -> tuple[Any, ...]:
        """What may be hidden, of its numbers."""
        hidden = self.board.hidden
        return tuple([hidden[number] for number in possible])

    def written(self) -> dict[str, Any]:
        """What was found, to be kept elsewhere; `resume` takes it."""
        states: dict[Any, int] = {}
        acts: dict[Act, int] = {}
        memo = [
            (states.setdefault(self._state(of), len(states)), rest, value, acts.setdefault(act, len(acts)))
            for (of, *rest), (value, act) in self.memo.items()
        ]
        ranks = [order.ranks() for order in self._orders()]
        return {"hidden": self.board.hidden, "ranks": ranks, "states": [*states], "acts": [*acts], "memo": memo}

    def resume(self, found: dict[str, Any]) -> None:
        """Take up what another search of the same game has found; this one must not have begun."""
        for hidden in found["hidden"]:
            self.board.number(hidden)
        for order, ranks in zip(self._orders(), found["ranks"], strict=True):
            order.follow(ranks)
        of, acts = [self._of(state) for state in found["states"]], found["acts"]
        self.memo.update({(of[state], *rest): (value, acts[act]) for state, rest, value, act in found["memo"]})

    def _orders(self) -> list[Order]:
        return [self._order]

    def _of(self, state: Any) -> Any:
        """How a state is written in the keys of `memo`."""
        return self.board.place(state)

    def _state(self, of: Any) -> Any:
        return of.state

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
            banked, bare = place.bare or self.board.bare(place)
            place = bare or place
        if self.horizon == 0:
            return banked, Say()
        numbers, probabilities = mass
        if len(numbers) == 1:
            key: tuple = place, numbers
        else:  # only keys are rounded: rounding does not pile up
            key = place, numbers, tuple([p + COARSE for p in probabilities])
        found = self.memo.get(key)
        if found is None:
            found = self.memo[key] = self._choose(place, mass)
        return (banked + found[0], found[1]) if banked else found

    def step(self, place: Place, mass: Numbered) -> Iterator[tuple[float, Place, Numbered]]:
        """One move of the people: (probability, place, posterior) for each act that they can make."""
        rows, ends, put = place.moves.rows, place.ends, self._order.put
        if len(mass[0]) == 1:  # what is hidden is known: mostly, so is what follows
            row = rows.get(mass[0][0]) or self.board.row(place, mass[0][0])
            if len(row) == 1:
                ((act, after, q),) = row
                yield mass[1][0] * q, ends.get(act) or self.board.end(place, act), put(((after,), (1.0,)))
                return
        split: dict[int, dict[int, float]] = {}
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
            posterior = put((tuple(part), tuple([weight / total for weight in part.values()])))
            yield total, ends.get(act) or self.board.end(place, act), posterior

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
        best, choice, future = float("-inf"), None, (self._shorter or self).future
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
        key = place, self.possible(mass)
        found = self._options.get(key)
        if found is None:
            found = self._options[key] = self._led(place, self.candidates(place.state, self.named(key[1])))
        return found

    def _led(self, place: Place, acts: Iterable[Act]) -> list[tuple[Act, Place]]:
        after = self.board.after
        options = [(act, after(place, act)) for act in acts]
        if self.horizon is not None:  # ties go to an act that keeps the dialogue going
            options.sort(key=lambda option: option[1].kind == OVER)
        return options
