"""`dialogym list`: the environments of the suite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tyro
from rich.console import Console
from rich.table import Table

from ..envs.family import load_family
from ..envs.registration import TABLE


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Print the table of environments; their optima are computed, so it takes a second."""
    tyro.cli(_list, args=list(arguments), prog="dialogym list")


def _list() -> None:
    """The environments of the suite, with what the best possible policy gets in each."""
    table = Table("environment", "family", "settings", "scenarios", "optimum", "with the secret known")
    table.columns[0].no_wrap = True
    for env_id, (path, settings) in TABLE.items():
        family = load_family(path, settings)
        scenarios = family.scenarios()
        best = known = 0.0
        for scenario in scenarios:
            solution = family.setting(scenario).solution
            best += solution.start_value() / len(scenarios)
            known += solution.known_value() / len(scenarios)
        shown = ", ".join(f"{name}={value}" for name, value in settings.items()) or "defaults"
        table.add_row(env_id, path.rpartition(":")[2], shown, str(len(scenarios)), f"{best:.4f}", f"{known:.4f}")
    Console().print(table)
