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
from ..evaluation.datasets import NAMES, recipes
from ..evaluation.evaluate import evaluate
from ..evaluation.statistics import few_runs, mean_interval
from ..policies.baselines import heuristics
from ..trainers.algorithms import ACTS, ALGORITHMS
from .docs import table
from .figures import BLUE, MUTED, RED, drawing

TEMPLATE = Path(__file__).parent / "pages" / "leaderboard.md"
SCORES = "figures/leaderboard_scores.svg"
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
    model: str = "acts"
    """What learns: `acts`, a small policy that chooses acts; or a language model to start from, such as `tiny`."""
    data: tuple[str, ...] = ("scripted",)
    """Datasets by quality: `random`, `scripted`, `mixed`, `near-optimal`. The offline algorithms learn from each; the
    others go on from the clone of the first."""
    demonstrations: int = 2000
    """Episodes of each dataset."""
    played: int = 30_720
    """Episodes that each of the online algorithms plays."""
    episodes: int = 1000
    """Episodes of each evaluation, always of the same seeds."""
    workers: int = 1
    """Runs at a time; each takes one processor."""
    out: Path = Path("runs/benchmark")
    """Folder of the runs and of results.jsonl."""
    page: Path | None = None
    """Write the leaderboard, of all results in the folder, to this Markdown file, and its figures to the folder
    `figures` beside it."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Train what is missing, print the table, write the page.

    Raises:
        ValueError: If an argument is invalid.
    """
    options = tyro.cli(Options, args=list(arguments), prog="dialogym benchmark")
    if settings:
        raise ValueError("the benchmark plays the environments as they are registered: --set cannot be given")
    at_least(options, 1, "seeds", "workers")
    from ..trainers.benchmark import Budget, algorithms, benchmark, key_of

    console = Console(highlight=False)
    env_ids, names = options.env or representatives(), options.algorithm or tuple(algorithms(options.model))
    budget = Budget(options.out, options.model, options.demonstrations, options.played, options.episodes)
    count = len(env_ids) * len(names) * options.seeds
    console.print(
        f"{len(env_ids)} environments, {len(names)} algorithms, seeds: {options.seeds}; up to {count:,} runs from "
        f"{options.data[0]} data. First the optima are solved; then there is a line for each run, which takes a minute "
        "or more.",
        soft_wrap=True,
    )
    found = benchmark(env_ids, names, range(options.seeds), options.data, budget, options.workers, console.print)
    wanted = set(product(env_ids, names, range(options.seeds), options.data))
    first = [row for row in found if key_of(row) in wanted and row["data"] == options.data[0]]
    console.print(leaderboard(first, env_ids, names), markup=False)
    if options.page is not None:
        write_page(options, options.page, found)
        console.print(f"wrote {options.page}", markup=False)


def board(head: str, env_ids: Iterable[str], names: Iterable[str], cell: Callable[[str, str], str]) -> str:
    """A table with a row for each environment and a column for each name, of ``cell(env_id, name)``."""
    names = list(names)
    lines = [[_short(env_id), *(cell(env_id, name) for name in names)] for env_id in env_ids]
    return table([head, *(f"`{name}`" for name in names)], lines)


def leaderboard(rows: Sequence[dict[str, Any]], env_ids: Sequence[str], names: Sequence[str]) -> str:
    """Exact scores by algorithm and environment: means over seeds, and half the 95% interval if there are several."""
    return board("environment", env_ids, names, lambda env_id, name: few_runs(_of(rows, env_id, name)))


def by_data(rows: Sequence[dict[str, Any]], env_id: str, names: Sequence[str], data: Sequence[str]) -> str:
    """Exact scores of the offline algorithms in one environment, by algorithm and the dataset they learned from."""
    lines = [[f"`{name}`", *(few_runs(_of(rows, env_id, name, data=one)) for one in data)] for name in names]
    return table([_short(env_id), *(f"`{one}`" for one in data)], lines)


def seeds_played(rows: Sequence[dict[str, Any]]) -> str:
    """How many seeds stand behind the scores of each environment; a range where algorithms differ."""
    parts: dict[str, list[str]] = {}
    for env_id in dict.fromkeys(row["env_id"] for row in rows):
        counts = {len(_of(rows, env_id, row["algorithm"])) for row in rows if row["env_id"] == env_id}
        low, high = min(counts), max(counts)
        parts.setdefault(f"{low} to {high}" if high > low else f"{low}", []).append(_short(env_id))
    if len(parts) == 1:
        return f"{next(iter(parts))} for each environment"
    return "; ".join(f"{counts} for {', '.join(env_ids)}" for counts, env_ids in parts.items())


def references(env_ids: Iterable[str], episodes: int, data: Sequence[str]) -> dict[str, dict[str, tuple[float, str]]]:
    """What the learned policies are held against, on the evaluation seeds: environment -> row -> score and a name."""
    first, found = seeds.test(episodes).start, {}
    for env_id in env_ids:

        def score(policy: str, env_id: str = env_id) -> float:
            played = evaluate(env_id, policy, episodes, first)
            return played.exact_score or played.score or 0.0

        known = {name: score(name) for name in heuristics(make_engine(env_id))}
        best = max(known, key=lambda name: known[name])
        nothing = evaluate(env_id, "random", episodes, first).nothing_score
        found[env_id] = {
            "random play": (score("random"), ""),
            "doing nothing": (nothing or 0.0, ""),
            **{f"the dataset `{one}`": (score(recipes(env_id)[one]), "") for one in data if one != "random"},
            "best fixed heuristic": (known[best], f" `{best}`"),
        }
    return found


def write_page(options: Options, page: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Fill the template with the tables, draw the learning curves, and put the results themselves beside the figure."""
    from ..trainers.benchmark import algorithms

    figure, first = page.parent / "figures" / "leaderboard.svg", options.data[0]
    there = {row["env_id"] for row in rows}
    env_ids = [env_id for env_id in representatives() if env_id in there]
    env_ids += sorted(there - set(env_ids))
    rows = sorted(rows, key=lambda row: env_ids.index(row["env_id"]))
    names = [name for name in algorithms(options.model) if any(row["algorithm"] == name for row in rows)]
    data = [one for one in NAMES if any(row["data"] == one for row in rows)]
    known = references(env_ids, options.episodes, data)
    of_first = [row for row in rows if row["data"] == first]
    fixed = {env_id: found["best fixed heuristic"][0] for env_id, found in known.items()}
    draw(of_first, env_ids, names, fixed, figure)
    draw_scores(of_first, env_ids, names, fixed, page.parent / SCORES)
    figure.with_suffix(".jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def minutes(env_id: str, name: str) -> str:
        spent = _of(of_first, env_id, name, "cpu_minutes")
        return f"{statistics.fmean(spent):.1f}" if spent else ""

    def gain(env_id: str, name: str) -> str:
        own, clones = (
            {row["seed"]: row["exact_score"] for row in _rows(of_first, env_id, kind)} for kind in (name, "bc")
        )
        return few_runs([score - clones[seed] for seed, score in own.items() if seed in clones], sign="+")

    def reference(env_id: str) -> list[str]:
        cells = known[env_id].values()
        return [_short(env_id), *(f"{0.0 if abs(score) < 5e-4 else score:.3f}{name}" for score, name in cells)]

    offline = [name for name in names if _kind(name) == "offline"]
    halves = [(row["exact_score_interval"][1] - row["exact_score_interval"][0]) / 2 for row in rows]
    qualities = {env_id: {row["data"] for row in rows if row["env_id"] == env_id} for env_id in env_ids}
    values = {
        "board": leaderboard(of_first, env_ids, names),
        "references": table(["environment", *known[env_ids[0]]], [reference(env_id) for env_id in env_ids]),
        "costs": board("CPU minutes", env_ids, names, minutes),
        "runs": str(len(rows)),
        "seeds": seeds_played(of_first),
        "commands": "\n".join(commands(rows, options)),
        "model": options.model,
        "data": first,
        "demonstrations": f"{options.demonstrations:,}",
        "played": f"{options.played:,}",
        "episodes": f"{options.episodes:,}",
        "half": f"{statistics.median(halves):.3f}",
        "hours": f"{sum(row['cpu_minutes'] + row['collecting_cpu_minutes'] for row in rows) / 60:.1f}",
        "findings": board("less the clone of its seed", env_ids, [name for name in names if name != "bc"], gain),
        "offline_seeds": ", ".join(
            f"`{one}` {len({row['seed'] for row in rows if row['data'] == one})}" for one in data
        ),
        "offline": "\n\n".join(
            by_data(rows, env_id, offline, data) for env_id in env_ids if len(qualities[env_id]) > 1
        ),
    }
    text = TEMPLATE.read_text()
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    page.write_text(text)


def commands(rows: Sequence[dict[str, Any]], options: Options) -> list[str]:
    """The commands that train what the rows came from: one for all environments that were trained alike."""
    runs: dict[str, dict[str, set[tuple[str, int]]]] = {}
    for row in rows:
        runs.setdefault(row["env_id"], {}).setdefault(row["data"], set()).add((row["algorithm"], row["seed"]))
    parts: dict[Any, list[str]] = {}
    for env_id, by_data in runs.items():
        alike: dict[Any, list[str]] = {}
        for one in (one for one in NAMES if one in by_data):
            found = frozenset(by_data[one])
            alike.setdefault(found, []).append(one)
        for found, data in alike.items():
            key = tuple(sorted({name for name, _ in found})), 1 + max(seed for _, seed in found), tuple(data)
            parts.setdefault(key, []).append(env_id)
    model = f"--model {options.model} " if options.model != "acts" else ""
    sizes = " ".join(f"--{name} {getattr(options, name)}" for name in ("demonstrations", "played", "episodes"))
    lines = [
        f"dialogym benchmark {model}--env {' '.join(env_ids)} --algorithm {' '.join(names)} --seeds {seeds} "
        f"--data {' '.join(data)} {sizes}"
        for (names, seeds, data), env_ids in parts.items()
    ]
    return [*lines[:-1], f"{lines[-1]} --page {options.page}"]


def draw(
    rows: Sequence[dict[str, Any]],
    env_ids: Sequence[str],
    names: Sequence[str],
    heuristic: dict[str, float],
    path: Path,
) -> None:
    """Score against training episodes of the online algorithms, a panel an environment; the mean over seeds."""
    online = [name for name in names if _kind(name) == "online"]
    columns = min(3, len(env_ids))
    height = math.ceil(len(env_ids) / columns)
    with drawing(path, 3.3 * columns, 2.7 * height, height, columns) as (figure, panels):
        for axes, env_id in zip(panels, env_ids, strict=False):
            if clones := _of(rows, env_id, "bc"):
                axes.axhline(statistics.fmean(clones), color="#888888", linewidth=1.0, linestyle="--", label="clone")
            axes.axhline(heuristic[env_id], color="#bbbbbb", linewidth=1.0, linestyle=":", label="best fixed heuristic")
            for algorithm, colour in zip(online, COLOURS, strict=False):
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
        _legend(figure, panels, len(env_ids), 4)


def draw_scores(
    rows: Sequence[dict[str, Any]],
    env_ids: Sequence[str],
    names: Sequence[str],
    heuristic: dict[str, float],
    path: Path,
) -> None:
    """Exact scores as dots with their 95% intervals: a row for each algorithm, a panel for each environment."""
    found = {env_id: {name: _interval(_rows(rows, env_id, name)) for name in names} for env_id in env_ids}
    columns = min(3, len(env_ids))
    lines = math.ceil(len(env_ids) / columns)
    size = 1.2 + 2.7 * columns, lines * (0.8 + 0.19 * len(names)) + 0.3
    with drawing(path, *size, lines, columns, grid=True, description=_said(found)) as (figure, panels):
        for place, (axes, env_id) in enumerate(zip(panels, env_ids, strict=False)):
            axes.axvline(1.0, color=RED, linewidth=1.3, label="optimum")
            axes.axvline(heuristic[env_id], color=MUTED, linewidth=1.2, linestyle=":", label="best fixed heuristic")
            for line, name in enumerate(names):
                if interval := found[env_id][name]:
                    mean, low, high = interval
                    axes.hlines(line, low, high, color=BLUE, linewidth=1.6)
                    axes.plot(mean, line, "o", color=BLUE, markersize=4)
            axes.set_yticks(range(len(names)), [] if place % columns else names)
            axes.set_ylim(len(names) - 0.4, -0.6)
            axes.set_title(env_id, loc="left", fontsize=10)
            if place + columns >= len(env_ids):
                axes.set_xlabel("score")
        _legend(figure, panels, len(env_ids), 2)


def _legend(figure: Any, panels: Sequence[Any], used: int, columns: int) -> None:
    """One legend for all panels, of which the first `used` show something."""
    for axes in panels[used:]:
        axes.set_axis_off()
    known: dict[str, Any] = {}  # what a panel does not show, another one may
    for axes in panels[:used]:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            known.setdefault(label, handle)
    figure.legend(known.values(), known, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)


def _interval(rows: Sequence[dict[str, Any]]) -> tuple[float, float, float] | None:
    """Mean, and the ends of its 95% interval: over the runs, or of a single run over its episodes."""
    if not rows:
        return None
    scores = [row["exact_score"] for row in rows]
    low, high = rows[0]["exact_score_interval"] if len(rows) == 1 else mean_interval(scores)
    return statistics.fmean(scores), low, high


def _said(found: dict[str, dict[str, tuple[float, float, float] | None]]) -> str:
    return " ".join(
        f"{env_id}: {', '.join(f'{name} {v[0]:.3f} ({v[1]:.3f} to {v[2]:.3f})' for name, v in known.items() if v)}."
        for env_id, known in found.items()
    )


def _short(env_id: str) -> str:
    return env_id.removesuffix("-v0")


def _kind(name: str) -> str:
    return (ACTS.get(name) or ALGORITHMS[name]).kind


def _rows(rows: Iterable[dict[str, Any]], env_id: str, algorithm: str, data: str = "") -> list[dict[str, Any]]:
    """The runs that have a score; with `data`, those that learned from this dataset."""
    wanted = (env_id, algorithm)
    found = (row for row in rows if (row["env_id"], row["algorithm"]) == wanted and row["exact_score"] is not None)
    return [row for row in found if not data or row["data"] == data]


def _of(
    rows: Iterable[dict[str, Any]], env_id: str, algorithm: str, what: str = "exact_score", data: str = ""
) -> list[float]:
    return [row[what] for row in _rows(rows, env_id, algorithm, data)]
