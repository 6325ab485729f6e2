"""What every trainer of a policy is told. A trainer adds its own fields, and sets the defaults that suit it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from ..core.checks import above, at_least, one_of
from ..core.dialogue import Dialogue
from ..envs.engine import Engine
from ..policies.rollout import TOGETHER, rollout
from .trackers import TRACKERS

if TYPE_CHECKING:  # torch takes seconds, and help and errors in options do without
    import torch
    from peft import LoraConfig

    from ..policies.language_model import LanguageModelPolicy


def adapters(rank: int, **options: Any) -> LoraConfig:
    """PEFT's configuration of LoRA adapters on every linear layer."""
    from peft import LoraConfig

    return LoraConfig(r=rank, lora_dropout=0.0, target_modules="all-linear", **options)


def hardware(bf16: bool, gradient_checkpointing: bool = False) -> dict[str, Any]:
    """What transformers' ``TrainingArguments`` are told about precision, memory and processes."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "bf16": bf16,
        "use_cpu": bf16 and not cuda,  # or transformers refuses it without a GPU
        "gradient_checkpointing": gradient_checkpointing,
        "dataloader_pin_memory": cuda,
        "ddp_find_unused_parameters": False,
    }


class Checked:
    """What has nothing to check itself: where the checks of a configuration's parts end."""

    def __post_init__(self) -> None:
        """See that the fields are valid; each part sees to its own."""


@dataclass(frozen=True)
class RunConfig(Checked):
    """The fields that all trainers of a policy share; they are options of the command line."""

    env_id: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="ENV-ID")]]
    """Environment to train in and to evaluate on."""
    out: Path = Path("runs/run")
    """Folder of the run."""
    model: str = "tiny"
    """Where to start."""
    learning_rate: float = 3e-4
    """Peak of the learning rate."""
    eval_every: int = 0
    """Steps between evaluations while training; 0 for none."""
    eval_episodes: int = 200
    """Episodes of an evaluation while training."""
    final_episodes: int = 500
    """Episodes of the final evaluation."""
    compare: bool = True
    """Whether the final evaluation plays the baselines too."""
    save_every: int = 50
    """Steps between checkpoints."""
    track: str = "tensorboard"
    """Where logged numbers go beside metrics.jsonl: `tensorboard`, `trackio`, `wandb` or `none`."""
    seed: int = 0
    """Seed of the weights, the scenarios, the sampling and the order."""
    threads: int = 0
    """Torch threads of each process; 0 leaves torch's default."""
    resume: bool = False
    """Continue from the last checkpoint, exactly as if nothing had happened."""
    go_on: bool = False
    """Start the run, or resume it if it was stopped, or leave it alone if it is finished."""
    settings: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=dict)
    """Settings of the environment, as for gym.make; on the command line `--set name=value`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "out", Path(self.out).expanduser())
        at_least(self, 0, "eval_every", "seed", "threads")
        at_least(self, 1, "eval_episodes", "final_episodes", "save_every")
        above(self, 0, "learning_rate")
        one_of(self, TRACKERS, "track")
        if "split" in self.settings:
            raise ValueError(
                "settings must hold no split: a run plays its own seeds of train, and is scored on validation and test"
            )


@dataclass(frozen=True)
class TrainerConfig(RunConfig):
    """The fields that all trainers of language models share."""

    model: str = "tiny"
    """Where to start: `tiny`, `smollm2`, a local model folder (such as RUN/bc/model) or a Hugging Face id."""
    lora_rank: int = 0
    """Rank of the LoRA adapters; 0 trains all weights."""
    learning_rate: float = 3e-4
    """Peak of the learning rate; the default suits `tiny`."""
    max_turn_tokens: int = 24
    """Most tokens of one utterance."""
    bf16: bool | None = None
    """Compute in bfloat16; by default where there is a GPU that can."""
    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass instead of keeping them: slower, with much less memory."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "lora_rank")
        at_least(self, 1, "max_turn_tokens")
        if self.lora_rank and self.model == "tiny":
            raise ValueError(
                "lora_rank adapts a model that was saved; with model='tiny', which is made new, it must be 0, got "
                f"{self.lora_rank}"
            )
        if self.lora_rank and (Path(self.model) / "adapter_config.json").exists():
            raise ValueError(
                f"lora_rank must be 0, got {self.lora_rank}: model {self.model!r} is a LoRA adapter already, and goes "
                "on being trained"
            )

    @property
    def adapters(self) -> LoraConfig | None:
        """PEFT's configuration of the LoRA adapters; ``None`` if all weights are trained."""
        return adapters(self.lora_rank) if self.lora_rank else None

    @property
    def dtype(self) -> str:
        """How a pretrained model's weights are loaded, see `load_pretrained`.

        Those that are trained in single precision, those beneath adapters as they are stored.
        """
        return "auto" if self.lora_rank else "float32"

    @property
    def bfloat16(self) -> bool:
        """Whether to compute in bfloat16."""
        if self.bf16 is not None:
            return self.bf16
        import torch

        return torch.cuda.is_available() and torch.cuda.is_bf16_supported()

    def precision(self, device: torch.device) -> torch.autocast:
        """Computes in bfloat16 within its block, if that is to be done."""
        import torch

        return torch.autocast(device.type, torch.bfloat16, enabled=self.bfloat16)

    @property
    def hardware(self) -> dict[str, Any]:
        """See `hardware`."""
        return hardware(self.bfloat16, self.gradient_checkpointing)


@dataclass(frozen=True)
class OnlineConfig(TrainerConfig):
    """What trainers are told that play whole episodes and learn from them."""

    temperature: float = 1.0
    """Temperature of sampling while training."""
    max_episode_tokens: int = 768
    """Most tokens of one episode; a longer one is left after a turn of the model."""

    def __post_init__(self) -> None:
        super().__post_init__()
        above(self, 0, "temperature")
        if self.max_episode_tokens <= self.max_turn_tokens + 1:
            raise ValueError(
                f"max_episode_tokens must leave room for several turns of max_turn_tokens ({self.max_turn_tokens}), "
                f"got {self.max_episode_tokens}"
            )

    def play(
        self, engine: Engine, policy: LanguageModelPolicy, seeds: Sequence[int], attempts: int | Sequence[int] = 0
    ) -> list[Dialogue]:
        """Play one dialogue a seed, as `rollout` does, but none that gets longer than the trainer can take.

        One is left after a turn of the model if another exchange might not fit into `max_episode_tokens`.

        Args:
            engine: The environment, with the reward to train on.
            policy: Speaks for the learner and keeps the token records.
            seeds: One for each episode: of its scenario, of its partner's hidden state and of both sides' words.
            attempts: Of the policy at each episode, see `policy_stream`.

        Returns:
            The dialogues, in the order of the seeds. Those with an ``error`` are not the policy's doing: drop them.
            Some of them have no steps, and no record.
        """

        def goes_on(dialogue: Dialogue) -> bool:
            reply = len(policy.chat.reply(dialogue.steps[-1].reply))
            room = self.max_episode_tokens - len(policy.record(dialogue).completion_ids)
            return reply + policy.max_turn_tokens + 1 <= room

        # a sampler bounds its rows by the memory there is
        batch = len(seeds) if policy.continuous else TOGETHER
        return list(rollout(engine, policy, seeds, batch, attempts, goes_on))
