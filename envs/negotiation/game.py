"""Price bargaining over one item: the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("buyer", "seller")
TICKS = 20  # a tick is 5% of the list price: the finest difference in price that a partner reacts to
MIRROR = 32  # ticks; the buyer's side of the bargain is the seller's side seen in this mirror, see `generosity`
MAX_CLIMB = 6  # steps of 10%: an offer at the list price
OTHER = {"buyer": "seller", "seller": "buyer"}


@dataclass(frozen=True, slots=True)
class Offer(Act):
    """Propose a price, in whole currency units. It binds its maker until the other side has answered."""

    price: int


@dataclass(frozen=True, slots=True)
class Accept(Act):
    """Take the other side's standing offer: a deal at that price."""


@dataclass(frozen=True, slots=True)
class Walk(Act):
    """Leave without a deal."""


ACTS = (Offer, Accept, Walk)


class Haggle(NamedTuple):
    """Public state of a price bargain.

    Attributes:
        round: Rounds completed, from 0. A round is one turn of each seat; the opening is not counted.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        standing: The price the mover may accept, if the other seat has just made an offer.
        climbs: How far each seat (buyer, seller) has come, in steps of 10% of the list price; 0 until an offer is
            serious. See `PriceBargaining.climb`.
        conceded: Whether the last act was an offer at least one step better for the other side than all before.
        deal: The agreed price, or ``None``.
        ending: ``""`` while it goes on, then ``"deal"``, ``"walk"`` or ``"deadline"``.
    """

    round: int
    mover: str | None
    standing: int | None = None
    climbs: tuple[int, int] = (0, 0)
    conceded: bool = False
    deal: int | None = None
    ending: str = ""


@dataclass(frozen=True, slots=True)
class PriceBargaining:
    """Alternating offers with a deadline and a discount a round.

    Args:
        list_price: The price on the tag, in currency units; a multiple of `TICKS`.
        opener: The seat that speaks first.
        values: What the item is worth to the buyer and to the seller; ``None`` where the rules are not told.
        rounds: The dialogue ends after so many rounds.
        discount: What is left of a surplus after each further round.
        shares: Whether prices are spoken of in percent of the list price: it changes nothing but what an illegal price
            is answered with.
    """

    list_price: int
    opener: str = "seller"
    values: tuple[int | None, int | None] = (None, None)
    rounds: int = 8
    discount: float = 0.96
    shares: bool = False

    seats = SEATS

    def start(self) -> Haggle:
        """Nobody has spoken; the opener is to move."""
        return Haggle(-1, self.opener)

    def mover(self, state: Haggle) -> str | None:
        """Whose turn it is."""
        return state.mover

    def highest_price(self) -> int:
        """The highest price that may be offered: twice the list price."""
        return 2 * self.list_price

    def out_of_range(self) -> str:
        """What whoever names an impossible price is told."""
        most = "above 0% and at most 200%" if self.shares else f"a whole number from 1 to {self.highest_price()}"
        return f"A price must be {most}."

    def generosity(self, seat: str, price: int) -> int:
        """Ticks (rounded down) that an offer of `price` by `seat` gives the other side.

        For the buyer it is the price. For the seller it is the distance from 1.6 times the list price, so that both
        sides bargain over the same range: a buyer who offers 60% gives as much as a seller who asks 100%.
        """
        given = price if seat == "buyer" else MIRROR * self.list_price // TICKS - price
        return given * TICKS // self.list_price

    def price(self, seat: str, generosity: int) -> int:
        """The price at which an offer by `seat` gives the other side so many ticks."""
        return (generosity if seat == "buyer" else MIRROR - generosity) * self.list_price // TICKS

    def climb(self, seat: str, price: int) -> int:
        """Steps of 10% of the list price from half of it.

        0 for an offer that nobody would take seriously, 1 from 50%, 2 from 60%, at most `MAX_CLIMB`.
        """
        steps = self.generosity(seat, price) // 2 - 4
        return 0 if steps < 0 else MAX_CLIMB if steps > MAX_CLIMB else steps

    @staticmethod
    def climb_start(climb: int) -> int:
        """The least generosity, in ticks, of an offer that climbs so far."""
        return 2 * climb + 8

    def apply(self, state: Haggle, seat: str, act: Act) -> Haggle:
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
            return Haggle(state.round, None, None, (0, 0), False, state.standing, "deal")
        if isinstance(act, Walk):
            return Haggle(state.round, None, None, (0, 0), False, None, "walk")
        number, climbs, conceded, standing = state.round, state.climbs, False, None
        if seat == self.opener:
            number += 1
        if isinstance(act, Offer):
            standing = act.price
            if not 1 <= standing <= 2 * self.list_price:
                raise IllegalAct(self.out_of_range())
            climb, mine = self.climb(seat, standing), 0 if seat == "buyer" else 1
            if climb > climbs[mine]:
                conceded = True
                climbs = (climbs[0], climb) if mine else (climb, climbs[1])
        elif not isinstance(act, Say):
            raise IllegalAct("In a price bargain you can make an offer, accept, walk away, or talk.")
        if number >= self.rounds:
            return Haggle(number, None, None, (0, 0), False, None, "deadline")
        return Haggle(number, OTHER[seat], standing, climbs, conceded)

    def choices(self, state: Haggle, seat: str) -> Iterator[Act]:
        """Accept, walk, say nothing binding, and an offer at each tick."""
        if state.standing is not None:
            yield Accept()
        yield Walk()
        yield Say()
        for price in self.prices():
            yield Offer(price)

    def prices(self) -> tuple[int, ...]:
        """The prices at a whole number of ticks: others are never better for who offers them."""
        tick = self.list_price // TICKS
        return tuple(range(tick, 2 * self.list_price + 1, tick))

    def payoff(self, state: Haggle, seat: str, hidden: Any = None) -> float:
        """Discounted surplus as a share of the list price.

        0 without a deal; negative for a deal worse than the seat's value.

        Raises:
            ValueError: If `values` does not hold what the item is worth to `seat`.
        """
        if state.deal is None:
            return 0.0
        buyer = seat == "buyer"
        worth = self.values[0 if buyer else 1]
        if worth is None:
            raise ValueError(f"values must hold what the item is worth to the {seat}")
        surplus = worth - state.deal if buyer else state.deal - worth
        return self.discount**state.round * surplus / self.list_price

    def canonical(self) -> PriceBargaining:
        """The same bargain at a list price of `TICKS`: a tick is one unit. Those that differ only in scale share it."""
        tick = self.list_price // TICKS
        buyer, seller = (None if value is None else value // tick for value in self.values)
        return replace(self, list_price=TICKS, values=(buyer, seller), shares=False)
