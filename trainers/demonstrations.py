"""The recorded episodes that a trainer learns from: given, or collected into the folder of its run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.episode import Episode
from ..envs.episodes import read_episodes
from ..envs.make import make_engine
from ..policies.collect import collect
from . import processes
from .config import TrainerConfig
from .run import EVALUATION_SEED

A_RUN = 100_000  # seeds of demonstrations for each seed of a run


@dataclass(frozen=True)
class RecordedConfig(TrainerConfig):
    """What trainers are told that learn from recorded episodes."""

    episodes_path: Path | None = None
    """Recorded episodes; without it they are collected."""
    demonstrator: str = "scripted"
    """Policy that plays the episodes, if they are to be collected."""
    demonstrations: int = 4000
    """How many episodes to collect."""
    epochs: float = 2.0
    """Passes over the episodes."""
    batch_size: int = 16
    """Episodes a step, of all processes together."""
    learning_rate: float = 4e-3
    """Peak of the cosine schedule; the default suits `tiny`, a pretrained model wants about 2e-5 (2e-4 with LoRA)."""
    eval_every: int = 0
    """Steps between evaluations; 0 evaluates before and after only."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("demonstrations", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)!r}")
        if not self.epochs > 0.0:
            raise ValueError(f"epochs must be above 0, got {self.epochs!r}")


def first_seed(seed: int) -> int:
    """Of the demonstrations of a run; clear of the seeds that evaluations play."""
    return seed * A_RUN + (2 * EVALUATION_SEED if seed * A_RUN >= EVALUATION_SEED else 0)


def recorded(config: RecordedConfig, best_of: int = 1) -> tuple[list[Episode], int]:
    """The episodes to learn from, and how many failed ones were dropped.

    Args:
        config: Where they are, or who is to play them. A collection that was interrupted is completed.
        best_of: See `collect`.

    Raises:
        ValueError: If none is left, if ``out/demonstrations`` holds episodes of something else, or `episodes_path`
            those of another environment.
        FileNotFoundError: If `episodes_path` holds none.
    """
    path, wanted = config.episodes_path, None
    if path is None:
        path, first = config.out / "demonstrations", first_seed(config.seed)
        wanted = range(first, first + config.demonstrations)

        def play() -> None:
            job = (config.env_id, config.demonstrator, config.demonstrations, path, first)
            collect(*job, best_of=best_of, progress=True, resume=True, **config.settings)

        processes.main_only(play)
    found = [episode for episode in read_episodes(path) if wanted is None or episode.seed in wanted]
    check(found, config.env_id, config.settings)
    episodes = [episode for episode in found if not episode.error]
    if not episodes:
        raise ValueError(f"episodes_path must hold episodes that did not fail; all {len(found)} in {path} did")
    return episodes, len(found) - len(episodes)


def check(episodes: Sequence[Episode], env_id: str, settings: Mapping[str, Any]) -> None:
    """See that recorded episodes are of the environment that is trained in.

    Args:
        episodes: Records.
        env_id: Registered id.
        settings: As for ``gym.make``.

    Raises:
        ValueError: If some are of another environment, or of other settings.
    """
    engine = make_engine(env_id, **{**settings, "user": "scripted", "ear": "grammar"})
    wanted = json.loads(json.dumps(engine.family.settings()))
    for episode in episodes:
        if episode.settings != wanted:
            different = sorted(
                name for name in {*episode.settings, *wanted} if episode.settings.get(name) != wanted.get(name)
            )
            raise ValueError(
                f"episodes must be of {env_id}, as it is to be trained in; one is of {episode.env_id}, with other "
                f"settings ({', '.join(different)})"
            )
