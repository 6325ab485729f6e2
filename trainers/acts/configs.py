"""What the trainers of act policies can be told, as dataclasses: they are the options of the command line.

What an algorithm is told whichever policy it trains is in `configs.shared`. Nothing here loads torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import tyro

from ...core.checks import at_least, between, one_of
from ..config import RunConfig
from ..configs.shared import (
    AWR,
    GRPO,
    ILQL,
    PPO,
    RLOO,
    Clipped,
    Cloning,
    ExpertIteration,
    Guided,
    Offline,
    Recorded,
    Rewarded,
    SelfPlay,
)

CELLS = ("transformer", "gru")
CRITICS = ("head", "privileged")
PARTNERS = ("same", "redrawn")


@dataclass(frozen=True)
class ActsConfig(RunConfig):
    """The fields that all trainers of act policies share."""

    stage: ClassVar[str]

    out: Path = Path("runs/acts")
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
    eval_episodes: int = 500
    final_episodes: int = 2000
    save_every: int = 20
    threads: int = 1
    """Torch threads; networks this small gain nothing from more. 0 leaves torch's default."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, CELLS, "cell")
        at_least(self, 1, "width", "layers")


@dataclass(frozen=True)
class RecordedConfig(Recorded, ActsConfig):
    """What those are told that learn from recorded episodes."""

    epochs: float = 12.0
    batch_size: int = 64
    save_every: int = 200


@dataclass(frozen=True)
class BCConfig(Cloning, RecordedConfig):
    """Behaviour cloning."""

    stage: ClassVar[str] = "bc"


@dataclass(frozen=True)
class FilteredBCConfig(BCConfig):
    """Filtered behaviour cloning: only the episodes of highest payoff are cloned."""

    stage: ClassVar[str] = "filtered-bc"

    best_share: float = 0.3


@dataclass(frozen=True)
class OfflineConfig(Offline, RecordedConfig):
    """What those are told that learn values from recorded episodes.

    Rewards are divided by the standard deviation of the recorded returns, so that one unit of value means the same
    everywhere.
    """

    value_weight: float = 0.5
    """Weight of the squared errors of the values."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "value_weight")


@dataclass(frozen=True)
class AWRConfig(AWR, OfflineConfig):
    """AWR: behaviour cloning weighted by how much better than expected it went."""

    stage: ClassVar[str] = "awr"


@dataclass(frozen=True)
class MCConfig(Guided, OfflineConfig):
    """Monte Carlo returns: values of acts, learned by regression, that guide a clone."""

    stage: ClassVar[str] = "mc"


@dataclass(frozen=True)
class ILQLConfig(ILQL, MCConfig):
    """ILQL: values of the best continuations that were seen guide a clone."""

    stage: ClassVar[str] = "ilql"

    td_lambda: float = 0.5


@dataclass(frozen=True)
class OnlineConfig(Clipped, Rewarded, ActsConfig):
    """What those are told that play episodes and learn from them."""

    steps: int = 100
    epochs: int = 3
    minibatches: int = 4
    target_kl: float = 0.03
    entropy: float | None = None
    """Entropy that is aimed at, in nats an act, to begin with; it goes down to 0 with the learning rate. The weight of
    the bonus is steered so that the policy keeps it. By default 0.6, and 2 for a new network, which has everything yet
    to try. 0 gives no bonus."""
    max_grad_norm: float = 0.5
    eval_every: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.entropy is not None:
            at_least(self, 0, "entropy")

    @property
    def target_entropy(self) -> float:
        """See `entropy`."""
        if self.entropy is not None:
            return self.entropy
        return 2.0 if self.model == "acts" else 0.6


@dataclass(frozen=True)
class PPOConfig(PPO, OnlineConfig):
    """Proximal policy optimisation; an action is an act."""

    stage: ClassVar[str] = "ppo"

    episodes: int = 512
    value_weight: float = 0.5
    """Weight of the critic's squared error in the loss."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, CRITICS, "critic")
        at_least(self, 0, "value_weight")


@dataclass(frozen=True)
class GRPOConfig(GRPO, OnlineConfig):
    """Group-relative policy optimisation: several attempts at the same partner are held against each other."""

    stage: ClassVar[str] = "grpo"

    groups: int = 64
    partner: str = "same"
    """Whom the attempts of a group meet: the `same` person, or each a `redrawn` one in the same scenario."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, PARTNERS, "partner")


@dataclass(frozen=True)
class RLOOConfig(RLOO, GRPOConfig):
    """REINFORCE with a leave-one-out baseline."""

    stage: ClassVar[str] = "rloo"

    groups: int = 64


@dataclass(frozen=True)
class SelfPlayConfig(SelfPlay, OnlineConfig):
    """Self-play: a policy in each seat, trained against each other."""

    stage: ClassVar[str] = "self-play"

    partner: str = "acts"
    """Where the policies of the other seats start: `acts` makes new networks; or the folder `partner` of a run."""
    minds_share: float = 0.0
    """Share of the other scenarios in which one policy learns among simulated people, in every seat that has one."""
    nash_every: int = 0
    """Steps between measurements of NashConv, with `exploitability`; 0 for the end alone."""
    groups: int = 64
    past_share: float = 0.25

    def __post_init__(self) -> None:
        super().__post_init__()
        between(self, 0, 1, "minds_share")
        at_least(self, 0, "nash_every")


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
class ExpertIterationConfig(ExpertIteration, Rewarded, ActsConfig):
    """Expert iteration: cloning one's own best episodes, round by round."""

    stage: ClassVar[str] = "expert-iteration"

    rounds: int = 30
    scenarios: int = 128
    epochs: int = 2
    batch_size: int = 64
    learning_rate: float = 1e-3
    eval_every: int = 5
    save_every: int = 5
