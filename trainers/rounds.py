"""The data of a training that goes in rounds: each is played by the policy that the one before has left behind.

A round's data is written to a file before it is learned from. A resumed run reads it again, so nothing is played twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from transformers import TrainerCallback

from . import processes

Rows = list[dict[str, Any]]


class Rounds(TrainerCallback):
    """Hands out the data of the current round step by step, and has the next round played when it is used up.

    Args:
        folder: Where the rounds' data is kept.
        rounds: How many there are at most.
        batch_size: Rows of a step.
        play: Makes a round: its rows in the order of training, and numbers about it, among them ``played``, the
            dialogues it took.
        tell: Is told the step at which a round begins, and its numbers.
    """

    def __init__(
        self,
        folder: Path,
        rounds: int,
        batch_size: int,
        play: Callable[[int], tuple[Rows, dict[str, float]]],
        tell: Callable[..., None],
    ):
        self.folder, self.rounds, self.batch_size, self.play, self.tell = folder, rounds, batch_size, play, tell
        self.starts: list[int] = []
        self.facts: list[dict[str, float]] = []
        self.rows: Rows = []
        self.warmup = 1

    @property
    def number(self) -> int:
        """Of the current round, from 0."""
        return len(self.starts) - 1

    @property
    def end(self) -> int:
        """The step at which the current round is used up."""
        return self.starts[-1] + self._steps

    @property
    def over(self) -> bool:
        """Whether nothing comes after this round: it is the last, or all attempts have become the same."""
        return self.number + 1 == self.rounds or not self.rows

    @property
    def played(self) -> int:
        """Dialogues played so far."""
        return int(sum(facts["played"] for facts in self.facts))

    def seek(self, step: int) -> None:
        """Go to the round of the step that comes next.

        Args:
            step: Of the checkpoint to go on from; -1 if there is none. Rounds that were begun later are forgotten, as
                they will be played again.

        Raises:
            ValueError: If the first round has nothing to learn from.
        """
        if step < 0:
            self._forget(0)
        self._begin(0)
        if not self.rows:
            raise ValueError(
                f"nothing to learn from: {self.facts[0]}; raise scenarios, temperature, attempts or branches, or lower "
                "min_gap"
            )
        self.warmup = max(1, self._steps // 10)
        while self.end <= step and not self.over:
            self._begin(self.end)
        self._forget(len(self.starts))

    def batch(self, step: int) -> Rows:
        """The rows of a step of the current round."""
        place = (step - self.starts[-1]) * self.batch_size
        return self.rows[place : place + self.batch_size]

    def rate(self, step: int) -> float:
        """Share of the peak learning rate at a step."""
        within = min(1.0, (step - self.starts[-1]) / self._steps) if self._steps else 1.0
        return min(1.0, (step + 1) / self.warmup) * (1.0 - (self.number + within) / self.rounds)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell the trainer how long it will take, as far as that is known."""
        state.max_steps = self._total

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Have the next round played, or end the training."""
        if state.global_step >= self.end:
            if not self.over:
                self._begin(state.global_step)
            if self.end <= state.global_step:
                control.should_training_stop = control.should_save = True
            state.max_steps = self._total

    @property
    def _steps(self) -> int:
        return max(1, len(self.rows) // self.batch_size) if self.rows else 0

    @property
    def _total(self) -> int:
        """Steps of the whole run, if the rounds to come are as long as this one."""
        return self.end + (0 if self.over else (self.rounds - len(self.starts)) * self._steps)

    def _forget(self, first: int) -> None:
        """Remove the data of round `first` and of all after it, which an interrupted run has left."""
        files = self.folder.glob("round-*.parquet")
        late = (file for file in files if int(file.stem.removeprefix("round-")) >= first)
        processes.main_only(lambda: [file.unlink() for file in late])

    def _begin(self, step: int) -> None:
        number = len(self.starts)
        file = self.folder / f"round-{number:03d}.parquet"
        fresh = processes.main_only(lambda: not file.exists() and write_round(file, *self.play(number)))
        self.rows, facts = read_round(file)
        self.starts.append(step)
        self.facts.append(facts)
        if fresh:
            self.tell(step, **facts)


def write_round(file: Path, rows: Rows, facts: dict[str, float]) -> bool:
    """Write the rows of a round and numbers about it; the file appears whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".writing-{os.getpid()}.tmp")
    pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata({"facts": json.dumps(facts)}), part)
    os.replace(part, file)
    return True


def read_round(file: Path) -> tuple[Rows, dict[str, float]]:
    """What `write_round` has written."""
    table = pq.read_table(file)
    return table.to_pylist(), json.loads(table.schema.metadata[b"facts"])
