"""`dialogym collect`: record episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..policies.collect import collect
from ..simulated_users.user import is_refusal
from .options import Recording


@dataclass(frozen=True)
class Collect(Recording):
    """Play episodes with a policy and append them to a folder of Parquet files."""

    policy: str = "scripted"
    """Who speaks for the learner."""
    episodes: int = 1000
    """How many episodes are played."""
    best_of: int = 1
    """Attempts at each episode, against the same partner; the best is kept."""
    resume: bool = False
    """Go on after an interruption: play only the seeds that the folder does not hold yet, and those that failed."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own."""
    critic: Literal["", "exact", "reaction"] = ""
    """Who says in words what each turn was worth, kept as its `feedback`."""
    batch: int = 256
    """Dialogues that run together, and are written together."""
    out: Path = Path("runs/episodes")
    """Folder to append to."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Collect; say where, and what failed."""
    options = tyro.cli(Collect, args=list(arguments), prog="dialogym collect")
    play = {
        name: getattr(options, name)
        for name in ("seed", "split", "batch", "best_of", "resume", "engine", "workers", "critic")
    }
    given = {**play, **options.settings(settings)}
    store = collect(options.env_id, options.policy, options.episodes, options.out, progress=True, **given)
    failed = store.failures()
    told = f"{len(store) - len(failed)} episodes in {store.path}"
    if failed:
        *_, why = failed.values()
        again = "" if all(map(is_refusal, failed.values())) else " and are played again with --resume"
        told += f"; {len(failed)} more failed, which do not count{again}; in the last one: {why}"
    Console(highlight=False).print(told, markup=False, soft_wrap=True)
