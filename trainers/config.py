"""What every trainer of a policy is told. A trainer adds its own fields, and sets the defaults that suit it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tyro

MINIMA = {
    "lora_rank": 0,
    "max_turn_tokens": 1,
    "eval_every": 0,
    "eval_episodes": 1,
    "final_episodes": 1,
    "save_every": 1,
    "seed": 0,
    "threads": 0,
}


@dataclass(frozen=True)
class TrainerConfig:
    """The fields that all trainers share; they are options of the command line."""

    env_id: tyro.conf.Positional[str]
    """Environment to train in and to evaluate on."""
    out: Path = Path("runs/run")
    """Folder of the run."""
    model: str = "tiny"
    """Where to start: `tiny`, `smollm2`, a local model folder (such as RUN/bc/model) or a Hugging Face id."""
    lora_rank: int = 0
    """Rank of LoRA adapters; 0 trains all weights."""
    learning_rate: float = 3e-4
    """Peak of the schedule; the default suits `tiny`."""
    max_turn_tokens: int = 24
    """Tokens of one utterance at most."""
    eval_every: int = 0
    """Steps between evaluations; 0 for none while training."""
    eval_episodes: int = 200
    """Episodes of an evaluation while training."""
    final_episodes: int = 500
    """Episodes of the final evaluation."""
    compare: bool = True
    """Whether the final evaluation plays the baselines too."""
    save_every: int = 50
    """Steps between checkpoints."""
    seed: int = 0
    """Of weights, scenarios, sampling and order."""
    threads: int = 0
    """Torch threads of each process; 0 leaves torch's default."""
    bf16: bool | None = None
    """Compute in bfloat16; by default where there is a GPU that can."""
    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass instead of keeping them: slower, with much less memory."""
    resume: bool = False
    """Continue from the last checkpoint, exactly as if nothing had happened."""
    settings: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=dict)
    """Settings of the environment, as for gym.make; on the command line `--set name=value`."""

    def __post_init__(self) -> None:
        for name, least in MINIMA.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)!r}")
        if not self.learning_rate > 0.0:
            raise ValueError(f"learning_rate must be above 0, got {self.learning_rate!r}")
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
    def dtype(self) -> str:
        """How a pretrained model's weights are loaded, see `load_pretrained`: those that are trained in single precision, those beneath adapters as stored."""
        return "auto" if self.lora_rank else "float32"

    @property
    def bfloat16(self) -> bool:
        """Whether to compute in bfloat16."""
        if self.bf16 is not None:
            return self.bf16
        import torch

        return torch.cuda.is_available() and torch.cuda.is_bf16_supported()

    @property
    def hardware(self) -> dict[str, Any]:
        """What transformers' ``TrainingArguments`` are told about precision, memory and processes."""
        import torch

        cuda = torch.cuda.is_available()
        return {
            "bf16": self.bfloat16,
            "use_cpu": self.bfloat16 and not cuda,  # or transformers refuses it without a GPU
            "gradient_checkpointing": self.gradient_checkpointing,
            "dataloader_pin_memory": cuda,
            "ddp_find_unused_parameters": False,
        }
