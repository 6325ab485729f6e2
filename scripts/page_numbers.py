"""Numbers of the families' pages, read again; and those that are kept with the package, where pages may be missing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

KEPT = Path(__file__).parent / "optima.json"
"""Written by `dialogym.scripts.docs`: what the pages say of the optimum of each environment."""


def read_variant(page: str, env_id: str) -> tuple[dict[str, float], dict[str, str]]:
    """The first column of the table of a variant.

    Args:
        page: The page of a family, as Markdown.
        env_id: The id of one of its variants.

    Returns:
        The expected payoff, and the share of the optimum (``"90%"``), by row.
    """
    section = page.partition(f"\n### {env_id}\n")[2].partition("\n\n|  |")[0]
    cells = dict(re.findall(r"^\| (\S.*?) \| (-?\d.*?) \|", section, re.MULTILINE))
    shares = {row: f"{share}%" for row, cell in cells.items() for share in re.findall(r"\((-?\d+)%\)$", cell)}
    return {row: float(cell.split()[0]) for row, cell in cells.items()}, shares


def as_json(limits: Mapping[str, Mapping[str, float]]) -> str:
    """What `KEPT` holds: a line for each environment."""
    lines = [f"  {json.dumps(env_id)}: {json.dumps(found)}" for env_id, found in limits.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


@cache
def kept_limits() -> dict[str, dict[str, float]]:
    """Of each environment that has a page, ``optimum`` and ``secret known``; or ``upper bound``, if there is one."""
    return json.loads(KEPT.read_text(encoding="utf-8"))
