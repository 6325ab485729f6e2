"""`dialogym check`: whether an environment does what every environment must do."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import tyro
from rich.console import Console
from rich.markup import escape

from ..evaluation.conformance import Subject, run

WIDTH = 80  # wider lines are hard to follow


@dataclass(frozen=True)
class Check:
    """Check a registered environment, also one of your own (with --module), and say in words what is wrong with it."""

    env_id: tyro.conf.Positional[str]
    """Environment; `dialogym list` shows them."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> int:
    """Make all checks and print a line for each.

    Returns:
        1 if something is wrong, else 0.
    """
    options = tyro.cli(Check, args=list(arguments), prog="dialogym check")
    console = Console(highlight=False, soft_wrap=True)
    problems = made = 0
    for name, problem in run(Subject(options.env_id, **settings)):
        made += 1
        problems += bool(problem)
        same = problem.startswith("as with: ")
        console.print(
            f"{'[bold red]no[/bold red]' if problem else '[green]ok[/green]'}  {name}{f' ({problem})' * same}"
        )
        if problem and not same:
            console.print(escape(textwrap.fill(problem, WIDTH, initial_indent="      ", subsequent_indent="      ")))
    verdict = f"{problems} of {made} checks failed" if problems else f"all {made} checks passed"
    console.print(f"\n{escape(options.env_id)}: {verdict}")
    return int(problems > 0)
