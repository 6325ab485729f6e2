"""Proximal policy optimisation (Schulman et al. 2017) on acts: an action is an act.

The critic is a head on the policy, or one of its own that sees what is hidden.

Batches of episodes are played, judged by generalised advantage estimation (Schulman et al. 2016), and learned from in
several epochs of minibatches.
"""

from __future__ import annotations

import math

import torch

from ...envs import seeds
from ...policies.acts.network import ActNetwork, log_policy
from ..run import training
from .configs import OnlineConfig, PPOConfig
from .critic import PrivilegedCritic, hidden_facts
from .training import Batch, Training, minibatches

LEAST = 1e-3  # weight of the entropy bonus
STEER = 0.2  # how much of its logarithm a step may change; faster, and it swings


@training
def train_ppo(config: PPOConfig) -> float | None:
    """Train a policy by PPO; returns its score. The policy is in ``config.out / "ppo" / "model"``."""
    run = Training(config, critic=PrivilegedCritic if config.critic == "privileged" else None)
    for step in run.steps(config.steps, config.episodes):
        batch, dialogues = run.play(seeds.train(config.seed, config.episodes, step * config.episodes))
        facts = None
        if run.critic is not None:
            facts = hidden_facts([dialogue for dialogue in dialogues if not dialogue.error])
            with torch.no_grad():
                state = run.network(batch.turns)["state"]
                batch.values[batch.own] = run.critic(state[batch.own], facts[batch.own])
        advantages, returns = gae(batch, config.discount, config.gae_lambda)
        update(run, config, step, batch, advantages, returns, config.value_weight, facts)
    return run.finish(episodes=config.episodes * config.steps, steps=config.steps)


def gae(batch: Batch, discount: float, lambda_: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Generalised advantages and what the critic is to learn; each of shape (episodes, turns)."""
    advantages, later = torch.zeros_like(batch.values), torch.zeros(len(batch))
    following = torch.cat([batch.values[:, 1:] * batch.own[:, 1:], torch.zeros(len(batch), 1)], 1)
    surprise = batch.rewards + discount * following - batch.values
    for turn in reversed(range(batch.own.shape[1])):
        later = (surprise[:, turn] + discount * lambda_ * later) * batch.own[:, turn]
        advantages[:, turn] = later
    return advantages, advantages + batch.values


def update(
    run: Training,
    config: OnlineConfig,
    step: int,
    batch: Batch,
    advantages: torch.Tensor,
    returns: torch.Tensor | None = None,
    value_weight: float = 0.0,
    facts: torch.Tensor | None = None,
    network: ActNetwork | None = None,
    seat: str = "",
) -> None:
    """Go over a batch until the policy has moved as far as it may.

    Advantages are divided by their deviation over the batch and not centred: what is better than expected stays so.

    Args:
        run: What learns.
        config: How.
        step: Its number, from 0.
        batch: Episodes of the policy as it is.
        advantages: Of their turns; shape (episodes, turns), as the next.
        returns: What the critic is to learn, if there is one.
        value_weight: Of its squared error.
        facts: What a privileged critic is shown.
        network: The policy, where it is not that of the run; it has no critic then.
        seat: Where it sits, if there are several policies: each has its own weight of the entropy bonus.
    """
    network, steered = network or run.network, f"entropy_weight{seat and '_'}{seat}"
    advantages = advantages / (advantages[batch.own].std() + 1e-8)
    weight = run.memory.get(steered, 0.05) if config.target_entropy else 0.0
    entropies = []
    for rows in minibatches(len(batch), config.epochs, config.minibatches, (config.seed, step)):
        part = batch[rows]
        own, longest = part.own, part.own.shape[1]
        told = network(part.turns)
        logs = log_policy(told["policy"][own], part.legal[own])
        log_ratio = logs.gather(1, part.slots[own][:, None])[:, 0] - part.logprobs[own]
        ratio, gain = log_ratio.exp(), advantages[rows, :longest][own]
        policy_loss = -torch.minimum(ratio * gain, ratio.clamp(1.0 - config.clip, 1.0 + config.clip) * gain).mean()
        entropy = -(logs.exp() * logs).sum(1).mean()
        loss = policy_loss - weight * entropy
        if returns is not None:
            if run.critic is None or facts is None:
                values = told["value"][..., 0][own]
            else:
                values = run.critic(told["state"][own], facts[rows, :longest][own])
            value_loss = (values - returns[rows, :longest][own]).square().mean()
            loss = loss + value_weight * value_loss
            run.log(value_loss=value_loss)
        run.descend(loss, config.max_grad_norm)
        entropies.append(float(entropy.detach()))
        kl = float((ratio - 1.0 - log_ratio).mean().detach())  # k3
        run.log(
            loss=loss, policy_loss=policy_loss, approx_kl=kl, clipped=((ratio - 1.0).abs() > config.clip).float().mean()
        )
        if config.target_kl and kl > config.target_kl:
            break
    run.log(entropy=entropies[0], entropy_weight=weight, updates=len(entropies))
    if target := config.target_entropy:  # more weight where there is less entropy than wanted (Haarnoja et al. 2018b)
        wanted = target * (1.0 - step / config.steps)
        short = min(max((wanted - entropies[0]) / target, -1.0), 1.0)
        run.memory[steered] = min(max(weight * math.exp(STEER * short), LEAST), 1.0)
