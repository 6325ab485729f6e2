"""A game of two options each, or of three, played for several rounds: talk if you like, then both choose at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("you", "partner")

PAYOFFS: dict[str, tuple[tuple[int, int, int, int], tuple[int, int, int, int]]] = {
    "dilemma": ((8, 0, 10, 5), (8, 10, 0, 5)),
    "battle": ((10, 0, 0, 7), (7, 0, 0, 10)),
    "stag": ((10, 1, 8, 5), (10, 8, 1, 5)),
    "chicken": ((6, 3, 10, 0), (6, 10, 3, 0)),
}
"""Game -> points of each seat if both choose their first option, only `you` does, only the partner, or nobody."""
HANDS = "hands"
"""Rock, paper, scissors: of three options, each beats the one before it. A win is a point, a defeat one less."""
_WON = (0, 1, -1)
_PLACES = ("first", "second", "third")


@dataclass(frozen=True, slots=True)
class Promise(Act):
    """Say what one will choose in this round. It binds nobody."""

    option: str


@dataclass(frozen=True, slots=True)
class Play(Act):
    """Choose for this round. It binds, and is open when both have chosen."""

    option: str


ACTS = (Promise, Play)

_SAY = Say()


@replaceable
class Match(NamedTuple):
    """State; public but for `chosen`. Options are told by their places, from 0.

    Attributes:
        round: Rounds played.
        phase: Who does what next: ``"greet"`` (partner), ``"talk"`` (you), ``"answer"`` (partner), ``"move"`` (you),
            ``"reveal"`` (partner).
        last: What both chose in the last round, `you` first; ``None`` before the second.
        mine: What `you` has promised for this round, or ``None``.
        theirs: What the partner has promised.
        broken: Promises that `you` has broken, 2 for more.
        chosen: What `you` has chosen; the partner is not shown it before it has chosen, too.
        points: So far, of both seats.
    """

    round: int = 0
    phase: str = "greet"
    last: tuple[int, int] | None = None
    mine: int | None = None
    theirs: int | None = None
    broken: int = 0
    chosen: int | None = None
    points: tuple[int, int] = (0, 0)


_MOVER = {"greet": 1, "talk": 0, "answer": 1, "move": 0, "reveal": 1}


@dataclass(frozen=True)
class MatrixGame:
    """The rules.

    Args:
        game: Which of `PAYOFFS`, or `HANDS`.
        rounds: So many are played.
        talk: Whether each begins with a word of `you`, and one of the partner.
        options: What the options are called in tags.
        greeting: Whether the partner says hello first.
    """

    game: str = "dilemma"
    rounds: int = 10
    talk: bool = True
    options: tuple[str, ...] = _PLACES[:2]
    greeting: bool = True

    seats = SEATS

    def start(self) -> Match:
        """Nobody has spoken."""
        return Match() if self.greeting else Match(phase=self._begin)

    @property
    def _begin(self) -> str:
        return "talk" if self.talk else "move"

    def points(self, seat: str, mine: int, theirs: int) -> int:
        """What a seat gets in a round, by the places of what `you` and the partner chose."""
        if self.game == HANDS:
            won = _WON[(mine - theirs) % len(_WON)]
            return won if seat == "you" else -won
        return PAYOFFS[self.game][SEATS.index(seat)][2 * mine + theirs]

    def secure(self, seat: str) -> float:
        """Points a round that a seat gets for sure by its best mixture, whatever the other does (von Neumann 1928)."""
        if self.game == HANDS:
            return 0.0
        both, alone, other, neither = PAYOFFS[self.game][SEATS.index(seat)]
        if seat == "partner":
            alone, other = other, alone  # by its own option first
        pure = max(min(both, alone), min(other, neither))
        spread = both - alone - other + neither
        if not spread or not 0 < (neither - other) / spread < 1:
            return pure
        return max(pure, (both * neither - alone * other) / spread)

    @property
    def fair(self) -> float:
        """Half of the most points that both can get together in a round; where one wins what the other loses, a win."""
        if self.game == HANDS:
            return 1.0
        return max(sum(both) for both in zip(*PAYOFFS[self.game], strict=True)) / 2

    def mover(self, state: Match) -> str | None:
        """Whose turn it is."""
        return None if state.round >= self.rounds else SEATS[_MOVER[state.phase]]

    def view(self, state: Match, seat: str) -> Match:
        """The state without what is not open yet; points are not shown to the partner, whom they do not move."""
        if seat == "you" or (state.chosen is None and state.points == (0, 0)):
            return state
        return state._replace(chosen=None, points=(0, 0))

    def pending(self, state: Match) -> bool:
        """Whether `you` has chosen, and the partner has not."""
        return state.chosen is not None

    def movers(self, state: Match) -> tuple[str, ...]:
        """Both when they choose, else whose turn it is."""
        if state.round >= self.rounds:
            return ()
        return SEATS if state.phase == "move" else (SEATS[_MOVER[state.phase]],)

    def place(self, option: str) -> int:
        """The place of an option.

        Raises:
            IllegalAct: If there is none of that name.
        """
        if option not in self.options:
            raise IllegalAct(f"The options are {', '.join(self.options[:-1])} and {self.options[-1]}.")
        return self.options.index(option)

    def apply(self, state: Match, seat: str, act: Act) -> Match:
        """The state after `act`. Who only talks when it should choose does as in the last round; at first, the second.

        Raises:
            IllegalAct: If it is time for something else, or there is no such option.
        """
        if seat != self.mover(state):
            raise IllegalAct("It is not your turn.")
        phase = state.phase
        if phase in ("move", "reveal"):
            return self._choose(state, seat, act)
        if isinstance(act, Play):
            raise IllegalAct("We choose in a moment; this is the time to talk, or to say what you will do.")
        if phase == "greet":
            if not isinstance(act, Say):
                raise IllegalAct("Say hello first.")
            return state._replace(phase=self._begin)
        if isinstance(act, Promise):
            told = self.place(act.option)
        elif isinstance(act, Say):
            told = None
        else:
            raise IllegalAct("You can say what you will do, or talk.")
        if phase == "talk":
            return state._replace(phase="answer", mine=told)
        return state._replace(phase="move", theirs=told)

    def _choose(self, state: Match, seat: str, act: Act) -> Match:
        if isinstance(act, Play):
            option = self.place(act.option)
        elif isinstance(act, Say):
            option = state.last[SEATS.index(seat)] if state.last else 1
        else:
            raise IllegalAct("The time for promises is over; now choose.")
        if seat == "you":
            return state._replace(phase="reveal", chosen=option)
        chosen = state.chosen
        assert chosen is not None
        broken = state.broken + (state.mine is not None and state.mine != chosen)
        mine, theirs = (had + self.points(who, chosen, option) for who, had in zip(SEATS, state.points, strict=True))
        return Match(state.round + 1, self._begin, (chosen, option), broken=min(2, broken), points=(mine, theirs))

    def choices(self, state: Match, seat: str) -> Sequence[Act]:
        """Everything that is not the same as something else: to talk when one should choose repeats an option."""
        if state.phase == "greet":
            return [_SAY]
        kind = Play if state.phase in ("move", "reveal") else Promise
        named: list[Act] = [kind(option) for option in self.options]
        return named if kind is Play else [_SAY, *named]

    def payoff(self, state: Match, seat: str, hidden: Any = None) -> float:
        """What the seat got beyond what it could secure alone, as a share of what fair cooperation gives beyond that.

        In `HANDS` that is the rounds won less the rounds lost, as a share of all rounds.

        Only the rounds that were played count.
        """
        had = state.points[SEATS.index(seat)] - state.round * self.secure(seat)
        return had / (self.rounds * (self.fair - self.secure(seat)))

    def unbank(self, state: Match, seat: str) -> tuple[float, Match]:
        """What the points so far add to the payoff, and the same state without them."""
        had = state.points[SEATS.index(seat)]
        return had / (self.rounds * (self.fair - self.secure(seat))), state._replace(points=(0, 0))

    def canonical(self) -> MatrixGame:
        """The same game with options of no name. Those that differ in names alone share it."""
        return replace(self, options=_PLACES[: len(self.options)])
