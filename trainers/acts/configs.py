"""What the trainers of act policies can be told, as dataclasses: they are the options of the command line.

Fields that trainers of language models have too mean the same here. Nothing here loads torch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import tyro

from ...core.checks import above, at_least, between, one_of
from ..credit import make_credit

CELLS = ("transformer", "gru")


@dataclass(frozen=True)
class ActsConfig:
    """The fields that all trainers of act policies share."""

    stage: ClassVar[str]

    env_id: tyro.conf.Positional[str]
    """Environment to train in and to evaluate on."""
    out: Path = Path("runs/acts")
    """Folder of the run."""
    model: str = "acts"
    """Where to start: `acts` makes a new network; or the folder of one (such as RUN/bc/model)."""
    cell: str = "transformer"
    """What a new network is made of: `transformer` or `gru`."""
    width: int = 64
    """Width of a new network's hidden states; a multiple of 4."""
    layers: int = 2
    """Layers of a new network."""
    learning_rate: float = 2e-3
    """Peak of the learning rate, after a short warm-up; it goes down to 0."""
    eval_every: int = 0
    """Steps between evaluations while training; 0 for none."""
    eval_episodes: int = 500
    """Episodes of an evaluation while training."""
    final_episodes: int = 2000
    """Episodes of the final evaluation."""
    compare: bool = True
    """Whether the final evaluation plays the baselines too."""
    save_every: int = 20
    """Steps between checkpoints."""
    seed: int = 0
    """Seed of the weights, the scenarios, the sampling and the order."""
    threads: int = 1
    """Torch threads; networks this small gain nothing from more. 0 leaves torch's default."""
    resume: bool = False
    """Continue from the last checkpoint, exactly as if nothing had happened."""
    go_on: bool = False
    """Start the run, or resume it if it was stopped, or leave it alone if it is finished."""
    settings: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=dict)
    """Settings of the environment, as for gym.make; on the command line `--set name=value`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "out", Path(self.out).expanduser())
        one_of(self, CELLS, "cell")
        at_least(self, 0, "eval_every", "seed", "threads")
        at_least(self, 1, "width", "layers", "eval_episodes", "final_episodes", "save_every")
        above(self, 0, "learning_rate")


@dataclass(frozen=True)
class RecordedConfig(ActsConfig):
    """What those are told that learn from recorded episodes."""

    episodes_path: Path | None = None
    """Recorded episodes; without it they are collected."""
    demonstrator: str = "scripted"
    """Policy that plays the episodes, if they are to be collected."""
    demonstrations: int = 4000
    """Episodes to collect."""
    best_of: int = 1
    """Attempts at each of them, against the same partner; the best is kept."""
    epochs: float = 12.0
    """Passes over the episodes."""
    batch_size: int = 64
    """Episodes a step."""
    reward: str | None = None
    """What the episodes are rewarded for, such as `goal=1,turn_cost=0.01`; by default what it was when recorded."""
    save_every: int = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "demonstrations", "batch_size", "best_of")
        above(self, 0, "epochs")


@dataclass(frozen=True)
class BCConfig(RecordedConfig):
    """Behaviour cloning."""

    stage: ClassVar[str] = "bc"

    best_share: float = 1.0
    """Share of the episodes to learn from, those of highest payoff; below 1 it is filtered behaviour cloning."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "best_share", most=1)


@dataclass(frozen=True)
class FilteredBCConfig(BCConfig):
    """Filtered behaviour cloning: only the episodes of highest payoff are cloned."""

    stage: ClassVar[str] = "filtered-bc"

    best_share: float = 0.3


@dataclass(frozen=True)
class OnlineConfig(ActsConfig):
    """What those are told that play episodes and learn from them."""

    reward: str = "goal"
    """What to train on: a registered reward, or several with weights, such as `goal=1,turn_cost=0.01`."""
    steps: int = 60
    """Batches of episodes."""
    epochs: int = 3
    """Most passes over a batch, see `target_kl`."""
    minibatches: int = 4
    """Gradient steps in a pass."""
    clip: float = 0.2
    """Clipping range of an act's probability ratio."""
    target_kl: float = 0.03
    """KL divergence from the policy that played a batch at which it is left, in nats an act; 0 never leaves."""
    entropy: float = 0.6
    """Entropy that is aimed at, in nats an act, to begin with; it goes down to 0 with the learning rate. The weight of
    the bonus is steered so that the policy keeps it. 0 gives no bonus."""
    max_grad_norm: float = 0.5
    """Norm that gradients are scaled down to."""
    eval_every: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "steps", "epochs", "minibatches")
        at_least(self, 0, "target_kl", "entropy")
        above(self, 0, "clip", "max_grad_norm")


@dataclass(frozen=True)
class PPOConfig(OnlineConfig):
    """Proximal policy optimisation; an action is an act."""

    stage: ClassVar[str] = "ppo"

    episodes: int = 512
    """Episodes of a batch."""
    discount: float = 1.0
    """Discount of later rewards, by turn; above 0 and at most 1."""
    gae_lambda: float = 0.95
    """Lambda of generalised advantage estimation: 1 waits for the return, 0 trusts the critic about the next turn."""
    value_weight: float = 0.5
    """Weight of the critic's squared error in the loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "episodes")
        above(self, 0, "discount", most=1)
        between(self, 0, 1, "gae_lambda")
        at_least(self, 0, "value_weight")


@dataclass(frozen=True)
class GRPOConfig(OnlineConfig):
    """Group-relative policy optimisation: several attempts at the same partner are held against each other."""

    stage: ClassVar[str] = "grpo"

    groups: int = 64
    """Scenarios of a batch, each with its partner."""
    group_size: int = 8
    """Attempts at each."""
    credit: str = "turn"
    """How an episode's outcome is shared out among its turns; see docs/credit.md."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "groups")
        at_least(self, 2, "group_size")
        make_credit(self.credit)
