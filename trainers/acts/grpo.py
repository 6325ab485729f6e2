"""Group-relative policy optimisation (Shao et al. 2024) on acts, and REINFORCE with a leave-one-out baseline.

Several attempts are made at each scenario, against the same partner or, if asked for, new ones; each is held against
what the group came to, in all (`credit="trajectory"`) or from the same turn on (`credit="turn"`). There is no critic.
With `credit="leave-one-out"` it is RLOO (Kool et al. 2019, Ahmadian et al. 2024), here with the clipped steps of the
others.
"""

from __future__ import annotations

import numpy as np
import torch

from ..credit import make_credit
from ..run import training
from .configs import GRPOConfig
from .ppo import update
from .training import Training


@training
def train_grpo(config: GRPOConfig) -> float | None:
    """Train a policy by GRPO or RLOO; returns its score. The policy is in ``config.out / stage / "model"``."""
    run, credit = Training(config), make_credit(config.credit)
    size, episodes = config.group_size, config.groups * config.group_size
    for step in run.steps(config.steps, episodes):
        batch, dialogues = run.play_groups(step, config.groups, size, config.partner == "redrawn")
        rewards = [None if d.error else [float(turn.reward) for turn in d.steps] for d in dialogues]
        judged = [values for values in credit(rewards, size, dialogues) if len(values)]
        advantages = torch.zeros(batch.own.shape)
        advantages[batch.own] = torch.from_numpy(np.concatenate(judged)).float()
        update(run, config, step, batch, advantages)
    return run.finish(episodes=episodes * config.steps, steps=config.steps)
