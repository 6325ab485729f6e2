"""`dialogym collect`: record episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..policies.collect import collect
from .options import Meetings


@dataclass(frozen=True)
class Collect(Meetings):
    """Play episodes with a policy and append them to a folder of Parquet files."""

    policy: str = "scripted"
    """Who speaks for the learner."""
    episodes: int = 1000
    """How many episodes are played."""
    best_of: int = 1
    """Attempts at each episode, against the same partner; the best is kept."""
    reward: str = "goal"
    """Registered reward, or several with weights, such as `goal=1,turn_cost=0.01`."""
    resume: bool = False
    """Go on after an interruption: play only the seeds that the folder does not hold yet."""
    engine: str = "local"
    """`local` plays in this process, `ray` in worker processes, on this machine or on the cluster of `RAY_ADDRESS`."""
    workers: int = 2
    """How many worker processes play on Ray."""
    batch: int = 256
    """Dialogues that run together, and are written together."""
    out: Path = Path("runs/episodes")
    """Folder to append to."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Collect and say where."""
    options = tyro.cli(Collect, args=list(arguments), prog="dialogym collect")
    store = collect(
        options.env_id,
        options.policy,
        options.episodes,
        options.out,
        options.seed,
        options.batch,
        options.best_of,
        progress=True,
        resume=options.resume,
        engine=options.engine,
        workers=options.workers,
        **options.settings({"reward": options.reward, **settings}),
    )
    Console().print(f"{len(store)} episodes in {store.path}")
