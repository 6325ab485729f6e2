"""`dialogym transfer`: let every policy play several kinds of people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..evaluation.transfer import EPISODES, FEW, transfer
from .options import Dialogues, check_out, write_out


@dataclass(frozen=True)
class Send(Dialogues):
    """Let every policy play several kinds of people: what it earns with whom, and whether they agree on the order."""

    policies: tuple[str, ...] = ("random", "scripted", "lookahead", "optimal")
    """Two or more policies; `NAME=POLICY` gives one a name, such as `tough=acts:FOLDER`."""
    on: tuple[str, ...] = ()
    """Two or more kinds of people: `scripted`, settings such as `population=hard` or `user=llm:MODEL` (several with
    commas), or another id with the same acts. By default all ids of the family with the same acts."""
    episodes: int = EPISODES
    """Dialogues of each policy with each kind."""
    few: int = FEW
    """Dialogues with those for whom a language model is asked."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own."""
    out: Path | None = None
    """Write the result here too: `.json` or `.md`."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Play and print."""
    options = tyro.cli(Send, args=list(arguments), prog="dialogym transfer")
    check_out(options.out)
    tell = partial(Console(stderr=True, highlight=False).print, style="dim", markup=False)
    given = {name: getattr(options, name) for name in ("few", "split", "grammar")} | settings
    found = transfer(
        options.env_id, options.policies, options.on or None, options.episodes, options.seed, progress=tell, **given
    )
    Console(highlight=False).print(str(found), markup=False, soft_wrap=True)
    write_out(found, options.out)
