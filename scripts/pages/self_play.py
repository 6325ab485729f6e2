"""`python -m dialogym.scripts.pages.self_play`: `docs/self_play.md`, what self-play comes to, and its figure.

With `train`, it first runs what is not in `docs/figures/self_play.jsonl` yet: about five minutes on one core.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from ...envs.commons.family import Commons
from ...envs.commons.game import CommonPool, Month, Take, shared, survey
from ...envs.division.family import Division
from ...envs.division.game import Division as Rules
from ...envs.repeated.family import Repeated
from ...envs.repeated.game import MatrixGame, Play
from ...evaluation.statistics import few_runs
from ...policies.duel import Duel
from ..docs import DOCS, table
from ..figures import BLUE, INK, MUTED, RED, drawing

RESULTS = DOCS / "figures" / "self_play.jsonl"
RUNS = Path("runs/self-play")
SEEDS = (0, 1, 2)
FIRST = 6_000_000  # seed of the duels by which policies are measured
EVERY = 6  # steps between measurements


class Arm(NamedTuple):
    """A way to train."""

    game: str
    name: str
    env_id: str
    settings: dict[str, Any]
    changes: dict[str, Any]  # of the configuration
    exact: bool  # whether NashConv is measured
    duels: int  # by which policies are measured


_SMALL = {"months": 4, "every": 0}
ARMS = (
    Arm("Commons, 3 seats", "alone", "CommonsSmall-v0", _SMALL, {}, True, 100),
    Arm("Commons, 3 seats", "also among villagers", "CommonsSmall-v0", _SMALL, {"minds_share": 0.5}, True, 100),
    Arm("Commons, 5 seats", "own catch", "Commons-v0", {"months": 6}, {}, False, 60),
    Arm("Commons, 5 seats", "catch of all", "Commons-v0", {"months": 6, "aim": "group"}, {}, False, 60),
    Arm("Repeated dilemma", "alone", "RepeatedDilemma-v0", {"rounds": 5, "talk": False}, {}, True, 100),
    Arm("Division", "alone", "DivisionCamp-v0", {"rounds": 4}, {}, False, 100),
)
STEPS = 24


# ---- what came of some duels -----------------------------------------------------------------------------------------


def of_commons(duel: Duel) -> dict[str, float]:
    """GovSim's metrics."""
    game = cast(CommonPool, duel.env.both.game)
    takes = [
        move.act.units if isinstance(move.act, Take) else 0
        for move in duel.env.room.told
        if getattr(move.before, "phase", "") == "harvest" and move.seat != "warden"
    ]
    pool, months = game.capacity, []
    for first in range(0, len(takes) - game.people + 1, game.people):
        wanted = tuple(takes[first : first + game.people])
        months.append(Month(pool, wanted, shared(pool, wanted)))
        pool = min(game.capacity, 2 * max(0, pool - sum(wanted)))
    found = survey(game, months)
    return {name: found[name] for name in ("survived", "survival_time", "efficiency", "equality")}


def of_repeated(duel: Duel) -> dict[str, float]:
    """How often both cooperate, either does, and the points of both."""
    game, state = cast(MatrixGame, duel.env.both.game), duel.env.state_
    options = [move.act.option for move in duel.env.room.told if isinstance(move.act, Play)]
    first = [option == game.options[0] for option in options]
    both = [a and b for a, b in zip(first[::2], first[1::2], strict=True)]
    joint = sum(state.points) / (2 * game.fair * game.rounds)
    return {"cooperation": float(np.mean(first)), "both": float(np.mean(both)), "joint": joint}


def of_division(duel: Duel) -> dict[str, float]:
    """Deals, points of both, and whether a deal leaves nothing to be gained together."""
    game, deal = cast(Rules, duel.env.both.game), duel.env.state_.deal
    if deal is None:
        return {"deal": 0.0, "points": 0.0, "joint": 0.0, "pareto": float("nan")}
    assert game.others is not None
    worth = {p: (game.mine(p) / game.total, game.theirs(game.others, p) / game.total) for p in game.packages}
    mine, theirs = worth[deal]
    better = any(a >= mine and b >= theirs and a + b > mine + theirs for a, b in worth.values())
    joint = (mine + theirs) / max(a + b for a, b in worth.values())
    return {"deal": 1.0, "points": (mine + theirs) / 2, "joint": joint, "pareto": float(not better)}


KINDS: Mapping[type, Callable[[Duel], dict[str, float]]] = {
    Commons: of_commons,
    Repeated: of_repeated,
    Division: of_division,
}


# ---- runs ------------------------------------------------------------------------------------------------------------


def train(seeds: Sequence[int] = SEEDS) -> None:
    """Run what is not in the results yet."""
    import torch

    from ...trainers.acts.configs import SelfPlayConfig
    from ...trainers.acts.self_play import train_self_play

    torch.set_num_threads(1)
    done = {(row["game"], row["name"], row["seed"]) for row in results()}
    for few in (True, False):  # what is quick comes first
        for seed, arm in product(seeds, [arm for arm in ARMS if ("5" not in arm.game) == few]):
            if (arm.game, arm.name, seed) in done:
                continue
            out = RUNS / f"{arm.game} {arm.name} {seed}".replace(" ", "-").replace(",", "")
            options: dict[str, Any] = {
                "steps": STEPS, "groups": 8, "group_size": 8, "past_share": 0.25, "past_every": EVERY,
                "learning_rate": 4e-3, "eval_every": 0, "final_episodes": 20, "compare": False, "go_on": True,
                "seed": seed, "track": "none", "settings": arm.settings,
            }  # fmt: skip
            train_self_play(SelfPlayConfig(arm.env_id, out=out, **{**options, **arm.changes}))
            with RESULTS.open("a") as file:
                row = {"game": arm.game, "name": arm.name, "seed": seed, "curve": measure(arm, out / "self-play")}
                file.write(json.dumps(row) + "\n")
            print(arm.game, arm.name, seed, row["curve"][-1], flush=True)


def measure(arm: Arm, folder: Path) -> list[dict[str, float]]:
    """What the policies of a run do at each step of which they were kept, and at its end."""
    import torch

    from ...envs.make import make_engine
    from ...evaluation.exploitability import exploitability
    from ...policies.acts.policy import ActPolicy
    from ...policies.duel import play_duels

    engine = make_engine(arm.env_id, **arm.settings)
    family: Any = engine.family
    one = len(family.company) == 1
    places = {seat: folder / "partner" / ("" if one else seat) for seat in family.company}
    places[family.role] = folder / "model"
    policies = {seat: ActPolicy.load(place, engine, temperature=1.0, worded=False) for seat, place in places.items()}
    final = {seat: deepcopy(policy.network.state_dict()) for seat, policy in policies.items()}
    small, curve = family.small_duel() if arm.exact else None, []
    for step in [*range(0, STEPS, EVERY), STEPS]:
        path = folder / "league" / f"step-{step}.pt"
        weights = torch.load(path, weights_only=True) if step < STEPS else final
        for seat, policy in policies.items():
            policy.network.load_state_dict(weights[seat])
        duels = play_duels(family, [policies] * arm.duels, range(FIRST, FIRST + arm.duels))
        ends = [KINDS[type(family)](duel) for duel in duels]
        row = {name: float(np.nanmean([end[name] for end in ends])) for name in ends[0]}
        row |= {"step": step, "payoff": float(np.mean([np.mean([*duel.payoffs.values()]) for duel in duels]))}
        if small is not None:
            row["nash_conv"] = exploitability(small, policies).nash_conv
        curve.append(row)
    return curve


def results() -> list[dict[str, Any]]:
    """The runs so far."""
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


# ---- the page --------------------------------------------------------------------------------------------------------


def shown(game: str, columns: Mapping[str, str]) -> str:
    """A table of the first and the last measurement of each arm: means over seeds with their intervals."""
    rows = results()
    lines = []
    for arm in ARMS:
        curves = [row["curve"] for row in rows if (row["game"], row["name"]) == (arm.game, arm.name)]
        if arm.game == game and curves:
            for when, place in (("before", 0), ("after", -1)):
                cells = [
                    few_runs([v for c in curves if (v := c[place].get(key)) is not None]) for key in columns.values()
                ]
                lines.append([arm.name, when, *cells])
    return table(["trained on", "", *columns], lines)


def draw(path: Path) -> None:
    """NashConv over training, and what became of the common good."""
    rows = results()
    panels = [
        ("NashConv, small games", "nash_conv", [arm for arm in ARMS if arm.exact]),
        ("Commons: share of months survived", "survival_time", [arm for arm in ARMS if "Commons" in arm.game]),
    ]
    with drawing(path, 9.0, 3.2, 1, 2, grid=True) as (_, axes):
        for axis, (title, key, arms) in zip(axes, panels, strict=True):
            for arm, color in zip(arms, (BLUE, RED, INK, MUTED), strict=False):
                curves = [row["curve"] for row in rows if (row["game"], row["name"]) == (arm.game, arm.name)]
                scale = arm.settings["months"] if key == "survival_time" else 1
                values = np.array([[point[key] / scale for point in curve] for curve in curves])
                steps = [point["step"] for point in curves[0]]
                axis.plot(steps, values.mean(0), color=color, label=f"{arm.game}: {arm.name}")
                axis.fill_between(steps, values.min(0), values.max(0), color=color, alpha=0.12, linewidth=0)
            axis.set_title(title, loc="left", fontsize=9.5)
            axis.set_xlabel("steps of training")
            axis.set_ylim(bottom=0)
            axis.legend(frameon=False, fontsize=7.5)


COLUMNS = {
    "Commons, 3 seats": {
        "NashConv": "nash_conv", "payoff": "payoff", "survived": "survived", "months": "survival_time",
        "efficiency": "efficiency", "equality": "equality",
    },
    "Commons, 5 seats": {
        "payoff": "payoff", "survived": "survived", "months": "survival_time", "efficiency": "efficiency",
        "equality": "equality",
    },
    "Repeated dilemma": {
        "NashConv": "nash_conv", "payoff": "payoff", "cooperation": "cooperation", "both": "both", "joint": "joint",
    },
    "Division": {
        "payoff": "payoff", "deals": "deal", "joint points": "joint", "Pareto": "pareto",
    },
}  # fmt: skip
"""Game -> what its table shows -> the name in the results."""


def render() -> str:
    """The page, from `scripts/pages/self_play.md`: its words are written by hand, its tables are made here."""
    words = (Path(__file__).parent / "self_play.md").read_text(encoding="utf-8")
    for game, columns in COLUMNS.items():
        words = words.replace(f"{{{game}}}", shown(game, columns))
    return words.replace("{runs}", str(len({row["seed"] for row in results()})))


if __name__ == "__main__":
    if "train" in sys.argv[1:]:
        train()
    draw(DOCS / "figures" / "self_play.svg")
    (DOCS / "self_play.md").write_text(render(), encoding="utf-8")
