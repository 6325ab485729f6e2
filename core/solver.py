"""The exact solver: expectimax over public state and belief.

The game and the mind that run an episode are enumerated here, so the best expected payoff against the simulated person
is known, and every score can be a fraction of it. This is the standard reduction of a partially observed problem to a
fully observed one over beliefs (Kaelbling, Littman and Cassandra 1998, section 3), with memoisation over the
information states that can be reached.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from .acts import Act
from .belief import Belief
from .belief import OutOfReach as OutOfReach  # for those who ask a solution
from .game import Game
from .kept import MANY, Kept, Unknown, describe, home
from .mind import Mind
from .search import DIGITS as DIGITS
from .search import Board, Candidates, Search

C = TypeVar("C", bound=Callable[..., Iterable[Act]])
H = TypeVar("H", bound=Hashable)

Mass = tuple[tuple[Any, float], ...]  # pairs of hidden state and probability


def weighed(candidates: C) -> C:
    """Mark candidates (a function or a method) that are to see the belief with its probabilities.

    They are given pairs of hidden state and probability instead of hidden states alone, and so can offer the one final
    act that is best under the belief, in place of all of them.
    """
    vars(candidates)["weighed"] = True
    return candidates


@dataclass(frozen=True)
class Choices:
    """Candidates that are all of ``game.choices``."""

    game: Game
    seat: str

    def __call__(self, state: Any, support: tuple[Any, ...]) -> Iterable[Act]:
        """Every act."""
        return self.game.choices(state, self.seat)


class Solution(Generic[H]):
    """The optimum of one seat against one mind, computed lazily at the information states that are asked for.

    Args:
        game: The rules.
        mind: The simulated person that holds every other seat.
        seat: The seat to optimise.
        candidates: Given a state and the hidden states still possible, the acts worth considering there; with
            `weighed`, each hidden state comes with its probability. They must contain a best act; without them, all of
            ``game.choices`` are tried.
    """

    board: ClassVar[type[Board]] = Board
    search: ClassVar[type[Search]] = Search
    """What finds the values, and where."""

    def __init__(self, game: Game, mind: Mind[H], seat: str, candidates: Candidates | None = None):
        self.game, self.mind, self.seat = game, mind, seat
        self._short: dict[int, Solution[H]] = {}
        self._finder: Search[H] = self.search(self.board(game, mind, seat), candidates or Choices(game, seat))
        self._kept: Kept | None = None
        self._enough = 0  # so many information states are kept, or too few to be; 0 before anything was asked

    @property
    def states(self) -> int:
        """How many information states have been solved so far."""
        return len(self._finder.memo)

    def start_value(self) -> float:
        """Best expected payoff before the first word."""
        value = self._future(self.game.start(), self._canonical(self.mind.prior()))
        self._keep(1.1)
        return value

    def value(self, state: Any, belief: Belief[H]) -> float:
        """Best expected payoff from an information state on (as of the start of the dialogue, like `Game.payoff`)."""
        return self._future(state, self._canonical(belief))

    def best_act(self, state: Any, belief: Belief[H]) -> Act:
        """An act that attains `value`; the first one in the order of the candidates.

        Raises:
            ValueError: If it is not this seat's turn.
        """
        self._check_turn(state)
        act = self._solve(state, self._canonical(belief))[1]
        self._keep(2.0)
        return act

    def act_value(self, state: Any, belief: Belief[H], act: Act) -> float:
        """Expected payoff of making `act` now and the best acts ever after.

        `act` may be any legal act, not only a candidate.
        """
        self._check_turn(state)
        return self._future(self.game.apply(state, self.seat, act), self._canonical(belief))

    def act_values(self, state: Any, belief: Belief[H]) -> dict[Act, float]:
        """`act_value` of each of ``game.choices``."""
        return {act: self.act_value(state, belief, act) for act in self.game.choices(state, self.seat)}

    def branches(self, state: Any, belief: Belief[H], act: Act) -> list[tuple[float, Any, Belief[H]]]:
        """What can happen from `act` to this seat's next turn or the end, as (probability, state, belief)."""
        after = self.game.apply(state, self.seat, act)
        return [(p, s, Belief(mass)) for p, s, mass in self._branches(after, self._canonical(belief))]

    def known_value(self) -> float:
        """Expected payoff of a seat that is told the hidden state at the start: an upper bound on `start_value`."""
        return sum(p * self.known_value_of(hidden) for hidden, p in self.mind.prior())

    def known_value_of(self, hidden: H) -> float:
        """What a seat can expect that is told at the start that the hidden state is `hidden`."""
        return self._future(self.game.start(), self._canonical(Belief.certain(hidden)))

    def among(self, candidates: Candidates) -> Solution[H]:
        """The optimum of a seat that considers other acts only; what the people do in a state is looked up once."""
        other = type(self)(self.game, self.mind, self.seat)
        other._finder = self.search(self._finder.board, candidates)
        return other

    def short_sighted(self, horizon: int) -> Solution[H]:
        """The best acts of a seat that sees only `horizon` of its own turns; made once. See `ShortSighted`."""
        if horizon not in self._short:
            self._short[horizon] = ShortSighted(self, horizon)
        return self._short[horizon]

    def _check_turn(self, state: Any) -> None:
        if (mover := self.game.mover(state)) != self.seat:
            raise ValueError(f"state must be one in which {self.seat!r} moves; here the mover is {mover!r}")

    def _canonical(self, belief: Iterable[tuple[H, float]]) -> Any:
        return tuple(belief)

    def _future(self, state: Any, mass: Any) -> float:
        mover = self.game.mover(state)
        if mover == self.seat:
            return self._solve(state, mass)[0]
        if mover is None:
            payoff, seat = self.game.payoff, self.seat
            return sum([p * payoff(state, seat, hidden) for hidden, p in mass])
        return sum([p * self._future(after, posterior) for p, after, posterior in self._step(state, mass)])

    def _solve(self, state: Any, mass: Any) -> tuple[float, Act]:
        """Value and best act of a state in which the seat moves."""
        if not self._enough:
            self._recall()
        search = self._finder
        return search.solve(search.board.place(state), search.mass(mass))

    def _recall(self) -> None:
        """Read what was found before, by whoever it was; once, before anything is asked."""
        if self._enough:
            return
        self._enough, search = MANY, self._finder
        if not search.memo and not search.board.hidden and search.horizon is None and (folder := home()) is not None:
            with suppress(Unknown):
                about = describe((type(self), type(search), self.game, self.mind, self.seat, search.candidates))
                self._kept = Kept(repr(about), folder)
                if found := self._kept.read():
                    search.resume(found)
                    self._enough = max(MANY, len(search.memo))

    def _keep(self, factor: float) -> None:
        """Write down what has been found, if it is so many times as much as was written before."""
        if self._kept is not None and len(self._finder.memo) >= factor * self._enough:
            self._kept.write(self._finder.written())
            self._enough = len(self._finder.memo)

    def _branches(self, state: Any, mass: Any) -> Iterable[tuple[float, Any, Any]]:
        if self.game.mover(state) in (None, self.seat):
            yield 1.0, state, mass
            return
        for p, after, posterior in self._step(state, mass):
            for q, end, final in self._branches(after, posterior):
                yield p * q, end, final

    def _step(self, state: Any, mass: Any) -> Iterable[tuple[float, Any, Any]]:
        """One move of the simulated person: (probability, next state, posterior) for each act it can make."""
        if not self._enough:
            self._recall()
        search = self._finder
        for p, end, posterior in search.step(search.board.place(state), search.mass(mass)):
            yield p, end.state, search.pairs(posterior)


class ShortSighted(Solution[H]):
    """The best acts of a seat that looks only so many of its own turns ahead and counts nothing beyond.

    ``horizon=1`` is myopic (the best expected payoff of this exchange), ``horizon=2`` looks one step ahead. What was
    got by then counts, where payoffs add up. Ties go to an act that keeps the dialogue going.

    Args:
        base: The solution whose game, mind and candidates to use.
        horizon: Own turns seen, at least 1.
    """

    def __init__(self, base: Solution[H], horizon: int):
        super().__init__(base.game, base.mind, base.seat)
        known = base._finder
        self._finder = type(known)(known.board, known.candidates, horizon)


class Rescaled(Solution[H]):
    """A solution that borrows another's: for settings that are the same but for a change of units.

    Args:
        game: The rules in the units of this setting.
        mind: The simulated person in the units of this setting. Its hidden states must be those of `base`.
        base: The solution to borrow; its seat and payoffs must be the same.
        project: Maps a state in which the seat moves to the corresponding state of `base`.
        lift: Maps an act of `base` to the act of this setting.
    """

    def __init__(
        self, game: Game, mind: Mind[H], base: Solution[H], project: Callable[[Any], Any], lift: Callable[[Act], Act]
    ):
        super().__init__(game, mind, base.seat)
        self.base, self._project, self._lift = base, project, lift

    @property
    def states(self) -> int:
        """How many information states the borrowed solution has solved so far."""
        return self.base.states

    def start_value(self) -> float:
        """Best expected payoff before the first word."""
        return self.base.start_value()

    def short_sighted(self, horizon: int) -> Solution[H]:
        """See `Solution.short_sighted`; in the units of this setting."""
        return Rescaled(self.game, self.mind, self.base.short_sighted(horizon), self._project, self._lift)

    def _solve(self, state: Any, mass: Mass) -> tuple[float, Act]:
        value, act = self.base._solve(self._project(state), mass)
        return value, self._lift(act)


def solve(game: Game, mind: Mind[H], seat: str, candidates: Candidates | None = None) -> Solution[H]:
    """Solve `seat` against `mind`, from the first word on. See `Solution`."""
    solution = Solution(game, mind, seat, candidates)
    solution.start_value()
    return solution
