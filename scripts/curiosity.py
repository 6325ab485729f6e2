"""`python -m dialogym.scripts.curiosity`: what curiosity rewards do, summed exactly and by training, as `docs/curiosity.md`.

Training takes about an hour on one core. Each run is kept in a line of `runs/curiosity/results.jsonl`; runs that are there already are not repeated.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..envs.family import load_family
from ..envs.registration import lookup
from ..evaluation.shaping import best_policies
from ..rewards.curiosity import AccuracyGain, EntropyGain, LogAccuracyGain
from .docs import table

RESULTS = Path("runs/curiosity")
SEEDS = (0, 1, 2)
EPISODES = 500  # played by a trained policy, sampled as it was trained
WEIGHT = 0.3  # of a curiosity term, per bit; payoffs are up to 1
POTENTIALS = {"accuracy": AccuracyGain, "log_accuracy": LogAccuracyGain, "entropy": EntropyGain}

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "a client with fixed attributes": ("CoachingSmall-v0", {"turns": 3}),
    "a client who can be led": ("CoachingSuggestible-v0", {"turns": 3}),
    "a student who learns": ("Tutoring-v0", {"turns": 3}),
}
"""Settings small enough to try everything."""


class Arm(NamedTuple):
    """A way to train.

    Attributes:
        env_id: Where.
        name: As in the tables.
        reward: What is maximised.
        credit: Of GRPO.
        batches: Batches of 64 episodes.
    """

    env_id: str
    name: str
    reward: str
    credit: str = "turn"
    batches: int = 80


PAIR, TUTOR = "CoachingSuggestible-v0", "Tutoring-v0"
ENTROPY, KEPT = "curiosity/entropy", "curiosity/entropy(terminal_potential=keep)"
ARMS = [
    Arm(PAIR, "goal alone", "goal"),
    Arm(PAIR, "goal + entropy", f"goal,{ENTROPY}={WEIGHT}"),
    Arm(PAIR, "goal + entropy, kept", f"goal,{KEPT}={WEIGHT}"),
    Arm(PAIR, "goal + information gain", f"goal,curiosity/information_gain={WEIGHT}"),
    Arm(PAIR, "goal alone, trajectory credit", "goal", "trajectory"),
    Arm(PAIR, "goal + entropy, trajectory credit", f"goal,{ENTROPY}={WEIGHT}", "trajectory"),
    Arm(PAIR, "entropy of a blind filter, kept", "curiosity/entropy(terminal_potential=keep,filter=blind)"),
    Arm(PAIR, "entropy of the exact filter, kept", KEPT),
    Arm(TUTOR, "goal alone", "goal"),
    Arm(TUTOR, "goal + entropy", f"goal,{ENTROPY}={WEIGHT}"),
]
"""Every run starts from a clone of the random policy, so that there is all to learn but the tags."""


def train(folder: Path, seeds: Sequence[int] = SEEDS) -> None:
    """Run what is not in the results yet."""
    import torch

    from ..policies.language_model import LanguageModelPolicy
    from ..policies.rollout import make_engine, rollout
    from ..trainers.bc import BCConfig, train_bc
    from ..trainers.grpo import GRPOConfig, train_grpo

    torch.set_num_threads(1)
    done = {(row["env_id"], row["name"], row["seed"]) for row in results(folder)}
    for seed in seeds:
        for arm in ARMS:
            if (arm.env_id, arm.name, seed) in done:
                continue
            start = folder / f"{arm.env_id}-random"
            if not (start / "bc" / "model").exists():
                train_bc(BCConfig(arm.env_id, start, demonstrator="random", demonstrations=3000, epochs=1.5, eval_episodes=50, final_episodes=50))
            out = folder / f"{arm.env_id} {arm.name} {seed}"
            config = GRPOConfig(
                arm.env_id, out, str(start / "bc" / "model"), reward=arm.reward, credit=arm.credit, steps=arm.batches, groups=8, learning_rate=1e-3,
                eval_every=0, final_episodes=50, save_every=arm.batches, seed=seed,
            )  # fmt: skip
            train_grpo(config)
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


def invariance() -> Iterator[str]:
    """How many decisions each term changes, where everything can be tried."""
    terms = {
        **{f"`curiosity/{name}`": f"curiosity/{name}" for name in POTENTIALS},
        "`curiosity/entropy(filter=blind)`": "curiosity/entropy(filter=blind)",
        "`curiosity/entropy(terminal_potential=keep)`": KEPT,
        "`curiosity/information_gain`": "curiosity/information_gain",
        "`information/expected_gain`": "information/expected_gain",
    }
    rows: dict[str, list[str]] = {term: [] for term in terms}
    heads = []
    for what, (env_id, changes) in SMALL.items():
        path, settings = lookup(env_id)
        family = load_family(path, {**settings, **changes})
        scenario = family.scenarios()[0]
        setting = family.setting(scenario)
        _, best = best_policies(setting, "goal", scenario=scenario)
        heads.append(f"{what} ({len(best):,} decisions)")
        for term, reward in terms.items():
            _, shaped = best_policies(setting, {"goal": 1.0, reward: 1.0}, scenario=scenario)
            rows[term].append(str(sum(best[history] != acts for history, acts in shaped.items())))
    yield table(["goal + 1.0 x", *heads], [[term, *cells] for term, cells in rows.items()])


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        train(RESULTS)
    else:
        for block in invariance():
            print(block)
