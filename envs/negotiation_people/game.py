"""The bargain as people read it: what the seller asks stands until it asks for something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable
from ..negotiation.game import TICKS, Accept, Offer, PriceBargaining, Walk

LOWEST = 8  # ticks: an offer below 40% of the list price is taken for talk
LOWBALL = 10  # ticks: who is offered less than half of the list price may stop answering


@replaceable
class Talks(NamedTuple):
    """Public state of such a bargain.

    Attributes:
        round: Rounds completed, from 0. A round is one turn of each seat; the opening is not counted.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        standing: The price the mover may accept: for the buyer what the seller asks, for the seller what was just
            offered.
        ask: What the seller asks: the last price that it named.
        best: The best offer of the buyer so far, in ticks (rounded down); 0 if there was none of `LOWEST` or more.
        deal: The agreed price, or ``None``.
        ending: ``""`` while it goes on, then ``"deal"``, ``"walk"`` or ``"deadline"``.
    """

    round: int
    mover: str | None
    standing: int | None = None
    ask: int = 0
    best: int = 0
    deal: int | None = None
    ending: str = ""


@dataclass(frozen=True, slots=True)
class StandingAsk(PriceBargaining):
    """Alternating offers with a deadline and a discount a round, in which what the seller asks stands.

    A buyer can take it whenever it is its turn, whatever was said in between; an offer of the buyer stands until the
    seller has answered. The rest is as in `PriceBargaining`, whose fields it has.
    """

    def start(self) -> Any:
        """Nobody has spoken; the opener is to move."""
        return Talks(-1, self.opener)

    def mover(self, state: Any) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Any, seat: str, act: Act) -> Any:
        """The state after `act`.

        Raises:
            IllegalAct: If there is nothing to accept, or if the price is not between 1 and twice the list price.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if isinstance(act, Accept):
            if state.standing is None:
                raise IllegalAct(
                    "There is no offer on the table that you could accept. You can make an offer, talk, or leave."
                )
            return Talks(state.round, None, deal=state.standing, ending="deal")
        if isinstance(act, Walk):
            return Talks(state.round, None, ending="walk")
        price = None
        if isinstance(act, Offer):
            price = act.price
            if not 1 <= price <= self.highest_price():
                raise IllegalAct(self.out_of_range())
        elif not isinstance(act, Say):
            raise IllegalAct("In a price bargain you can make an offer, accept, walk away, or talk.")
        number = state.round + (seat == self.opener)
        if number >= self.rounds:
            return Talks(number, None, ending="deadline")
        if seat == "buyer":
            given = 0 if price is None else self.generosity("buyer", price)
            best = max(state.best, given) if given >= LOWEST else state.best
            return state._replace(round=number, mover="seller", standing=price, best=best)
        ask = state.ask if price is None else price
        return Talks(number, "buyer", ask or None, ask, state.best)

    def candidates(self, state: Talks, support: tuple) -> Iterator[Act]:
        """Nobody reacts to less than a tick, and at the price that is asked it is accepted."""
        if state.standing is not None:
            yield Accept()
        yield Walk()
        yield Say()
        tick = self.list_price // TICKS
        for ticks in range(max(LOWEST, state.best), -(-state.ask // tick)):
            yield Offer(ticks * tick)
