"""`dialogym benchmark`: train every algorithm on every family, and write the leaderboard."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
from .docs import table

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
    rows = benchmark(
        env_ids,
        algorithms,
        range(options.seeds),
        options.out,
        options.demonstrations,
        options.steps,
        options.episodes,
        options.workers,
        console.print,
    )
    rows = [
        row
        for row in rows
        if row["env_id"] in env_ids and row["algorithm"] in algorithms and row["seed"] < options.seeds
    ]
    board = leaderboard(rows, env_ids, algorithms)
    console.print(board, markup=False)
    if options.page is not None:
        write_page(options, rows, env_ids, algorithms, board)
        console.print(f"wrote {options.page}", markup=False)


def leaderboard(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]) -> str:
    """Scores by algorithm and environment: the mean over seeds, and half its 95% interval where there are several."""
    lines = []
    for algorithm in algorithms:
        cells = [few_runs([row["score"] for row in _of(rows, env_id, algorithm)]) for env_id in env_ids]
        lines.append([f"`{algorithm}`", *cells])
    return table(["algorithm", *(env_id.removesuffix("-v0") for env_id in env_ids)], lines)


def costs(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]) -> str:
    """Processor minutes of a run, mean over seeds, by algorithm and environment."""
    lines = []
    for algorithm in algorithms:
        minutes = [[row["cpu_minutes"] for row in _of(rows, env_id, algorithm)] for env_id in env_ids]
        lines.append([f"`{algorithm}`", *(f"{statistics.fmean(values):.1f}" if values else "" for values in minutes)])
    return table(["CPU minutes", *(env_id.removesuffix("-v0") for env_id in env_ids)], lines)


def seeds_played(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]) -> str:
    """How many seeds stand behind each column, unless all have the same; a range where algorithms differ."""
    parts = {}
    for env_id in env_ids:
        counts = [len(_of(rows, env_id, algorithm)) for algorithm in algorithms]
        parts[env_id.removesuffix("-v0")] = str(min(counts)) + (
            f" to {max(counts)}" if max(counts) > min(counts) else ""
        )
    if len(parts) > 1 and len(set(parts.values())) == 1:
        return f"{next(iter(parts.values()))} for each environment"
    return ", ".join(f"{name} {counts}" for name, counts in parts.items())


def references(env_ids: Iterable[str], episodes: int) -> dict[str, dict[str, float]]:
    """Scores on the evaluation seeds of the policies that the learned ones are held against, by environment."""
    first = seeds.test(episodes).start
    found: dict[str, dict[str, float]] = {}
    for env_id in env_ids:
        named = {
            name: evaluate(env_id, name, episodes=episodes, seed=first).score
            for name in heuristics(make_engine(env_id))
        }
        scores = {name: score for name, score in named.items() if score is not None}
        best = max(scores, key=lambda name: scores[name])
        mixed = evaluate(env_id, recipes(env_id)["mixed"], episodes=episodes, seed=first).score
        found[env_id] = {"the data": mixed or 0.0, f"best heuristic ({best})": scores[best]}
    return found


def write_page(
    options: Options, rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str], board: str
) -> None:
    """Fill the template with the tables, draw the learning curves, and put the results themselves beside the figure."""
    assert options.page is not None
    figure = options.page.parent / "figures" / "leaderboard.svg"
    figure.parent.mkdir(parents=True, exist_ok=True)
    known = references(env_ids, options.episodes)
    head = ["reference", *(env_id.removesuffix("-v0") for env_id in env_ids)]
    lines = [["the data", *(f"{known[env_id]['the data']:.3f}" for env_id in env_ids)]]
    best = [next(name for name in known[env_id] if name.startswith("best")) for env_id in env_ids]
    shown = [f"{known[env_id][name]:.3f} `{name[16:-1]}`" for env_id, name in zip(env_ids, best, strict=True)]
    lines.append(["best fixed heuristic", *shown])
    draw(rows, env_ids, known, figure)
    figure.with_suffix(".jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    values = {
        "board": board,
        "references": table(head, lines),
        "costs": costs(rows, env_ids, algorithms),
        "runs": str(len(rows)),
        "seeds": seeds_played(rows, env_ids, algorithms),
        "command": _command(options, env_ids),
        "demonstrations": f"{options.demonstrations:,}",
        "online": f"{options.steps * 128:,}",
        "episodes": str(options.episodes),
        "half": f"{statistics.fmean((row['score_interval'][1] - row['score_interval'][0]) / 2 for row in rows):.2f}",
        "hours": f"{sum(row['cpu_minutes'] + row['collecting_cpu_minutes'] for row in rows) / 60:.1f}",
        "findings": _findings(rows, env_ids, algorithms),
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    options.page.write_text(text)


def draw(
    rows: Sequence[dict[str, Any]], env_ids: Sequence[str], known: dict[str, dict[str, float]], path: Path
) -> None:
    """Score against training episodes of the online algorithms, a panel an environment; the mean over seeds."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    online = [name for name in BENCHMARKED if ALGORITHMS[name].kind == "online"]
    with rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "leaderboard", "font.size": 9.5, "font.family": "sans-serif"}
    ):
        columns = min(3, len(env_ids))
        height = math.ceil(len(env_ids) / columns)
        figure = Figure(figsize=(3.3 * columns, 2.7 * height), layout="constrained")
        panels = figure.subplots(height, columns, squeeze=False).ravel()
        for axes, env_id in zip(panels, env_ids, strict=False):
            clones = [row["score"] for row in _of(rows, env_id, "bc")]
            if clones:
                axes.axhline(statistics.fmean(clones), color="#888888", linewidth=1.0, linestyle="--", label="clone")
            axes.axhline(known[env_id]["the data"], color="#bbbbbb", linewidth=1.0, linestyle=":", label="the data")
            for algorithm, colour in zip(online, COLOURS, strict=True):
                points: dict[int, list[float]] = {}
                for row in _of(rows, env_id, algorithm):
                    for episodes, _, score in row["curve"]:
                        points.setdefault(int(episodes), []).append(score)
                if points:
                    x = sorted(points)
                    axes.plot(
                        x,
                        [statistics.fmean(points[episodes]) for episodes in x],
                        marker="o",
                        markersize=3,
                        linewidth=1.4,
                        color=colour,
                        label=algorithm,
                    )
            axes.set_title(env_id, loc="left", fontsize=10)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_xlabel("episodes played")
        panels[0].set_ylabel("score")
        for axes in panels[len(env_ids) :]:
            axes.set_axis_off()
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _findings(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], algorithms: Sequence[str]) -> str:
    """A line for each algorithm: by how much it differs from the clone of the same seed, in each environment."""
    lines = []
    for algorithm in algorithms:
        if algorithm == "bc":
            continue
        parts = []
        for env_id in env_ids:
            clones = {row["seed"]: row["score"] for row in _of(rows, env_id, "bc")}
            gains = [
                row["score"] - clones[row["seed"]] for row in _of(rows, env_id, algorithm) if row["seed"] in clones
            ]
            parts.append(few_runs(gains, sign="+"))
        lines.append([f"`{algorithm}`", *parts])
    return table(["less the clone of its seed", *(env_id.removesuffix("-v0") for env_id in env_ids)], lines)


def _command(options: Options, env_ids: Sequence[str]) -> str:
    given = [f"--env {' '.join(env_ids)}"] + (
        [f"--algorithm {' '.join(options.algorithm)}"] if options.algorithm else []
    )
    given += [f"--{name} {getattr(options, name)}" for name in ("seeds", "demonstrations", "steps", "episodes")]
    return f"dialogym benchmark {' '.join(given)} --page {options.page}"


def _of(rows: Iterable[dict[str, Any]], env_id: str, algorithm: str) -> list[dict[str, Any]]:
    return [
        row for row in rows if row["env_id"] == env_id and row["algorithm"] == algorithm and row["score"] is not None
    ]
