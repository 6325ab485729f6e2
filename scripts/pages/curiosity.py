"""`python -m dialogym.scripts.pages.curiosity`: `docs/curiosity.md`, what curiosity rewards do.

It is summed exactly, and found by training. Training takes about an hour on one core. Each run is kept in a line of
`runs/curiosity/results.jsonl`; runs that are there already are not repeated.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...core.mind import blind_listen, listen
from ...core.setting import Setting
from ...evaluation.shaping import best_policies
from ...evaluation.statistics import few_runs
from ..docs import DOCS, table, variant
from ..figures import drawing
from .coaching import TURNS, gains, pair, planned

RESULTS = Path("runs/curiosity")
SEEDS = (0, 1, 2)
EPISODES = 500  # played by a trained policy, sampled as it was trained
BATCH, BATCHES = 64, 80  # episodes
WEIGHT = 0.3  # of a curiosity term, per bit; payoffs are up to 1
POTENTIALS = ("accuracy", "log_accuracy", "entropy")

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "a client with fixed attributes": ("CoachingSmall-v0", {"turns": 3}),
    "a client who can be led": ("CoachingSuggestible-v0", {"turns": 3}),
    "a student who learns": ("Tutoring-v0", {"turns": 3}),
}
"""Settings small enough to try everything."""


class Arm(NamedTuple):
    """A way to train."""

    env_id: str
    name: str  # as in the tables
    reward: str
    credit: str = "turn"
    start: str = "recommend-now+questionnaire"  # whom the policy that training starts from was cloned from
    learning_rate: float = 3e-4
    seeds: int = 3  # how many runs


PAIR = "CoachingSuggestible-v0"
ENTROPY, KEPT = "curiosity/entropy", "curiosity/entropy(terminal_potential=keep)"
BLIND = "curiosity/entropy(terminal_potential=keep,filter=blind)"
SOON = "turn(discount=0.9)"
ARMS = [
    Arm(PAIR, "payoff, trajectory credit", "goal", "trajectory", "random", 1e-3, seeds=1),
    Arm(PAIR, "payoff + entropy, trajectory credit", f"goal,{ENTROPY}={WEIGHT}", "trajectory", "random", 1e-3, seeds=1),
    Arm(PAIR, "entropy of a blind filter, kept", BLIND, "turn", "random", 1e-3),
    Arm(PAIR, "entropy of the exact filter, kept", KEPT, "turn", "random", 1e-3),
    Arm(PAIR, "payoff", "goal"),
    Arm(PAIR, "payoff + entropy", f"goal,{ENTROPY}={WEIGHT}"),
    Arm(PAIR, "payoff + entropy, kept", f"goal,{KEPT}={WEIGHT}"),
    Arm(PAIR, "payoff, discounted credit", "goal", SOON),
    Arm(PAIR, "payoff + entropy, discounted credit", f"goal,curiosity/entropy(gamma=0.9)={WEIGHT}", SOON),
]
PANELS = [
    ("a turn is judged by all that follows", PAIR, ("payoff", "payoff + entropy", "payoff + entropy, kept")),
    ("... and the sooner, the more", PAIR, ("payoff, discounted credit", "payoff + entropy, discounted credit")),
]


def train(folder: Path, seeds: Sequence[int] = SEEDS) -> None:
    """Run what is not in the results yet."""
    import torch

    from ...envs.make import make_engine
    from ...policies.language_model import LanguageModelPolicy
    from ...policies.rollout import rollout
    from ...trainers.bc import BCConfig, train_bc
    from ...trainers.grpo import GRPOConfig, train_grpo

    torch.set_num_threads(1)
    done = {(row["env_id"], row["name"], row["seed"]) for row in results(folder)}
    for env_id, seed in product(dict.fromkeys(arm.env_id for arm in ARMS), seeds):
        for arm in ARMS:
            if arm.env_id != env_id or seed >= arm.seeds or (arm.env_id, arm.name, seed) in done:
                continue
            start = folder / f"{arm.env_id} {arm.start}"
            if not (start / "bc" / "model").exists():
                shown: dict[str, Any] = {"demonstrator": arm.start, "demonstrations": 3000, "epochs": 1.5}
                train_bc(BCConfig(arm.env_id, start, **shown, eval_episodes=50, final_episodes=50))
            out = folder / f"{arm.env_id} {arm.name} {seed}"
            config: dict[str, Any] = {
                "reward": arm.reward, "credit": arm.credit, "learning_rate": arm.learning_rate, "groups": 8,
                "steps": BATCHES, "save_every": BATCHES, "eval_every": 0, "final_episodes": 50, "seed": seed,
            }  # fmt: skip
            train_grpo(GRPOConfig(arm.env_id, out, str(start / "bc" / "model"), **config))
            rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
            engine = make_engine(arm.env_id)
            policy = LanguageModelPolicy.load(str(out / "grpo" / "model"), engine, temperature=1.0)
            dialogues = list(rollout(engine, policy, range(7_000_000, 7_000_000 + EPISODES)))
            ends = [engine.family.outcome(dialogue) for dialogue in dialogues]
            row = {
                **arm._asdict(),
                "seed": seed,
                "curve": [row["payoff"] for row in rows if "payoff" in row],
                "payoff": float(np.mean([dialogue.steps[-1].payoff for dialogue in dialogues])),
                "pushes": float(np.mean([end.get("pushes", 0) for end in ends])),
                "questions": float(np.mean([end.get("questions", end.get("quizzes", 0)) for end in ends])),
            }
            with (folder / "results.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(arm.env_id, arm.name, seed, round(row["payoff"], 3), flush=True)


def results(folder: Path) -> list[dict[str, Any]]:
    """The runs so far."""
    path = folder / "results.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


# ---- exactly ---------------------------------------------------------------------------------------------------------


def small(env_id: str, changes: dict[str, Any]) -> tuple[Setting, Any]:
    """A setting of an environment with some of its settings changed, and the scenario that it is of."""
    family = replace(variant(env_id), **changes)
    scenario = family.scenarios()[0]
    return family.setting(scenario), scenario


def invariance() -> Iterator[str]:
    """How many decisions each term changes, where everything can be tried."""
    blind, greedy = "curiosity/entropy(filter=blind)", ("curiosity/information_gain", "information/expected_gain")
    terms = [*(f"curiosity/{name}" for name in POTENTIALS), blind, KEPT, *greedy]
    rows: dict[str, list[str]] = {term: [] for term in terms}
    heads = []
    for what, (env_id, changes) in SMALL.items():
        setting, scenario = small(env_id, changes)
        _, best = best_policies(setting, "goal", scenario=scenario)
        heads.append(f"{what} ({len(best):,} decisions)")
        for term in terms:
            _, shaped = best_policies(setting, {"goal": 1.0, term: 1.0}, scenario=scenario)
            rows[term].append(str(sum(best[history] != acts for history, acts in shaped.items())))
    yield table(["goal + 1.0 x", *heads], [[f"`{term}`", *cells] for term, cells in rows.items()])


# ---- the page --------------------------------------------------------------------------------------------------------


def pushing() -> str:
    """What six questions and six pushes earn, in bits, under either filter."""
    names, rows = {"ask": "six different questions", "suggest": "the same push six times"}, []
    for name, plan in planned().items():
        earned = [bits for hear in (blind_listen, listen) for bits in gains(pair(), plan, TURNS, hear)]
        rows.append([names[name], *(f"{bits:+.3f}" for bits in earned)])
    heads = [f"{kind}, {filter}" for filter in ("blind", "exact") for kind in ("entropy", "log-accuracy")]
    return table(["what the coach does", *heads], rows)


def trained(rows: Sequence[dict[str, Any]], env_id: str, names: Sequence[str]) -> str:
    """Means over the seeds with 95% intervals."""
    lines = []
    for name in names:
        runs = [row for row in rows if row["env_id"] == env_id and row["name"] == name]
        quarter = len(runs[0]["curve"]) // 4
        parts = [slice(k * quarter, (k + 1) * quarter) for k in range(4)]
        cells = [few_runs([float(np.mean(run["curve"][part])) for run in runs]) for part in parts]
        cells += [few_runs([run[key] for run in runs]) for key in ("payoff", "questions", "pushes")]
        lines.append([name, *cells])
    quarters = ("1st quarter", "2nd", "3rd", "4th")
    return table(["what is rewarded", *quarters, "payoff in the end", "questions", "pushes"], lines)


def paired(rows: Sequence[dict[str, Any]], name: str, other: str) -> str:
    """By how much the payoff in the end of one arm is above another's, seed by seed."""
    ends = [{row["seed"]: row["payoff"] for row in rows if row["name"] == arm} for arm in (name, other)]
    return few_runs([ends[0][seed] - ends[1][seed] for seed in sorted(ends[0].keys() & ends[1].keys())])


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Learning curves: the payoff of each batch, smoothed, in the mean over the seeds."""
    with drawing(path, 8.6, 3.4, columns=len(PANELS), grid=True) as (_, panels):
        for axes, (title, env_id, names) in zip(panels, PANELS, strict=True):
            for name, colour in zip(names, ("#1b6ca8", "#b33f0b", "#4a7c2c"), strict=False):
                curves = [row["curve"] for row in rows if row["env_id"] == env_id and row["name"] == name]
                smooth = np.array([np.convolve(curve, np.ones(10) / 10, "valid") for curve in curves])
                x = (np.arange(smooth.shape[1]) + 10) * BATCH
                axes.plot(x, smooth.mean(0), color=colour, linewidth=1.8, label=name)
                axes.fill_between(x, smooth.min(0), smooth.max(0), color=colour, alpha=0.15, linewidth=0)
            axes.set_title(title, loc="left", fontsize=10)
            axes.set_xlabel("training episodes")
            axes.set_ylabel("payoff")
            axes.legend(frameon=False, fontsize=8.5, loc="best")


def render(folder: Path) -> str:
    """The page, from `scripts/pages/curiosity.md`: its words are written by hand, its tables are made here."""
    rows = results(folder)
    words = (Path(__file__).parent / "curiosity.md").read_text(encoding="utf-8")
    made = {
        "invariance": next(invariance()),
        "pushing": pushing(),
        "same": trained(rows, PAIR, [arm.name for arm in ARMS[:2]]),
        "farmed": trained(rows, PAIR, [arm.name for arm in ARMS[2:4]]),
        "faster": trained(rows, PAIR, [arm.name for arm in ARMS[4:] if arm.env_id == PAIR]),
        "paired": paired(rows, "payoff + entropy, kept", "payoff"),
        "neutral": paired(rows, "payoff + entropy", "payoff"),
        "seeds": str(len({row["seed"] for row in rows})),
    }
    for name, text in made.items():
        words = words.replace(f"{{{name}}}", text)
    return words


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        train(RESULTS)
    elif sys.argv[1:]:
        raise SystemExit("usage: python -m dialogym.scripts.pages.curiosity [train]")
    else:
        draw(results(RESULTS), DOCS / "figures" / "curiosity.svg")
        (DOCS / "curiosity.md").write_text(render(RESULTS), encoding="utf-8")
