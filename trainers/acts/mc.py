"""Monte Carlo returns on acts: what each act was worth is learned from what came after it, and guides the clone.

The baseline "MC returns" of Abdulhai et al. 2023 ("LMRL Gym", section 5). The values are kept low for acts that were
not done by the CQL term (Kumar et al. 2020, equation 4).
"""

from __future__ import annotations

from torch.nn.functional import nll_loss

from ...policies.acts.network import log_policy
from ..run import training
from .configs import MCConfig
from .recorded import passes, recorded_batch
from .training import Training, returns_to_go


@training
def train_mc(config: MCConfig) -> float | None:
    """Learn values from returns; returns the score. The policy is in ``config.out / "mc" / "model"``."""
    run = Training(config, {"q": "slots"}, guide=config.beta)
    batch = recorded_batch(run, config)
    unit = float(batch.rewards.sum(1).std()) or 1.0
    returns = returns_to_go(batch.rewards, config.discount) / unit
    steps, rows_of = passes(len(batch), config)
    for step in run.steps(steps, config.batch_size):
        rows = rows_of(step)
        part = batch[rows]
        told, own, slots = run.network(part.turns), part.own, part.slots[part.own]
        logs = log_policy(told["policy"][own], part.legal[own])
        worth = told["q"][own]
        q_loss = (worth.gather(1, slots[:, None])[:, 0] - returns[rows][:, : own.shape[1]][own]).square().mean()
        cql_loss = nll_loss(log_policy(worth, part.legal[own]), slots)
        loss = nll_loss(logs, slots) + config.value_weight * q_loss + config.cql * cql_loss
        run.descend(loss)
        run.log(loss=loss, q_loss=q_loss, cql_loss=cql_loss)
    return run.finish(episodes=len(batch), steps=steps)
