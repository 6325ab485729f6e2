"""Every algorithm on every family from the same start and the same data: what the leaderboard is made of.

For each environment and seed a dataset of mixed quality is recorded and cloned. All other algorithms go on from the
clone: the offline ones with the same episodes, the online ones with episodes that they play. Each run is a process of
its own, so its processor time is its own, and appends one line to ``results.jsonl``; runs that have a line are not
repeated.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..evaluation.datasets import recipes
from ..evaluation.evaluate import evaluate
from ..policies.collect import collect
from .config import TrainerConfig
from .demonstrations import first_seed
from .run import EVALUATION_SEED

FAMILIES = ("Negotiation-v0", "Tutoring-v0", "GuidedSolving-v0", "SpacingSmall-v0", "Coaching-v0")
"""One environment of each family, with an exact optimum."""

_GO_ON: dict[str, Any] = {"learning_rate": 1e-3, "epochs": 2.0}

OFFLINE: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "bc": ("bc", "BCConfig", "train_bc", {"epochs": 4.0}),
    "filtered-bc": (
        "bc",
        "FilteredBCConfig",
        "train_bc",
        {**_GO_ON, "epochs": 6.0},
    ),  # three passes over a third of the episodes for one over all
    "mc": ("mc", "MCConfig", "train_mc", _GO_ON),
    "ilql": ("ilql", "ILQLConfig", "train_ilql", _GO_ON),
    "awr": ("awr", "AWRConfig", "train_awr", _GO_ON),
}
"""Algorithm -> module, configuration, function, fields.

They read the dataset; ``bc`` starts from nothing, the others from what it has made.
"""

_TEMPERATURE = {
    "temperature": 0.5
}  # the clone of a mixture, when it is sampled as it stands, plays far worse than its likeliest words do

ONLINE: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "grpo": ("grpo", "GRPOConfig", "train_grpo", {**_TEMPERATURE, "credit": "turn", "updates": 4}),
    "rloo": ("rloo", "RLOOConfig", "train_rloo", {**_TEMPERATURE, "updates": 4, "kl": 0.05}),
    "ppo": ("ppo", "PPOConfig", "train_ppo", _TEMPERATURE),
    "dpo": ("dpo", "DPOConfig", "train_dpo", {**_TEMPERATURE, "matches": 4}),
    "kto": ("kto", "KTOConfig", "train_kto", _TEMPERATURE),
    "expert-iteration": ("expert_iteration", "ExpertIterationConfig", "train_expert_iteration", _TEMPERATURE),
}
"""They go on from the clone and play new episodes."""

ALGORITHMS = (*OFFLINE, *ONLINE)


@dataclass(frozen=True)
class Job:
    """One run of the benchmark.

    Attributes:
        env_id: Registered id.
        algorithm: One of `ALGORITHMS`.
        seed: Of dataset, weights and sampling.
        out: Folder of the benchmark.
        demonstrations: Episodes of the dataset.
        steps: Batches of 128 episodes that the online algorithms play.
        final_episodes: Of the evaluation, on the same seeds for all.
    """

    env_id: str
    algorithm: str
    seed: int
    out: Path
    demonstrations: int
    steps: int
    final_episodes: int

    @property
    def folder(self) -> Path:
        """Of this environment and seed."""
        return self.out / f"{self.env_id}-seed{self.seed}"

    def config(self) -> TrainerConfig:
        """What the trainer is told."""
        file, config, _, fields = {**OFFLINE, **ONLINE}[self.algorithm]
        make = getattr(import_module(f".{file}", __package__), config)
        shared = {
            "env_id": self.env_id,
            "out": self.folder / self.algorithm,
            "seed": self.seed,
            "threads": 1,
            "final_episodes": self.final_episodes,
            "eval_episodes": max(1, self.final_episodes // 2),
            "compare": False,
        }
        if self.algorithm != "bc":
            shared["model"] = str(self.folder / "bc" / "bc" / "model")
        if self.algorithm in OFFLINE:
            return make(**shared, episodes_path=self.folder / "dataset", **fields)
        return make(**shared, **budget(self.algorithm, self.steps), **fields)


def budget(algorithm: str, steps: int) -> dict[str, Any]:
    """Fields that let an online algorithm play `steps` batches of 128 episodes."""
    if algorithm in ("grpo", "rloo"):
        return {"steps": steps, "groups": 16, "group_size": 8, "eval_every": max(1, steps // 3)}
    if algorithm == "ppo":
        return {"steps": steps, "episodes": 128, "eval_every": max(1, steps // 3)}
    if algorithm == "expert-iteration":
        rounds = max(1, steps // 5)
        return {"rounds": rounds, "scenarios": 128 * steps // rounds // 8, "attempts": 8}
    return {"scenarios": 128 * steps // 8, "attempts": 8}


def benchmark(
    env_ids: Sequence[str],
    algorithms: Sequence[str],
    seeds: Sequence[int],
    out: Path,
    demonstrations: int,
    steps: int,
    final_episodes: int,
    workers: int = 1,
    tell: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Run what is missing, and give all results.

    Args:
        env_ids: Registered ids.
        algorithms: Of `ALGORITHMS`. The clone is trained wherever an online algorithm needs it.
        seeds: One run of each algorithm for each.
        out: Folder of the benchmark.
        demonstrations: Episodes of each dataset.
        steps: See `Job`.
        final_episodes: See `Job`.
        workers: Runs at a time.
        tell: Gets a line for each run.

    Raises:
        ValueError: If an argument is invalid, or if `out` holds results of other numbers of episodes or steps.
    """
    if unknown := set(algorithms) - set(ALGORITHMS):
        raise ValueError(f"algorithms must be among {', '.join(ALGORITHMS)}; got {', '.join(sorted(unknown))}")
    asked = {"demonstrations": demonstrations, "steps": steps, "final_episodes": final_episodes}
    for name, value in {**asked, "workers": workers}.items():
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    for env_id in env_ids:
        if evaluate(env_id, "random", 20, EVALUATION_SEED).score is None:
            raise ValueError(f"env_ids must have an exact optimum, or there is no score; {env_id} has none")
    for row in results(out):
        if other := {name: row.get(name) for name in asked if row.get(name) != asked[name]}:
            raise ValueError(f"out must be another folder: {out} holds results of {other}, and {asked} was asked for")
    jobs = [
        Job(env_id, algorithm, seed, out, demonstrations, steps, final_episodes)
        for seed in seeds
        for env_id in env_ids
        for algorithm in algorithms
    ]
    done = {(row["env_id"], row["algorithm"], row["seed"]) for row in results(out)}
    waiting = [job for job in jobs if (job.env_id, job.algorithm, job.seed) not in done]
    clones = {
        (job.env_id, job.seed): Job(job.env_id, "bc", job.seed, out, demonstrations, steps, final_episodes)
        for job in waiting
    }
    first = [clone for key, clone in clones.items() if (key[0], "bc", key[1]) not in done]
    rest = [job for job in waiting if job.algorithm != "bc"]
    out.mkdir(parents=True, exist_ok=True)
    for group in (first, rest):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
            for future in as_completed([pool.submit(run, job) for job in group]):
                row = future.result()
                with (out / "results.jsonl").open("a") as file:
                    file.write(json.dumps(row) + "\n")
                tell(
                    f"{row['env_id']} {row['algorithm']} seed {row['seed']}: "
                    + (row["error"] or f"{row['score']:.3f}, {row['cpu_minutes']:.1f} CPU minutes")
                )
    return results(out)


def results(out: Path) -> list[dict[str, Any]]:
    """The results so far; of a run that was repeated, the last. Runs that failed do not count."""
    file = out / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    latest = {(row["env_id"], row["algorithm"], row["seed"]): row for row in rows if not row["error"]}
    return list(latest.values())


def run(job: Job) -> dict[str, Any]:
    """Train and evaluate, in this process.

    What the trainer prints goes to ``ALGORITHM.log`` in the folder of the environment and seed.

    Returns:
        Environment, algorithm and seed; score and mean return with 95% intervals; the learning curve as (episodes,
        seconds, score); processor minutes of the training and its evaluations, those of the dataset apart; ``error`` if
        it failed.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    named: dict[str, Any] = {"env_id": job.env_id, "algorithm": job.algorithm, "seed": job.seed, "error": ""}
    named |= {"demonstrations": job.demonstrations, "steps": job.steps, "final_episodes": job.final_episodes}
    try:
        begun = time.process_time()
        collect(
            job.env_id,
            recipes(job.env_id)["mixed"],
            job.demonstrations,
            job.folder / "dataset",
            first_seed(job.seed),
            resume=True,
        )
        collecting = time.process_time() - begun
        config, begun, wall = job.config(), time.process_time(), time.perf_counter()
        shutil.rmtree(config.out, ignore_errors=True)  # what an interrupted run has left
        file, _, function, _ = {**OFFLINE, **ONLINE}[job.algorithm]
        with config.out.with_suffix(".log").open("w") as log, redirect_stdout(log), redirect_stderr(log):
            getattr(import_module(f".{file}", __package__), function)(config)
        evaluation = json.loads((config.out / "evaluation.json").read_text())[0]
        curve = [json.loads(line) for line in (config.out / "metrics.jsonl").read_text().splitlines()]
        return {
            **named,
            "score": evaluation["score"],
            "score_interval": evaluation["score_interval"],
            "mean_return": evaluation["mean_return"],
            "curve": [
                (row.get("episodes"), row.get("seconds"), row["score"]) for row in curve if row.get("score") is not None
            ],
            "cpu_minutes": (time.process_time() - begun) / 60,
            "minutes": (time.perf_counter() - wall) / 60,
            "collecting_cpu_minutes": collecting / 60,
        }
    except Exception as error:  # one run that fails must not lose the others
        return {**named, "error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()[-2000:]}
