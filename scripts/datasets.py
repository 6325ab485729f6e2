"""`dialogym datasets`: episodes of known quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..envs.episodes import EpisodeStore
from ..envs.minari_export import export_minari
from ..evaluation.datasets import Quality, make_datasets, table
from .options import Recording


@dataclass(frozen=True)
class Datasets(Recording):
    """Make four datasets of episodes (random, scripted, mixed, near-optimal), and say how good each is.

    The same command gives the same bytes; a repeated one plays only what is missing. The quality is always that of the
    payoff. With a free `--user llm:MODEL` no optimum holds.
    """

    episodes: int = 2000
    """How many in each."""
    minari: str = ""
    """Write them as Minari datasets as well, under this name:

    `dialogym/negotiation` makes `dialogym/negotiation/random-v0` and so on.
    """
    out: Path | None = None
    """Folder; `runs/datasets/ENV_ID` by default."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Make them and print the table."""
    options = tyro.cli(Datasets, args=list(arguments), prog="dialogym datasets")
    out = options.out or Path("runs/datasets") / options.env_id
    play = {name: getattr(options, name) for name in ("episodes", "seed", "engine", "workers")}
    found = make_datasets(options.env_id, out, progress=True, **play, **options.settings(settings))
    console = Console(highlight=False)
    console.print(table(found.values()), markup=False, soft_wrap=True)
    if options.minari:
        for dataset_id in export_all(options.minari, out, found):
            console.print(f"Minari: {dataset_id}", markup=False)
    console.print(f"episodes and quality.json in {out}", markup=False)


def export_all(name: str, out: Path, found: dict[str, Quality]) -> list[str]:
    """Export each dataset; their ids."""
    made = []
    for dataset, quality in found.items():
        description = (
            f"{quality.env_id}, policy {quality.policy}: mean payoff {quality.mean_return:.4f}, optimum "
            f"{quality.optimum or quality.bound}"
        )
        made.append(f"{name}/{dataset}-v0")
        expected = quality.parts[0].expected_return if quality.policy == "random" else None
        random = quality.random_return if expected is None else expected
        export_minari(EpisodeStore(out / dataset), made[-1], random, quality.optimum, description)
    return made
