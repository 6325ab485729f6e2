"""Behaviour cloning: supervised fine-tuning on the learner's own turns of recorded episodes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from datasets import Dataset
from peft import LoraConfig
from trl import SFTConfig, SFTTrainer

from ..core.episode import Episode
from ..envs.make import make_engine
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import ChatFormat
from . import processes
from .demonstrations import RecordedConfig, recorded
from .run import Clock, Run, finish, quiet
from .scoring import own_logprobs, plain_head


@dataclass(frozen=True)
class BCConfig(RecordedConfig):
    """Behaviour cloning (TRL's SFTTrainer on token records)."""

    stage: ClassVar[str] = "bc"

    out: Path = Path("runs/bc")
    """Folder of the run."""
    best_of: int = 1
    """Attempts at each demonstration, against the same partner; the best is kept."""
    best_share: float = 1.0
    """Share of the episodes to learn from, those of highest payoff; below 1 it is filtered behaviour cloning."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 < self.best_share <= 1.0:
            raise ValueError(f"best_share must be above 0 and at most 1, got {self.best_share}")
        if self.best_of < 1:
            raise ValueError(f"best_of must be at least 1, got {self.best_of!r}")


@dataclass(frozen=True)
class FilteredBCConfig(BCConfig):
    """Filtered behaviour cloning: only the episodes of highest payoff are cloned."""

    stage: ClassVar[str] = "filtered-bc"

    out: Path = Path("runs/filtered-bc")
    """Folder of the run."""
    best_share: float = 0.3
    """Share of the episodes to learn from, those of highest payoff."""


def train_bc(config: BCConfig) -> float | None:
    """Clone demonstrations.

    Returns:
        The score of the cloned policy; the model is in ``config.out / config.stage / "model"``.

    Raises:
        ValueError: If an argument is invalid.
        FileNotFoundError: If demonstrations or the checkpoint to resume from are missing.
        FileExistsError: If the run exists and `resume` was not asked for.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    engine = make_engine(config.env_id, **config.settings)
    part = processes.share(config.batch_size, "batch_size")
    run = Run(config.out, config.stage)
    checkpoint = run.begin(config, config.resume)
    episodes, _ = recorded(config, config.best_of)
    model, tokenizer = load_model(
        config.model if checkpoint is None or config.model != "tiny" else checkpoint, engine, config.seed, config.dtype
    )
    policy = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens)
    data = _dataset(_best(episodes, config.best_share), policy.chat)
    steps = max(1, round(config.epochs * len(data) / config.batch_size))
    trainer = RecordTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=data,
        peft_config=LoraConfig(r=config.lora_rank, lora_dropout=0.0, target_modules="all-linear")
        if config.lora_rank
        else None,
        args=SFTConfig(
            output_dir=str(run.checkpoints),
            max_steps=steps,
            per_device_train_batch_size=part,
            learning_rate=config.learning_rate,
            lr_scheduler_type="cosine",
            adam_beta2=0.98,
            weight_decay=0.0,
            warmup_steps=max(1, steps // 20),
            max_length=None,
            logging_steps=1,
            report_to=["tensorboard"],
            run_name=config.stage,
            save_steps=config.save_every,
            save_total_limit=2,
            seed=config.seed,
            **config.hardware,
        ),
    )
    policy.model = trainer.model
    quiet(trainer)
    every = config.eval_every or steps
    trainer.add_callback(
        Clock(run, policy, config.env_id, config.settings, every, config.eval_episodes, config.batch_size)
    )
    started = time.perf_counter()
    trainer.train(resume_from_checkpoint=checkpoint)
    run.summarise(train_seconds=round(time.perf_counter() - started, 1), demonstrations=len(data), steps=steps)
    trainer.save_model(str(run.model_path))
    if processes.is_main():
        tokenizer.save_pretrained(str(run.model_path))
    return finish(run, policy, config.env_id, config.settings, config.final_episodes)


class RecordTrainer(SFTTrainer):
    """TRL's trainer; in one process on a CPU it wastes no time on padding and on logits of the partner's words."""

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The mean negative log-probability of the learner's own tokens, as TRL computes it."""
        plain, ids = self.accelerator.unwrap_model(model), inputs["input_ids"]
        stage = "train" if model.training else "eval"
        if return_outputs or ids.device.type != "cpu" or self.accelerator.num_processes > 1 or not plain_head(plain):
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        own = inputs["labels"] != -100
        with self.accelerator.autocast():
            logprobs, entropies = own_logprobs(plain, ids, inputs["attention_mask"], own)
        self._metrics[stage]["entropy"].append((entropies.sum() / own.sum()).item())
        return -logprobs.sum() / (own.sum() if num_items_in_batch is None else num_items_in_batch)


def _best(episodes: list[Episode], share: float) -> list[Episode]:
    ranked = sorted(episodes, key=lambda episode: -episode.payoff)
    keep = set(map(id, ranked[: max(1, round(share * len(ranked)))]))
    return [episode for episode in episodes if id(episode) in keep]


def _dataset(episodes: list[Episode], chat: ChatFormat) -> Dataset:
    records = [chat.record(episode.messages()) for episode in episodes]
    return Dataset.from_list([{"input_ids": record.ids, "labels": record.labels} for record in records if record.turns])
