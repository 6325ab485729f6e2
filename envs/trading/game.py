"""Trading with a dealer: a client has an order of several clips and asks for prices. Acts, public state, rules.

Prices are counted in ticks against the client: by how much one is worse for it than the middle of the market. So buying
and selling are the same game, and all orders share a solution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("client", "dealer")
CLIPS = 4
"""Clips of an order."""
SCREEN = 8
"""Ticks that each clip costs that is not dealt in the dialogue: it is done on the screen."""
COUNTERS = (1, 2, 3)
"""By how many ticks a price can be countered."""


@dataclass(frozen=True, slots=True)
class Twoway(Act):
    """Ask for a two-way price, bid and offer, in so many clips. It does not tell which way the order goes."""

    clips: int


@dataclass(frozen=True, slots=True)
class Oneway(Act):
    """Say which way the order goes, and ask for that side of the price alone, in so many clips."""

    clips: int


@dataclass(frozen=True, slots=True)
class Counter(Act):
    """Deal if the price that stands gets better by so many ticks. Binding: the dealer may say done."""

    ticks: int


@dataclass(frozen=True, slots=True)
class Deal(Act):
    """Deal at the price that stands, in the size that it was asked for."""


@dataclass(frozen=True, slots=True)
class Walk(Act):
    """Leave the dealer, and do what is left on the screen."""


@dataclass(frozen=True, slots=True)
class Price(Act):
    """The dealer's price on the client's side: ticks against the client. After a counter, a better one."""

    cost: int


@dataclass(frozen=True, slots=True)
class Both(Act):
    """The dealer's bid and offer: ticks from the middle on the client's side, and on the other."""

    cost: int
    back: int


@dataclass(frozen=True, slots=True)
class Done(Act):
    """The dealer deals: at its price, or at the client's."""


@dataclass(frozen=True, slots=True)
class Firm(Act):
    """The dealer refuses a counter; its price stands."""


@dataclass(frozen=True, slots=True)
class Pull(Act):
    """The dealer refuses a counter and takes its price back."""


@dataclass(frozen=True, slots=True)
class Close(Act):
    """The dealer has no more time."""


ACTS = (Twoway, Oneway, Counter, Deal, Walk)
"""What a client can do, apart from talking."""

_SAY = Say()


@replaceable
class Call(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the client has used.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        left: Clips that are left of the order.
        saved: Ticks saved against the screen, over all clips that were dealt.
        deals: Deals so far.
        asked: Prices asked for since the last deal.
        shown: Whether the dealer knows which way the order goes.
        tries: Counters so far that the dealer did not take.
        pulled: Whether the dealer has taken a price back.
        size: Clips of the price that stands; 0 if none stands.
        cost: That price, in ticks against the client.
        topic: What the dealer is to answer; ``None`` for talk.
        ending: ``""`` while it goes on, then ``"filled"``, ``"walked"`` or ``"limit"``.
    """

    turn: int
    mover: str | None
    left: int
    saved: int = 0
    deals: int = 0
    asked: int = 0
    shown: bool = False
    tries: int = 0
    pulled: bool = False
    size: int = 0
    cost: int = 0
    topic: Act | None = None
    ending: str = ""


@dataclass(frozen=True)
class Desk:
    """The rules.

    Args:
        turns: Turns of the client, after which the dealer has no more time.
        wait: What each turn after the first costs; to walk costs nothing.
        clips: Clips of the order.
        screen: Ticks that a clip costs on the screen.
        memory: Counters beyond which it does not matter how many there were.
    """

    turns: int = 8
    wait: float = 0.015
    clips: int = CLIPS
    screen: int = SCREEN
    memory: int = 2

    seats = SEATS

    def start(self) -> Call:
        """The dealer is about to pick up."""
        return Call(0, "dealer", self.clips)

    def mover(self, state: Call) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Call, seat: str, act: Act) -> Call:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no price to deal at, or if the size or the ticks are not possible.
        """
        if seat == "dealer":
            return self._answer(state, act)
        following = state._replace(turn=state.turn + 1, mover="dealer", topic=act)
        match act:
            case Say():
                return following._replace(topic=None)
            case Twoway(clips) | Oneway(clips):
                if not 1 <= clips <= state.left:
                    raise IllegalAct(
                        f"You can ask me for a price in 1 to {state.left} clips; that is all that is left."
                    )
                shown = state.shown or isinstance(act, Oneway)
                return following._replace(asked=state.asked + 1, shown=shown, size=clips)
            case Counter() | Deal() if not state.size:
                raise IllegalAct("There is no price of mine to deal at; ask me for one first.")
            case Counter(ticks):
                if ticks not in COUNTERS:
                    raise IllegalAct(f"You can ask me for {COUNTERS[0]} to {COUNTERS[-1]} ticks better.")
                return following._replace(shown=True)
            case Deal():
                return following._replace(shown=True)
            case Walk():
                return state._replace(turn=state.turn + 1, mover=None, topic=None, size=0, ending="walked")
        raise IllegalAct("You can ask me for a price, deal, ask for a better price, or leave it.")

    def choices(self, state: Call, seat: str) -> Iterator[Act]:
        """All that is possible now, talk included."""
        yield from self.candidates(state)
        yield _SAY

    def candidates(self, state: Call, support: Any = None) -> Iterator[Act]:
        """`choices` without talk, which only costs."""
        if state.size:
            yield Deal()
            yield from (Counter(ticks) for ticks in COUNTERS)
        for clips in range(state.left, 0, -1):
            yield Twoway(clips)
            yield Oneway(clips)
        yield Walk()

    def payoff(self, state: Call, seat: str, hidden: Any = None) -> float:
        """Ticks saved, as a share of what the whole order costs on the screen, less the cost of turns."""
        waited = state.turn - 1 - (state.ending == "walked")
        return state.saved / (self.clips * self.screen) - self.wait * max(waited, 0)

    def unbank(self, state: Call, seat: str) -> tuple[float, Call]:
        """The ticks saved so far; nothing that is to come depends on them."""
        return state.saved / (self.clips * self.screen), state._replace(saved=0)

    def _answer(self, state: Call, act: Act) -> Call:
        following = state._replace(mover="client", topic=None)
        match act:
            case Close():
                return following._replace(mover=None, size=0, ending="limit")
            case Price(cost) | Both(cost):
                tried = state.tries + isinstance(state.topic, Counter)
                return following._replace(cost=cost, tries=min(self.memory, tried))
            case Firm():
                return following._replace(tries=min(self.memory, state.tries + 1))
            case Pull():
                return following._replace(size=0, cost=0, pulled=True, tries=min(self.memory, state.tries + 1))
            case Done():
                better = state.topic.ticks if isinstance(state.topic, Counter) else 0
                left = state.left - state.size
                dealt = following._replace(
                    left=left,
                    saved=state.saved + state.size * (self.screen - state.cost + better),
                    deals=state.deals + 1,
                    asked=0,
                    size=0,
                    cost=0,
                )
                over = "" if left and state.turn < self.turns else "limit" if left else "filled"
                return dealt._replace(mover=None, ending=over) if over else dealt
        return following
