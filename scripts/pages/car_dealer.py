"""What the CarDealer page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.belief import Belief
from ...core.setting import Setting
from ...envs.base import Family
from ...envs.car_dealer.game import SHARES, Lot
from ...envs.car_dealer.mind import TEMPERS, BuyerMind
from ...envs.car_dealer.policies import sweep
from ...evaluation.exact import expected_return, known_value, optimum
from ...evaluation.pareto import expected_metrics
from ..docs import KINDS, best_of_each_kind, table, variant

ID = "CarDealer-v0"
PAYOFF = "the discounted price of the sale as a share of the largest budget"
NOTE = (
    "*List-price* offers one car after the other at its list price, the dearest first; *anchor* begins with 110% and "
    "comes down. *Low-ball* asks 70% at once. *Needs-first* asks for the kind and comes down with the cars of that "
    "kind; *qualify* asks for the budget as well. All turn to other kinds of car if one was refused as the wrong kind. "
    "The parameters of *needs-first* are the best of a grid, see below."
)
SOURCES = (
    (
        "LMRL-Gym, Car Dealer",
        "Abdulhai et al. (2023) let a seller talk to a language model that was told a budget, a personality, and which "
        "brand, type and features it prefers; data come from two language models that play both sides. The reward is "
        "the price (a thousandth of it) or the price over the mean of budget and list price, and nothing without a "
        "sale. Kept: the seller's seat, five budgets, hidden taste and hidden personality, price as the payoff, both "
        "rewards as metrics (`revenue`, `of_mean`). Changed: the taste is one of three kinds of car instead of brand, "
        "type and features; ten personalities in adjectives became four tempers that differ in what they tell, when "
        "they pay and when they leave, with stated numbers; price is discounted by time, so that haggling costs; and a "
        "sale is an act of the buyer, not read from a text by rules or by a model. So no wording can bring about a "
        "sale that the buyer does not make, and the best play is known.",
    ),
    (
        "What was tuned",
        "With buyers who take at once whatever is worth it to them, to look two turns ahead is nearly as good as the "
        "optimum. Hence buyers who come up slowly, and buyers who refuse the first offers whatever they are: what a "
        "refusal brings shows only turns later, and who comes down too soon has sold too cheap. The table of tempers "
        "above the numbers tells what each makes of that.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What the optimum comes to."""
    found = expected_metrics(family)
    return {
        "buyers who buy, under the optimum": f"{found['sold']:.1%}",
        "price in thousands, under the optimum": f"{found['revenue']:.1f}",
        "turns, under the optimum": f"{found['turns']:.2f}",
    }


def sections() -> Iterator[str]:
    """Who buys, what makes planning matter, the sweep, the sources, the exploits."""
    yield from _tempers()
    yield from _planning()
    yield "## The fixed rules"
    yield (
        f"Each of {len(sweep())} rules of a grid, exactly; the best of each kind. `ladder(A,P,O)` asks for the kind "
        f"(k) and the budget (b), offers each car at one price after another (P, places in the list of {len(SHARES)} "
        "prices from 0, the cheapest), and takes the cars in an order: the dearest first (0), the middle ones first "
        "(1), the cheapest first (2). `dialogym.envs.car_dealer.policies.sweep` defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), sweep()))
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** Prices off the list are illegal, so nobody is asked for more than a car can "
        "cost. Talk costs a turn and warms nobody. Begging, flattery and threats are answered in words and change "
        "nothing. A question that was answered cannot be asked again. Offers of other kinds of car wear the patience "
        "of a slow buyer or a haggler out without winning it."
    )


def _by_temper(setting: Setting, choose: Any) -> dict[str, list[float]]:
    """Temper -> share of buyers who buy, mean price of all, and payoff; each times the share of the temper."""
    found = {name: [0.0, 0.0, 0.0] for name in TEMPERS}
    game: Any = setting.game
    ends: list[tuple[float, Any, Belief]] = [
        (p, exchange.after, belief) for p, exchange, belief in setting.seen(game.start(), setting.prior, None)
    ]
    while ends:
        p, state, belief = ends.pop()
        if game.mover(state) is None:
            for hidden, q in belief:
                values = (float(state.sold > 0), float(state.sold), game.payoff(state, setting.seat))
                found[hidden.temper] = [a + p * q * b for a, b in zip(found[hidden.temper], values, strict=True)]
            continue
        act = choose(state, belief)
        ends += [(p * q, exchange.after, after) for q, exchange, after in setting.seen(state, belief, act)]
    return found


def _tempers() -> Iterator[str]:
    setting = variant(ID).setting(variant(ID).scenarios()[0])
    solution: Any = setting.solution
    shares: dict[str, float] = dict.fromkeys(TEMPERS, 0.0)
    known: dict[str, float] = dict.fromkeys(TEMPERS, 0.0)
    for hidden, p in setting.prior:
        shares[hidden.temper] += p
        known[hidden.temper] += p * solution.known_value_of(hidden)
    best = _by_temper(setting, solution.best_act)
    ahead = _by_temper(setting, solution.short_sighted(2).best_act)
    yield "## Tempers"
    yield (
        "How many buyers of each temper buy and what the dealer gets from them, under the optimum, under two-step "
        "lookahead, and what a dealer gets who knows everything at the start. Exact."
    )
    rows = [
        [
            name,
            f"{share:.0%}",
            *(f"{found[name][0] / share:.0%}: {found[name][2] / share:.3f}" for found in (best, ahead)),
            f"{known[name] / share:.3f}",
        ]
        for name, share in shares.items()
    ]
    yield table(["temper", "share of buyers", "optimum", "lookahead", "known at the start"], rows)


def _planning() -> Iterator[str]:
    yield "## What makes planning matter"
    yield (
        "The optimum, and what two-step lookahead gets of it, with other populations: all buyers *open*; without the "
        "*slow* ones; without the *haggler*; and with more patience for all."
    )
    plain = tuple(TEMPERS.items())
    populations = {
        "as registered": plain,
        "all open": (("open", TEMPERS["open"]),),
        "without slow": tuple(one for one in plain if one[0] != "slow"),
        "without haggler": tuple(one for one in plain if one[0] != "haggler"),
        "two more refusals each": tuple(
            (name, replace(temper, patience=temper.patience + 2)) for name, temper in plain
        ),
    }
    rows = []
    for label, tempers in populations.items():
        setting = Setting(Lot(), BuyerMind(Lot(), tempers), "dealer", Lot().candidates)
        solution: Any = setting.solution
        best = solution.start_value()
        ahead = sum(values[2] for values in _by_temper(setting, solution.short_sighted(2).best_act).values())
        rows.append([label, f"{best:.4f}", f"{ahead / best:.0%}", f"{solution.known_value() / best:.0%}"])
    yield table(["buyers", "optimum", "lookahead", "secret known"], rows)
    yield "The same with more or less time, and where time is dearer or costs nothing:"
    rows = []
    for settings in ({"turns": 5}, {}, {"turns": 10}, {"discount": 0.9}, {"discount": 1.0}):
        family: Any = replace(variant(ID), **settings)  # type: ignore[type-var]
        best = optimum(family)
        named = ", ".join(f"`{name}={value!r}`" for name, value in settings.items()) or "default"
        look = expected_return(family, "lookahead") / best
        rows.append([named, f"{best:.4f}", f"{look:.0%}", f"{known_value(family) / best:.0%}"])
    yield table(["settings", "optimum", "lookahead", "secret known"], rows)
