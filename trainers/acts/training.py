"""What the trainers of act policies share: a run with its network, batches of episodes, and the steps of a training.

All that is random in a step follows from the seed and the number of the step, so that a run can be continued exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from ...core.dialogue import Dialogue
from ...envs import seeds as seeds_of
from ...envs.encoding import Encoding, View
from ...policies.acts.network import ActNetwork, Shape, load_network, save_network
from ...policies.acts.policy import ActPolicy
from ...policies.rollout import rollout
from .. import checkpoints
from ..configs.shared import GRPO
from ..judging import group_preferences, training_engine
from ..loop import rate
from ..run import Run
from .configs import ActsConfig


@dataclass
class Batch:
    """Episodes as tensors, a row an episode, filled up at the end with turns that are not `there`.

    Attributes:
        turns: What each turn began with, see `Encoding.row`; shape (episodes, turns, columns).
        legal: Which slots were open; shape (episodes, turns, slots), bool.
        slots: The act, by number; shape (episodes, turns), as all that follow.
        there: Whether there was such a turn; bool.
        own: Whether there was, and its act has a slot that was open; bool.
        rewards: Of each turn.
        logprobs: Of each act, by the policy that played; 0 in recorded episodes.
        values: What it expected; 0 in recorded episodes.
        payoffs: Of each episode; shape (episodes,).
    """

    turns: torch.Tensor
    legal: torch.Tensor
    slots: torch.Tensor
    there: torch.Tensor
    own: torch.Tensor
    rewards: torch.Tensor
    logprobs: torch.Tensor
    values: torch.Tensor
    payoffs: torch.Tensor

    def __len__(self) -> int:
        return len(self.turns)

    def __getitem__(self, rows: Any) -> Batch:
        """Some of the episodes, no longer than the longest of them."""
        longest = int(self.there[rows].sum(1).max())
        parts = {field.name: getattr(self, field.name)[rows] for field in fields(self)}
        return Batch(**{name: part[:, :longest] if part.dim() > 1 else part for name, part in parts.items()})

    @classmethod
    def of(cls, dialogues: Sequence[Dialogue], encoding: Encoding, player: ActPolicy | None = None) -> Batch:
        """Of finished dialogues: those of `player`, or recorded ones."""
        longest = max(len(dialogue.steps) for dialogue in dialogues)
        shape = (len(dialogues), longest)
        turns = np.zeros((*shape, len(encoding.sizes)), np.int64)
        legal = np.ones((*shape, len(encoding.slots)), bool)
        slots, there, own = np.zeros(shape, np.int64), np.zeros(shape, bool), np.zeros(shape, bool)
        numbers = np.zeros((3, *shape), np.float32)
        for i, dialogue in enumerate(dialogues):
            n = len(dialogue.steps)
            there[i, :n] = True
            numbers[0, i, :n] = [step.reward for step in dialogue.steps]
            if player is None:
                views = [View.of(dialogue, turn) for turn in range(n)]
                turns[i, :n] = [encoding.row(view) for view in views]
                legal[i, :n] = [encoding.legal(view) for view in views]
                for k, step in enumerate(dialogue.steps):
                    slot = None if step.problem else encoding.slot(dialogue.scenario, step.act)
                    if slot is not None and legal[i, k, slot]:
                        slots[i, k], own[i, k] = slot, True
            else:
                memory = player.memory(dialogue)
                turns[i, :n], legal[i, :n], slots[i, :n], own[i, :n] = memory.rows, memory.legal, memory.slots, True
                numbers[1, i, :n], numbers[2, i, :n] = memory.logprobs, memory.values
        payoffs = np.array([dialogue.steps[-1].payoff for dialogue in dialogues], np.float32)
        return cls(*map(torch.from_numpy, (turns, legal, slots, there, own, *numbers, payoffs)))


def minibatches(size: int, epochs: int, parts: int, seed: Sequence[int]) -> Iterator[np.ndarray]:
    """Places of every episode once an epoch, in an order that follows from `seed`, in `parts` parts."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        yield from np.array_split(rng.permutation(size), min(parts, size))


def returns_to_go(rewards: torch.Tensor, discount: float = 1.0) -> torch.Tensor:
    """The discounted sum of the rewards from each turn on; both of shape (episodes, turns)."""
    returns, later = torch.zeros_like(rewards), torch.zeros(len(rewards))
    for turn in reversed(range(rewards.shape[1])):
        returns[:, turn] = later = rewards[:, turn] + discount * later
    return returns


class Training:
    """A training run of an act policy.

    Attributes:
        engine: The environment, with the reward to train on.
        encoding: How dialogues are told.
        network: What learns.
        optimizer: Of its weights.
        player: The policy as it samples episodes.
        speaker: The policy as it is evaluated.
        memory: What the next step depends on, beside weights and optimizer; plain values.

    Args:
        config: What to do.
        heads: Heads of the network beside the policy, and how many numbers each gives: ``"slots"`` for one a slot.
        guide: See `ActPolicy`.
        critic: Makes a network that learns beside the policy and is not saved with it, given the policy's width: a
            critic of its own, or in self-play the policy of the other seat.
    """

    def __init__(
        self,
        config: ActsConfig,
        heads: Mapping[str, Any] | None = None,
        guide: float = 0.0,
        critic: Callable[[int], nn.Module] | None = None,
    ):
        self.config, self.guide, self.memory = config, guide, {}
        self.run = Run(config, config.stage)
        self.checkpoint = self.run.begin()
        reward = getattr(config, "reward", None) or "goal"
        self.engine = training_engine(config, reward, groups=isinstance(config, GRPO))
        self.preferences = group_preferences(self.engine, reward)
        torch.manual_seed(config.seed)
        loaded = None if config.model == "acts" else load_network(config.model, self.engine.family)
        self.encoding = loaded[1] if loaded else Encoding(self.engine.family)
        slots = len(self.encoding.slots)
        outputs = {name: slots if size == "slots" else size for name, size in (heads or {"value": 1}).items()}
        shape = loaded[0].shape if loaded else Shape(config.cell, config.width, config.layers)
        self.network = ActNetwork(self.encoding.sizes, {"policy": slots, **outputs}, shape)
        if loaded:
            mine, theirs = self.network.state_dict(), loaded[0].state_dict()
            self.network.load_state_dict({**mine, **{name: w for name, w in theirs.items() if name in mine}})
        self.critic = critic(shape.width) if critic else None
        self.learners = nn.ModuleList([self.network, *([self.critic] if self.critic else [])])
        self.optimizer = torch.optim.Adam(self.learners.parameters(), lr=config.learning_rate, eps=1e-5)
        self.player = ActPolicy(self.network, self.encoding, self.engine, 1.0, worded=False)
        self.speaker = ActPolicy(self.network, self.encoding, self.engine, guide=guide)

    def steps(self, steps: int, episodes: int) -> Iterator[int]:
        """The numbers of the steps that are to be done, from 0: sets the learning rate before each, and saves after it.

        Args:
            steps: Of the whole run.
            episodes: Of a step, for the learning curve's axis.
        """
        config, run, first = self.config, self.run, 0
        if self.checkpoint:
            first, state = checkpoints.read(Path(self.checkpoint), "cpu")
            self.learners.load_state_dict(state["learners"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.memory = state["memory"]
        bar = run.bar = tqdm(total=steps, initial=first, desc=run.stage)

        run.start()
        if config.eval_every and not first:
            run.log(0, 0, **run.validate(self.speaker))
        for step in range(first, steps):
            learning_rate = config.learning_rate * rate(step, steps)
            self.optimizer.param_groups[0]["lr"] = learning_rate
            self.numbers: dict[str, float] = {"learning_rate": learning_rate}
            yield step
            done = step + 1
            run.log(done, done * episodes, **self.numbers)
            bar.update()
            bar.set_postfix({name: f"{self.numbers[name]:.3f}" for name in ("reward", "loss") if name in self.numbers})
            if config.eval_every and (done % config.eval_every == 0 or done == steps):
                run.log(done, done * episodes, **run.validate(self.speaker))
            if done % config.save_every == 0 or done == steps:
                state = {"learners": self.learners.state_dict(), "optimizer": self.optimizer.state_dict()}
                checkpoints.write(run.checkpoints, done, {**state, "memory": self.memory})
        bar.close()

    def play(
        self, seeds: Sequence[int], attempts: int | Sequence[int] = 0, redrawn: bool = False
    ) -> tuple[Batch, list[Dialogue]]:
        """Play one dialogue a seed with the policy as it is, and say in the step's numbers how that went.

        Returns:
            The batch, and all dialogues. Those in which the simulated user failed have an ``error``, and are not in the
            batch.

        Raises:
            ConnectionError: If it failed in all of them.
        """
        dialogues = list(rollout(self.engine, self.player, seeds, len(seeds), attempts, redrawn=redrawn))
        if self.preferences is not None:
            self.preferences.pay(dialogues, list(seeds))
        counted = [dialogue for dialogue in dialogues if not dialogue.error]
        if not counted:
            raise ConnectionError(
                f"the simulated user failed in all {len(dialogues)} episodes; in one of them: {dialogues[0].error}"
            )
        batch = Batch.of(counted, self.encoding, self.player)
        returns = batch.rewards.sum(1)
        self.log(reward=returns.mean(), reward_std=returns.std(correction=0), payoff=batch.payoffs.mean())
        return batch, dialogues

    def play_groups(self, step: int, groups: int, size: int, redrawn: bool = False) -> tuple[Batch, list[Dialogue]]:
        """As `play`: several attempts at each of some new scenarios, one after the other; `redrawn` as in `rollout`."""
        scenarios = seeds_of.train(self.config.seed, groups, step * groups)
        return self.play([seed for seed in scenarios for _ in range(size)], [*range(size)] * groups, redrawn)

    def log(self, **numbers: Any) -> None:
        """Say in numbers what the step came to."""
        self.numbers |= {name: float(torch.as_tensor(value).detach()) for name, value in numbers.items()}

    def descend(self, loss: torch.Tensor, most: float = 1.0) -> None:
        """One step down the gradient, whose norm is scaled down to `most`; 0 leaves it."""
        self.optimizer.zero_grad()
        loss.backward()
        self.log(grad_norm=torch.nn.utils.clip_grad_norm_(self.learners.parameters(), most or float("inf")))
        self.optimizer.step()

    def finish(self, **numbers: float) -> float | None:
        """Save, evaluate and store; returns the score."""
        self.speaker.worded = True
        return self.run.finish(self.speaker, self.save, **numbers)

    def save(self, folder: str) -> None:
        """Write the policy, as `ActPolicy.load` reads it."""
        save_network(folder, self.network, self.encoding, guide=self.guide)
