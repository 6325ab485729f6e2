"""What the Division page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...core.setting import Setting
from ...envs.base import Family
from ...envs.division.game import AIMS
from ...envs.division.policies import sweep
from ...evaluation.exact import classes, expected_return, optimum
from ...evaluation.pareto import expected_metrics
from ..docs import KINDS, best_of_each_kind, table, variant, variants

ID = "Division-v0"
PAYOFF = "the discounted points, as a share of the most that one side can have"
NOTE = (
    "*accept-first* takes the first counteroffer, *ask-for-all* asks for everything and takes what is offered in the "
    "last round, *halves* asks for half of each issue, *hold* asks for a fixed share of its points and leaves the rest "
    "as units, *tit-for-tat* comes down by as much as the partner's offers have become better for it, *concede* comes "
    "down evenly; the parameters of the last and of *hold* are the best on Division-v0, see below. In the first round "
    "nobody has offered anything yet, and *accept-first* talks."
)


def facts(family: Family) -> dict[str, str]:
    """What the optimal bargainer and its partner come to."""
    found = expected_metrics(family)
    return {
        "the learner's points, under the optimum": f"{found['points']:.0%}",
        "the partner's points, under the optimum": f"{found['partner_points']:.0%}",
    }


def finals(setting: Setting) -> Iterator[tuple[float, Any, Any]]:
    """Probability, last state and hidden state of every end that the optimum can come to; exact."""
    ends = [
        (p, exchange.after, belief) for p, exchange, belief in setting.seen(setting.game.start(), setting.prior, None)
    ]
    while ends:
        p, state, belief = ends.pop()
        if setting.game.mover(state) is None:
            yield from ((p * q, state, hidden) for hidden, q in belief)
            continue
        act = setting.solution.best_act(state, belief)
        ends += [(p * q, exchange.after, after) for q, exchange, after in setting.seen(state, belief, act)]


def sections() -> Iterator[str]:
    """Whom the optimum does how well with, what other aims come to, the sweep, and where the family comes from."""
    yield from _tactics()
    yield from _aims()
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. `concede(H,L)` asks for the share H "
        "of its points at first and for L in the last round; `dialogym.envs.division.policies.sweep` defines the grid."
    )
    for env_id, _ in variants("division"):
        yield f"### Sweep on {env_id}"
        yield table(KINDS, best_of_each_kind(variant(env_id), sweep()))
    yield from _sources()


def _tactics() -> Iterator[str]:
    family = variant(ID)
    sums: dict[tuple[str, int], list[float]] = {}
    for scenario, weight in classes(family):
        setting = family.setting(scenario)
        for p, state, hidden in finals(setting):
            points = family.measures(setting.game, state, hidden)
            found = sums.setdefault((hidden.tactic, hidden.floor), [0.0] * 5)
            deal = float(state.deal is not None)
            turns = min(state.round + 1, family.rounds)
            for place, value in enumerate((1.0, deal, points["points"], points["partner_points"], turns)):
                found[place] += weight * p * value
    yield "## Whom it does how well with"
    yield (
        f"What the optimal bargainer of {ID} comes to with each kind of partner, exactly. Points are shares of ten, "
        "and count 0 without a deal."
    )
    rows = [
        [tactic, str(floor), f"{w:.0%}", f"{deal / w:.0%}", f"{own / w:.0%}", f"{other / w:.0%}", f"{turns / w:.1f}"]
        for (tactic, floor), (w, deal, own, other, turns) in sums.items()
    ]
    yield table(["tactic", "floor", "share", "deals", "own points", "partner's points", "rounds"], rows)


def _aims() -> Iterator[str]:
    yield "## Other aims"
    yield (
        "The optimum with each `aim`, what both sides come to under it, and what accepting the first counteroffer "
        "gets. Whoever counts both sides' points should hardly bargain: the partner's first counteroffer is worth much "
        "to both together already, and time costs both. So the registered variants pay the own points alone."
    )
    rows = []
    for env_id, _ in variants("division"):
        for aim in AIMS:
            family = replace(variant(env_id), aim=aim)
            best, found = optimum(family), expected_metrics(family)
            first = expected_return(family, "accept-first")
            points = [f"{found[name]:.0%}" for name in ("points", "partner_points")]
            rows.append([env_id, f"`{aim}`", f"{best:.4f}", *points, f"{first / best:.0%}"])
    yield table(["id", "`aim`", "optimum", "own points", "partner's points", "accept-first"], rows)


def _sources() -> Iterator[str]:
    yield "## Where it comes from"
    yield (
        "**Deal or No Deal** (Lewis et al. 2017) has 5,808 dialogues between crowd workers on 2,236 scenarios: three "
        "kinds of things, of which each side knows only its own values, ten points in all, and nothing for whoever "
        "does not agree. Kept: books, hats and balls in small numbers, values that add up to ten, nothing worthless to "
        "both and something worth having to both, points and the share of deals as what is measured, and whether a "
        "deal is Pareto optimal. Changed: an offer binds as soon as it is accepted, where the source has both sides "
        "enter the division after the talk and pays only if the two entries agree; each round costs, where time is "
        "free in the source; and the partner is a mind with stated tactics, where the source trains one model on what "
        "people wrote, which has values but no stated way to concede. Numbers of things that are all different were "
        "chosen, so that a partner to whom two things are worth the same need not be told which to give first."
    )
    yield (
        "**LAMEN** (Davidson et al. 2024) lets language models negotiate contracts over one or more issues of eleven "
        "options each, distributive, compatible or integrative, and counts only complete agreements; what is reported "
        "are normalised payoffs and the completion rate. Kept: a contract with salary, leave and remote days, "
        "integrative issues in the sense that both sides count them differently, agreements that name every issue, "
        "payoffs as a share of the most there is, and `deal` as the completion rate. Changed: five options an issue in "
        "place of eleven, which keeps the game exact; issues that both sides want alike (compatible) are left out, "
        "since a person would notice that at once; and there are no private notes, by which the source asks models "
        "what they believe: here the exact belief is known. The source found that cooperative bargaining was hardest "
        "for the models, and that stronger models may lose to weaker ones."
    )
    yield (
        "**CaSiNo** (Chawla et al. 2021) has 1,030 dialogues, of 11.6 utterances on average, between people who camp "
        "beside each other and divide three packages each of food, water and firewood, worth 5, 4 and 3 points in "
        "orders that each side is given. Kept: packages, points, an order of importance that is hidden from the other "
        "side, five points for whoever walks away, and points as what is measured. Changed: reasons (a big group, a "
        "cold night) are talk here, which moves nobody, because what a reason does to a person cannot be stated; "
        "satisfaction and how much the other is liked, which the source asks people for, are left out, since nobody "
        "is there to be asked; the partner's points are reported in their place."
    )
    yield (
        "**Exploits that are closed.** Packages that do not exist are illegal, whoever's share they are. To give in "
        "unit by unit does not move a reciprocator more often than there are units: only an offer that leaves it more "
        "than any before counts as a concession, and taking one back and giving it again counts once. An offer that "
        "gives everything away may be accepted, and binds. Whatever is said of reasons, threats or secrets is talk. "
        "The third lost turn in a row pays no more than leaving."
    )
