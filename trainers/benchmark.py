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
from dataclasses import asdict, dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from ..core.checks import at_least
from ..envs import seeds as seeds_of
from ..evaluation.datasets import recipes
from ..evaluation.evaluate import evaluate
from ..policies.collect import collect
from .algorithms import ALGORITHMS, ATTEMPTS, BENCHMARKED
from .config import TrainerConfig

BATCH = 128  # episodes


@dataclass(frozen=True)
class Job:
    """One run of the benchmark.

    Attributes:
        algorithm: One of `BENCHMARKED`.
        seed: Of dataset, weights and sampling.
        out: Folder of the benchmark.
        demonstrations: Episodes of the dataset.
        steps: Batches of `BATCH` episodes that the online algorithms play.
        final_episodes: Of the evaluation, on the same seeds for all.
    """

    env_id: str
    algorithm: str
    seed: int
    out: Path
    demonstrations: int
    steps: int
    final_episodes: int

    def __post_init__(self) -> None:
        at_least(self, 1, "demonstrations", "steps", "final_episodes")

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells it from the others of a benchmark."""
        return self.env_id, self.algorithm, self.seed

    @property
    def folder(self) -> Path:
        """Of this environment and seed."""
        return self.out / f"{self.env_id}-seed{self.seed}"

    def config(self) -> TrainerConfig:
        """What the trainer is told."""
        algorithm = ALGORITHMS[self.algorithm]
        fields = dict(algorithm.benchmark or {})
        if algorithm.kind == "offline":
            fields["episodes_path"] = self.folder / "dataset"
        else:
            fields |= budget(self.algorithm, self.steps)
        if self.algorithm != "bc":  # it starts from nothing, the others from what it has made
            fields["model"] = str(self.folder / "bc" / "bc" / "model")
        return algorithm.load()[0](
            env_id=self.env_id,
            out=self.folder / self.algorithm,
            seed=self.seed,
            threads=1,
            final_episodes=self.final_episodes,
            eval_episodes=max(1, self.final_episodes // 2),
            compare=False,
            **fields,
        )


def budget(algorithm: str, steps: int) -> dict[str, int]:
    """Fields that let an online algorithm play `steps` batches of `BATCH` episodes."""
    batches = ALGORITHMS[algorithm].batches_a_round
    if batches is None:
        return {"steps": steps, "eval_every": max(1, steps // 3)}
    rounds = max(1, steps // batches) if batches else 1
    return {"rounds": rounds, "scenarios": BATCH * steps // rounds // ATTEMPTS}


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

    The clone is trained wherever another algorithm needs it.

    Args:
        env_ids: Registered ids.
        algorithms: Of `BENCHMARKED`.
        seeds: One run of each algorithm for each.
        out: See `Job`, as for the next three.
        demonstrations: Episodes of each dataset.
        steps: Of the online algorithms.
        final_episodes: Of each evaluation.
        workers: Runs at a time.
        tell: Gets a line for each run.

    Raises:
        ValueError: If an argument is invalid, or if `out` holds results of other numbers of episodes or steps.
    """
    if unknown := set(algorithms) - set(BENCHMARKED):
        raise ValueError(f"algorithms must be among {', '.join(BENCHMARKED)}; got {', '.join(sorted(unknown))}")
    budget = (out, demonstrations, steps, final_episodes)
    jobs = [Job(env_id, name, seed, *budget) for seed in seeds for env_id in env_ids for name in algorithms]
    for env_id in env_ids:
        if evaluate(env_id, "random", 20, seeds_of.test(20).start).score is None:
            raise ValueError(f"env_ids must have an exact optimum, or there is no score; {env_id} has none")
    asked = {"demonstrations": demonstrations, "steps": steps, "final_episodes": final_episodes}
    for row in results(out):
        if other := {name: row.get(name) for name in asked if row.get(name) != asked[name]}:
            raise ValueError(f"out must be another folder: {out} holds results of {other}, and {asked} was asked for")
    done = {(row["env_id"], row["algorithm"], row["seed"]) for row in results(out)}
    waiting = [job for job in jobs if job.key not in done]
    clones = dict.fromkeys(replace(job, algorithm="bc") for job in waiting)
    first = [clone for clone in clones if clone.key not in done]
    rest = [job for job in waiting if job.algorithm != "bc"]
    out.mkdir(parents=True, exist_ok=True)
    for group in (first, rest):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
            for future in as_completed([pool.submit(run, job) for job in group]):
                row = future.result()
                with (out / "results.jsonl").open("a") as file:
                    file.write(json.dumps(row) + "\n")
                said = row["error"] or f"{row['score']:.3f}, {row['cpu_minutes']:.1f} CPU minutes"
                tell(f"{row['env_id']} {row['algorithm']} seed {row['seed']}: {said}")
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
    named: dict[str, Any] = {name: value for name, value in asdict(job).items() if name != "out"} | {"error": ""}
    try:
        begun = time.process_time()
        first = seeds_of.demonstrations(job.seed, job.demonstrations).start
        policy = recipes(job.env_id)["mixed"]
        collect(job.env_id, policy, job.demonstrations, job.folder / "dataset", first, resume=True)
        collecting = time.process_time() - begun
        config, begun, wall = job.config(), time.process_time(), time.perf_counter()
        shutil.rmtree(config.out, ignore_errors=True)  # what an interrupted run has left
        _, train = ALGORITHMS[job.algorithm].load()
        with config.out.with_suffix(".log").open("w") as log, redirect_stdout(log), redirect_stderr(log):
            train(config)
        evaluation = json.loads((config.out / "evaluation.json").read_text())[0]
        curve = map(json.loads, (config.out / "metrics.jsonl").read_text().splitlines())
        return {
            **named,
            **{name: evaluation[name] for name in ("score", "score_interval", "zero", "over_random", "mean_return")},
            "curve": [(row["episodes"], row["seconds"], row["score"]) for row in curve if row.get("score") is not None],
            "cpu_minutes": (time.process_time() - begun) / 60,
            "minutes": (time.perf_counter() - wall) / 60,
            "collecting_cpu_minutes": collecting / 60,
        }
    except Exception as error:  # one run that fails must not lose the others
        return {**named, "error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()[-2000:]}
