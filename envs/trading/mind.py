"""Who picks up: dealers of hidden position and style."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import CLIPS, Both, Call, Close, Counter, Deal, Desk, Done, Firm, Oneway, Price, Pull, Twoway


class Dealer(NamedTuple):
    """Hidden state; it does not change.

    Attributes:
        position: One of `POSITIONS`.
        style: One of `STYLES`.
    """

    position: str
    style: str


@dataclass(frozen=True)
class Position:
    """What a dealer's inventory makes of a price.

    Attributes:
        weight: How often it is met.
        skew: Ticks that the price of a clip is worse for the client than with no position.
        clips: Clips for which that holds; after these the dealer has no position.
    """

    weight: float
    skew: int = 0
    clips: int = CLIPS


@dataclass(frozen=True)
class Style:
    """How a kind of dealer makes a price.

    Attributes:
        weight: How often it is met.
        room: Ticks that are added to what it would deal at, to be given away.
        gives: What it does with a counter that asks for more than that: ``"tick"``, it comes down by one; ``"firm"``,
            its price stands; ``"pull"``, it takes its price back.
        holds: Counters that it refuses whatever they are.
        lean: Ticks that it moves once it knows which way the order goes.
        reads: Ticks that it moves after each deal.
        open: Whether its two-way price shows its position.
        grudge: Ticks by which its prices are worse after it has taken one back.
    """

    weight: float
    room: int
    gives: str
    holds: int = 0
    lean: int = 0
    reads: int = 0
    open: bool = True
    grudge: int = 0


POSITIONS: dict[str, Position] = {
    "axed": Position(2.0, -2, 2),
    "flat": Position(2.0),
    "wrong": Position(3.0, 2),
}
"""By name: it needs the other side of the order; it has no position; it has the same thing to do as the client."""
STYLES: dict[str, Style] = {
    "plain": Style(3.0, 0, "pull", grudge=2),
    "keen": Style(2.0, 2, "tick"),
    "hard": Style(2.0, 3, "firm", holds=2, open=False),
    "sharp": Style(2.0, 1, "firm", lean=1, reads=2, open=False),
}
"""By name, how dealers make prices."""
BASE = 2
"""Ticks against the client at which a dealer without a position would deal a clip."""
HALF = 6
"""Ticks from the middle to either side of a two-way price of a dealer without a position."""
SIZE = 1
"""Ticks for each pair of clips in a size: 1 for two or three, 2 for four."""
WIDEN = 1
"""Ticks for each price that was asked for and not dealt at."""


@dataclass(frozen=True)
class DealerMind:
    """A dealer's mind.

    Args:
        game: The rules.
        positions: By name, what inventory does to a price.
        styles: By name, how prices are made.
        base: See `BASE`.
        half: See `HALF`.
        size: See `SIZE`.
        widen: See `WIDEN`.
    """

    game: Desk
    positions: tuple[tuple[str, Position], ...] = tuple(POSITIONS.items())
    styles: tuple[tuple[str, Style], ...] = tuple(STYLES.items())
    base: int = BASE
    half: int = HALF
    size: int = SIZE
    widen: int = WIDEN

    def prior(self) -> Belief[Dealer]:
        """Position and style, independent of each other."""
        return Belief(
            (Dealer(place, name), position.weight * style.weight)
            for place, position in self.positions
            for name, style in self.styles
        )

    def react(self, hidden: Dealer, state: Call) -> Belief[tuple[Dealer, Act]]:
        """Answer what the client did."""
        return Belief.certain((hidden, self._answer(hidden, state)))

    def _answer(self, hidden: Dealer, state: Call) -> Act:
        topic = state.topic
        if isinstance(topic, Deal):
            return Done()
        if isinstance(topic, Counter) and self._takes(hidden, state, topic.ticks):
            return Done()
        if state.turn >= self.game.turns:
            return Close()
        if isinstance(topic, Counter):
            return self._refusal(hidden, state)
        if isinstance(topic, Oneway):
            return Price(self.price(hidden, state))
        if isinstance(topic, Twoway):
            return Both(*self.two_way(hidden, state))
        return Say()

    def limit(self, hidden: Dealer, state: Call) -> int:
        """The ticks at which a dealer would deal the size that was asked for, with all that has happened so far."""
        style = self._style[hidden.style]
        read = style.lean * state.shown + style.reads * state.deals + style.grudge * state.pulled
        return self.base + self.skew(hidden, state) + self._size(state) + read + self._widened(state)

    def skew(self, hidden: Dealer, state: Call) -> int:
        """Ticks a clip for the position, over a size of which the position may need only a part; rounded up."""
        position = self._position[hidden.position]
        needed = min(state.size, max(0, position.clips - (self.game.clips - state.left)))
        return math.ceil(position.skew * needed / state.size)

    def price(self, hidden: Dealer, state: Call) -> int:
        """A price on the client's side, in ticks."""
        return self.limit(hidden, state) + self._style[hidden.style].room

    def two_way(self, hidden: Dealer, state: Call) -> tuple[int, int]:
        """Both sides of a price, in ticks from the middle."""
        style = self._style[hidden.style]
        half = self.half + self._size(state) + self._widened(state)
        skew = self.skew(hidden, state) if style.open else 0
        skew += style.lean * state.shown + style.reads * state.deals + style.grudge * state.pulled
        return half + skew, half - skew

    def _size(self, state: Call) -> int:
        return self.size * (state.size // 2)

    def _widened(self, state: Call) -> int:
        return self.widen * (state.asked - 1)

    def _takes(self, hidden: Dealer, state: Call, ticks: int) -> bool:
        return state.tries >= self._style[hidden.style].holds and state.cost - ticks >= self.limit(hidden, state)

    def _refusal(self, hidden: Dealer, state: Call) -> Act:
        gives = self._style[hidden.style].gives
        if gives == "pull":
            return Pull()
        return Price(state.cost - 1) if gives == "tick" and state.cost > self.limit(hidden, state) else Firm()

    @cached_property
    def _position(self) -> dict[str, Position]:
        return dict(self.positions)

    @cached_property
    def _style(self) -> dict[str, Style]:
        return dict(self.styles)
