"""Behaviour cloning on acts: to do in each turn what was done there in recorded episodes."""

from __future__ import annotations

from torch.nn.functional import nll_loss

from ...policies.acts.network import log_policy
from ..run import training
from .configs import BCConfig
from .recorded import passes, recorded_batch
from .training import Training


@training
def train_bc(config: BCConfig) -> float | None:
    """Clone episodes, or the best of them; returns the score. The policy is in ``config.out / stage / "model"``."""
    run = Training(config)
    batch = recorded_batch(run, config, config.best_of, config.best_share, config.respect)
    steps, rows_of = passes(len(batch), config)
    for step in run.steps(steps, config.batch_size):
        part = batch[rows_of(step)]
        logs = log_policy(run.network(part.turns)["policy"][part.own], part.legal[part.own])
        loss = nll_loss(logs, part.slots[part.own])
        run.descend(loss)
        run.log(loss=loss)
    return run.finish(demonstrations=len(batch), steps=steps)
