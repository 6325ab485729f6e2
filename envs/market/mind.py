"""A seller: what it sells, the least it takes, whether it tells the truth, and how it takes haggling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import Answer, Bazaar, Quote, Show, Withdraw

FLOORS = ((40, 2.0), (60, 1.0))
TEMPERS = (("soft", 1.0), ("firm", 1.0), ("touchy", 2.0))


class Seller(NamedTuple):
    """Hidden state of a seller.

    Attributes:
        fits: Whether its offer meets what the customer needs.
        floor: The least it takes, in dollars.
        honest: Whether it admits that its offer does not fit.
        temper: Asked for a lower price, ``"soft"`` comes down to its floor, ``"firm"`` stays, ``"touchy"`` withdraws.
    """

    fits: bool
    floor: int
    honest: bool
    temper: str


@dataclass(frozen=True, slots=True)
class Trader:
    """The mind of a seller.

    It quotes its floor and a markup on it, which is larger if it says that its offer fits. It says so if it does, or
    if the seller is not honest. What it shows is what there is. Nothing of it changes.

    Args:
        fit: How often an offer fits.
        honest: How often a seller is honest.
        claimed: Markup of an offer that is said to fit, in dollars.
        admitted: Markup of another.
        floors: The least that sellers take, with weights.
        tempers: What they are like, with weights.
    """

    fit: float = 0.6
    honest: float = 0.6
    claimed: int = 30
    admitted: int = 20
    floors: tuple[tuple[int, float], ...] = FLOORS
    tempers: tuple[tuple[str, float], ...] = TEMPERS

    def prior(self) -> Belief[Seller]:
        """The four parts are independent."""
        return Belief(
            (Seller(fits, floor, honest, temper), p * q * r * s)
            for fits, p in ((True, self.fit), (False, 1.0 - self.fit))
            for floor, q in self.floors
            for honest, r in ((True, self.honest), (False, 1.0 - self.honest))
            for temper, s in self.tempers
        )

    def react(self, hidden: Seller, state: Bazaar) -> Belief[tuple[Seller, Act]]:
        """What it answers; always the same."""
        return Belief.certain((hidden, self._answer(hidden, state)))

    def _answer(self, hidden: Seller, state: Any) -> Act:
        stall = state.stalls[state.at]
        if state.asked == "ask":
            return self.quote(hidden)
        if state.asked == "check":
            return Show("fits" if hidden.fits else "lacks")
        if state.asked == "haggle":
            if hidden.temper == "touchy":
                return Withdraw()
            return Answer(hidden.floor if hidden.temper == "soft" else stall.price)
        return Say()

    def quote(self, hidden: Seller) -> Quote:
        """What it asks for first, and what it says of its offer."""
        if hidden.fits or not hidden.honest:
            return Quote(hidden.floor + self.claimed, "fits")
        return Quote(hidden.floor + self.admitted, "lacks")
