"""Who one bargains with: a finite population of reservation prices and concession tactics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import MAX_CLIMB, OTHER, Accept, Haggle, Offer, PriceBargaining, Walk

STEP = 2  # ticks: what a reciprocator concedes at a time, and the grain of what is said
ANCHOR = 20  # demand of the opening, in ticks: the list price for a seller, 60% of it for a buyer
_ACCEPT, _WALK = Accept(), Walk()


class Bargainer(NamedTuple):
    """Hidden state of a partner. Demands are in ticks (5% of the list price), as the seller would put them.

    Attributes:
        floor: The least it settles for. For a seller this is the lowest price; a buyer's highest price is ``MIRROR -
            floor``.
        tactic: One of `TACTICS`.
        demand: What a reciprocator asks now; the others' demand follows from the round.
    """

    floor: int
    tactic: str
    demand: int = ANCHOR


FARATIN: dict[str, float] = {"boulware": 0.2, "linear": 1.0, "conceder": 4.0}
"""beta of each time-dependent tactic."""

TACTICS = (*FARATIN, "holder", "reciprocator")


@dataclass(frozen=True)
class Population:
    """How often each kind of partner is met.

    Attributes:
        floors: Weight of each floor, in ticks.
        tactics: Weight of each tactic; independent of the floor.
    """

    floors: tuple[tuple[int, float], ...] = tuple((floor, floor - 6.0) for floor in range(7, 18))
    tactics: tuple[tuple[str, float], ...] = (
        ("boulware", 2.0),
        ("linear", 1.0),
        ("conceder", 3.0),
        ("holder", 4.0),
        ("reciprocator", 5.0),
    )

    def __post_init__(self) -> None:
        for tactic, _ in self.tactics:
            if tactic not in TACTICS:
                raise ValueError(f"tactics must be among {', '.join(TACTICS)}; got {tactic!r}")
        for floor, _ in self.floors:
            if not 1 <= floor <= ANCHOR:
                raise ValueError(f"floors must be whole ticks from 1 to {ANCHOR}; got {floor!r}")

    @cached_property
    def types(self) -> Belief[Bargainer]:
        """The prior over hidden types."""
        return Belief((Bargainer(f, t), p * q) for f, p in self.floors for t, q in self.tactics)


POPULATIONS: dict[str, Population] = {
    "default": Population(),
    "easy": Population(tactics=(("linear", 1.0), ("conceder", 1.0))),
    "hard": Population(
        tuple((floor, 1.0) for floor in range(7, 18)), (("boulware", 1.0), ("holder", 3.0), ("reciprocator", 6.0))
    ),
}
"""Who is met in the registered environments."""

TEMPERS = ("patient", "impatient")
HASTE: dict[str, float] = {"boulware": -0.4, "linear": 0.2, "conceder": 0.4, "holder": -0.4, "reciprocator": 0.0}
"""By how much the share of the impatient among those of a tactic differs from a half.

All are then shifted alike, so that half of the population is impatient.
"""


@cache
def tempered(population: Population, temper: str) -> Population:
    """Those of a population who are patient, or impatient; everybody if `temper` is ``""``.

    They are one half each, so that both together are the population. An impatient partner is likelier to be a conceder,
    a patient one to be Boulware or a holder. Floors do not depend on it.

    Raises:
        ValueError: If there is no such temper.
    """
    if not temper:
        return population
    if temper not in TEMPERS:
        raise ValueError(f"temper must be one of {', '.join(TEMPERS)}; got {temper!r}")
    tactics = population.tactics
    mean = sum(weight * HASTE[tactic] for tactic, weight in tactics) / sum(weight for _, weight in tactics)
    # Bayes' rule: the share among those of the tactic, over the share of a half among all
    sign = 2.0 if temper == "impatient" else -2.0
    return replace(population, tactics=tuple((t, weight * (1.0 + sign * (HASTE[t] - mean))) for t, weight in tactics))


@dataclass(frozen=True)
class Haggler:
    """The partner's mind in one bargain.

    Time-dependent tactics follow Faratin, Sierra and Jennings (1998, section 4.1): the demand falls from the opening to
    the floor along ``(k / (K-1)) ** (1 / beta)``; beta < 1 is Boulware, beta > 1 a conceder. An offer is taken when it
    is at least as good as the demand of the next round (their equation 5). A *holder* stands by its opening and comes
    to its floor only in the last round but one. A *reciprocator* comes down a step of 10% of the list price for each
    concession (`Haggle.conceded`), and stays where it is otherwise.

    What is said is coarser than what is meant: demands are spoken rounded to 10% of the list price, away from the
    floor, so that types pool.

    Args:
        game: The bargain.
        seat: The seat that the partner holds.
        population: Who the partner may be.
    """

    game: PriceBargaining
    seat: str
    population: Population = field(default_factory=lambda: POPULATIONS["default"])

    def prior(self) -> Belief[Bargainer]:
        """Every type with its share of the population."""
        return self.population.types

    def react(self, hidden: Bargainer, state: Haggle) -> Belief[tuple[Bargainer, Act]]:
        """Deterministic: open, accept, counter, or leave at the deadline."""
        if state.round < 0:
            return Belief.certain((hidden, _offer(self._price(ANCHOR))))
        number, standing = state.round + 1, state.standing
        hidden, threshold = _stance(hidden, number, state.conceded, self.game.rounds)
        if standing is not None and self.game.generosity(OTHER[self.seat], standing) >= threshold:
            return Belief.certain((hidden, _ACCEPT))
        if number >= self.game.rounds:
            return Belief.certain((hidden, _WALK))
        return Belief.certain((hidden, _offer(self._price(-(-threshold // STEP) * STEP))))

    def candidates(self, state: Haggle, support: tuple[Bargainer, ...]) -> Iterator[Act]:
        """The acts at which some possible partner starts to react differently.

        Between two neighbouring thresholds every partner reacts alike, so the cheapest offer of each interval is as
        good as any other in it.
        """
        if state.standing is not None:
            yield Accept()
        yield Walk()
        yield Say()
        best = state.climbs[0 if self.seat == "seller" else 1]
        starts = {self.game.climb_start(climb) for climb in range(best + 1, MAX_CLIMB + 1)}
        number = state.round + 1 + (self.game.opener != self.seat)  # of the reply; an opener's turn begins a round
        for conceded in (False, True):
            starts |= {_stance(hidden, number, conceded, self.game.rounds)[1] for hidden in support}
        for generosity in sorted(starts):
            yield Offer(self._price(generosity))

    def _price(self, demand: int) -> int:
        """Price of a demand: that of an offer by the other side which meets it."""
        return self.game.price(OTHER[self.seat], demand)


@cache
def _offer(price: int) -> Offer:
    return Offer(price)


@cache
def _stance(hidden: Bargainer, number: int, conceded: bool, rounds: int) -> tuple[Bargainer, int]:
    """Hidden state and least acceptable offer in round `number`."""
    floor, tactic, demand = hidden
    if tactic == "holder":
        return hidden, (floor if number >= rounds - 1 else ANCHOR)
    if tactic == "reciprocator":
        demand = max(floor, demand - STEP) if conceded else demand
        return Bargainer(floor, tactic, demand), demand
    return hidden, _faratin(floor, FARATIN[tactic], min(number, rounds - 1), rounds - 1)


def _faratin(floor: int, beta: float, number: int, last: int) -> int:
    alpha = (number / last) ** (1.0 / beta)
    return math.ceil(ANCHOR - alpha * (ANCHOR - floor) - 1e-9)
