"""Group-relative policy optimisation (Shao et al. 2024) on acts.

Several attempts are made at each scenario, against the same partner; each is held against what the group came to, in
all (`credit="trajectory"`) or from the same turn on (`credit="turn"`). There is no critic.
"""

from __future__ import annotations

import torch

from ...envs import seeds
from ..credit import make_credit
from ..run import training
from .configs import GRPOConfig
from .ppo import update
from .training import Training


@training
def train_grpo(config: GRPOConfig) -> float | None:
    """Train a policy by GRPO; returns its score. The policy is in ``config.out / "grpo" / "model"``."""
    run, credit = Training(config), make_credit(config.credit)
    size, episodes = config.group_size, config.groups * config.group_size
    for step in run.steps(config.steps, episodes):
        scenarios = seeds.train(config.seed, config.groups, step * config.groups)
        batch, dialogues = run.play([seed for seed in scenarios for _ in range(size)], [*range(size)] * config.groups)
        rewards = [[float(step.reward) for step in dialogue.steps] for dialogue in dialogues]
        advantages = torch.zeros(batch.own.shape)
        for row, values in zip(advantages, credit(rewards, size, dialogues), strict=True):
            row[: len(values)] = torch.from_numpy(values)
        update(run, config, step, batch, advantages)
    return run.finish(episodes=episodes * config.steps, steps=config.steps)
