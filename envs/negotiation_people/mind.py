"""Sellers who answer as people do: types whose weights were fitted to bargains between people."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ..content import content
from ..negotiation.game import TICKS, Accept, Offer, Walk
from .game import LOWBALL, LOWEST, StandingAsk, Talks

_FITTED = content(__file__, "fitted.toml")
_ACCEPT, _WALK, _SAY = Accept(), Walk(), Say()
_SURE, _SILENT, _AGAIN = range(3)  # what public chance decides: nothing, whether it is silent, whether it comes back

_Type = tuple[int, float, int, float]  # floor, share kept, counters, weight


class Seller(NamedTuple):
    """Hidden state of a seller. Prices are in ticks (5% of the list price).

    Attributes:
        floor: The lowest price that it settles for.
        keeps: Share of the gap between the buyer's offer and its own ask that it keeps when it counters. Of who is
            firm it is 1.
        counters: How many counters it still makes before it is firm; one less after each.
        leaves: Whether it leaves when it is offered less than `LOWBALL`.
    """

    floor: int
    keeps: float
    counters: int
    leaves: bool


@dataclass(frozen=True)
class People:
    """The seller's mind in one bargain.

    It opens with the list price. An offer of `g` ticks (rounded down) below its ask `d` is answered with the price
    ``max(floor, g + int(keeps * (d - g) + 1e-9))``, one counter less being left; it accepts where this is no more than
    `g`, and also where `g` is at least `d`. Who has no counters left is firm: it accepts `g` from its floor on, and
    else names `d` again. With probability `silent` it names no price and does not accept, whatever its type.

    Talk is answered with talk. But where the buyer's best offer `b` is at least `LOWEST`, and counters are left, it
    comes back to that offer with probability `again`, and names ``min(d, max(b + 1, floor, b + int(keeps * (d - b) +
    1e-9)))``. An offer below `LOWEST`, or below both its ask and an earlier offer, is answered like talk.

    A seller who `leaves` does so at any offer below `LOWBALL`. In the last round a seller accepts an offer from its
    floor on, if that is not answered like talk, and leaves otherwise.

    Args:
        game: The bargain.
        leaves: Probability that a seller leaves when it is offered less than `LOWBALL`; independent of its type.
        types: Floor, share kept, counters and weight of each type.
        silent: How often an offer is answered without a price.
        again: How often talk is answered with a price, to an earlier offer.
    """

    game: StandingAsk
    leaves: float = 0.25
    types: tuple[_Type, ...] = _FITTED["types"]
    silent: float = _FITTED["silent"]
    again: float = _FITTED["again"]
    even: ClassVar = True  # an answer that is certain takes a random number, too: words must not tell which it was

    def prior(self) -> Belief[Seller]:
        """Every type with its weight, of which a share leaves at lowballs."""
        return _prior(self.types, self.leaves)

    def react(self, hidden: Seller, state: Talks) -> Belief[tuple[Seller, Act]]:
        """Open; then counter, accept, talk or leave. No type answers an offer more silently than another."""
        game = self.game
        if state.round < 0:
            return Belief.certain((hidden, _offer(game.list_price)))
        tick = game.list_price // TICKS
        offer = 0 if state.standing is None else game.generosity("buyer", state.standing)
        if hidden.leaves and state.standing is not None and offer < LOWBALL:
            return Belief.certain((hidden, _WALK))
        last = state.round + 1 >= game.rounds
        chance, then, answer = _answer(hidden, offer, state.ask // tick, state.best, last)
        act = _offer(answer * tick) if isinstance(answer, int) else answer
        if chance == _SURE:
            return Belief.certain((then, act))
        silent = self.silent if chance == _SILENT else 1.0 - self.again
        return Belief((((hidden, _SAY), silent), ((then, act), 1.0 - silent)))


@cache
def _prior(types: tuple[_Type, ...], leaves: float) -> Belief[Seller]:
    return Belief(
        (Seller(floor, keeps, counters, gone), weight * share)
        for floor, keeps, counters, weight in types
        for gone, share in ((False, 1.0 - leaves), (True, leaves))
    )


@cache
def _offer(price: int) -> Offer:
    return Offer(price)


@cache
def _answer(hidden: Seller, offer: int, ask: int, best: int, last: bool) -> tuple[int, Seller, Act | int]:
    """What chance decides, the hidden state if it is not silent, and what it then does: an act, or a price."""
    floor, keeps, counters, leaves = hidden
    serious = offer >= max(LOWEST, min(best, ask))
    if last:
        return _SURE, hidden, _ACCEPT if serious and offer >= floor else _WALK
    if serious and offer >= ask:
        return _SILENT, hidden, _ACCEPT
    if not counters:
        return (_SILENT, hidden, _ACCEPT if offer >= floor else ask) if serious else (_SURE, hidden, _SAY)
    then = Seller(floor, keeps, counters - 1, leaves) if counters > 1 else Seller(floor, 1.0, 0, leaves)
    if serious:
        price = max(floor, offer + int(keeps * (ask - offer) + 1e-9))
        return (_SILENT, hidden, _ACCEPT) if price <= offer else (_SILENT, then, min(price, ask))
    if not best:
        return _SURE, hidden, _SAY
    return _AGAIN, then, min(ask, max(best + 1, floor, best + int(keeps * (ask - best) + 1e-9)))
