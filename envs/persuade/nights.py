"""The traveller's side of the advice: ask, hear what the expert says of each hotel, book it or not.

How good a hotel is, is hidden in the mind of the expert. Who books it finds out, and nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable
from .game import Book, Found, Pass, Recommend, Warn


@replaceable
class Night(NamedTuple):
    """State; all of it public.

    Attributes:
        round: From 0; -1 before the traveller has asked.
        mover: Whose turn it is; ``None`` when all is over.
        praised: Whether the hotel at hand was recommended; ``None`` before a word of it.
        booked: How many were booked; 2 for more.
        caught: Whether the traveller has slept in a poor hotel that was recommended.
        good: Good hotels in which it has slept.
        poor: Poor ones.
    """

    round: int = -1
    mover: str | None = "expert"
    praised: bool | None = None
    booked: int = 0
    caught: bool = False
    good: int = 0
    poor: int = 0


@dataclass(frozen=True)
class Nights:
    """The rules.

    Args:
        rounds: Hotels.
        loss: What a poor hotel costs, where a good one is worth 1.
    """

    rounds: int
    loss: float

    seats = ("traveller", "expert", "night")

    def start(self) -> Night:
        """Nobody has spoken."""
        return Night()

    def mover(self, state: Night) -> str | None:
        """Whose turn it is."""
        return state.mover

    def choices(self, state: Night, seat: str) -> Sequence[Act]:
        """Ask, and then book or pass: to say nothing is to pass."""
        return (Say(),) if state.round < 0 else (Book(), Pass())

    def apply(self, state: Night, seat: str, act: Act) -> Night:
        """The state after an act.

        Raises:
            IllegalAct: If it is not possible.
        """
        if seat == "traveller":
            if isinstance(act, Book) and state.round >= 0:
                return state._replace(mover="night")
            if not isinstance(act, Say) and (state.round < 0 or not isinstance(act, Pass)):
                raise IllegalAct("Ask me about the hotels first." if state.round < 0 else "Book it, or pass.")
            return self._next(state)
        if isinstance(act, Found):
            poor = act.quality == "poor"
            return self._next(
                state._replace(
                    booked=min(2, state.booked + 1),
                    caught=state.caught or (poor and bool(state.praised)),
                    good=state.good + (not poor),
                    poor=state.poor + poor,
                )
            )
        if isinstance(act, (Recommend, Warn)):
            return state._replace(mover="traveller", praised=isinstance(act, Recommend))
        return state._replace(mover="traveller" if state.round < 0 else None)

    def _next(self, state: Night) -> Night:
        return state._replace(round=state.round + 1, mover="expert", praised=None)

    def payoff(self, state: Night, seat: str, hidden: Any = None) -> float:
        """What the traveller has gained a round; of the expert, how much it has sold."""
        if seat == "traveller":
            return (state.good - self.loss * state.poor) / self.rounds
        return (state.good + state.poor) / self.rounds

    def unbank(self, state: Night, seat: str) -> tuple[float, Night]:
        """What was gained so far, and the state without it."""
        return self.payoff(state, seat), state._replace(good=0, poor=0)
