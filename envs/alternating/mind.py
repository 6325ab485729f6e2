"""With whom one shares: people of hidden patience, fairness and firmness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import SEATS, UNITS, Accept, AlternatingOffers, Pie, Propose

ANCHOR = 16
"""Units that a person asks for who comes down with time, and that anybody asks for who opens."""
TACTICS: dict[str, float] = {"linear": 1.0, "boulware": 3.0}
"""Exponent of the progress with which the demand falls from `ANCHOR`: 1 / beta of Faratin et al. (1998)."""
KINDS = ("rational", "fair", "firm", *TACTICS, "holder")

POPULATION: tuple[tuple[str, float, float], ...] = (
    ("rational", 0.5, 1.5),
    ("rational", 0.8, 1.5),
    ("rational", 0.9, 1.5),
    ("rational", 0.95, 1.5),
    ("rational", 0.99, 1.0),
    ("fair", 0.4, 1.0),
    ("fair", 0.5, 1.5),
    ("firm", 0.5, 1.0),
    ("firm", 0.6, 1.0),
    ("firm", 0.75, 1.0),
    ("linear", 0.1, 1.0),
    ("linear", 0.2, 2.0),
    ("linear", 0.3, 1.0),
    ("linear", 0.4, 1.5),
    ("boulware", 0.2, 2.0),
    ("boulware", 0.4, 1.5),
    ("holder", 0.1, 1.0),
    ("holder", 0.25, 2.0),
    ("holder", 0.4, 1.5),
)
"""Kind, level and weight of those who are met."""
PATIENCE: Belief[float] = Belief((level, weight) for kind, level, weight in POPULATION if kind == "rational")
"""The patience of the rational."""


class Sharer(NamedTuple):
    """Hidden state of a person.

    Attributes:
        kind: One of `KINDS`.
        level: Of a rational person its patience: what is left of a dollar to it after each offer. Of others the least
            share of the pot that they take in the end.
    """

    kind: str
    level: float


@cache
def equilibrium(offers: int, opener: float, responder: float) -> tuple[float, ...]:
    """Subgame perfect play of two rational sides who know each other's patience.

    Backwards from the last offer, which leaves nothing to who has to take it or get nothing. Each earlier one leaves
    what its receiver would get from the next on (Rubinstein 1982; Stahl 1972 for the game with a deadline).

    Args:
        offers: Offers that can be made; the opener makes those with even numbers, from 0.
        opener: The opener's patience.
        responder: The responder's.

    Returns:
        For each offer the share of the pot that it leaves to the other side.
    """
    leaves, keeps = [0.0] * offers, 1.0
    for number in range(offers - 2, -1, -1):
        leaves[number] = (opener if number % 2 else responder) * keeps
        keeps = 1.0 - leaves[number]
    return tuple(leaves)


@dataclass(frozen=True)
class SharingMind:
    """A person's mind.

    Rational people take what their finite equilibrium continuation is worth, and ask for what it leaves them. Fair
    people take their level and ask for half; firm ones ask for their level; linear and Boulware ones come down to it
    from `ANCHOR`, holders all at once at the last offer. What is asked for is rounded up to `grain`, so that types
    pool. Whoever opens begins with `ANCHOR`.

    Args:
        game: The rules.
        seat: The seat that the person holds.
        population: Kind, level and weight of those who may be met.
        grain: Units to which an ask is rounded up; what is taken is not.
    """

    game: AlternatingOffers
    seat: str = "responder"
    population: tuple[tuple[str, float, float], ...] = POPULATION
    grain: int = 2

    def prior(self) -> Belief[Sharer]:
        """Everybody with their share of the population."""
        return Belief((Sharer(kind, level), weight) for kind, level, weight in self.population)

    def react(self, hidden: Sharer, state: Pie) -> Belief[tuple[Sharer, Act]]:
        """Greet, or take what is offered, or make an offer."""
        game, number, standing = self.game, state.offers, state.standing
        if number < 0:
            return Belief.certain((hidden, Say()))
        unit = game.pot // UNITS
        least, ask = terms(hidden, game, self.seat, number)
        if number == 0:
            ask = ANCHOR
        give = UNITS - min(UNITS, -(-ask // self.grain) * self.grain)
        answer = Say() if number >= game.offers else Propose(give * unit)
        if standing is None:
            return Belief.certain((hidden, answer))
        units = standing * UNITS // game.pot
        return Belief.certain((hidden, Accept() if units >= least else answer))


def ceiling(value: float) -> int:
    """The next whole number; what is one but for rounding errors stays."""
    return math.ceil(value - 1e-9)


def in_units(share: float) -> int:
    """A share of the pot, rounded up to whole units."""
    return ceiling(share * UNITS)


def terms(hidden: Sharer, game: AlternatingOffers, seat: str, number: int) -> tuple[int, int]:
    """Least units that a person takes after `number` offers, and what it asks for in an offer of its own."""
    kind, level = hidden
    last = game.offers - 1
    if kind == "rational":
        mine = SEATS.index(seat)
        other = game.discounts[1 - mine]
        assert other is not None
        leaves = equilibrium(game.offers, *((level, other) if mine == 0 else (other, level)))
        return (in_units(leaves[number - 1]) if number else 0), (
            UNITS - in_units(leaves[number]) if number <= last else 0
        )
    units = in_units(level)
    if kind == "fair":
        return units, max(units, UNITS // 2)
    if kind == "holder":
        units = units if number >= last else ANCHOR
    elif kind in TACTICS:
        progress = min(1.0, number / last) ** TACTICS[kind]
        units = ceiling(ANCHOR + (units - ANCHOR) * progress)
    return units, units
