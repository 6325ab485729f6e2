"""Proximal policy optimisation on whole dialogues (Schulman et al. 2017), with a critic that says what a turn is worth.

An action is a turn (`level="turn"`: its log-probability is the sum over the tokens that the model sampled, and its
ratio is clipped as one) or a token. Batches of episodes are played, judged by generalised advantage estimation, and
learned from in several epochs of minibatches, by the policy and then by the critic. All that is random follows from the
seed and the step: a run can be continued exactly, and any number of processes does what one does, up to rounding.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from transformers.modeling_layers import GradientCheckpointingLayer

from ..envs import seeds
from ..envs.engine import Engine
from . import processes
from .configs import PPOConfig
from .critics import Critic
from .experience import Experience, Minibatch, minibatches
from .judging import training_engine
from .loop import LoopTrainer, rate, train, trained
from .run import Run, training
from .scoring import Reader
from .turn_critic import gae, returns_to_go


@training
def train_ppo(config: PPOConfig) -> float | None:
    """Train a policy by PPO, in this process or (under `torchrun` or `accelerate launch`) in several.

    Returns:
        The score of the trained policy; the model is in ``config.out / "ppo" / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
        ConnectionError: If the simulated user failed in every episode of a batch.
    """
    engine = training_engine(config, config.reward)
    run = Run(config, "ppo")
    checkpoint = run.begin()
    trainer = PPOTrainer(config, engine)
    train(run, trainer, checkpoint, config.steps, config.episodes, ("reward", "explained_variance", "approx_kl"))
    numbers = {"episodes": config.episodes * config.steps, "steps": config.steps}
    return run.finish(trainer.speaker, trainer.save_model, **numbers)


# ---- the losses ------------------------------------------------------------------------------------------------------


def policy_terms(
    logprobs: torch.Tensor, entropies: torch.Tensor, part: Minibatch, clip: float
) -> dict[str, torch.Tensor]:
    """The terms of the policy's loss (Schulman et al. 2017, equation 7), and what is watched beside it; each a sum.

    Log-probabilities and entropies are those of each own token, as the policy is now.

    Returns:
        Over actions: ``policy``; ``moved``, the estimate k3 of the KL divergence of this policy from the one that
        played; ``clipped``, how many ratios are out of the range. Over tokens: ``entropy``; ``kl``, the estimate k3 of
        the divergence from the reference.
    """
    log_ratio = torch.zeros_like(part.advantages).index_add(0, part.action_of, logprobs - part.logprobs)
    ratio = log_ratio.exp()
    gain = torch.minimum(ratio * part.advantages, ratio.clamp(1.0 - clip, 1.0 + clip) * part.advantages)
    away = part.reference - logprobs if len(part.reference) else torch.zeros_like(logprobs)
    return {
        "policy": -gain.sum(),
        "moved": (ratio - 1.0 - log_ratio).detach().sum(),
        "clipped": ((ratio - 1.0).abs() > clip).sum(),
        "entropy": entropies.sum(),
        "kl": (away.exp() - 1.0 - away).sum(),
    }


def value_error(values: torch.Tensor, part: Minibatch, clip: float) -> torch.Tensor:
    """The critic's loss: half the squared error of each action's value, summed, in squared units of reward.

    With a `clip` above 0 it is the larger one of this and that of the value held within `clip` of the old one.
    """
    error = (values - part.returns).square()
    if clip:
        error = torch.maximum(error, (part.values + (values - part.values).clamp(-clip, clip) - part.returns).square())
    return 0.5 * error.sum()


# ---- the trainer -----------------------------------------------------------------------------------------------------


class PPOTrainer(LoopTrainer):
    """Plays, judges and learns; one in each process."""

    def __init__(self, config: PPOConfig, engine: Engine):
        super().__init__(config, engine)
        self.reference = None  # beneath adapters it is the model without them
        if config.kl and not config.lora_rank:
            self.reference = Reader(copy.deepcopy(self.model), config.temperature).to(self.device).eval()
        # no dropout: it would be noise in the ratios
        self.modules = Reader(self.model, config.temperature).eval(), Critic(config.critic, self.model).eval()
        self.plain_critic = self.modules[1]
        self.peaks = (config.learning_rate, config.value_learning_rate)
        prepared = [
            self.accelerator.prepare(module, torch.optim.AdamW(trained(module), lr=peak, weight_decay=0.0))
            for module, peak in zip(self.modules, self.peaks, strict=True)
        ]
        (self.reader, self.critic), self.optimizers = zip(*prepared, strict=True)

    def step(self, step: int) -> dict[str, float]:
        """Play a batch of episodes and learn from it."""
        self.set_rates(step)
        batch, numbers = self.play(step)
        numbers |= self.compute_advantages(batch)
        numbers |= self.update_policy(batch, step)
        return numbers | self.update_critic(batch, step)

    def set_rates(self, step: int) -> None:
        """Learning rates of a step."""
        steps = self.config.steps
        factor = rate(step, steps) if self.config.schedule == "linear" else min(1.0, (step + 1) / max(1, steps // 20))
        for optimizer, peak in zip(self.optimizers, self.peaks, strict=True):
            optimizer.param_groups[0]["lr"] = peak * factor

    def play(self, step: int) -> tuple[list[Experience], dict[str, float]]:
        """The episodes of a step: each process plays its share of the seeds, and all get all of them."""
        config = self.config
        mine = seeds.train(config.seed, config.episodes, step * config.episodes)[processes.index() :: processes.count()]
        with self.config.precision(self.device):
            dialogues = config.play(self.engine, self.player, mine)
        sees = config.sees if config.critic == "privileged" else ""
        counted = [dialogue for dialogue in dialogues if not dialogue.error]
        found = [Experience.of(dialogue, self.player.record(dialogue), config.level, sees) for dialogue in counted]
        size = config.microbatch or config.episodes
        for start in range(0, len(found), size):
            self._remember(found[start : start + size])
        played = processes.gather([(d.seed or 0, experience) for d, experience in zip(counted, found, strict=True)])
        errors = processes.gather([dialogue.error for dialogue in dialogues if dialogue.error])
        if not played:
            raise ConnectionError(
                f"the simulated user failed in all {config.episodes} episodes of a batch; in one of them: {errors[0]}"
            )
        batch = [experience for _, experience in sorted(played, key=lambda pair: pair[0])]
        returns = np.array([sum(experience.rewards) for experience in batch])
        payoff = np.mean([experience.payoff for experience in batch])
        return batch, {
            "reward": float(returns.mean()),
            "reward_std": float(returns.std()),
            "payoff": float(payoff),
            "dropped": len(errors),
        }

    def compute_advantages(self, batch: Sequence[Experience]) -> dict[str, float]:
        """Give each action its advantage, and the critic what it is to learn."""
        config = self.config
        returns = np.concatenate([returns_to_go(episode.rewards, config.discount) for episode in batch])
        if not self.plain_critic.calibrated:
            self.plain_critic.calibrate(returns)
            for episode in batch:  # what it says before it has learned anything
                episode.values = np.full(len(episode.values), float(self.plain_critic.mean))
        values = np.concatenate([episode.values for episode in batch])
        for episode in batch:
            episode.advantages = gae(episode.rewards, episode.values, config.discount, config.gae_lambda)
            episode.returns = episode.advantages + episode.values
        advantages = np.concatenate([episode.advantages for episode in batch])
        if config.normalise:
            for episode in batch:
                episode.advantages = (episode.advantages - advantages.mean()) / (advantages.std() + 1e-8)
        explained = 1.0 - np.var(returns - values) / np.var(returns) if np.var(returns) > 0.0 else 0.0
        return {
            "value": float(values.mean()),
            "advantage_std": float(advantages.std()),
            "explained_variance": float(explained),
        }

    def update_policy(self, batch: Sequence[Experience], step: int) -> dict[str, float]:
        """Have the policy go over a batch until it has moved as far as it may."""
        config, seen, updates, norms = self.config, [], 0, []

        def loss(part: Minibatch, actions: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
            _, logprobs, entropies = self.reader(part.ids, part.mask, part.own)
            terms = policy_terms(logprobs, entropies, part, config.clip)
            means = {name: value / (tokens if name in ("entropy", "kl") else actions) for name, value in terms.items()}
            total = means["policy"] + config.kl * means["kl"] - config.entropy * means["entropy"]
            return total, torch.stack([total, *means.values()])

        self._checkpoint_activations(True)
        for minibatch in minibatches(batch, config.epochs, config.minibatches, (config.seed, step, 0)):
            seen.append(self._gradient(minibatch, self.reader, loss))
            if config.target_kl and seen[-1][2] > config.target_kl:
                self.optimizers[0].zero_grad()
                break
            norms.append(self._step(0))
            updates += 1
        self._checkpoint_activations(False)
        names = ("loss", "policy_loss", "approx_kl", "clipped", "entropy", "kl")
        return {
            **dict(zip(names, np.mean(seen, axis=0).tolist(), strict=True)),
            "approx_kl": seen[-1][2],
            "grad_norm": float(np.mean(norms or [0.0])),
            "updates": updates,
            "learning_rate": self.optimizers[0].param_groups[0]["lr"],
        }

    def update_critic(self, batch: Sequence[Experience], step: int) -> dict[str, float]:
        """Have the critic go over a batch. Its loss is in squared standard deviations of returns."""
        config, std = self.config, float(self.plain_critic.std)

        def loss(part: Minibatch, actions: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
            values = self.critic(part.seen, part.ids, part.mask, part.own, part.starts)
            mean = value_error(values, part, config.value_clip * std) / (std * std * actions)
            return mean, mean[None]

        self._checkpoint_activations(True)
        losses = []
        for minibatch in minibatches(batch, config.value_epochs, config.value_minibatches, (config.seed, step, 1)):
            losses.append(self._gradient(minibatch, self.critic, loss)[0])
            self._step(1)
        self._checkpoint_activations(False)
        return {"value_loss": float(np.mean(losses))}

    def _gradient(
        self,
        minibatch: Sequence[Experience],
        module: Any,
        loss: Callable[[Minibatch, int, int], tuple[torch.Tensor, torch.Tensor]],
    ) -> list[float]:
        """Add up the gradient of a minibatch, each process that of its share, and return the numbers of the whole."""
        actions = sum(len(episode.actions) for episode in minibatch)
        tokens = sum(sum(episode.actions) for episode in minibatch)
        share = minibatch[processes.index() :: processes.count()]
        # all processes go through as many parts, or they would wait for each other
        longest = math.ceil(len(minibatch) / processes.count())
        size, totals = self.config.microbatch or longest, []
        for start in range(0, longest, size):
            part = share[start : start + size]
            counts = float(bool(part))  # a process that has run out of episodes reads one that does not count
            tensors = Minibatch.of(part or minibatch[:1], self.tokenizer.pad_token_id, self.device)
            with nullcontext() if start + size >= longest else self.accelerator.no_sync(module):
                with self.config.precision(self.device):
                    mean, numbers = loss(tensors, actions, tokens)
                self.accelerator.backward(mean * (counts * processes.count()))  # gradients are averaged over processes
            totals.append(numbers.detach() * counts)
        whole: Any = self.accelerator.reduce(torch.stack(totals).sum(0), "sum")
        return whole.tolist()

    def _step(self, which: int) -> float:
        """Let an optimizer take a step; returns the norm of the gradient."""
        optimizer = self.optimizers[which]
        weights, most = optimizer.param_groups[0]["params"], self.config.max_grad_norm or math.inf
        norm: Any = self.accelerator.clip_grad_norm_(weights, most)
        optimizer.step()
        optimizer.zero_grad()
        return float(norm)

    @torch.no_grad()
    def _remember(self, part: Sequence[Experience]) -> None:
        """Note what policy, critic and reference say of episodes that were just played."""
        tensors = Minibatch.of(part, self.tokenizer.pad_token_id, self.device)
        read = (tensors.ids, tensors.mask, tensors.own)
        with self.config.precision(self.device):
            hidden, logprobs, _ = self.modules[0](*read)
            tensors.seen = torch.cat([hidden[tensors.starts].float(), tensors.seen], 1)
            values = self.plain_critic(tensors.seen, *read, tensors.starts)
            reference = torch.zeros(0)
            if self.reference is not None:
                reference = self.reference(*read)[1]
            elif self.config.kl:
                with self.model.disable_adapter():
                    reference = self.modules[0](*read)[1]
        tokens = np.cumsum([sum(episode.actions) for episode in part])[:-1]
        actions = np.cumsum([len(episode.actions) for episode in part])[:-1]
        noted = ((logprobs, tokens), (reference, tokens), (values, actions), (tensors.seen, actions))
        columns = [np.split(numbers.float().cpu().numpy(), ends) for numbers, ends in noted]
        for episode, *mine in zip(part, *columns, strict=True):
            episode.logprobs, episode.reference, episode.values, episode.seen = mine

    def _checkpoint_activations(self, on: bool) -> None:
        """Have layers compute activations twice: they do so only if they believe that they are being trained.

        Their dropout goes on believing that it is not.
        """
        for layer in (part for module in self.modules for part in module.modules()):
            if self.config.gradient_checkpointing and isinstance(layer, GradientCheckpointingLayer):
                layer.training = on
