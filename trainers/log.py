"""The metrics of a training loop of our own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from ..evaluation.evaluate import evaluate
from ..policies.language_model import LanguageModelPolicy
from . import processes
from .config import TrainerConfig
from .run import EVALUATION_SEED, Run


class Log:
    """The metrics of a run: in its file, in TensorBoard and behind a progress bar.

    In processes other than the main one it does nothing.

    Args:
        run: The run.
        config: Its options.
        first: Steps done before.
        steps: Of the whole run.
        episodes_a_step: For the learning curve's axis.
        shown: Numbers behind the bar.
    """

    def __init__(
        self, run: Run, config: TrainerConfig, first: int, steps: int, episodes_a_step: int, shown: Sequence[str]
    ):
        self.run, self.config, self.episodes_a_step, self.shown, self.board = run, config, episodes_a_step, shown, None
        if processes.is_main():
            self.board = SummaryWriter(str(run.board), purge_step=first + 1 if first else None)
        self.bar = tqdm(total=steps, initial=first, desc=run.stage, disable=not processes.is_main())
        self._started = time.perf_counter() - max(
            (row["seconds"] for row in run.metrics() if row["stage"] == run.stage), default=0.0
        )

    def numbers(self, step: int, numbers: dict[str, float]) -> None:
        """Write down what a step has come to."""
        self._write(step, numbers)
        self.bar.update()
        self.bar.set_postfix({name: f"{numbers[name]:.3f}" for name in self.shown})

    def evaluate(self, step: int, policy: LanguageModelPolicy) -> None:
        """Score the policy as it is now; other processes go on, and wait in the next step."""
        if self.board is not None:
            result = evaluate(
                self.config.env_id,
                policy,
                episodes=self.config.eval_episodes,
                seed=EVALUATION_SEED,
                **self.config.settings,
            )
            self._write(step, {"score": result.score, "mean_return": result.mean_return})

    def close(self) -> None:
        """No more is coming."""
        self.bar.close()
        if self.board is not None:
            self.board.close()

    def _write(self, step: int, numbers: dict[str, Any]) -> None:
        self.run.log(
            step, episodes=step * self.episodes_a_step, seconds=round(time.perf_counter() - self._started, 2), **numbers
        )
        for name, value in numbers.items():
            if self.board is not None and value is not None:
                self.board.add_scalar(name, value, step)
