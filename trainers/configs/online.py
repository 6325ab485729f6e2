"""What the algorithms can be told that learn from playing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ...core.checks import above, at_least, one_of
from ..config import OnlineConfig, TrainerConfig
from ..credit import SCALES
from .shared import GRPO, PPO, RLOO, Clipped, ExpertIteration, Rewarded, SelfPlay

LEVELS = ("turn", "token")
CRITICS = ("head", "separate", "privileged")
SEES = ("belief", "hidden", "both")
SCHEDULES = ("linear", "constant")


@dataclass(frozen=True)
class GRPOConfig(GRPO, Rewarded, OnlineConfig):
    """GRPO (TRL's GRPOTrainer through `rollout_func`)."""

    out: Path = Path("runs/grpo")
    groups: int = 32
    steps: int = 60
    """Batches of episodes."""
    updates: int = 0
    """Gradient steps on each batch of episodes, every one on its own part of it; 0 for one each 32 episodes."""
    microbatch: int = 0
    """Episodes of an update that a process reads at once; 0 for all. Fewer take less memory, and give the same
    gradient."""
    learning_rate: float = 7e-4
    """Peak of the learning rate: after a short warm-up it falls linearly. The default suits `tiny`, a pretrained model
    wants about 1e-6 (1e-5 with LoRA)."""
    kl: float = 0.0
    """Weight of the KL divergence from the starting policy; needs a model that was saved, or LoRA."""
    entropy: float = 0.0
    """Weight of an entropy bonus, in nats a token, which keeps the policy trying. It pays for variety of words, too: a
    policy that speaks in sentences learned less with 0.01 than without."""
    clip: float = 0.2
    """Clipping range of the probability ratio."""
    max_grad_norm: float = 0.3
    """Norm that gradients are scaled down to; 0 leaves them. Without it one odd batch in a hundred undoes a run."""
    scale: str = "batch"
    """What advantages are divided by: the standard deviation of the `group` or the `batch`, or `none`."""
    vllm: Literal["off", "colocate", "server"] = "off"
    """Let vLLM speak for the policy while training. `colocate` has it on the same GPUs, `server` in a `trl vllm-serve`
    of its own."""
    vllm_memory: float = 0.3
    """Share of each GPU's memory for vLLM, if it is on the same GPUs."""
    vllm_server: str = "http://127.0.0.1:8000"
    """Address of the server of vLLM."""
    eval_every: int = 10
    save_every: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "steps")
        at_least(self, 0, "kl", "entropy", "microbatch", "max_grad_norm")
        above(self, 0, "clip")
        one_of(self, SCALES, "scale")
        episodes = self.groups * self.group_size
        if self.updates == 0:
            most = max(1, episodes // 32)
            object.__setattr__(self, "updates", next(n for n in range(most, 0, -1) if episodes % n == 0))
        if self.updates < 1 or episodes % self.updates:
            raise ValueError(f"updates must divide the {episodes} episodes of a batch, got {self.updates}")


@dataclass(frozen=True)
class RLOOConfig(RLOO, GRPOConfig):
    """RLOO (through GRPO's trainer)."""

    out: Path = Path("runs/rloo")
    groups: int = 16
    steps: int = 40
    updates: int = 1
    learning_rate: float = 3e-4
    max_grad_norm: float = 1.0
    scale: str = "none"
    """What advantages are divided by: nothing, or the standard deviation of the `group` or the `batch`."""


@dataclass(frozen=True)
class PPOConfig(PPO, Clipped, Rewarded, OnlineConfig):
    """PPO (our own, on accelerate)."""

    out: Path = Path("runs/ppo")
    level: str = "turn"
    """What an action is: a `turn`, or a `token`."""
    sees: str = "both"
    """What a privileged critic sees beside the public state. It is the exact `belief`, the `hidden` state of the
    simulated person, or `both`."""
    normalise: bool = True
    """Bring the advantages of a batch to mean 0 and standard deviation 1."""
    value_epochs: int = 8
    """Passes of the critic over a batch: quick, unless the critic is a transformer of its own."""
    value_minibatches: int = 8
    """Gradient steps of the critic in a pass."""
    microbatch: int = 0
    """Episodes of a minibatch that a process reads at once; 0 for all. Fewer take less memory, and give the same
    gradient."""
    value_clip: float = 0.0
    """How far a batch may move the critic, in standard deviations of returns; 0 does not limit it."""
    entropy: float = 0.0
    """Weight of an entropy bonus, in nats a token."""
    kl: float = 0.0
    """Weight of the KL divergence from the starting policy in the loss. It is estimated by k3 = r - 1 - log r with r =
    p_start / p, as a mean over tokens."""
    learning_rate: float = 1e-4
    """Learning rate of the policy, after a short warm-up. The default suits `tiny`, a pretrained model wants about 1e-6
    (1e-5 with LoRA). It is lower than GRPO's, since a batch may be `epochs` x `minibatches` steps, each of which adds
    noise to every weight."""
    value_learning_rate: float = 1e-3
    """Learning rate of the critic."""
    schedule: str = "linear"
    """Course of both learning rates: `linear`, down to 0, or `constant`."""
    eval_every: int = 10
    save_every: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, LEVELS, "level")
        one_of(self, CRITICS, "critic")
        one_of(self, SEES, "sees")
        one_of(self, SCHEDULES, "schedule")
        at_least(self, 1, "value_epochs", "value_minibatches")
        at_least(self, 0, "microbatch", "value_clip", "entropy", "kl")
        above(self, 0, "value_learning_rate")


@dataclass(frozen=True)
class ExpertIterationConfig(ExpertIteration, Rewarded, OnlineConfig):
    """Expert iteration, or online filtered behaviour cloning (our own, on accelerate)."""

    out: Path = Path("runs/expert-iteration")
    buffer: int = 1
    """Rounds whose kept episodes are learned from: 1 for the latest only, 0 for all so far."""
    learning_rate: float = 3e-4
    """Learning rate of the first round; it falls linearly with the rounds. The default suits `tiny`, a pretrained model
    wants about 1e-5 (1e-4 with LoRA)."""
    max_grad_norm: float = 1.0
    """Norm that gradients are scaled down to; 0 leaves them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "buffer", "max_grad_norm")


@dataclass(frozen=True)
class SelfPlayConfig(SelfPlay, TrainerConfig):
    """Self-play (our own: REINFORCE with a leave-one-out baseline in both seats)."""

    out: Path = Path("runs/self-play")
    model: str = "tiny"
    """Where both seats start: `tiny`, a local model folder (such as RUN/bc/model) or a Hugging Face id."""
    separate: bool = False
    """Give each seat weights of its own; otherwise one policy plays both."""
    steps: int = 40
    """Gradient steps, each on a batch of its own."""
    entropy: float = 0.0
    """Weight of an entropy bonus, in nats a token."""
    temperature: float = 1.0
    """Temperature of sampling while training."""
    learning_rate: float = 3e-4
    """Peak of the learning rate: after a short warm-up it falls linearly. The default suits `tiny`, a pretrained model
    wants about 1e-6 (1e-5 with LoRA)."""
    max_grad_norm: float = 1.0
    """Norm that gradients are scaled down to."""
    eval_every: int = 10
    """Steps between evaluations against the simulated users; 0 for none."""
    save_every: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "steps")
        at_least(self, 0, "entropy")
        above(self, 0, "temperature", "max_grad_norm")
