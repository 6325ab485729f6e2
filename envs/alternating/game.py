"""Alternating offers over a pot of money that is worth less with each offer: Rubinstein (1982), with a deadline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("opener", "responder")
OTHER = {"opener": "responder", "responder": "opener"}
UNITS = 20
"""A unit is 5% of the pot: the finest difference that the simulated person reacts to."""


@dataclass(frozen=True, slots=True)
class Propose(Act):
    """Propose a split: so many dollars for the other side, the rest for oneself. It rejects what stood."""

    give: int


@dataclass(frozen=True, slots=True)
class Accept(Act):
    """Take the split that the other side has just proposed."""


ACTS = (Propose, Accept)

_ACCEPT, _SAY = Accept(), Say()


class Pie(NamedTuple):
    """Public state.

    Attributes:
        offers: Offers made or forgone so far; -1 before the greeting.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        standing: Dollars that the mover gets if it accepts; ``None`` if nothing stands.
        deal: Dollars that the opener gets, or ``None``.
        ending: ``""`` while it goes on, then ``"deal"`` or ``"deadline"``.
    """

    offers: int
    mover: str | None
    standing: int | None = None
    deal: int | None = None
    ending: str = ""


@dataclass(frozen=True, slots=True)
class AlternatingOffers:
    """The rules.

    Args:
        pot: Dollars to be shared; a multiple of `UNITS`.
        offers: So many can be made, by both sides together; the opener makes the first. Who talks in its turn to
            propose forgoes it.
        discounts: What is left of a dollar to the opener and to the responder after each offer but the first; ``None``
            where the rules are not told.
        greeting: Whether the responder says hello before the first offer.
    """

    pot: int = UNITS
    offers: int = 12
    discounts: tuple[float | None, float | None] = (None, None)
    greeting: bool = True

    seats = SEATS

    def start(self) -> Pie:
        """Nobody has spoken."""
        return Pie(-1, "responder") if self.greeting else Pie(0, "opener")

    def mover(self, state: Pie) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Pie, seat: str, act: Act) -> Pie:
        """The state after `act`.

        Raises:
            IllegalAct: If there is nothing to accept, if no offer is left, or if the pot does not hold so much.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        number = state.offers + 1
        if isinstance(act, Accept):
            if state.standing is None:
                raise IllegalAct("There is nothing on the table that you could accept. It is your turn to propose.")
            deal = state.standing if seat == "opener" else self.pot - state.standing
            return Pie(state.offers, None, None, deal, "deal")
        if isinstance(act, Propose):
            if number > self.offers:
                raise IllegalAct("There is no time for another proposal.")
            if not 0 <= act.give <= self.pot:
                raise IllegalAct(f"We are sharing ${self.pot}: give me a whole number of dollars from 0 to {self.pot}.")
            return Pie(number, OTHER[seat], act.give)
        if not isinstance(act, Say):
            raise IllegalAct("You can propose a split, accept mine, or talk.")
        return Pie(state.offers, None, ending="deadline") if number > self.offers else Pie(number, OTHER[seat])

    def choices(self, state: Pie, seat: str) -> Iterator[Act]:
        """Accept, talk, and each split in whole units: others give more away than they need to."""
        if state.standing is not None:
            yield _ACCEPT
        yield _SAY
        if state.offers < self.offers:
            unit = self.pot // UNITS
            yield from (Propose(give * unit) for give in range(UNITS + 1))

    def payoff(self, state: Pie, seat: str, hidden: Any = None) -> float:
        """The seat's share of the pot, discounted by the offers before the one that was accepted; 0 without a deal.

        Raises:
            ValueError: If `discounts` does not hold that of `seat`.
        """
        if state.deal is None:
            return 0.0
        discount = self.discounts[SEATS.index(seat)]
        if discount is None:
            raise ValueError(f"discounts must hold that of the {seat}")
        return discount ** (state.offers - 1) * self.share(state, seat)

    def share(self, state: Pie, seat: str) -> float:
        """The share of the pot that the seat has agreed to; 0 without a deal."""
        if state.deal is None:
            return 0.0
        return (state.deal if seat == "opener" else self.pot - state.deal) / self.pot

    def canonical(self) -> AlternatingOffers:
        """The same game over a pot of `UNITS` dollars. Those that differ in the pot alone share it."""
        return replace(self, pot=UNITS)
