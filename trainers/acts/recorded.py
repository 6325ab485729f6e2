"""Recorded episodes as batches of acts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np
import torch

from ...core.dialogue import Dialogue
from ...core.episode import Episode
from ...envs.engine import Engine
from ...envs.episodes import replay
from ...envs.make import make_engine
from ..demonstrations import recorded, respected
from .configs import RecordedConfig
from .training import Batch, Training


def recorded_batch(
    run: Training, config: RecordedConfig, best_of: int = 1, best_share: float = 1.0, respect: str = "off"
) -> Batch:
    """The episodes to learn from, rewarded as the run's engine does; the best of them by payoff, if not all are wanted.

    Turns that are not to be cloned (see `respected`) are none of the learner's own.

    Raises:
        ValueError: As for `recorded`.
    """
    episodes, _ = recorded(config, best_of)
    if best_share < 1.0:
        episodes = sorted(episodes, key=lambda episode: -episode.payoff)[: max(1, round(best_share * len(episodes)))]
    engine = make_engine(config.env_id, reward=getattr(config, "reward", None) or episodes[0].reward, **config.settings)
    episodes = [episode for episode in episodes if episode.turns]
    batch = Batch.of([_replayed(episode, engine) for episode in episodes], run.encoding)
    for row, episode in enumerate(episodes if respect != "off" else ()):
        kept = respected(episode, respect)
        batch.own[row, : len(kept)] &= torch.tensor(kept)
    if not batch.own.any():
        raise ValueError(f"respect must leave turns to clone; {respect!r} leaves none of {len(episodes)} episodes")
    return batch


def _replayed(episode: Episode, engine: Engine) -> Dialogue:
    """The whole dialogue of a record."""
    return deque(replay(episode, engine), maxlen=1)[0].dialogue


def passes(rows: int, config: RecordedConfig) -> tuple[int, Callable[[int], np.ndarray]]:
    """How many steps the passes over so many rows take, and the rows of a step; each pass has an order of its own."""
    a_pass = max(1, rows // config.batch_size)

    def rows_of(step: int) -> np.ndarray:
        number, part = divmod(step, a_pass)
        order = np.random.default_rng((config.seed, number)).permutation(rows)
        return np.array_split(order, a_pass)[part]

    return max(1, round(config.epochs * a_pass)), rows_of
