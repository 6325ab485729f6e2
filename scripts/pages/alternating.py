"""What the Alternating page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.solver import Solution
from ...envs.alternating.family import Alternating
from ...envs.alternating.game import UNITS, AlternatingOffers
from ...envs.alternating.mind import POPULATION, SharingMind, equilibrium, in_units
from ...envs.alternating.policies import sweep
from ...envs.base import Family
from ...evaluation.exact import expected_return, known_value, optimum
from ...evaluation.pareto import expected_metrics
from ..docs import KINDS, best_of_each_kind, table, variant

ID = "Alternating-v0"
PAYOFF = "the discounted share of the pot"
NOTE = (
    "*Accept-now* takes the first offer of the person. *Equal-split* asks for half, *split* for 60% of the pot, each "
    "time; *concede* comes down from 65% to 60%. *Equilibrium* plays against everybody as against a rational person "
    "of patience 0.5. All take what is as good as what they ask for, and at the end anything. The parameters of "
    "*split*, *concede* and *equilibrium* are the best of a grid, see below."
)
SOURCES = (
    (
        "Rubinstein",
        "In the model of alternating offers (Rubinstein 1982; with a deadline Stahl 1972) two rational sides who know "
        "each other's discounts agree at once, on the first offer. Kept: the order of moves, a discount for each side, "
        "the equilibrium as closed form, which the solver is tested against. Changed: there is a deadline, the pot is "
        "divided in steps of 5%, and whether the other side is rational, and how patient, is hidden: the page has the "
        "table. So the first offer is not accepted by everybody, and to wait can be right.",
    ),
    (
        "GLEE",
        "Shapira et al. (2024) let language models, and people with them, divide $100, $10,000 or $1,000,000 by "
        "alternating offers, over a few rounds or with no known end, with complete or incomplete information about the "
        "other's discount, with or without free text; they report self-gain, efficiency and fairness. Kept: the game, "
        "incomplete information about the other's discount, text beside the offer, the three metrics by name. Changed: "
        "the other side is a person from a finite population whose behaviour is stated, not a language model, so that "
        "the best play is known and a score is a share of it; who rejects proposes in the same turn; only a split "
        "binds, and talk without one forgoes the offer. Two learners play the source's game itself: the duel draws "
        "the other's patience, and tells each side its own alone.",
    ),
    (
        "Experiments with people",
        "In experiments on sequential bargaining first demands lie between the equilibrium and half, low offers are "
        "refused, and what is then asked for is often worth less than what was refused (Ochs and Roth 1989). Kept: "
        "fair and firm people in the population, and the `scripted` policy, which plays so. Its numbers are ours.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What the optimum comes to."""
    found = expected_metrics(family)
    return {
        "deals, under the optimum": f"{found['deal']:.1%}",
        "efficiency, under the optimum": f"{found['efficiency']:.3f}",
    }


def sections() -> Iterator[str]:
    """Each kind of person, the closed form, the other seat, the sweep, the sources, the exploits."""
    yield from _kinds()
    yield from _closed_form()
    yield from _seats()
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. Parameters are in units of 5% of "
        "the pot; `dialogym.envs.alternating.policies.sweep` defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), sweep()))
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** To say nothing forgoes offers and pays nothing. Small steps below 5% of the pot "
        "move nobody: what is given is counted in whole units. No words make it take less, or tell what it takes: "
        "only its acts do. Shares of both sides must add up, so that nobody can be promised more than there is. Being "
        "cut off by lost turns pays nothing."
    )


def _kinds() -> Iterator[str]:
    yield "## Kinds of people"
    yield (
        "What the optimum gets from each kind, and what could be got from it by who knows kind and level at the start "
        f"({ID}, exact)."
    )
    setting = variant(ID).setting(variant(ID).scenarios()[0])
    solution: Any = setting.solution
    weights: dict[str, float] = {}
    known: dict[str, float] = {}
    for hidden, p in setting.prior:
        weights[hidden.kind] = weights.get(hidden.kind, 0.0) + p
        known[hidden.kind] = known.get(hidden.kind, 0.0) + p * solution.base.known_value_of(hidden)
    got = _by_kind(setting)
    rows = [[kind, f"{w:.0%}", f"{got[kind] / w:.3f}", f"{known[kind] / w:.3f}"] for kind, w in weights.items()]
    yield table(["kind", "share of the population", "the optimum gets", "known at the start"], rows)


def _by_kind(setting: Any) -> dict[str, float]:
    """Kind -> what the optimum gets from these people, times their share."""
    found: dict[str, float] = {}
    ends = [
        (p, exchange.after, belief) for p, exchange, belief in setting.seen(setting.game.start(), setting.prior, None)
    ]
    while ends:
        p, state, belief = ends.pop()
        if setting.game.mover(state) is None:
            for hidden, q in belief:
                pays = setting.game.payoff(state, setting.seat)
                found[hidden.kind] = found.get(hidden.kind, 0.0) + p * q * pays
            continue
        act = setting.solution.best_act(state, belief)
        ends += [(p * q, exchange.after, after) for q, exchange, after in setting.seen(state, belief, act)]
    return found


def _closed_form() -> Iterator[str]:
    yield "## The closed form"
    yield (
        "The optimum against a single rational person whose patience is known, on the grid of 5% and by the formula, "
        "for the learner's discount of 0.95 and 12 offers; and Rubinstein's value, to which the formula tends with "
        "more offers. What the person takes is rounded up to whole units, so the optimum may be a unit less."
    )
    rows = []
    for _, patience, weight in (one for one in POPULATION if one[0] == "rational"):
        game = AlternatingOffers(UNITS, 12, (0.95, None))
        mind = SharingMind(game, population=(("rational", patience, weight),), grain=1)
        value = Solution(game, mind, "opener").start_value()
        both = 0.95 * patience
        formula = (1 - patience) * (1 - both**6) / (1 - both)
        leaves = in_units(equilibrium(12, 0.95, patience)[0])
        rows.append(
            [f"{patience}", f"{value:.4f}", f"{formula:.4f}", f"{(1 - patience) / (1 - both):.4f}", str(leaves)]
        )
    yield table(["patience", "optimum", "formula", "Rubinstein", "units offered first"], rows)


def _seats() -> Iterator[str]:
    yield "## The other seat, and more or less time"
    yield (
        "The optimum of each seat, and what two-step lookahead and the secret make of it. A responder is asked for 80% "
        "first, by everybody, and answers with an offer of its own. In other settings than the default, to look two of "
        "one's own turns ahead can be enough: what makes it fall short is how long people hold out."
    )
    rows = []
    for settings in ({}, {"role": "responder"}, {"offers": 8}, {"offers": 16}, {"discount": 0.9}, {"discount": 0.99}):
        family: Alternating = replace(variant(ID), **settings)  # type: ignore[type-var]
        best = optimum(family)
        ahead, known = expected_return(family, "lookahead") / best, known_value(family) / best
        named = ", ".join(f"`{name}={value!r}`" for name, value in settings.items()) or "default"
        rows.append([named, f"{best:.4f}", f"{ahead:.0%}", f"{known:.0%}"])
    yield table(["settings", "optimum", "lookahead", "secret known"], rows)
