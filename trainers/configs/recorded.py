"""What the algorithms can be told that learn from recorded episodes, or from preferences between rollouts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...core.checks import above, at_least, one_of
from ...policies.feedback import CRITICS
from .. import processes
from ..config import TrainerConfig
from .shared import AWR, ILQL, Cloning, Guided, Offline, Recorded

if TYPE_CHECKING:
    from ..run import Run

LEVELS = ("turn", "token")
PAIRS = ("trajectory", "turn", "exact")
REFERENCES = ("start", "last")
PARTNERS = ("same", "believed")


@dataclass(frozen=True)
class RecordedConfig(Recorded, TrainerConfig):
    """What trainers are told that learn from recorded episodes."""

    learning_rate: float = 4e-3
    """Peak of the cosine schedule; the default suits `tiny`, a pretrained model wants about 2e-5 (2e-4 with LoRA)."""
    eval_every: int = 0
    """Steps between evaluations; 0 evaluates before and after only."""

    def arguments(self, run: Run, rows: int) -> dict[str, Any]:
        """What transformers' ``TrainingArguments`` are told about learning from so many rows.

        Raises:
            ValueError: If a batch cannot be shared out evenly over the processes.
        """
        steps = max(1, round(self.epochs * rows / self.batch_size))
        return {
            **run.arguments(),
            "max_steps": steps,
            "per_device_train_batch_size": processes.share(self.batch_size, "batch_size"),
            "lr_scheduler_type": "cosine",
            "adam_beta2": 0.98,
            "warmup_steps": max(1, steps // 20),
        }


@dataclass(frozen=True)
class BCConfig(Cloning, RecordedConfig):
    """Behaviour cloning (TRL's SFTTrainer on token records)."""

    stage: ClassVar[str] = "bc"

    out: Path = Path("runs/bc")


@dataclass(frozen=True)
class FilteredBCConfig(BCConfig):
    """Filtered behaviour cloning: only the episodes of highest payoff are cloned."""

    stage: ClassVar[str] = "filtered-bc"

    out: Path = Path("runs/filtered-bc")
    best_share: float = 0.3


@dataclass(frozen=True)
class FCPConfig(BCConfig):
    """A clone conditioned on feedback in words: trained with what a critic says of each message before it."""

    stage: ClassVar[str] = "fcp"

    out: Path = Path("runs/fcp")
    demonstrator: str = "scripted+random"
    """Policy that plays the episodes, if they are to be collected: good ones and bad ones."""
    critic: str = "exact"
    """Who gives the feedback, if they are to be collected: `exact`, or `reaction`, which needs no optimum."""
    wanted: str = ""
    """The feedback that it is asked for when it plays; by default the best that the critic gives."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, CRITICS, "critic")


@dataclass(frozen=True)
class OfflineConfig(Offline, RecordedConfig):
    """What the offline trainers are told."""

    epochs: float = 4.0
    head_size: int = 128
    """Width of the hidden layer of each value head."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "head_size")


@dataclass(frozen=True)
class GuidedConfig(Guided, OfflineConfig):
    """What those are told that guide a clone by values."""

    bc: float = 1.0
    """Weight of behaviour cloning (`awac` in the code of Snell et al.), which trains the language model itself."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "bc")


@dataclass(frozen=True)
class MCConfig(GuidedConfig):
    """Monte Carlo returns: a value head, learned by regression, that guides a clone."""

    out: Path = Path("runs/mc")


@dataclass(frozen=True)
class ILQLConfig(ILQL, GuidedConfig):
    """ILQL: values of the best continuations that were seen guide a clone."""

    out: Path = Path("runs/ilql")


@dataclass(frozen=True)
class AWRConfig(AWR, OfflineConfig):
    """AWR: behaviour cloning weighted by how much better than expected it went."""

    out: Path = Path("runs/awr")
    level: str = "turn"
    """What an advantage is of: a `turn`, so that all of its tokens count the same, or each `token`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of(self, LEVELS, "level")


@dataclass(frozen=True)
class PreferenceConfig(TrainerConfig):
    """What DPO and KTO are both told."""

    reward: str = "goal"
    """What dialogues and turns are compared by: a registered reward, or several with weights."""
    pairs: str = "trajectory"
    """What is compared: whole dialogues of a scenario by return (`trajectory`), next turns by playing on (`turn`), or
    next turns by the solver (`exact`)."""
    rounds: int = 1
    """Rounds, each with new dialogues played by the current policy; 1 is offline."""
    scenarios: int = 256
    """Scenarios played in a round."""
    attempts: int = 8
    """Dialogues of each scenario, against the same person (`trajectory`)."""
    branches: int = 4
    """Next turns that are tried at each turn of the policy (`turn` and `exact`)."""
    futures: int = 4
    """Times that the rest of a dialogue is played to judge a turn (`turn`)."""
    partner: str = "same"
    """Whom the rest is played with (`turn`): the `same` person, or one drawn from what can be `believed` of him."""
    episodes_path: Path | None = None
    """Recorded episodes to compare instead of playing (`trajectory`, one round). Those of the same seed are
    alternatives."""
    min_gap: float = 0.01
    """Values that differ by less are a tie and dropped, in the units of the reward."""
    temperature: float = 1.0
    """Temperature of sampling the dialogues."""
    beta: float = 0.1
    """How strongly the policy is held to the reference."""
    reference: str = "start"
    """The policy held to: that of the `start` of the run, or the `last` one, renewed with each round."""
    epochs: float = 1.0
    """Passes over the data of a round."""
    batch_size: int = 32
    """Comparisons a step, over all processes."""
    learning_rate: float = 3e-4
    """Peak of the learning rate: after a short warm-up it falls linearly over all rounds. The default suits `tiny`, a
    pretrained model wants about 1e-6 (1e-5 with LoRA)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "rounds", "scenarios", "attempts", "futures")
        at_least(self, 2, "branches", "batch_size")
        at_least(self, 0, "min_gap")
        above(self, 0, "temperature", "beta", "epochs")
        one_of(self, PAIRS, "pairs")
        one_of(self, PARTNERS, "partner")
        one_of(self, REFERENCES, "reference")
        if self.pairs == "exact" and self.reward != "goal":
            raise ValueError(f"pairs='exact' compares by the exact payoff: reward must be 'goal', got {self.reward!r}")
        if self.episodes_path is not None and (self.pairs != "trajectory" or self.rounds > 1):
            raise ValueError(
                f"episodes_path is for pairs='trajectory' and a single round; got pairs={self.pairs!r}, "
                f"rounds={self.rounds}"
            )


@dataclass(frozen=True)
class DPOConfig(PreferenceConfig):
    """DPO (TRL's DPOTrainer on token records)."""

    out: Path = Path("runs/dpo")
    matches: int = 1
    """Pairs of each history: the best continuation against the worst, the second best against the second worst..."""
    imitation: float = 0.2
    """Weight of cloning the chosen completions as well (Pang et al. 2024, equation 1). Without it both sides may lose
    probability to what nobody has tried."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.episodes_path is None and self.pairs == "trajectory":
            at_least(self, 2, "attempts")
        at_least(self, 1, "matches")
        at_least(self, 0, "imitation")


@dataclass(frozen=True)
class KTOConfig(PreferenceConfig):
    """KTO (TRL's KTOTrainer on token records)."""

    out: Path = Path("runs/kto")
    beta: float = 0.5
    emphasis: float = 1.33
    """Weight of all that is better against all that is worse, however many they are; the paper advises 1 to 1.33."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "emphasis")
