"""Whom one divides with: what a person values, how it concedes, and what it offers for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations, product
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.solver import weighed
from ...core.states import replaceable
from .game import OUTSIDE, PARTNER, YOU, Accept, Division, Package, Talks, Walk

_ACCEPT, _WALK, _SAY = Accept(), Walk(), Say()


@replaceable
class Interests(NamedTuple):
    """Hidden state of a partner.

    Attributes:
        values: What a unit of each issue is worth to it.
        tactic: One of `TACTICS`.
        floor: The fewest points that it settles for.
        demand: Points that a reciprocator wants now; those of the others follow from the round.
    """

    values: Package
    tactic: str
    floor: int
    demand: int


TACTICS: dict[str, float] = {"conceder": 1.0, "boulware": 1.0, "holder": 3.0, "reciprocator": 4.0}
"""Weight of each tactic."""
FARATIN: dict[str, float] = {"conceder": 4.0, "boulware": 0.25}
"""beta of the tactics that concede with time."""


@replaceable
class Stance(NamedTuple):
    """What the partners of a kind have in common, in points.

    Attributes:
        opening: What they demand at first.
        floors: What they settle for in the end, equally likely.
        step: By how much a reciprocator comes down.
    """

    opening: int
    floors: tuple[int, ...]
    step: int


STANCES: dict[str, Stance] = {
    "things": Stance(9, (2, 6), 1),
    "camp": Stance(30, (9, 18), 3),
    "job": Stance(36, (8, 20), 4),
}


@cache
def preferences(kind: str, counts: Package, own: Package) -> tuple[Package, ...]:
    """What a unit may be worth to the partner of somebody who values them `own`; all equally likely.

    The order of importance, where the values are the same numbers for both. Of things, all whole values by which
    everything together is worth ten, nothing is worthless to both sides, and something is worth having to both (the
    rule of Lewis et al. 2017).
    """
    if kind != "things":
        return tuple(sorted(set(permutations(own))))
    total = sum(count * value for count, value in zip(counts, own, strict=True))
    return tuple(
        values
        for values in product(*(range(total // count + 1) for count in counts))
        if sum(count * value for count, value in zip(counts, values, strict=True)) == total
        and all(map(max, values, own))
        and any(map(min, values, own))
    )


@dataclass(frozen=True)
class Haggler:
    """The partner's mind.

    Its demand starts high. A conceder's and a Boulware's fall to the floor with time, along Faratin, Sierra and
    Jennings (1998, section 4.1); a holder's falls to it in the last round; a reciprocator's falls by a step for each
    offer that leaves it more units than any before (`Talks.conceded`), whatever these are worth. It takes an offer that
    meets its demand. Else it counters: of what is dear to it least it gives away as much as its demand allows.

    Args:
        game: The rules; the partner sits opposite the bargainer.
    """

    game: Division

    @cached_property
    def stance(self) -> Stance:
        """Of its kind."""
        return STANCES[self.game.kind]

    def prior(self) -> Belief[Interests]:
        """Values, tactic and floor are independent."""
        game = self.game
        return Belief(
            (Interests(values, tactic, floor, self.stance.opening), weight)
            for values in preferences(game.kind, game.counts, game.values)
            for tactic, weight in TACTICS.items()
            for floor in self.stance.floors
        )

    def react(self, hidden: Interests, state: Talks) -> Belief[tuple[Interests, Act]]:
        """Deterministic: say hello, accept, counter, or leave at the deadline."""
        if state.round < 0:
            return Belief.certain((hidden, _SAY))
        game = self.game
        hidden, demand = self.demand(hidden, state.round, state.conceded)
        if state.standing is not None and game.theirs(hidden.values, state.standing) >= demand:
            return Belief.certain((hidden, _ACCEPT))
        if state.round >= game.rounds - 1:
            return Belief.certain((hidden, _WALK))
        return Belief.certain((hidden, game.offers[PARTNER][counter(game.counts, hidden.values, demand)]))

    def demand(self, hidden: Interests, number: int, conceded: bool) -> tuple[Interests, int]:
        """What it wants in answer to the learner's turn of a round, and the hidden state then."""
        last, tactic = self.game.rounds - 1, hidden.tactic
        if tactic == "holder":
            return hidden, hidden.floor if number >= last else self.stance.opening
        if tactic == "reciprocator":
            if conceded and hidden.demand > hidden.floor:
                hidden = hidden._replace(demand=max(hidden.floor, hidden.demand - self.stance.step))
            return hidden, hidden.demand
        return hidden, _timed(self.stance.opening, hidden.floor, FARATIN[tactic], min(number + 1, last), last)

    @weighed
    def candidates(self, state: Talks, mass: tuple[tuple[Interests, float], ...]) -> Iterator[Act]:
        """Of the offers that the same partners take, and that are a concession alike, the one that pays most.

        Nothing else in a partner's answer depends on an offer, so the others are no better.
        """
        game = self.game
        if state.standing is not None:
            yield _ACCEPT
        if OUTSIDE[game.kind]:
            yield _WALK
        yield _SAY
        stances = [
            [(_worths(game.counts, hidden.values), self.demand(hidden, state.round, conceded)[1]) for hidden, _ in mass]
            for conceded in (False, True)
        ]
        best: dict[tuple[int, int], tuple[float, Act]] = {}
        for number, (package, act) in enumerate(game.offers[YOU].items()):
            units = max(state.given, game.units(package))
            takers = [
                place for place, (worths, least) in enumerate(stances[units > state.given]) if worths[number] >= least
            ]
            mine, key = game.mine(package), (sum([1 << place for place in takers]), units)
            if game.aim == "own":
                pays = float(mine)
            else:
                worths = stances[0]
                pays = math.fsum(mass[place][1] * game.worth(mine, worths[place][0][number]) for place in takers)
            if key not in best or pays > best[key][0]:
                best[key] = pays, act
        for _, act in best.values():
            yield act


@cache
def _worths(counts: Package, values: Package) -> tuple[int, ...]:
    """What each package leaves to a partner of these values, in the order of `Division.packages`."""
    return tuple(
        sum([v * (c - x) for v, c, x in zip(values, counts, package, strict=True)])
        for package in product(*(range(count + 1) for count in counts))
    )


@cache
def counter(counts: Package, values: Package, demand: int) -> Package:
    """What is left to the bargainer by who gives away what is worth least to it, as long as it keeps what it demands.

    Of what is worth the same it first gives that of which there is least.
    """
    kept, worth = list(counts), sum(count * value for count, value in zip(counts, values, strict=True))
    for issue in sorted(range(len(counts)), key=lambda issue: (values[issue], counts[issue])):
        while kept[issue] and worth - values[issue] >= demand:
            kept[issue] -= 1
            worth -= values[issue]
    return tuple(count - units for count, units in zip(counts, kept, strict=True))


@cache
def _timed(opening: int, floor: int, beta: float, number: int, last: int) -> int:
    return math.ceil(opening - (number / last) ** (1.0 / beta) * (opening - floor) - 1e-9)
