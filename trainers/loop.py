"""The training loop of the algorithms that do not go through transformers or TRL, and its metrics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import get_peft_model
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from ..envs.engine import Engine
from ..policies.language_model import LanguageModelPolicy, load_model
from . import processes
from .config import TrainerConfig
from .run import Run


class StepTrainer(Protocol):
    """What the loop asks of a trainer. A step follows from the seed and its number, so that a run can be resumed."""

    @property
    def speaker(self) -> LanguageModelPolicy:
        """The policy as it is evaluated."""
        ...

    def step(self, step: int, /) -> dict[str, float]:
        """Do a step, counted from 0, and say in numbers what it came to."""
        ...

    def save(self, folder: Path, step: int, /) -> None:
        """Write a checkpoint after so many steps."""
        ...

    def load(self, checkpoint: Path, /) -> int:
        """Go back to a checkpoint; returns its step."""
        ...


def trainable(config: TrainerConfig, engine: Engine) -> tuple[Any, Any]:
    """The model to start from, with adapters and activation checkpoints as they are asked for, and its tokenizer."""
    model, tokenizer = load_model(config.model, engine, config.seed, config.dtype)
    torch.manual_seed(config.seed)
    if adapters := config.adapters:
        model = get_peft_model(model, adapters)
    if config.gradient_checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    return model, tokenizer


def train(
    run: Run, trainer: StepTrainer, checkpoint: str | None, steps: int, episodes: int, shown: Sequence[str]
) -> None:
    """Do the steps of a run: log, evaluate and save on the way.

    Args:
        run: The run.
        trainer: Does the steps.
        checkpoint: To go on from.
        steps: Of the whole run.
        episodes: Of a step, for the learning curve's axis.
        shown: Numbers behind the progress bar.
    """
    first = trainer.load(Path(checkpoint)) if checkpoint else 0
    config, main = run.config, processes.is_main()
    board = SummaryWriter(str(run.board), purge_step=first + 1 if first else None) if main else None
    bar = tqdm(total=steps, initial=first, desc=run.stage, disable=not main)

    def write(step: int, numbers: dict[str, Any]) -> None:
        run.log(step, step * episodes, **numbers)
        for name, value in numbers.items():
            if board is not None and value is not None:
                board.add_scalar(name, value, step)

    run.start()
    if config.eval_every and not first and main:
        write(0, run.validate(trainer.speaker))
    for step in range(first + 1, steps + 1):
        numbers = trainer.step(step - 1)
        write(step, numbers)
        bar.update()
        bar.set_postfix({name: f"{numbers[name]:.3f}" for name in shown})
        if config.eval_every and (step % config.eval_every == 0 or step == steps) and main:
            write(step, run.validate(trainer.speaker))  # other processes go on, and wait in the next step
        if step % config.save_every == 0:
            trainer.save(run.checkpoints, step)
    bar.close()
    if board is not None:
        board.close()


def save(model: Any, folder: str) -> None:
    """Write a model, in the main process."""
    if processes.is_main():
        model.save_pretrained(folder)
