"""`dialogym export`: dialogues as data for others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..envs.seeds import seed_in
from ..evaluation.decisions import decisions
from .options import Dialogues


@dataclass(frozen=True)
class Export(Dialogues):
    """Write single decisions, with the exact value of every act, as JSON lines: tasks of one turn, tests for judges."""

    decisions: bool = False
    """What is written; there is nothing else yet."""
    policy: str = "scripted"
    """Who has brought the dialogues to where they stand."""
    episodes: int = 100
    """Dialogues that the decisions are from."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own."""
    out: Path | None = None
    """File to write; `runs/ENV_ID-decisions.jsonl` by default."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Write the file and say where."""
    options = tyro.cli(Export, args=list(arguments), prog="dialogym export")
    if not options.decisions:
        raise ValueError("say what to export: --decisions")
    out = options.out or Path("runs") / f"{options.env_id.removeprefix('dialogym:')}-decisions.jsonl"
    first = seed_in(options.split, options.seed, options.episodes)
    given = {"grammar": options.grammar, **settings}
    rows = decisions(options.env_id, options.policy, range(first, first + options.episodes), **given)
    out.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with out.open("w") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    Console(highlight=False).print(f"{count} decisions of {options.episodes} dialogues in {out}", markup=False)
