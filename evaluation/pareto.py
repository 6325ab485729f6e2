"""What one good costs in another: the exact Pareto front of a family whose payoff is a gain less a weighted price.

A policy that is optimal for some weight of the price lies on the upper concave envelope of all that can be attained
(randomising over policies included), and each corner of the envelope is optimal for some weight. The corners are found
by bisecting on the weight: solve for the weight at which two known corners are equally good; either nothing is better,
or a new corner is found (Aneja and Nair 1979). Every optimum is exact, so the front is known to any tolerance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..core.acts import Act
from ..core.belief import Belief
from ..core.setting import Setting
from ..envs.base import Family
from ..envs.make import load_family
from ..envs.registration import lookup
from .exact import classes

Decide = Callable[[Setting, Any, Belief], Act]
"""The act in a public state, given the belief of a perfect listener."""


class FrontPoint(NamedTuple):
    """A corner of the front."""

    weight: float  # of the price, for which it was found to be optimal, as it is for a range of weights around it
    metrics: dict[str, float]  # exact means of the family's measures


def expected_metrics(family: Family, decide: Decide | None = None) -> dict[str, float]:
    """Exact means of what a dialogue comes to, under a policy that is followed through everything that can happen.

    That is each of the family's ``measures(game, state, hidden)`` of final states, and ``payoff``. The policy is
    `decide`, by default the exact optimum.

    Raises:
        ValueError: If the family has no measures.
    """
    if family.measures is None:
        raise ValueError(f"family must have a method measures(game, state, hidden); {type(family).__name__} has none")
    sums: dict[str, list[float]] = {}
    for scenario, share in classes(family):
        setting = family.setting(scenario)
        game, solution = setting.game, setting.solution
        opening = setting.seen(game.start(), setting.prior, None)
        open_ends = [(share * p, exchange.after, belief) for p, exchange, belief in opening]
        while open_ends:
            p, state, belief = open_ends.pop()
            if game.mover(state) is None:
                for hidden, q in belief:
                    found = {"payoff": game.payoff(state, setting.seat, hidden), **family.measures(game, state, hidden)}
                    for name, value in found.items():
                        sums.setdefault(name, []).append(p * q * value)
            else:
                act = solution.best_act(state, belief) if decide is None else decide(setting, state, belief)
                open_ends += [(p * q, after, then) for q, after, then in solution.branches(state, belief, act)]
    return {name: math.fsum(values) for name, values in sums.items()}


def pareto_front(
    env_id: str,
    weight: str,
    gain: str,
    price: str,
    heaviest: float = 100.0,
    lightest: float = 1e-6,
    tolerance: float = 1e-3,
    **settings: Any,
) -> list[FrontPoint]:
    """The most of `gain` that can be had at each `price`: the corners of the front, the cheapest first.

    Between two neighbours, mixtures of both are the best there is, up to `tolerance`. Nothing lies above the front:
    ``gain - w * price`` of any policy is at most the largest of the front's, plus `tolerance`, for every ``w`` between
    `lightest` and `heaviest`.

    Args:
        env_id: A registered id. Its payoff must be ``gain - weight * price``, so whatever else it charges has to be
            switched off by `settings`.
        weight: Name of the setting that weighs the price, such as ``"leak_weight"``.
        gain: A measure of the family.
        price: Another.
        heaviest: The front begins with the optimum for this weight.
        lightest: It ends with the optimum for this one. Above 0, so that a price that buys nothing is not paid.
        tolerance: A corner is left out if it adds less than this to the payoff at the weight of its neighbours.
        **settings: Of the family.

    Raises:
        ValueError: If the payoff is not what it must be, or if an argument is invalid.
    """
    if not 0.0 < lightest < heaviest or not tolerance > 0.0:
        raise ValueError(
            f"lightest and tolerance must be above 0 and lightest below heaviest; got {lightest!r}, {tolerance!r} and "
            f"{heaviest!r}"
        )
    path, registered = lookup(env_id)

    def corner(value: float) -> FrontPoint:
        metrics = expected_metrics(load_family(path, {**registered, **settings, weight: value}))
        if unknown := {gain, price} - set(metrics):
            raise ValueError(f"gain and price must be among {', '.join(metrics)}; got {', '.join(sorted(unknown))}")
        if abs(metrics[gain] - value * metrics[price] - metrics["payoff"]) > 1e-9 * max(1.0, value):
            raise ValueError(
                f"the payoff must be {gain} - {weight} * {price}; switch off what else is charged (at "
                f"{weight}={value:g} they differ)"
            )
        return FrontPoint(value, metrics)

    def between(low: FrontPoint, high: FrontPoint) -> list[FrontPoint]:
        """Corners strictly between two, of which the first is cheaper."""
        rise, run = high.metrics[gain] - low.metrics[gain], high.metrics[price] - low.metrics[price]
        if run <= 1e-12 or not lightest < (slope := rise / run) < heaviest:
            return []
        found = corner(slope)
        if found.metrics["payoff"] - (low.metrics[gain] - slope * low.metrics[price]) <= tolerance:
            return []
        return [*between(low, found), found, *between(found, high)]

    cheap, dear = corner(heaviest), corner(lightest)
    if dear.metrics[price] - cheap.metrics[price] <= 1e-12:
        return [cheap]
    return [cheap, *between(cheap, dear), dear]


def envelope(front: list[FrontPoint], gain: str, price: str) -> Callable[[float], float]:
    """A `pareto_front` as a function: the most of `gain` at a price, by mixing neighbours.

    It raises ``ValueError`` for a price below the lowest of the front.
    """
    prices, gains = ([point.metrics[name] for point in front] for name in (price, gain))

    def most(given: float) -> float:
        if given < prices[0] - 1e-12:
            raise ValueError(f"price must be at least {prices[0]:g}, the lowest of the front; got {given!r}")
        return float(np.interp(given, prices, gains))

    return most
