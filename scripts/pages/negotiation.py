"""What the Negotiation page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.solver import Solution
from ...envs.base import Family
from ...envs.negotiation.mind import POPULATIONS, Haggler
from ...envs.negotiation.policies import sweep
from ...evaluation.exact import classes, optimum
from ..docs import KINDS, best_of_each_kind, table, variant, variants
from .negotiation_beside_people import compare_with_people

PAYOFF = "the discounted gain as a share of the list price"
NOTE = (
    "Both roles have the same optimum, because each side bargains over the same range; each column is computed apart. "
    "The parameters of the fixed heuristics are the best on Negotiation-v0, see below."
)
DIALOGUES = 3000


def facts(family: Family) -> dict[str, str]:
    """How often no price suits both sides."""
    sign = 1 if family.role == "buyer" else -1
    apart = []
    for scenario, weight in classes(family):
        reservations = family.setting(scenario).prior.map(
            lambda hidden, s=scenario: family.reveal(s, hidden)["reservation"]
        )
        apart.append(
            weight * math.fsum(p for reservation, p in reservations if sign * (reservation - scenario.value) > 0)
        )
    return {"scenarios without a zone of agreement": f"{math.fsum(apart):.1%}"}


def sections() -> Iterator[str]:
    """What it is worth to see the partner's patience, the comparison with people, and the sweep of the heuristics."""
    yield from _patience()
    yield from _people()
    yield from _swept()


def _patience() -> Iterator[str]:
    yield "## Patience"
    yield (
        "The optimum of each variant as it is, with `patience=True`, and for a learner that is told the tactic itself. "
        "None of it can hurt, and none helps much: the best acts are much the same against every tactic until the "
        "answers to them tell it."
    )
    rows = []
    for env_id, _ in variants("negotiation"):
        family = variant(env_id)
        blind, told = (optimum(replace(family, patience=patience)) for patience in (False, True))
        rows.append([env_id, *(f"{value:.5f}" for value in (blind, told, _tactic_known(family)))])
    yield table(["id", "optimum", "with `patience=True`", "tactic known"], rows)


def _tactic_known(family: Family) -> float:
    """What a learner can expect that is told the partner's tactic, but not its reservation price."""
    population, total = POPULATIONS[family.settings()["population"]], []
    for scenario, weight in classes(family):
        setting: Any = family.setting(scenario)
        game = setting.game.canonical()
        for tactic, p in population.types.map(lambda kind: kind.tactic):
            mind = Haggler(game, family.partner, replace(population, tactics=((tactic, 1.0),)))
            total.append(weight * p * Solution(game, mind, family.role, mind.candidates).start_value())
    return math.fsum(total)


def _people() -> Iterator[str]:
    yield "## Beside people"
    yield (
        f"The `scripted` buyer against the default population, {DIALOGUES:,} dialogues, beside 376 dialogues between "
        "people of CraigslistBargain (He et al. 2018). Mean and standard deviation; prices are shares of the list "
        "price. For people, no spread is given of the number of turns; that of the concessions follows from the "
        "published figures of first offers and final prices "
        "(`dialogym.scripts.pages.negotiation_beside_people.concession_deviation`), and is wide, since people's "
        "offers are. The list price that the seller opens with stands for the advertisement: it is not counted as an "
        "offer, though it is counted as a turn. The concessions are given twice, over all offers and without those "
        "that repeat the price before, because the human figures do not say which they are. Ours repeat more prices, "
        "and our dialogues are longer. The ratio is the Kolmogorov-Smirnov distance of half of the people from ours, "
        "over that of two halves of the people from each other: 1 is as close as people are. Since mean and deviation "
        "alone are published, normal values with these stand for people. With dialogues of yours, `dialogym people` "
        "says more: see [likeness](likeness.md)."
    )
    rows = []
    for row in compare_with_people(episodes=DIALOGUES):
        people = f"{row.people:.3g}" + (f" ± {row.people_deviation:.3g}" if row.people_deviation is not None else "")
        apart = "" if row.ratio is None else f"{row.ratio:.1f}"
        rows.append([row.measure, people, f"{row.ours:.3f} ± {row.ours_deviation:.3f}", f"{row.count:,}", apart])
    yield table(["measure", "people", "ours", "values", "ratio"], rows)


def _swept() -> Iterator[str]:
    yield "## The fixed heuristics"
    grid = sweep()
    yield (
        f"Each kind was tried on Negotiation-v0 with every parameter of a grid ({len(grid)} rules in all), exactly. "
        "These are the best of each kind. Prices are in ticks of 5% of the list price; "
        "`dialogym.envs.negotiation.policies.sweep` defines the grid, and says what the parameters are."
    )
    rows = best_of_each_kind(variant("Negotiation-v0"), grid)
    yield table(KINDS, sorted(rows, key=lambda row: float(row[3]), reverse=True))
