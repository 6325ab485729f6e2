"""What the Trading page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ...core.belief import Belief
from ...core.setting import Setting
from ...envs.base import Family
from ...envs.trading.game import Counter, Desk, Oneway, Twoway
from ...envs.trading.mind import POSITIONS, STYLES, DealerMind
from ...envs.trading.policies import sweep
from ...evaluation.exact import expected_return, known_value, optimum
from ...evaluation.pareto import expected_metrics
from ..docs import KINDS, best_of_each_kind, table, variant

ID = "Trading-v0"
PAYOFF = "the ticks saved against the screen, as a share of what the order costs there, less the cost of turns"
NOTE = (
    "*Risk-price* asks for its side of the price in full size and deals. *Equal-clips* deals one clip after the other, "
    "as a TWAP does. *Two-way-first* asks for both sides in full size and deals. *Walk-if-wide* is *risk-price* that "
    "walks above 4 ticks. *Haggle* asks both ways for three clips, and again for one, and asks three times for 3 ticks "
    "better. *Probe* asks for its side in three clips and then in one, deals up to 3 ticks, and else tries 1, 1 and 3 "
    "ticks; its parameters are the best of a grid, see below."
)
SOURCES = (
    (
        "TraderTalk",
        "Vidler and Walsh (2024) let two language models, as market makers in British government bonds with holdings "
        "and intentions of their own, talk in an agent-based model (Concordia) whose game master takes turns for them "
        "and reads from the words whether a trade came about; in some 300 runs they compare the trade-to-order volume "
        "ratio with that of related markets. Kept: two people, one bond, a hidden position on the other side, talk "
        "that may end without a trade, and the ratio as a metric (`trade_to_order`), here the clips dealt over the "
        "clips in which prices were asked for. Changed: one of the two is a client with an order to work, whose result "
        "is scored; the dealer's position and style are drawn from a stated table; a trade is an act, not read from "
        "words by a model; and prices, which their model leaves to what the language models say, follow stated rules. "
        "So the best play is known. The ratio is reported and is no aim here: it is high for who takes every price.",
    ),
    (
        "Dealer pricing and execution",
        "That a dealer moves both sides of its price by its inventory, and widens it with size, is Ho and Stoll's "
        "(1981) result; here both are whole ticks. That an order is split because size moves the price, and done fast "
        "because time costs, is the trade-off of Almgren and Chriss (2001); here the *sharp* dealer's move after each "
        "deal stands for permanent impact, the ticks for size for temporary impact, and `wait` for risk. `shortfall` "
        "is Perold's (1988) measure. Changed: the impact depends on whom one talks to, and has to be found out.",
    ),
    (
        "What was tuned",
        "With dealers who all give way at once, two-step lookahead comes near to the optimum. Hence dealers who refuse "
        "twice, whose room shows only to who asks three times, and dealers who take their price back, with whom that "
        "is dear. Room in the price and position add up to the same prices: a price of 4 may be the best of who has "
        "the same to do, or have two ticks of room.",
    ),
)


def facts(family: Family) -> dict[str, str]:
    """What the optimum comes to."""
    found = expected_metrics(family)
    return {
        "share of the order that is dealt, under the optimum": f"{found['filled']:.1%}",
        "implementation shortfall in ticks, under the optimum": f"{found['shortfall']:.2f}",
        "deals, under the optimum": f"{found['deals']:.2f}",
        "turns, under the optimum": f"{found['turns']:.2f}",
    }


def sections() -> Iterator[str]:
    """Whom one meets, what the optimum does, what makes planning matter, the sweep, the sources, the exploits."""
    setting = variant(ID).setting(variant(ID).scenarios()[0])
    yield from _dealers(setting)
    yield from _play(setting)
    yield from _planning()
    rules = sweep()
    yield "## The fixed rules"
    yield (
        f"Each of {len(rules)} rules of a grid, exactly; the best of each kind. They ask for *one*-way or *two*-way "
        "prices, or for two-way ones until the *first* deal. `(S,C,M,T)` are the sizes, one after the other, the ticks "
        "of the counters, one after the other, the ticks above which it walks, and those up to which it deals at once. "
        "`dialogym.envs.trading.policies.sweep` defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), rules))
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** A counter binds: who asks for a tick better has dealt if the dealer agrees, so "
        "nobody sounds out a dealer for nothing. A dealer deals below a price that stands only down to its limit, also "
        "on a two-way price. Asking again and again widens the price instead of drawing another one. Talk costs a turn "
        "and moves nothing; begging, flattery, threats and other dealers are answered in words alone. To walk costs no "
        "turn, so to fall silent is no better."
    )


def _ends(setting: Setting, choose: Callable[[Any, Belief], Any]) -> Iterator[tuple[float, Any, Belief, list[Any]]]:
    """Each way in which it ends: probability, state, belief, and what the client did."""
    game: Any = setting.game
    going: list[tuple[float, Any, Belief, list[Any]]] = [
        (p, exchange.after, belief, []) for p, exchange, belief in setting.seen(game.start(), setting.prior, None)
    ]
    while going:
        p, state, belief, acts = going.pop()
        if game.mover(state) is None:
            yield p, state, belief, acts
            continue
        act = choose(state, belief)
        going += [
            (p * q, exchange.after, after, [*acts, act]) for q, exchange, after in setting.seen(state, belief, act)
        ]


def _by_kind(setting: Setting, choose: Any) -> dict[str, list[float]]:
    """Position or style -> payoff and share of the order that is dealt; each times the share of the kind."""
    found = {name: [0.0, 0.0] for name in (*POSITIONS, *STYLES)}
    game: Any = setting.game
    for p, state, belief, _ in _ends(setting, choose):
        values = (game.payoff(state, setting.seat), 1 - state.left / game.clips)
        for hidden, q in belief:
            for name in hidden:
                found[name] = [a + p * q * b for a, b in zip(found[name], values, strict=True)]
    return found


def _dealers(setting: Setting) -> Iterator[str]:
    solution: Any = setting.solution
    shares: dict[str, float] = dict.fromkeys((*POSITIONS, *STYLES), 0.0)
    known = dict(shares)
    for hidden, p in setting.prior:
        for name in hidden:
            shares[name] += p
            known[name] += p * solution.known_value_of(hidden)
    best = _by_kind(setting, solution.best_act)
    ahead = _by_kind(setting, solution.short_sighted(2).best_act)
    yield "## Dealers"
    yield (
        "How much of the order is dealt with dealers of each position and style, and the payoff, under the optimum and "
        "under two-step lookahead, and the payoff of a client who knows everything at the start. Exact."
    )
    rows = [
        [
            name,
            f"{share:.0%}",
            *(f"{found[name][1] / share:.0%}: {found[name][0] / share:.3f}" for found in (best, ahead)),
            f"{known[name] / share:.3f}",
        ]
        for name, share in shares.items()
    ]
    yield table(["dealer", "share of dealers", "optimum", "lookahead", "known at the start"], rows)


def _play(setting: Setting) -> Iterator[str]:
    """What the optimum and the client who knows ask for first, and how they haggle."""
    solution: Any = setting.solution
    first = solution.best_act(
        *next((e.after, b) for _, e, b in setting.seen(setting.game.start(), setting.prior, None))
    )
    totals = dict.fromkeys(("requests", "two-way requests", "clips asked for", "clips dealt", "counters"), 0.0)
    for p, state, _, acts in _ends(setting, solution.best_act):
        asked = [act for act in acts if isinstance(act, Twoway | Oneway)]
        for name, value in zip(
            totals,
            (
                len(asked),
                sum(isinstance(act, Twoway) for act in asked),
                sum(act.clips for act in asked),
                setting.game_as(Desk).clips - state.left,
                sum(isinstance(act, Counter) for act in acts),
            ),
            strict=True,
        ):
            totals[name] += p * value
    yield "## What the optimum does"
    yield (
        f"It begins with `[{type(first).__name__.lower()} {first.clips}]`. On the mean it asks for "
        f"{totals['requests']:.2f} prices, {totals['two-way requests']:.2f} of them two-way, and makes "
        f"{totals['counters']:.2f} counters. It deals {totals['clips dealt']:.2f} of {totals['clips asked for']:.2f} "
        "clips in which it asks for prices: a "
        f"trade-to-order ratio of {totals['clips dealt'] / totals['clips asked for']:.2f}. Exact."
    )


def _planning() -> Iterator[str]:
    yield "## What makes planning matter"
    yield "The optimum, and what two-step lookahead gets of it, with other dealers:"
    plain = tuple(STYLES.items())
    worlds = {
        "as registered": {},
        "all keen": {"styles": (("keen", STYLES["keen"]),)},
        "without plain": {"styles": tuple(one for one in plain if one[0] != "plain")},
        "without hard": {"styles": tuple(one for one in plain if one[0] != "hard")},
        "without sharp": {"styles": tuple(one for one in plain if one[0] != "sharp")},
        "all flat": {"positions": (("flat", POSITIONS["flat"]),)},
        "all two-way prices open": {"styles": tuple((name, replace(style, open=True)) for name, style in plain)},
        "size costs twice as much": {"size": 2},
    }
    rows = []
    for label, changed in worlds.items():
        game = Desk()
        setting = Setting(game, DealerMind(game, **changed), "client", game.candidates)  # type: ignore[arg-type]
        solution: Any = setting.solution
        best = solution.start_value()
        choose = solution.short_sighted(2).best_act
        ahead = sum(p * game.payoff(state, "client") for p, state, _, _ in _ends(setting, choose))
        rows.append([label, f"{best:.4f}", f"{ahead / best:.0%}", f"{solution.known_value() / best:.0%}"])
    yield table(["dealers", "optimum", "lookahead", "secret known"], rows)
    yield "The same with less time, and where time is dearer or costs nothing:"
    rows = []
    for settings in ({"turns": 5}, {}, {"turns": 9}, {"wait": 0.0}, {"wait": 0.04}):
        family: Any = replace(variant(ID), **settings)  # type: ignore[type-var]
        best = optimum(family)
        named = ", ".join(f"`{name}={value!r}`" for name, value in settings.items()) or "default"
        look = expected_return(family, "lookahead") / best
        rows.append([named, f"{best:.4f}", f"{look:.0%}", f"{known_value(family) / best:.0%}"])
    yield table(["settings", "optimum", "lookahead", "secret known"], rows)
