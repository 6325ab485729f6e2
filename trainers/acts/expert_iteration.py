"""Expert iteration, or online filtered behaviour cloning, on acts (Anthony et al. 2017, Gulcehre et al. 2023).

In each round several attempts are made at each scenario, and the best of them are cloned.
"""

from __future__ import annotations

import numpy as np
from torch.nn.functional import nll_loss

from ...policies.acts.network import log_policy
from ..run import training
from .configs import ExpertIterationConfig
from .training import Training, minibatches


@training
def train_expert_iteration(config: ExpertIterationConfig) -> float | None:
    """Clone one's own best episodes; returns the score. The policy is in ``config.out / stage / "model"``."""
    run, size = Training(config), config.attempts
    episodes = config.scenarios * size
    for step in run.steps(config.rounds, episodes):
        batch, dialogues = run.play_groups(step, config.scenarios, size)
        returns = np.array([np.nan if d.error else sum(turn.reward for turn in d.steps) for d in dialogues])
        kept = batch[best_of_groups(returns, size, config.keep)]
        for rows in minibatches(len(kept), config.epochs, max(1, len(kept) // config.batch_size), (config.seed, step)):
            part = kept[rows]
            logs = log_policy(run.network(part.turns)["policy"][part.own], part.legal[part.own])
            loss = nll_loss(logs, part.slots[part.own])
            run.descend(loss)
            run.log(loss=loss)
        run.log(kept=len(kept))
    return run.finish(episodes=episodes * config.rounds, rounds=config.rounds)


def best_of_groups(returns: np.ndarray, size: int, share: float) -> np.ndarray:
    """Places, among the episodes that did not fail, of the best share of each group that is above the group's mean.

    Args:
        returns: Of each episode, groups one after the other; NaN for one that failed. Shape (episodes,).
        size: Of a group.
        share: Of a group that is kept at most.
    """
    place = np.cumsum(~np.isnan(returns)) - 1
    kept = []
    for first in range(0, len(returns), size):
        group = returns[first : first + size]
        counted = np.flatnonzero(~np.isnan(group))
        best = counted[np.argsort(-group[counted], kind="stable")][: max(1, round(share * size))]
        kept += [place[first + k] for k in best if group[k] > group[counted].mean()]
    return np.array(kept, int)
