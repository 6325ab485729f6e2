"""`dialogym scorecard`: measure simulated users side by side."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..evaluation.scorecard import scorecard
from .options import Dialogues, check_out, write_out


@dataclass(frozen=True)
class MeasureUsers(Dialogues):
    """Measure simulated users side by side.

    Goals, words, leaks under attack, diversity, speed, and how policies fare with each.
    """

    user: tuple[str, ...] = ("scripted",)
    """One or more users: `scripted`, `voiced:MODEL`, `llm:MODEL`, with parameters in parentheses; see docs/users.md."""
    policy: tuple[str, ...] | None = None
    """Whose payoff is compared; by default `optimal`, `best-heuristic` and `scripted`.

    `lm:FOLDER` for a trained model; `none` for nobody.
    """
    episodes: int = 20
    """Dialogues of each kind with each user."""
    repeats: int = 4
    """Dialogues that are played again with no record: are they the same, and how long do they take?"""
    batch: int = 64
    """Dialogues that run together."""
    json: bool = False
    """Print JSON, which also holds the definitions and the parts of each figure."""
    markdown: bool = False
    """Print Markdown."""
    out: Path | None = None
    """Write the result here too: `.json` or `.md`."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Measure and print."""
    options = tyro.cli(MeasureUsers, args=list(arguments), prog="dialogym scorecard")
    if options.json and options.markdown:
        raise ValueError("choose one of --json and --markdown")
    check_out(options.out)
    policies = None if options.policy is None else [name for name in options.policy if name != "none"]
    log = Console(stderr=True, highlight=False)
    given = {name: getattr(options, name) for name in ("episodes", "seed", "repeats", "batch", "grammar")} | settings
    tell = partial(log.print, style="dim", markup=False)
    result = scorecard(options.env_id, options.user, policies=policies, progress=tell, **given)
    shown = result.to_markdown().rstrip() if options.markdown else str(result)
    shown = json.dumps(result.to_json(), indent=2) if options.json else shown
    Console(highlight=False).print(shown, markup=False, soft_wrap=True)
    write_out(result, options.out)
