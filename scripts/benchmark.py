"""`dialogym benchmark`: train every algorithm on every family, and write the leaderboard."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..core.checks import at_least
from ..envs import seeds
from ..envs.make import make_engine
from ..envs.registration import representatives
from ..evaluation.datasets import recipes
from ..evaluation.evaluate import evaluate
from ..evaluation.statistics import few_runs
from ..policies.baselines import heuristics
from ..trainers.algorithms import ALGORITHMS, BENCHMARKED
from .docs import drawing, table

TEMPLATE = Path(__file__).parent / "pages" / "leaderboard.md"
COLOURS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860")


@dataclass(frozen=True)
class Options:
    """Train every algorithm on every family from the same data, and write the leaderboard.

    Runs that are done are not repeated.
    """

    env: tuple[str, ...] = ()
    """Environments, each with an exact optimum; by default the one that stands for its family on the leaderboard."""
    algorithm: tuple[str, ...] = ()
    """Algorithms; by default all of them."""
    seeds: int = 3
    """Runs of each algorithm, with the seeds from 0."""
    demonstrations: int = 2000
    """Episodes of mixed quality, which the offline algorithms learn from; all others start from their clone."""
    steps: int = 20
    """Batches of 128 episodes that the online algorithms play."""
    episodes: int = 500
    """Episodes of each evaluation, always of the same seeds."""
    workers: int = 1
    """Runs at a time; each takes one processor."""
    out: Path = Path("runs/benchmark")
    """Folder of the runs and of results.jsonl."""
    page: Path | None = None
    """Write the leaderboard to this Markdown file, and its figure to the folder `figures` beside it."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Train what is missing, print the table, write the page.

    Raises:
        ValueError: If an argument is invalid.
    """
    options = tyro.cli(Options, args=list(arguments), prog="dialogym benchmark")
    if settings:
        raise ValueError("the benchmark plays the environments as they are registered: --set cannot be given")
    at_least(options, 1, "seeds", "demonstrations", "steps", "episodes", "workers")
    from ..trainers.benchmark import benchmark

    console = Console(highlight=False)
    env_ids, algorithms = options.env or representatives(), options.algorithm or BENCHMARKED
    sizes = (options.demonstrations, options.steps, options.episodes, options.workers)
    rows = benchmark(env_ids, algorithms, range(options.seeds), options.out, *sizes, console.print)
    if any("zero" not in row for row in rows):
        raise ValueError(f"{options.out} holds scores of an earlier version, with another zero: choose another folder")
    wanted = set(product(env_ids, algorithms, range(options.seeds)))
    rows = [row for row in rows if (row["env_id"], row["algorithm"], row["seed"]) in wanted]
    console.print(leaderboard(rows, env_ids, algorithms), markup=False)
    if options.page is not None:
        write_page(options, options.page, rows, env_ids, algorithms)
        console.print(f"wrote {options.page}", markup=False)


def board(head: str, env_ids: Iterable[str], names: Iterable[str], cell: Callable[[str, str], str]) -> str:
    """A table with a row for each name and a column for each environment, of ``cell(env_id, name)``."""
    lines = [[f"`{name}`", *(cell(env_id, name) for env_id in env_ids)] for name in names]
    return table([head, *map(_short, env_ids)], lines)


def leaderboard(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]) -> str:
    """Scores by algorithm and environment: the mean over seeds, and half its 95% interval where there are several."""
    return board("algorithm", env_ids, algorithms, lambda env_id, name: few_runs(_of(rows, env_id, name)))


def seeds_played(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]) -> str:
    """How many seeds stand behind each column, unless all have the same; a range where algorithms differ."""
    parts = {}
    for env_id in env_ids:
        counts = [len(_of(rows, env_id, algorithm)) for algorithm in algorithms]
        low, high = min(counts), max(counts)
        parts[_short(env_id)] = f"{low} to {high}" if high > low else f"{low}"
    if len(parts) > 1 and len(set(parts.values())) == 1:
        return f"{next(iter(parts.values()))} for each environment"
    return ", ".join(f"{name} {counts}" for name, counts in parts.items())


def references(env_ids: Iterable[str], episodes: int) -> dict[str, dict[str, tuple[float, str]]]:
    """What the learned policies are held against, on the evaluation seeds: environment -> row -> score and a name."""
    first, found = seeds.test(episodes).start, {}
    for env_id in env_ids:
        played = {name: evaluate(env_id, name, episodes, first).score for name in heuristics(make_engine(env_id))}
        best = max(played, key=lambda name: played[name] or 0.0)
        random, data = (evaluate(env_id, name, episodes, first) for name in ("random", recipes(env_id)["mixed"]))
        found[env_id] = {
            "random": (random.score or 0.0, ""),
            "do nothing": (random.nothing_score or 0.0, ""),
            "the data": (data.score or 0.0, ""),
            "best fixed heuristic": (played[best] or 0.0, f" `{best}`"),
        }
    return found


def write_page(
    options: Options, page: Path, rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]
) -> None:
    """Fill the template with the tables, draw the learning curves, and put the results themselves beside the figure."""
    figure = page.parent / "figures" / "leaderboard.svg"
    known = references(env_ids, options.episodes)
    lines = []
    for row in known[env_ids[0]]:
        cells = [known[env_id][row] for env_id in env_ids]
        lines.append([row, *(f"{0.0 if abs(score) < 5e-4 else score:.3f}{name}" for score, name in cells)])
    draw(rows, env_ids, {env_id: found["the data"][0] for env_id, found in known.items()}, figure)
    figure.with_suffix(".jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def minutes(env_id: str, name: str) -> str:
        spent = _of(rows, env_id, name, "cpu_minutes")
        return f"{statistics.fmean(spent):.1f}" if spent else ""

    def gain(env_id: str, name: str) -> str:
        own, clones = ({row["seed"]: row["score"] for row in _rows(rows, env_id, kind)} for kind in (name, "bc"))
        return few_runs([score - clones[seed] for seed, score in own.items() if seed in clones], sign="+")

    values = {
        "board": leaderboard(rows, env_ids, algorithms),
        "references": table(["reference", *map(_short, env_ids)], lines),
        "costs": board("CPU minutes", env_ids, algorithms, minutes),
        "runs": str(len(rows)),
        "seeds": seeds_played(rows, env_ids, algorithms),
        "command": _command(options, env_ids),
        "demonstrations": f"{options.demonstrations:,}",
        "online": f"{options.steps * 128:,}",
        "episodes": str(options.episodes),
        "half": f"{statistics.fmean((row['score_interval'][1] - row['score_interval'][0]) / 2 for row in rows):.2f}",
        "hours": f"{sum(row['cpu_minutes'] + row['collecting_cpu_minutes'] for row in rows) / 60:.1f}",
        "findings": board("less the clone of its seed", env_ids, [name for name in algorithms if name != "bc"], gain),
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    page.write_text(text)


def draw(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], data: dict[str, float], path: Path) -> None:
    """Score against training episodes of the online algorithms, a panel an environment; the mean over seeds."""
    online = [name for name in BENCHMARKED if ALGORITHMS[name].kind == "online"]
    columns = min(3, len(env_ids))
    height = math.ceil(len(env_ids) / columns)
    with drawing(path, 3.3 * columns, 2.7 * height, height, columns) as (figure, panels):
        for axes, env_id in zip(panels, env_ids, strict=False):
            if clones := _of(rows, env_id, "bc"):
                axes.axhline(statistics.fmean(clones), color="#888888", linewidth=1.0, linestyle="--", label="clone")
            axes.axhline(data[env_id], color="#bbbbbb", linewidth=1.0, linestyle=":", label="the data")
            for algorithm, colour in zip(online, COLOURS, strict=True):
                points: dict[int, list[float]] = {}
                for row in _rows(rows, env_id, algorithm):
                    for episodes, _, score in row["curve"]:
                        points.setdefault(int(episodes), []).append(score)
                if x := sorted(points):
                    means = [statistics.fmean(points[episodes]) for episodes in x]
                    axes.plot(x, means, marker="o", markersize=3, linewidth=1.4, color=colour, label=algorithm)
            axes.set_title(env_id, loc="left", fontsize=10)
            axes.set_xlabel("episodes played")
        panels[0].set_ylabel("score")
        for axes in panels[len(env_ids) :]:
            axes.set_axis_off()
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)


def _command(options: Options, env_ids: Sequence[str]) -> str:
    given = [f"--env {' '.join(env_ids)}"] + [f"--algorithm {' '.join(options.algorithm)}"] * bool(options.algorithm)
    given += [f"--{name} {getattr(options, name)}" for name in ("seeds", "demonstrations", "steps", "episodes")]
    return f"dialogym benchmark {' '.join(given)} --page {options.page}"


def _short(env_id: str) -> str:
    return env_id.removesuffix("-v0")


def _rows(rows: Iterable[dict[str, Any]], env_id: str, algorithm: str) -> list[dict[str, Any]]:
    """The runs that have a score."""
    wanted = (env_id, algorithm)
    return [row for row in rows if (row["env_id"], row["algorithm"]) == wanted and row["score"] is not None]


def _of(rows: Iterable[dict[str, Any]], env_id: str, algorithm: str, what: str = "score") -> list[float]:
    return [row[what] for row in _rows(rows, env_id, algorithm)]
