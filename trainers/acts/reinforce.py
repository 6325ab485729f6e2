"""REINFORCE (Williams 1992) on acts: each batch is learned from once.

What came after an act is held against what came after the same turn in the mean of the batch (Sutton and Barto 2018,
section 13.4).
"""

from __future__ import annotations

import torch

from ...envs import seeds
from ..run import training
from .configs import ReinforceConfig
from .ppo import update
from .training import Training, returns_to_go


@training
def train_reinforce(config: ReinforceConfig) -> float | None:
    """Train a policy by REINFORCE; returns its score. The policy is in ``config.out / "reinforce" / "model"``."""
    run = Training(config)
    for step in run.steps(config.steps, config.episodes):
        batch, _ = run.play(seeds.train(config.seed, config.episodes, step * config.episodes))
        returns = returns_to_go(batch.rewards) * batch.own
        baseline = returns.sum(0) / batch.own.sum(0).clamp(min=1)
        update(run, config, step, batch, torch.where(batch.own, returns - baseline, 0.0))
    return run.finish(episodes=config.episodes * config.steps, steps=config.steps)
