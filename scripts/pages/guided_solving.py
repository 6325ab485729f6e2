"""What the GuidedSolving page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ...core.acts import Act
from ...core.solver import Solution
from ...envs.base import Family
from ...envs.guided_solving.game import Try
from ...envs.guided_solving.policies import RULES, Rule, sweep
from ...evaluation.exact import classes, optimum
from ...evaluation.pareto import FrontPoint, envelope, expected_metrics, pareto_front
from ..docs import DOCS, table, variant, variants
from ..figures import drawing

ID = "GuidedSolving-v0"
FIGURE = "figures/guided_solving_pareto.svg"
COLUMNS = ("solve", "leak", "leaked_answer", "turns")

PAYOFF = "the solve probability less what the leak and the turns cost"
NOTE = (
    "Nothing is paid before the end, so both short-sighted policies, which count nothing beyond their horizon, stop at "
    "once. The fixed rules are the same in every variant; see below how they were chosen."
)


def facts(family: Family) -> dict[str, str]:
    """What is left of the optimum for a tutor who never has the student try, and so never learns anything about it."""
    values = []
    for scenario, share in classes(family):
        setting = family.setting(scenario)
        game: Any = setting.game

        def silent(state: Any, support: Any, game: Any = game) -> list[Act]:
            return [act for act in game.candidates(state) if not isinstance(act, Try)]

        deaf = Solution(game, setting.mind, setting.seat, silent)
        values.append(share * deaf.start_value())
    return {"optimum without tries": f"{sum(values):.4f} ({sum(values) / optimum(family):.0%})"}


def sections() -> Iterator[str]:
    """The Pareto front, with its figure, and the sweep of the ladders."""
    yield from _front()
    yield from _swept()


def _metrics(env_id: str, rule: Rule | None = None) -> dict[str, float]:
    act = None if rule is None else lambda setting, state, belief: rule(setting.game, state)
    return expected_metrics(variant(env_id), act)


def _front() -> Iterator[str]:
    front = pareto_front(ID, "leak_weight", "solve", "leak", turn_cost=0.0)
    rules = {name: _metrics(ID, rule) for name, rule in RULES.items()}
    best = _metrics(ID)
    _draw(front, rules, best)
    most = envelope(front, "solve", "leak")
    yield "## Solving against leaking"
    yield (
        f"The most that can be solved at a given leak with the population and the turns of {ID}, where turns cost "
        "nothing. The corners are optimal policies for a range of the weight lambda; between two corners lie mixtures "
        "of both. Everything is summed exactly by following the optimal policy through all that can happen; corners "
        "that add less than 0.001 are left out. No policy, learned or not, lies above the line by more than that."
    )
    yield f"![Solve probability against leak: the Pareto front, the fixed rules, and the optimum of {ID}]({FIGURE})"
    yield table(
        ["lambda", *COLUMNS],
        [[shown, *_cells(point.metrics)] for shown, point in zip(_ranges(front), front, strict=True)],
    )
    yield (
        f"The optimum of {ID} (lambda 0.5; a turn costs 0.01) and the fixed rules, with what each falls short of the "
        "front at its own leak. A rule that lies near the front may still be far from the optimum, because it leaks "
        "too much or too little for that lambda, or takes too many turns."
    )
    rows = [
        [name, *_cells(found), f"{max(0.0, most(found['leak']) - found['solve']):.3f}"]
        for name, found in {"optimum": best, **rules}.items()
    ]
    yield table(["policy", *COLUMNS, "below the front"], rows)


def _cells(metrics: dict[str, float]) -> list[str]:
    return [f"{metrics[name]:.3f}" for name in COLUMNS]


def _ranges(front: list[FrontPoint]) -> list[str]:
    """For each corner, between which weights it is optimal: the slopes of the front on its two sides."""
    slopes = [
        (high.metrics["solve"] - low.metrics["solve"]) / (high.metrics["leak"] - low.metrics["leak"])
        for low, high in pairwise(front)
    ]
    ends = [f"{slope:.3f}" for slope in slopes]
    return [f"over {ends[0]}", *(f"{low} to {high}" for high, low in pairwise(ends)), f"under {ends[-1]}"]


def _draw(front: list[FrontPoint], rules: dict[str, dict[str, float]], best: dict[str, float]) -> None:
    ink, muted = "#1f2933", "#5b6770"
    with drawing(DOCS / FIGURE, 7.0, 4.4, grid=True) as (_, [axes]):
        leaks, solves = ([point.metrics[name] for point in front] for name in ("leak", "solve"))
        axes.fill_between(leaks, solves, color="#1b6ca8", alpha=0.07, linewidth=0)
        axes.plot(leaks, solves, "o-", color="#1b6ca8", markersize=5, linewidth=2, zorder=3)
        axes.annotate("Pareto front", (0.42, 0.555), color="#1b6ca8", ha="right", fontsize=10.5)
        at = best["leak"], best["solve"]
        axes.plot(*at, "*", color="#b3400f", markersize=13, zorder=4)
        axes.annotate("optimum at lambda 0.5", at, xytext=(9, -11), textcoords="offset points", color="#b3400f")
        for name, found in rules.items():
            at = found["leak"], found["solve"]
            place: dict[str, Any] = {"xytext": (-8, -4), "ha": "right"} if at[0] > 0.9 else {"xytext": (8, -4)}
            axes.plot(*at, "s", color=ink, markersize=5, zorder=3)
            axes.annotate(name, at, textcoords="offset points", color=ink, **place)
        axes.set_xlim(-0.03, 1.04)
        axes.set_ylim(0.0, 0.75)
        axes.set_xlabel("leak: share of the solution given away", color=muted)
        axes.set_ylabel("probability of solving the problem alone", color=muted)


def _swept() -> Iterator[str]:
    yield "## The ladders"
    grid = sweep()
    best = {env_id: optimum(variant(env_id)) for env_id, _ in variants("guided_solving")}
    values = {name: [_metrics(env_id, rule)["payoff"] for env_id in best] for name, rule in grid.items()}
    ordered = sorted(values.items(), key=lambda item: item[1][0], reverse=True)
    yield (
        f"A ladder helps a little more after each failure. {len(grid)} of them were tried exactly "
        f"(`dialogym.envs.guided_solving.policies.sweep`); these are the ten best on {ID}. `ladder(FIRST,TOP,AFTER)` "
        "begins each step with FIRST, goes up to TOP, has the student try after each help, and does AFTER when TOP has "
        "failed; with `fade` it leaves the leading question out once a step has taken more. `contingent` is the best "
        "of all, `hint-ladder` the best without `fade`, and `nudge-ladder` is `contingent` without `fade`."
    )
    rows = [
        [f"`{name}`", *(f"{value:.4f} ({value / top:.0%})" for value, top in zip(row, best.values(), strict=True))]
        for name, row in ordered[:10]
    ]
    yield table(["ladder", *best], rows)
