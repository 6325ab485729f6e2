"""`dialogym report`: the page of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..evaluation.report import write_report


@dataclass(frozen=True)
class Report:
    """Write a self-contained HTML page about a training run."""

    run: tyro.conf.Positional[tuple[Path, ...]]
    """Folder of the run; of several with different seeds, the first is shown, with bands over all of them."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Write the page and say where it is."""
    options = tyro.cli(Report, args=list(arguments), prog="dialogym report")
    if not options.run:
        raise ValueError("run must be the folder of a training run, or several")
    Console(highlight=False).print(f"report: {write_report(options.run[0], others=options.run[1:])}")
