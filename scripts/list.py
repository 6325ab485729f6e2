"""`dialogym list`: the environments of the suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tyro
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from ..envs.base import Family
from ..envs.make import load_family
from ..envs.registration import TABLE, families
from ..evaluation.exact import known_value, optimum, upper_bound
from .docs import summary
from .page_numbers import kept_limits

WIDTH = 80  # wider lines are hard to follow


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Print the environments; what has to be solved appears as soon as it is, each shared solution once."""
    tyro.cli(_list, args=list(arguments), prog="dialogym list")


def _list(*, solve: bool = False) -> None:
    """The environments of the suite.

    Each is shown with the expected payoff of the best possible policy, and of one that is told the hidden state at the
    start.

    Args:
        solve: Whether to compute these here, which takes some minutes, rather than to take those of the documentation.
    """
    console = Console()
    width = min(console.width, WIDTH)
    console.print(_line("environment", "scenarios", "optimum", "secret known", style="bold"), width=width)
    for path, env_ids in families().items():
        kind = type(load_family(*TABLE[env_ids[0]]))
        console.print(f"\n[bold]{kind.__name__}[/bold]: {escape(summary(kind))}", width=width, highlight=False)
        for env_id in env_ids:  # each as soon as it is solved
            settings = TABLE[env_id][1]
            family = load_family(path, settings)
            console.print(_line(env_id, f"{len(family.scenarios()):,}", *_values(env_id, family, solve)), width=width)
            if settings:
                shown = ", ".join(f"{name}={value}" for name, value in settings.items())
                console.print(Padding(f"[dim]{escape(shown)}[/dim]", (0, 0, 0, 2)), width=width, highlight=False)


def _line(*cells: str, style: str = "") -> Table:
    """A table of one row, in columns of the same widths for every environment."""
    table = Table(box=None, show_header=False, expand=True, padding=(0, 2, 0, 0))
    table.add_column(ratio=1, no_wrap=True)
    for name in ("scenarios", "at most 0.0000", "secret known"):
        table.add_column(width=len(name), no_wrap=True, justify="right")
    table.add_row(*cells, style=style)
    return table


def _values(env_id: str, family: Family, solve: bool) -> tuple[str, str]:
    """The exact optimum, and what a learner gets that is told the secret; where they are out of reach, a bound."""
    found = {} if solve else kept_limits().get(env_id, {})
    if not found:
        try:
            found = {"optimum": optimum(family), "secret known": known_value(family)}
        except NotImplementedError:
            bound = upper_bound(family)
            found = {} if bound is None else {"upper bound": bound}
    if "optimum" in found:
        return f"{found['optimum']:.4f}", f"{found['secret known']:.4f}"
    return f"at most {found['upper bound']:.4f}" if found else "-", "-"
