"""The figures of the pages: how they are drawn, and the one that every family has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

INK, MUTED, BLUE, RED = "#1f2933", "#8a949c", "#1b6ca8", "#b3400f"
LIMITS = {"optimum": (RED, "-"), "upper bound": (RED, "--"), "secret known": (MUTED, ":")}
"""Rows of a page's tables that no policy gets beyond, drawn as lines; colour and style of each."""
PLANNERS = ("do nothing", "random", "scripted", "myopic", "lookahead")
"""Rows that are no fixed heuristics."""
MARKERS = "os^D"
DEVIATIONS = 1.96  # standard errors on each side of a mean: the 95% interval of a mean of many dialogues

Value = tuple[float, float]
"""A mean payoff and its standard error, 0 where it is exact."""


@contextmanager
def drawing(
    path: Path,
    width: float,
    height: float,
    rows: int = 1,
    columns: int = 1,
    grid: bool = False,
    description: str | None = None,
) -> Iterator[tuple[Any, Any]]:
    """A figure in inches, and its panels, saved as SVG when the block ends; the same drawing gives the same bytes.

    Args:
        path: Where to.
        width: Of the figure, in inches.
        height: Likewise.
        rows: Of panels.
        columns: Of panels.
        grid: Whether the panels have one.
        description: What is drawn, in words and numbers; kept in the metadata of the file.

    Yields:
        The figure, and its panels, shape (rows * columns,).
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": path.stem, "font.family": "sans-serif"}
    style |= {"axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": grid}
    with rc_context({**style, "font.size": 9.5, "grid.color": "#dddddd", "grid.linewidth": 0.6}):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        yield figure, figure.subplots(rows, columns, squeeze=False).ravel()
        path.parent.mkdir(parents=True, exist_ok=True)
        said = {"Description": description} if description else {}
        figure.savefig(path, format="svg", metadata={"Date": None, **said})


def payoffs(page: str) -> dict[str, dict[str, dict[str, Value]]]:
    """What the tables of a family's page say: variant -> head of the column -> policy -> payoff.

    A page has a section for each variant, with a table whose first head is ``policy``.
    """
    found: dict[str, dict[str, dict[str, Value]]] = {}
    for env_id, table in re.findall(r"^### (\S+)\n\n(\| policy \|.*?)(?:\n\n|\Z)", page, re.MULTILINE | re.DOTALL):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
        heads = lines[0][1:]
        columns = found[env_id] = {head: {} for head in heads}
        for name, *cells in lines[2:]:
            for head, cell in zip(heads, cells, strict=True):
                if number := re.match(r"(-?[\d.]+)(?: ± ([\d.]+))?", cell):
                    columns[head][name] = float(number[1]), float(number[2] or 0.0)
    return found


def described(values: Mapping[str, Mapping[str, Mapping[str, Value]]]) -> str:
    """The payoffs in words and numbers."""
    return " ".join(
        f"{env_id}, {head}: {', '.join(f'{name} {value} ± {error}' for name, (value, error) in column.items())}."
        for env_id, columns in values.items()
        for head, column in columns.items()
    )


def draw_payoffs(page: str, path: Path) -> None:
    """The tables of a family's page as dots with 95% intervals: a row for each policy, a panel for each variant."""
    values = payoffs(page)
    if not values:
        raise ValueError("page must have a section with a table of policies for at least one variant")
    policies = dict.fromkeys(n for columns in values.values() for column in columns.values() for n in column)
    names = [name for name in policies if name not in LIMITS]
    columns = min(2, len(values))
    rows = -(-len(values) // columns)
    height = rows * (0.75 + 0.2 * len(names)) + 0.35
    with drawing(path, 1.4 + 3.3 * columns, height, rows, columns, True, described(values)) as (figure, panels):
        for place, (axes, (env_id, seats)) in enumerate(zip(panels, values.items(), strict=False)):
            _panel(axes, seats, names)
            axes.set_title(env_id, loc="left", fontsize=10)
            if place % columns:
                axes.set_yticklabels([])
            if place + columns >= len(values):
                axes.set_xlabel("expected payoff", color=INK)
        for axes in panels[len(values) :]:
            axes.set_axis_off()
        keys = {label: key for axes in panels for key, label in zip(*axes.get_legend_handles_labels(), strict=True)}
        figure.legend(keys.values(), keys, loc="outside lower center", ncols=4, frameon=False, fontsize=9)


def _panel(axes: Any, seats: Mapping[str, Mapping[str, Value]], names: Sequence[str]) -> None:
    """One variant; the dots of several seats lie below each other in their row."""
    first = next(iter(seats.values()))
    for name, (colour, style) in LIMITS.items():
        if name in first:
            axes.axvline(first[name][0], color=colour, linewidth=1.3, linestyle=style, label=name)
    for number, (head, column) in enumerate(seats.items()):
        shift = 0.36 * (number - (len(seats) - 1) / 2)
        rows = [row + shift for row, name in enumerate(names) if name in column]
        means, errors = zip(*(column[name] for name in names if name in column), strict=True)
        colours = [MUTED if name in PLANNERS else BLUE for name in names if name in column]
        ends = [[x + side * DEVIATIONS * e for x, e in zip(means, errors, strict=True)] for side in (-1, 1)]
        axes.hlines(rows, *ends, colors=colours, linewidth=1.6)
        label = head if len(seats) > 1 else None
        axes.scatter(means, rows, s=16, marker=MARKERS[number % len(MARKERS)], c=colours, zorder=3, label=label)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
