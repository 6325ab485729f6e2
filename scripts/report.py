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

    run: tyro.conf.Positional[Path]
    """Folder of the run."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Write the page and say where it is."""
    page = write_report(tyro.cli(Report, args=list(arguments), prog="dialogym report").run)
    Console(highlight=False).print(f"report: {page}")
