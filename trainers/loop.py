"""The training loop of the algorithms that do not go through transformers or TRL, and what their trainers share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from peft import get_peft_model
from torch import nn
from tqdm import tqdm

from ..envs.engine import Engine
from ..policies.language_model import LanguageModelPolicy, load_model
from . import checkpoints, processes
from .run import Run


def accelerator() -> Accelerator:
    """Of this process, or for several together. Precision is ours to choose, see `TrainerConfig.precision`.

    Accelerate keeps what the first trainer of a process has set up, and refuses anything else: it is made to forget, as
    transformers does.
    """
    AcceleratorState._reset_state()
    return Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="no")


class LoopTrainer:
    """A policy that learns step by step. A step follows from the seed and its number, so that a run can be resumed.

    Attributes:
        player: The policy as it samples episodes.
        speaker: The policy as it is evaluated.
        modules: What learns.
        optimizers: As many, of its weights.

    Args:
        config: What to do.
        engine: The environment, with the reward to train on.
    """

    modules: Sequence[nn.Module]
    optimizers: Sequence[torch.optim.Optimizer]

    def __init__(self, config: Any, engine: Engine):
        self.config, self.engine, self.accelerator = config, engine, accelerator()
        self.device = self.accelerator.device
        model, self.tokenizer = load_model(config.model, engine, config.seed, config.dtype)
        torch.manual_seed(config.seed)
        if adapters := config.adapters:
            model = get_peft_model(model, adapters)
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        self.model = model
        self.player = LanguageModelPolicy(model, self.tokenizer, config.max_turn_tokens, config.temperature)
        self.speaker = LanguageModelPolicy(model, self.tokenizer, config.max_turn_tokens)

    def step(self, step: int) -> dict[str, float]:
        """Do a step, counted from 0, and say in numbers what it came to."""
        raise NotImplementedError

    def memory(self) -> dict[str, Any]:
        """What the next step depends on, beside weights, optimizers and torch's random numbers."""
        return {}

    def recall(self, memory: dict[str, Any]) -> None:
        """Go back to what `memory` gave."""

    def save(self, folder: Path, step: int) -> None:
        """Write a checkpoint after so many steps."""
        if processes.is_main():
            state = {
                "weights": [checkpoints.learned(module) for module in self.modules],
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "torch": torch.get_rng_state(),
            }
            checkpoints.write(folder, step, state | self.memory())

    def load(self, checkpoint: Path) -> int:
        """Go back to a checkpoint; returns its step."""
        step, state = checkpoints.read(checkpoint, self.device)
        for module, weights in zip(self.modules, state["weights"], strict=True):
            module.load_state_dict(weights, strict=False)  # what is not trained is not kept
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        torch.set_rng_state(state["torch"].cpu())
        self.recall(state)
        return step

    def save_model(self, folder: str) -> None:
        """Write the model, in the main process."""
        if processes.is_main():
            self.model.save_pretrained(folder)


def trained(module: nn.Module) -> list[nn.Parameter]:
    """The weights of a module that are trained."""
    return [weights for weights in module.parameters() if weights.requires_grad]


def rate(step: int, steps: int) -> float:
    """Share of the peak learning rate: up within the first twentieth of the steps, then down to 0."""
    warm = max(1, steps // 20)
    return min((step + 1) / warm, (steps - step) / (steps - warm + 1))


def train(
    run: Run, trainer: LoopTrainer, checkpoint: str | None, steps: int, episodes: int, shown: Sequence[str]
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
    bar = run.bar = tqdm(total=steps, initial=first, desc=run.stage, disable=not main)

    run.start()
    if config.eval_every and not first and main:
        run.log(0, 0, **run.validate(trainer.speaker))
    for step in range(first + 1, steps + 1):
        numbers = trainer.step(step - 1)
        run.log(step, step * episodes, **numbers)
        bar.update()
        bar.set_postfix({name: f"{numbers[name]:.3f}" for name in shown})
        if config.eval_every and (step % config.eval_every == 0 or step == steps) and main:
            # other processes go on, and wait in the next step
            run.log(step, step * episodes, **run.validate(trainer.speaker))
        if step % config.save_every == 0 or step == steps:
            trainer.save(run.checkpoints, step)
    bar.close()
