"""The recorded episodes that a trainer learns from: given, or collected into the folder of its run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from ..core.episode import Episode
from ..envs.episodes import read_episodes
from ..policies.rollout import collect
from . import processes
from .run import EVALUATION_SEED

A_RUN = 100_000  # seeds of demonstrations for each seed of a run


class Wants(Protocol):
    """What is asked of a trainer's configuration; see `OfflineConfig` for the fields."""

    @property
    def env_id(self) -> str: ...
    @property
    def out(self) -> Path: ...
    @property
    def seed(self) -> int: ...
    @property
    def settings(self) -> dict[str, Any]: ...
    @property
    def episodes_path(self) -> Path | None: ...
    @property
    def demonstrator(self) -> str: ...
    @property
    def demonstrations(self) -> int: ...


def first_seed(seed: int) -> int:
    """Of the demonstrations of a run; clear of the seeds that evaluations play."""
    return seed * A_RUN + (2 * EVALUATION_SEED if seed * A_RUN >= EVALUATION_SEED else 0)


def recorded(config: Wants, best_of: int = 1) -> tuple[list[Episode], int]:
    """The episodes to learn from, and how many failed ones were dropped.

    Args:
        config: Where they are, or who is to play them. A collection that was interrupted is completed.
        best_of: See `collect`.

    Raises:
        ValueError: If none is left, or if ``out/demonstrations`` holds episodes of something else.
        FileNotFoundError: If `episodes_path` holds none.
    """
    path, wanted = config.episodes_path, None
    if path is None:
        path, first = config.out / "demonstrations", first_seed(config.seed)
        wanted = range(first, first + config.demonstrations)
        job = (config.env_id, config.demonstrator, config.demonstrations, path, first)
        processes.main_only(lambda: collect(*job, best_of=best_of, progress=True, resume=True, **config.settings) and None)
    found = [episode for episode in read_episodes(path) if wanted is None or episode.seed in wanted]
    episodes = [episode for episode in found if not episode.error]
    if not episodes:
        raise ValueError(f"episodes_path must hold episodes that did not fail; all {len(found)} in {path} did")
    return episodes, len(found) - len(episodes)
