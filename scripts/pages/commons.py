"""What the Commons page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ...core.acts import Say
from ...core.factored import FactoredSolution
from ...envs.commons.game import CommonPool, Month, Pool, Take, fair, shared, survey
from ...envs.commons.mind import village
from ...envs.commons.policies import sweep
from ..docs import KINDS, best_of_each_kind, table, variant

ID = "Commons-v0"
PAYOFF = "the learner's catch, as a share of what a full pool bears for ever"
NOTE = (
    "*Grab* takes four each month. *Universal* takes what the pool bears if everybody does the same, *reciprocal* "
    "too, but four after a month of over-use; both propose nothing. *Keep* proposes a limit of two and keeps to it; "
    "*restore* takes two, and nothing while the pool is not full. *Keep-then-grab* proposes a limit of one and keeps "
    "to it, *reciprocal-then-grab* proposes two; both, and *restore*, grab in the last two months."
)
SOURCES = (
    (
        "GovSim",
        "Piatti et al. (2024) let five language models share a lake (or a pasture, or a river) over twelve months: "
        "100 tons that double each month up to 100, and are gone below five; all say at once how much they take, and "
        "then talk. They report survival rate and time, gain, efficiency, equality and over-usage. Kept: five seats, "
        "the doubling, the collapse, moves at once, talk, the metrics by name. Changed: a unit is five tons; nobody "
        "can take more than four units a month, so that one greedy villager does not end it; talk that binds is a "
        "council every four months, with a proposal and votes; there are eight months, twelve in `CommonsLong-v0`; "
        "and four of the seats are villagers whose norms are stated and hidden, so that the best play is known. Where "
        "all five seats learn, it is the source's game with these limits.",
    ),
    (
        "Published numbers",
        "In the source, 2 of 45 runs of its default setting (three scenarios, fifteen models) end in cooperation, and "
        "the highest survival rate of any model is below 54%; to tell the models what would happen if everybody took "
        "as much (universalisation) raises it. They are of language models among themselves, and not to be compared "
        "with the table above.",
    ),
    (
        "Field work and experiments",
        "Commons last where people agree on rules, see what others take and answer it (Ostrom 1990); most people "
        "cooperate on condition that others do (Fischbacher et al. 2001). Kept: the reciprocal and the pledger, the "
        "warden's count, and the `scripted` policy. Their weights are ours. There are no graduated sanctions.",
    ),
)
Rule = Callable[[CommonPool, Pool, int], int]


def sections() -> Iterator[str]:
    """Closed forms, self-play of fixed rules, the sweep, the sources, the exploits."""
    yield "## Closed forms"
    yield (
        "Eight months without councils, and four villagers of one norm who are known. Against four of *fair*, four "
        "units can be taken for ever: 2.0, so that each seat of a village in which all are fair gains 1.0 by "
        "grabbing. A sole owner of a pool of K gets (T - 1) K/2 + K units in T months: to leave half until the last "
        "month, and take all then."
    )
    rows = []
    for norm in ("fair", "reciprocal", "pledger", "greedy"):
        game = CommonPool(every=0, greeting=False)
        rows.append([norm, f"{FactoredSolution(game, village(game, {norm: 1.0}), 'you').start_value():.4f}"])
    yield table(["four of", "best response"], rows)
    yield "## Self-play"
    yield (
        "All five seats follow one rule, for eight months, after a council without a proposal. "
        '`dialogym.aec("Commons-v0")` and `dialogym.parallel("Commons-v0")` let any set of seats learn, such as '
        '`learners=("you", "anna")`; the other villagers are simulated.'
    )
    names = ("payoff of each", "survival time", "efficiency", "equality", "over-usage")
    yield table(["rule", *names], [[name, *_run(rule)] for name, rule in RULES.items()])
    yield "## The fixed rules"
    yield (
        "Each kind with every parameter of a grid, exactly; the best of each kind. Parameters are the limit that is "
        "proposed (0: none) and in how many of the last months all is grabbed; `dialogym.envs.commons.policies.sweep` "
        "defines the grid."
    )
    yield table(KINDS, best_of_each_kind(variant(ID), sweep()))
    yield "## Where it comes from"
    yield from (f"**{source}.** {text}" for source, text in SOURCES)
    yield (
        "**Exploits that are closed.** Nobody hears what others take before all have said it, neither the number nor "
        "the words. To want more than there is gets a part of it, rounded down. No words change what a villager takes "
        "or make it tell its norm: only acts do. A limit that is broken once is never forgotten. Silence at the "
        "harvest takes nothing. Being cut off by lost turns pays what was got so far."
    )


RULES: dict[str, Rule] = {
    "all take the fair share": lambda game, state, seat: fair(state.pool, game.people),
    "all grab": lambda game, state, seat: game.most,
    "one grabs, four are fair": lambda game, state, seat: game.most if seat == 0 else fair(state.pool, game.people),
    "fair, and the last month grab": lambda game, state, seat: (
        game.most if state.month == game.months - 1 else fair(state.pool, game.people)
    ),
}


def played(game: CommonPool, rule: Rule) -> tuple[Pool, list[Month]]:
    """A run in which each seat takes by the rule, and the chair proposes nothing."""
    state: Pool = game.start()
    months = []
    while (seat := game.mover(state)) is not None:
        act: Any = Say()
        if state.phase == "harvest":
            act = Take(rule(game, state, state.turn))
            if state.turn == game.villagers:
                wanted = (*state.wanted, act.units)
                months.append(Month(state.pool, wanted, shared(state.pool, wanted)))
        state = game.apply(state, seat, act)
    return state, months


def _run(rule: Rule) -> list[str]:
    game = CommonPool(greeting=False)
    end, months = played(game, rule)
    found = survey(game, months)
    pays = dict.fromkeys(f"{game.payoff(end, seat):.3f}" for seat in game.seats[:-1])
    shares = (f"{found[name]:.3f}" for name in ("efficiency", "equality", "over_usage"))
    return [", ".join(pays), f"{found['survival_time']:.0f}", *shares]
