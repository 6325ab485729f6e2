"""AWR, advantage-weighted regression (Peng et al. 2019, section 3), on acts.

Behaviour cloning in which what went better than expected counts more: the weight of an act is ``exp(A / temperature)``,
at most `clip`, where A is the return from there on less the value V of the turn. V is learned by regression on the same
returns.
"""

from __future__ import annotations

from ...policies.acts.network import log_policy
from ..run import training
from .configs import AWRConfig
from .recorded import passes, recorded_batch
from .training import Training, returns_to_go


@training
def train_awr(config: AWRConfig) -> float | None:
    """Clone what went better than expected; returns the score. The policy is in ``config.out / "awr" / "model"``."""
    run = Training(config)
    batch = recorded_batch(run, config)
    unit = float(batch.rewards.sum(1).std()) or 1.0
    returns = returns_to_go(batch.rewards, config.discount) / unit
    steps, rows_of = passes(len(batch), config)
    for step in run.steps(steps, config.batch_size):
        rows = rows_of(step)
        part = batch[rows]
        told = run.network(part.turns)
        value, got = told["value"][..., 0][part.own], returns[rows][:, : part.own.shape[1]][part.own]
        weights = ((got - value.detach()) / config.temperature).exp().clamp(max=config.clip)
        logs = log_policy(told["policy"][part.own], part.legal[part.own]).gather(1, part.slots[part.own][:, None])[:, 0]
        value_loss = (value - got).square().mean()
        loss = -(weights * logs).mean() + config.value_weight * value_loss
        run.descend(loss)
        run.log(loss=loss, v_loss=value_loss, advantage_weight=weights.mean())
    return run.finish(episodes=len(batch), steps=steps)
