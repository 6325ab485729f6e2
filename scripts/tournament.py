"""`dialogym tournament`: let policies meet each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..core.checks import writable
from ..evaluation.standings import Tournament
from ..evaluation.tournament import ROUNDS, tournament
from .figures import drawing
from .options import Dialogues


@dataclass(frozen=True)
class Meet(Dialogues):
    """Let policies meet each other in a family whose seats can learn: cross-play matrix and ranking."""

    players: tuple[str, ...] = ()
    """Two or more policies. `SEAT=POLICY,SEAT=POLICY` is one player, such as the two act policies of self-play. By
    default `optimal` (two heuristics of the family where it cannot sit in every seat), `scripted` and `random`."""
    rounds: int = ROUNDS
    """Seeds, on each of which every player meets every player in every seat."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own. No run trains on those of `validation` and `test`."""
    batch: int = 256
    """Dialogues that run together."""
    out: Path | None = None
    """Folder for `tournament.jsonl` (every dialogue), `.md`, `.json` (the tables) and `.svg` (the matrix)."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Play and print."""
    options = tyro.cli(Meet, args=list(arguments), prog="dialogym tournament")
    if options.out is not None:
        writable(options.out / "tournament.md")
    log = Console(stderr=True, highlight=False)
    given = {name: getattr(options, name) for name in ("rounds", "seed", "grammar", "split", "batch")} | settings
    tell = partial(log.print, style="dim", markup=False)
    found = tournament(options.env_id, options.players or None, progress=tell, **given)
    console = Console(highlight=False)
    console.print(str(found), markup=False, soft_wrap=True)
    if options.out is not None:
        found.write(options.out)
        if find_spec("matplotlib") is None:
            log.print("no picture without matplotlib: pip install 'dialogym[report]'", markup=False)
        else:
            draw(found, options.out / "tournament.svg")
        console.print(f"written to {options.out}", markup=False, soft_wrap=True)


def draw(found: Tournament, path: Path) -> None:
    """The cross-play matrix as a picture: a panel for each view, players in the order of the ranking."""
    names, views = [one.player for one in found.ranking], found.views()
    cells = {seat: [[found.cell(row, other, seat) for other in names] for row in names] for seat in views}
    means = [cell.mean for rows in cells.values() for row in rows for cell in row if cell is not None]
    low, high = min(means, default=0.0), max(means, default=1.0)
    longest = max(map(len, map(_short, names)))
    side = max(1.6, 0.72 * len(names))
    width = len(views) * (side + 0.25) + 0.08 * longest + 0.3
    height = side + 0.08 * longest * (len(names) > 2) + 0.75
    with drawing(path, width, height, 1, len(views), description=found.about()) as (_, panels):
        for place, (axes, (seat, title)) in enumerate(zip(panels, views.items(), strict=True)):
            shown = [[float("nan") if cell is None else cell.mean for cell in row] for row in cells[seat]]
            axes.imshow(shown, cmap="Blues", vmin=low, vmax=high + 1e-9, aspect="auto")
            for i, row in enumerate(cells[seat]):
                for j, cell in enumerate(row):
                    dark = cell is not None and cell.mean > low + 0.6 * (high - low)
                    said = "–" if cell is None else f"{cell.mean:.3f}"
                    spread = "" if cell is None else f"\n±{(cell.interval.high - cell.interval.low) / 2:.3f}"
                    axes.text(j, i, said + spread, ha="center", va="center", size=8, color="white" if dark else "black")
            axes.set_xticks(range(len(names)), map(_short, names), rotation=35 if len(names) > 2 else 0)
            for label in axes.get_xticklabels() if len(names) > 2 else ():
                label.set(ha="right", rotation_mode="anchor")
            axes.set_yticks(range(len(names)), [] if place else list(map(_short, names)))
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            axes.set_title("\n".join(title.split(", ")), loc="left", fontsize=9.5)


def _short(name: str) -> str:
    """The end of a long name: of a path, what tells it apart."""
    return name if len(name) <= 22 else f"…{name[-21:]}"
