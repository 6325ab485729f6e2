"""What the Market page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.factored import FactoredSolution
from ...core.people import People
from ...envs.base import Family
from ...envs.market.game import SELLERS, Market
from ...envs.market.mind import Trader
from ...envs.market.policies import RULES, sweep, weitzman
from ...evaluation.exact import ends, expected_return, known_value, optimum
from ..docs import KINDS, best_of_each_kind, table, variant

ID = "Market-v0"
PAYOFF = "what the purchase is worth to the customer, less price and costs, in hundreds of dollars"
NOTE = (
    "*First-proposal* buys whatever is offered first, *first-claim* the first offer that is said to fit. *Compare* "
    "asks all three and then tries the cheapest offer that is said to fit; *reservation-price* asks on until one costs "
    "$70. Both haggle, *reservation-price* only about more than $70, and then have it shown before they buy. *Index* "
    "is Weitzman's rule, with what each seller would be worth alone as the value of a box. See the sweep below."
)
SOURCES = (
    (
        "Magentic Marketplace",
        "Bansal et al. (2025) let assistants of customers meet agents of businesses (restaurants, contractors) in a "
        "simulated market: they search, exchange messages, take proposals and pay; the customer's utility counts if "
        "all that was asked for is there, the sum of utilities less prices is the welfare. Kept: the assistant's "
        "seat, private talk with each seller, sellers who know least prices that nobody else knows, claims about what "
        "an offer has, and the measures: welfare against what is possible, the bias to the first proposal, to the "
        "first in the list, and being manipulated by claims that are not true. Changed: there are three sellers with "
        "stated probabilities in place of language models, so that the best play is known; questions cost something, "
        "where the source's assistants pay with tokens; an offer can be looked at; sellers answer and do not write "
        "first, so nobody is faster than another, and order is that of the list and of the learner's own questions. "
        "For context, the source reports that for its models to answer first is worth 10 to 30 times as much as to "
        "offer better, and that welfare can fall when more search results are shown; its market is another one.",
    ),
    (
        "Weitzman",
        "In Pandora's problem (Weitzman 1979) boxes with unknown prizes are opened at a cost, and one prize is taken; "
        "to open by reservation values is optimal. Kept: it is this family without lies, looks and haggling, and "
        "the closed form that the solver is held against, above. Changed: a quote does not tell what an offer is "
        "worth; it can be looked into further, and haggling may lose it. There the index rule is no longer optimal.",
    ),
    (
        "MarS",
        "The market simulation MarS (Li et al. 2024) generates orders of a stock exchange with a large model, and "
        "trains and tests policies that trade in it. Kept: the thought that a market which reacts is what a policy has "
        "to be tested in, and that to ask has a price. Changed: this market is one of talk, with a few sellers who "
        "each have a name, not of anonymous orders; nothing of its model or its data is used.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What the optimum comes to."""
    found = _metrics(family, "optimal")
    return {
        "purchases, under the optimum": f"{found['bought']:.1%}",
        "purchases that do not fit, under the optimum": f"{found['misled'] / found['bought']:.1%}",
        "sellers asked, under the optimum": f"{found['asked']:.2f}",
    }


def sections() -> Iterator[str]:
    """How each rule shops, the closed form, other markets, the sweep, the sources, the exploits."""
    yield from _shopping()
    yield from _closed_form()
    yield from _markets()
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. `shop(N)` collects N quotes, "
        "`reserve(P)` asks until an offer that is said to fit costs P dollars or less; `look` has it shown; `before` "
        "and `after` say when it haggles, and `>70` that it does so about higher prices alone. "
        "`dialogym.envs.market.policies.sweep` defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), sweep()))
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** To talk costs as much as a question, tells nothing, and ends it after six "
        "turns. Nobody can be haggled with twice, and no words lower a price but those that ask for it once. Prices "
        "that others have named, threats and flattery move nobody, for a seller hears nothing of the others. Whatever "
        "a seller's words say around its act, such as praise of its wares, binds nobody and is drawn without "
        "knowing whether the offer fits. Being cut off by lost turns pays what leaving pays."
    )


def _metrics(family: Family, policy: str) -> dict[str, float]:
    """Exact means of the metrics of final states."""
    found: dict[str, float] = {}
    game: Any
    for p, dialogue, _, belief in ends(family, policy, family.scenarios()[0], 10**6, known=False):
        game, state = dialogue.setting.game, dialogue.state
        fits = sum(q for one, q in belief.factors[state.bought] if one.fits) if state.bought >= 0 else 0.0  # type: ignore[attr-defined]
        made, stall = state.bought >= 0, state.stalls[state.bought]
        values = {
            "bought": float(made),
            "misled": made - fits,
            "asked": float(sum(one.price > 0 or one.gone for one in state.stalls)),
            "first": float(made and state.bought == state.first),
            "price": float(made and stall.price),
            "costs": state.spent,
            "payoff": game.expected_payoff(state, "you", belief.factors),  # type: ignore[attr-defined]
        }
        for name, value in values.items():
            found[name] = found.get(name, 0.0) + p * value
    return found


def _shopping() -> Iterator[str]:
    yield "## How they shop"
    yield (
        f"Exact means over {ID}: the share of dialogues with a purchase; of purchases, those that do not fit, those "
        "from whoever quoted first (the first-proposal bias of the source), and the price; sellers asked, and the "
        "dollars that questions, looks and haggling cost. Rules ask in the order of the list, so for them the first "
        "who quotes is the first in the list; the optimum treats all alike until they have spoken."
    )
    rows = []
    for name in ("optimal", "lookahead", *RULES):
        m = _metrics(variant(ID), name)
        made = m["bought"]
        rows.append(
            [
                "optimum" if name == "optimal" else name,
                f"{made:.0%}",
                f"{m['misled'] / made:.0%}",
                f"{m['first'] / made:.0%}",
                f"${m['price'] / made:.1f}",
                f"{m['asked']:.2f}",
                f"${m['costs']:.2f}",
                f"{m['payoff']:.4f}",
            ]
        )
    yield table(["policy", "purchases", "do not fit", "from the first", "price", "asked", "costs", "payoff"], rows)


def _closed_form() -> Iterator[str]:
    yield "## The closed form"
    yield (
        "If all sellers are honest, stay firm, and nothing can be shown, a quote tells all. Then the optimum is "
        "Weitzman's: the mean of max(0, min(x, r)) over the best of the sellers, where x is what an offer is worth and "
        "r the reservation value, E[max(x - r, 0)] = cost. With a question that costs $5:"
    )
    rows = []
    for n in (1, 2, 3):
        game = Market(ask=5.0, check=1e6, haggle=1e6, names=SELLERS[:n])
        trader = Trader(honest=1.0, tempers=(("firm", 1.0),))
        minds = {name: replace(trader) for name in game.names}  # one object for all would be one hidden part
        solved = FactoredSolution(game, People(game, minds), "you").start_value()
        rows.append([str(n), f"{solved:.6f}", f"{weitzman(game, trader):.6f}"])
    yield table(["sellers", "solver", "formula"], rows)


def _markets() -> Iterator[str]:
    yield "## Other markets"
    yield (
        "The optimum with other settings, and what is left of it to two-step lookahead, to comparing all three, and to "
        "the index rule. Where questions or haggling are dear, less is left to plan."
    )
    rows = []
    for settings in ({}, {"honest": 0.3}, {"honest": 1.0}, {"check": 10.0}, {"ask": 3.0}, {"haggle": 4.0}):
        family: Any = replace(variant(ID), **settings)
        best = optimum(family)
        shares = [expected_return(family, name) / best for name in ("lookahead", "compare", "index")]
        named = ", ".join(f"`{name}={value!r}`" for name, value in settings.items()) or "default"
        rows.append([named, f"{best:.4f}", *(f"{one:.0%}" for one in shares), f"{known_value(family) / best:.0%}"])
    yield table(["settings", "optimum", "lookahead", "compare", "index", "secret known"], rows)
