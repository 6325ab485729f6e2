"""Every algorithm on every family from the same data: what the leaderboard is made of.

For each environment and seed, datasets are recorded and cloned. The offline algorithms learn from each dataset. The
online ones start from the clone of the first one, and play episodes of their own. Each run appends one line to
``results.jsonl``; runs that have a line are not repeated.
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
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as dataclass_fields
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..core.checks import at_least
from ..envs import seeds as seeds_of
from ..evaluation.datasets import NAMES, recipes
from ..evaluation.evaluate import evaluate
from ..evaluation.tables import number
from ..policies.collect import collect
from .algorithms import ACTS, ALGORITHMS, Algorithm

KEPT = ("score", "score_interval", "exact_score", "exact_score_interval", "zero", "over_random", "mean_return")
"""What is kept of an evaluation."""


@dataclass(frozen=True)
class Budget:
    """What all runs of a benchmark have in common.

    Attributes:
        out: Folder of the benchmark.
        model: What learns: ``"acts"`` for act policies, or a language model to start from, such as ``"tiny"``.
        demonstrations: Episodes of each dataset.
        played: Episodes that each online algorithm plays.
        final_episodes: Of each evaluation, on the same seeds for all.
    """

    out: Path
    model: str
    demonstrations: int
    played: int
    final_episodes: int

    def __post_init__(self) -> None:
        at_least(self, 1, "demonstrations", "played", "final_episodes")

    @property
    def asked(self) -> dict[str, Any]:
        """What results must agree in to be compared."""
        return {name: value for name, value in asdict(self).items() if name != "out"}


@dataclass(frozen=True)
class Job:
    """One run of the benchmark.

    Attributes:
        env_id: A registered id.
        algorithm: One of `benchmarked`.
        seed: Of dataset, weights and sampling.
        data: Name of the dataset that it learns from, or whose clone it starts from.
        budget: What it shares with the others.
    """

    env_id: str
    algorithm: str
    seed: int
    data: str
    budget: Budget

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What tells it from the others of a benchmark."""
        return self.env_id, self.algorithm, self.seed, self.data

    @property
    def folder(self) -> Path:
        """Of this environment, seed and dataset."""
        return self.budget.out / f"{self.env_id}-seed{self.seed}" / self.data

    def config(self) -> Any:
        """What the trainer is told."""
        algorithm = algorithms(self.budget.model)[self.algorithm]
        options, fields = algorithm.options(), dict(algorithm.benchmark or {})
        if algorithm.kind == "offline":
            fields["episodes_path"] = self.folder / "dataset"
        else:
            fields |= rounds(algorithm, options, self.budget.played)
        if self.algorithm != "bc" and (algorithm.kind == "online" or self.budget.model != "acts"):
            fields["model"] = str(self.folder / "bc" / "bc" / "model")
        else:
            fields["model"] = self.budget.model
        return options(
            env_id=self.env_id,
            out=self.folder / self.algorithm,
            seed=self.seed,
            threads=1,
            final_episodes=self.budget.final_episodes,
            eval_episodes=max(1, self.budget.final_episodes // 2),
            compare=False,
            **fields,
        )


def algorithms(model: str) -> dict[str, Algorithm]:
    """Those of the benchmark for such a policy, by name."""
    table = ACTS if model == "acts" else ALGORITHMS
    return {name: algorithm for name, algorithm in table.items() if algorithm.benchmark is not None}


def rounds(algorithm: Algorithm, options: type[Any], played: int) -> dict[str, int]:
    """Fields that let an online algorithm play about so many episodes."""
    told: dict[str, Any] = {field.name: field.default for field in dataclass_fields(options)}
    told |= algorithm.benchmark or {}
    if "rounds" in told:
        count = max(1, played // (algorithm.episodes_a_round or played))
        return {"rounds": count, "scenarios": max(1, played // count // told["attempts"])}
    batch = told.get("episodes") or told["groups"] * told["group_size"]
    steps = max(1, played // batch)
    return {"steps": steps, "eval_every": max(1, steps // 6)}


def benchmark(
    env_ids: Sequence[str],
    names: Sequence[str],
    seeds: Sequence[int],
    data: Sequence[str],
    budget: Budget,
    workers: int = 1,
    tell: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Run what is missing, and give all results.

    The clone is trained wherever another algorithm needs it.

    Args:
        env_ids: Registered ids.
        names: Of `algorithms`.
        seeds: One run of each algorithm for each.
        data: Names of datasets, see `recipes`: the offline algorithms learn from each of them, the online ones go on
            from the clone of the first.
        budget: How much each run does.
        workers: Runs at a time.
        tell: Gets a line for each run.

    Raises:
        ValueError: If an argument is invalid, or if `out` holds results of another budget.
    """
    table, out = algorithms(budget.model), budget.out
    if unknown := set(names) - set(table):
        raise ValueError(f"algorithms must be among {', '.join(table)}; got {', '.join(sorted(unknown))}")
    if unknown := set(data) - set(NAMES):
        raise ValueError(f"data must be among {', '.join(NAMES)}; got {', '.join(sorted(unknown))}")
    for env_id in env_ids:
        if evaluate(env_id, "random", 20, seeds_of.test(20).start).score is None:
            raise ValueError(f"env_ids must have an exact optimum, or there is no score; {env_id} has none")
    for row in results(out):
        if other := {name: row.get(name) for name, value in budget.asked.items() if row.get(name) != value}:
            raise ValueError(f"out must be another folder: {out} holds results of {other}, not of {budget.asked}")
    jobs = [
        Job(env_id, name, seed, quality, budget)
        for seed in seeds
        for env_id in env_ids
        for name in names
        for quality in (data if table[name].kind == "offline" else data[:1])
    ]
    done = {key_of(row) for row in results(out)}
    waiting = [job for job in jobs if job.key not in done]
    clones = dict.fromkeys(replace(job, algorithm="bc") for job in waiting)
    first = [clone for clone in clones if clone.key not in done]
    rest = [job for job in waiting if job.algorithm != "bc"]
    out.mkdir(parents=True, exist_ok=True)
    apart = None if budget.model == "acts" else 1  # a language model's memory goes with its process
    for group in (first, rest):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=apart) as pool:
            for future in as_completed([pool.submit(run, job) for job in group]):
                row = future.result()
                with (out / "results.jsonl").open("a") as file:
                    file.write(json.dumps(row) + "\n")
                said = row["error"] or f"{number(row['exact_score'])}, {row['cpu_minutes']:.1f} CPU minutes"
                tell(f"{row['env_id']} {row['algorithm']} from {row['data']}, seed {row['seed']}: {said}")
    return results(out)


def key_of(row: dict[str, Any]) -> tuple[str, str, int, str]:
    """As `Job.key`, of a result."""
    return row["env_id"], row["algorithm"], row["seed"], row.get("data", "mixed")


def results(out: Path) -> list[dict[str, Any]]:
    """The results so far; of a run that was repeated, the last. Runs that failed do not count."""
    file = out / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    latest = {key_of(row): row for row in rows if not row["error"]}
    return list(latest.values())


def point(row: dict[str, Any]) -> tuple[int, float, float]:
    """One of a learning curve: episodes, seconds, score; by exact regret where there is one."""
    exact = row.get("exact_score")
    return row["episodes"], row["seconds"], row["score"] if exact is None else exact


def run(job: Job) -> dict[str, Any]:
    """Train and evaluate, in this process.

    What the trainer prints goes to ``ALGORITHM.log`` in the folder of the environment, seed and dataset.

    Returns:
        Environment, algorithm, seed and data; scores and mean return with 95% intervals; the learning curve as
        (episodes, seconds, score); processor minutes of the training and its evaluations, those of the dataset apart;
        ``error`` if it failed.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    budget, named = job.budget, dict(zip(("env_id", "algorithm", "seed", "data"), job.key, strict=True))
    named |= {**budget.asked, "error": ""}
    try:
        begun = time.process_time()
        first = seeds_of.demonstrations(job.seed, budget.demonstrations).start
        policy = recipes(job.env_id)[job.data]
        collect(job.env_id, policy, budget.demonstrations, job.folder / "dataset", first, resume=True)
        collecting = time.process_time() - begun
        config = job.config()
        _, train = algorithms(budget.model)[job.algorithm].load()
        begun, wall = time.process_time(), time.perf_counter()
        shutil.rmtree(config.out, ignore_errors=True)  # what an interrupted run has left
        with config.out.with_suffix(".log").open("w") as log, redirect_stdout(log), redirect_stderr(log):
            train(config)
        spent, wall = time.process_time() - begun, time.perf_counter() - wall
        evaluation = json.loads((config.out / "evaluation.json").read_text())[0]
        curve = map(json.loads, (config.out / "metrics.jsonl").read_text().splitlines())
        return {
            **named,
            **{name: evaluation[name] for name in KEPT},
            "curve": [point(row) for row in curve if row.get("score") is not None],
            "cpu_minutes": spent / 60,
            "minutes": wall / 60,
            "collecting_cpu_minutes": collecting / 60,
        }
    except Exception as error:  # one run that fails must not lose the others
        return {**named, "error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()[-2000:]}
