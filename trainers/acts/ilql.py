"""ILQL, implicit language Q-learning (Snell et al. 2023, section 4), on acts: every turn is one step.

V learns an upper expectile of Q over the acts that were done (Kostrikov et al. 2022, section 4.2), and Q of an act the
reward after it and V of the next turn. So values flow back from the best continuations that were seen, without asking
for the value of what nobody did. Two Q heads learn the same, the lesser counts; V learns from slowly following copies
of them. The CQL term keeps Q low for acts that were not done. The clone is guided by ``beta Q``.
"""

from __future__ import annotations

import torch
from torch.nn.functional import nll_loss

from ...policies.acts.network import log_policy
from ..run import training
from .configs import ILQLConfig
from .recorded import passes, recorded_batch
from .training import Batch, Training

Q_HEADS = ("q1", "q2")


@training
def train_ilql(config: ILQLConfig) -> float | None:
    """Learn values by ILQL; returns the score. The policy is in ``config.out / "ilql" / "model"``."""
    run = Training(config, dict.fromkeys((*Q_HEADS, "target_q1", "target_q2"), "slots") | {"value": 1}, config.beta)
    heads = run.network.heads
    batch = recorded_batch(run, config)
    unit = float(batch.rewards.sum(1).std()) or 1.0
    steps, rows_of = passes(len(batch), config)
    for step in run.steps(steps, config.batch_size):
        part = batch[rows_of(step)]
        told, own, slots = run.network(part.turns), part.own, part.slots[part.own]
        logs = log_policy(told["policy"][own], part.legal[own])
        state = told["value"][..., 0]
        wanted = targets(part, state.detach(), unit, config.discount, config.td_lambda)[own]
        lesser = torch.minimum(*(told[f"target_{name}"][own].gather(1, slots[:, None])[:, 0] for name in Q_HEADS))
        error = lesser.detach() - state[own]
        v_loss = (torch.where(error > 0, config.tau, 1.0 - config.tau) * error.square()).mean()
        q_loss, cql_loss = torch.zeros(()), torch.zeros(())
        for worth in (told[name][own] for name in Q_HEADS):
            q_loss = q_loss + (worth.gather(1, slots[:, None])[:, 0] - wanted).square().mean()
            cql_loss = cql_loss + nll_loss(log_policy(worth, part.legal[own]), slots)
        loss = nll_loss(logs, slots) + config.value_weight * (v_loss + q_loss) + config.cql * cql_loss
        run.descend(loss)
        with torch.no_grad():
            for name in Q_HEADS:
                for target, source in zip(heads[f"target_{name}"].parameters(), heads[name].parameters(), strict=True):
                    target.lerp_(source, config.polyak)
        run.log(loss=loss, q_loss=q_loss, v_loss=v_loss, cql_loss=cql_loss)
    return run.finish(episodes=len(batch), steps=steps)


def targets(part: Batch, values: torch.Tensor, unit: float, discount: float, lambda_: float) -> torch.Tensor:
    """What Q learns: the reward after each act and the discounted value of what follows; shape (episodes, turns).

    That is a mixture of V at the next turn and of that turn's own target, whose share is `lambda_` (the lambda-return
    of Sutton and Barto 2018, equation 12.2).
    """
    wanted, later = torch.zeros_like(values), torch.zeros(len(part))
    for turn in reversed(range(part.own.shape[1])):
        wanted[:, turn] = later = part.rewards[:, turn] / unit + discount * later
        later = ((1.0 - lambda_) * values[:, turn] + lambda_ * later) * part.there[:, turn]
    return wanted
