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
CRITICS = ("head", "privileged")


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
    steps: int = 100
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
    critic: str = "privileged"
    """What the critic is: a `head` on the policy, or `privileged`: it also sees what is hidden, which only the
    simulator knows. The policy never does."""
    discount: float = 1.0
    """Discount of later rewards, by turn; above 0 and at most 1."""
    gae_lambda: float = 0.95
    """Lambda of generalised advantage estimation: 1 waits for the return, 0 trusts the critic about the next turn."""
    value_weight: float = 0.5
    """Weight of the critic's squared error in the loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, CRITICS, "critic")
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


@dataclass(frozen=True)
class RLOOConfig(GRPOConfig):
    """REINFORCE with a leave-one-out baseline."""

    stage: ClassVar[str] = "rloo"

    credit: str = "leave-one-out"
    """What a turn is judged by: the return of its episode less the mean of the others of its group. Another credit
    makes it another algorithm."""


@dataclass(frozen=True)
class ReinforceConfig(OnlineConfig):
    """REINFORCE: each batch is learned from once, and nothing is clipped."""

    stage: ClassVar[str] = "reinforce"

    episodes: int = 128
    """Episodes of a batch: few, since each makes one step."""
    steps: int = 240
    epochs: tyro.conf.Fixed[int] = 1
    minibatches: tyro.conf.Fixed[int] = 1
    target_kl: tyro.conf.Fixed[float] = 0.0
    eval_every: int = 40
    save_every: int = 40

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "episodes")


@dataclass(frozen=True)
class ExpertIterationConfig(ActsConfig):
    """Expert iteration: cloning one's own best episodes, round by round."""

    stage: ClassVar[str] = "expert-iteration"

    reward: str = "goal"
    """What the best are found by: a registered reward, or several with weights."""
    rounds: int = 30
    """Rounds of playing and learning."""
    scenarios: int = 128
    """New scenarios in a round, each with its partner."""
    attempts: int = 8
    """Episodes of each."""
    keep: float = 0.25
    """Share of a scenario's attempts to learn from: the best by return, and only those above the scenario's mean."""
    epochs: int = 2
    """Passes over them."""
    batch_size: int = 64
    """Episodes of a gradient step."""
    learning_rate: float = 1e-3
    eval_every: int = 5
    save_every: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "rounds", "scenarios", "epochs", "batch_size")
        at_least(self, 2, "attempts")
        above(self, 0, "keep", most=1)


@dataclass(frozen=True)
class OfflineConfig(RecordedConfig):
    """What those are told that learn values from recorded episodes.

    Rewards are divided by the standard deviation of the recorded returns, so that one unit of value means the same
    everywhere.
    """

    demonstrator: str = "scripted+random"
    """Policy that plays the episodes, if they are to be collected: good ones and bad ones."""
    discount: float = 1.0
    """Discount of later rewards, by turn."""
    value_weight: float = 0.5
    """Weight of the squared errors of the values."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "discount", most=1)
        at_least(self, 0, "value_weight")


@dataclass(frozen=True)
class AWRConfig(OfflineConfig):
    """AWR: behaviour cloning weighted by how much better than expected it went."""

    stage: ClassVar[str] = "awr"

    temperature: float = 0.5
    """Advantage, in standard deviations of the returns, at which an act counts e times. The lower it is, the more only
    the best counts."""
    clip: float = 20.0
    """Largest weight of an act."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "temperature", "clip")


@dataclass(frozen=True)
class MCConfig(OfflineConfig):
    """Monte Carlo returns: values of acts, learned by regression, that guide a clone."""

    stage: ClassVar[str] = "mc"

    beta: float = 4.0
    """Weight of the values where it acts: nats for each standard deviation of the returns."""
    cql: float = 0.01
    """Weight of the term that keeps the values of acts low that were not done."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "beta", "cql")


@dataclass(frozen=True)
class ILQLConfig(MCConfig):
    """ILQL: values of the best continuations that were seen guide a clone."""

    stage: ClassVar[str] = "ilql"

    tau: float = 0.7
    """Expectile of Q that V learns: 0.5 is the mean of what was done, near 1 the best of it."""
    td_lambda: float = 0.5
    """How far Q looks ahead: 0 is the next turn's V alone, as in the paper; 1 the whole return, as `mc` does."""
    polyak: float = 0.05
    """Share by which the target heads follow the Q heads after each step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "tau", below=1)
        between(self, 0, 1, "td_lambda")
        above(self, 0, "polyak", most=1)
