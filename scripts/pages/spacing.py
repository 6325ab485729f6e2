"""What the Spacing page has beyond its docstring and the numbers that every family has."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from ...envs.make import make_engine
from ...envs.spacing.bounds import Bound
from ...envs.spacing.family import Spacing
from ...envs.spacing.mind import MEMORIES
from ...envs.spacing.optimum import plan
from ...envs.spacing.policies import sweep
from ...evaluation.evaluate import compare
from ...evaluation.exact import expected_return, known_value, optimum
from ...evaluation.results import Comparison
from ...policies.baselines import baselines
from ...policies.policy import FunctionPolicy
from ..docs import DOCS, KINDS, best_of_each_kind, table, variant
from ..figures import drawing

PAYOFF = "the mean probability of recall at the test, less the cost of the reviews"
NOTE = (
    "Here *myopic* and *lookahead* make the reviews that raise the expected recall at the test most, as if the lesson "
    "ended after their next turn, or their next two. The parameters of the classical schedulers are the best on "
    "SpacingSmall-v0, see below; *index* follows the prices of the upper bound."
)
EPISODES = 2000
FIGURE = "figures/spacing_shares.svg"
LARGE, SMALL = "Spacing-v0", "SpacingSmall-v0"


def sections() -> Iterator[str]:
    """The bound beside the optimum, the policies beside the bound, plans that do not listen, and the sweep."""
    yield from _bounds()
    yield from _shares()
    yield from _fixed()
    yield from _swept()


def _bounds() -> Iterator[str]:
    yield "## How tight the upper bound is"
    yield (
        "The bound of the Lagrangian relaxation, where a coach may review several cards a turn at a price, on grids of "
        "beliefs of increasing resolution. Resolution 1 is the coach that sees every memory. In brackets: the share of "
        "the exact optimum, where there is one. Each is proven; the default is the finest grid of at most 1,000 points."
    )
    rows = []
    for env_id in (SMALL, LARGE):
        family = variant(env_id)
        best = optimum(family) if env_id == SMALL else None
        for resolution in (1, 2, 4, 8, None):
            start = time.perf_counter()
            found = Bound(MEMORIES[family.memory], family.calendar, family.cards, family.cost, resolution)
            seconds = time.perf_counter() - start
            shown = f"{found.value:.4f}" + (f" ({found.value / best:.1%})" if best else "")
            rows.append([env_id, str(found.card.resolution), f"{len(found.card.grid):,}", shown, f"{seconds:.1f}"])
        if best is not None:
            rows.append([env_id, "exact optimum", "", f"{best:.4f}", ""])
            known = known_value(family)
            rows.append([env_id, "exact, secret known at the start", "", f"{known:.4f} ({known / best:.1%})", ""])
    yield table(["", "resolution", "points", "no coach gets more than", "seconds"], rows)


def _shares() -> Iterator[str]:
    yield "## Beside the bound"
    names = [name for name in baselines(make_engine(LARGE)) if name != "optimal"]
    found = compare(LARGE, names, episodes=EPISODES, references=False)
    draw(found, DOCS / FIGURE)
    yield (
        f"{LARGE}, {EPISODES:,} dialogues of each policy on the same seeds: the mean return as a share of the upper "
        "bound. The optimum lies somewhere between the best policy and the bound."
    )
    yield f"![Mean return of each policy as a share of the upper bound]({FIGURE})"
    yield found.to_markdown().strip()


def draw(found: Comparison, path: Path) -> None:
    """A dot for each policy with its 95% interval, as shares of the bound."""
    ordered = sorted(found.evaluations, key=lambda e: e.mean_return)
    with drawing(path, 7.0, 3.6, grid=True) as (_, [axes]):
        for place, e in enumerate(ordered):
            assert e.bound is not None
            low, high = (end / e.bound for end in e.return_interval)
            axes.plot([low, high], [place, place], color="#4477aa", linewidth=2.0)
            axes.plot([e.mean_return / e.bound], [place], "o", color="#4477aa", markersize=5)
        axes.axvline(1.0, color="#bb5566", linewidth=1.2)
        axes.text(0.995, 0.0, "upper bound", color="#bb5566", ha="right", va="center")
        axes.set_yticks(range(len(ordered)), [e.policy for e in ordered])
        axes.set_xlim(0.0, 1.04)
        axes.set_xlabel("mean return, as a share of the upper bound")


def best_fixed_plan(family: Spacing) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """The best plan that is made before the first turn and does not listen.

    Exact: without listening the cards are independent, so a set of turns is worth to a card what it is worth to any,
    and the turns are shared out by dynamic programming over sets.

    Returns:
        Its expected payoff, and the turns of each card.
    """
    base = plan(MEMORIES[family.memory], family.calendar, family.cards, family.cost)
    turns = family.sessions * family.turns

    def worth(belief: int, seen: int, left: tuple[int, ...]) -> float:
        if not left:
            return base.recalled(belief, base.calendar.test - seen) / base.cards
        now = base.calendar.times[left[0]]
        return sum(p * worth(after, now, left[1:]) for p, after, _ in base.review(belief, now - seen)) - base.cost

    start = base.number(base.memory.prior)
    chosen = [tuple(turn for turn in range(turns) if mask >> turn & 1) for mask in range(1 << turns)]
    single = [worth(start, -base.calendar.before, turns_of) for turns_of in chosen]
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * len(single)
    for card in range(family.cards):
        shared = []
        for mask in range(len(single)):
            options, sub = [], mask
            while True:
                if card or sub == mask:
                    options.append((single[sub] + best[mask ^ sub][0], (*best[mask ^ sub][1], sub)))
                if not sub:
                    break
                sub = (sub - 1) & mask
            shared.append(max(options))
        best = shared
    value, masks = max(best)
    return value, tuple(chosen[mask] for mask in masks)


def _fixed() -> Iterator[str]:
    yield "## Plans that do not listen"
    family = variant(SMALL)
    best, (value, turns) = optimum(family), best_fixed_plan(family)
    shown = "; ".join(
        f"turns {', '.join(str(turn + 1) for turn in own)}" if own else "never" for own in sorted(turns, reverse=True)
    )
    nothing = expected_return(family, FunctionPolicy("nothing", lambda dialogue, stream: "[rest]"))
    yield (
        f"The best plan for {SMALL} that is made before the first turn and takes no notice of the answers gets "
        f"{value:.4f}, {value / best:.1%} of the optimum. When it reviews each of the three cards: {shown}. To review "
        f"nothing gets {nothing:.4f} ({nothing / best:.1%})."
    )


def _swept() -> Iterator[str]:
    yield "## The classical schedulers"
    yield (
        f"Each kind was tried on {SMALL} with every parameter of a grid (`dialogym.envs.spacing.policies.sweep`), "
        "exactly. These are the best of each kind."
    )
    rows = best_of_each_kind(variant(SMALL), sweep())
    yield table(KINDS, sorted(rows, key=lambda row: float(row[3]), reverse=True))
