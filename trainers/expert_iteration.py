"""Expert iteration: play, keep the best attempts at each scenario, imitate them, and again.

It is also known as online filtered behaviour cloning. The policy that is searched for better play is the policy itself,
by trying several times (Anthony et al. 2017 search a tree; with attempts instead it is ReST, Gulcehre et al. 2023).

What to expect of it. Attempts at a scenario meet the same hidden person, so what makes one better is its acts, and luck
with the answers: where those are drawn at random, lucky acts are imitated like good ones. It learns from successes
alone, so it never hears what to avoid, and it stops learning where all attempts come to the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ..envs import seeds
from ..envs.engine import Engine
from ..policies.tokens import TokenRecord
from . import processes
from .configs import ExpertIterationConfig
from .judging import training_engine
from .loop import LoopTrainer, train, trained
from .preferences import return_of
from .run import Run, training
from .scoring import Reader, padded


@training
def train_expert_iteration(config: ExpertIterationConfig) -> float | None:
    """Train a policy by expert iteration, in this process or, under ``torchrun`` or ``accelerate launch``, in several.

    Returns:
        The score of the trained policy; the model is in ``config.out / "expert-iteration" / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
        ConnectionError: If the simulated user failed in every episode of a round.
    """
    engine = training_engine(config, config.reward)
    processes.share(config.scenarios, "scenarios")
    processes.share(config.batch_size, "batch_size")
    run = Run(config, "expert-iteration")
    checkpoint, episodes = run.begin(), config.scenarios * config.attempts
    trainer = ExpertIterationTrainer(config, engine)
    train(run, trainer, checkpoint, config.rounds, episodes, ("reward", "loss", "kept"))
    numbers = {"episodes": config.rounds * episodes, "rounds": config.rounds, "kept": trainer.kept}
    return run.finish(trainer.speaker, trainer.save_model, **numbers)


def best(returns: Sequence[float | None], size: int, keep: float) -> list[int]:
    """Which attempts to learn from, as places in order: of each scenario the best of those above its mean.

    Args:
        returns: Of each attempt; ``None`` for one that does not count.
        size: Attempts at a scenario; neighbours are of the same.
        keep: The share of those that count, at least one attempt. Of equals the first is kept.
    """
    places = []
    for first in range(0, len(returns), size):
        group = enumerate(returns[first : first + size], first)
        counted = {place: value for place, value in group if value is not None}
        mean = sum(counted.values()) / max(1, len(counted))
        ranked = sorted(counted, key=lambda place: -counted[place])
        kept = [place for place in ranked if counted[place] > mean + 1e-9]
        places += sorted(kept[: max(1, round(keep * len(counted)))])
    return places


class ExpertIterationTrainer(LoopTrainer):
    """The policy, its optimizer and what it learns from."""

    def __init__(self, config: ExpertIterationConfig, engine: Engine):
        super().__init__(config, engine)
        adam = torch.optim.AdamW(trained(self.model), lr=config.learning_rate, weight_decay=0.0)
        self.reader, optimizer = self.accelerator.prepare(Reader(self.model), adam)
        self.modules, self.optimizers = (self.model,), (optimizer,)
        self.buffer: list[list[TokenRecord]] = []
        self.kept = 0

    def step(self, step: int) -> dict[str, float]:
        """Play a round and imitate the best of it."""
        return self.play(step) | self.learn(step)

    def play(self, number: int) -> dict[str, float]:
        """Play the scenarios of a round, counted from 0, and put the best attempts into the buffer.

        Returns:
            ``reward`` (mean return), ``reward_std``, ``payoff``, and how many episodes were ``kept``.

        Raises:
            ConnectionError: If the simulated user failed in every episode.
        """
        config, part = self.config, processes.share(self.config.scenarios, "scenarios")
        mine = seeds.train(config.seed, part, number * config.scenarios + processes.index() * part)
        asked, attempts = np.repeat(mine, config.attempts).tolist(), list(range(config.attempts)) * part
        dialogues = config.play(self.engine, self.player, asked, attempts)
        counts = [bool(dialogue.steps and not dialogue.error) for dialogue in dialogues]
        returns = [return_of(one) if counted else None for one, counted in zip(dialogues, counts, strict=True)]
        kept = best(returns, config.attempts, config.keep)
        records = processes.gather([self.player.record(dialogues[place]) for place in kept])
        self.buffer = [*self.buffer, records][-config.buffer :]
        self.kept += len(records)
        played = zip(returns, dialogues, strict=True)
        counted = [(value, dialogue.steps[-1].payoff) for value, dialogue in played if value is not None]
        if not (counted := processes.gather(counted)):
            raise ConnectionError(
                f"the simulated user failed in every episode of a round; the first error was: {dialogues[0].error}"
            )
        values = torch.tensor(counted)
        numbers = {
            "reward": values[:, 0].mean(),
            "reward_std": values[:, 0].std(correction=0),
            "payoff": values[:, 1].mean(),
            "kept": len(records),
        }
        return {name: float(value) for name, value in numbers.items()}

    def learn(self, number: int) -> dict[str, float]:
        """Imitate what is in the buffer.

        Returns:
            ``loss`` (mean negative log-probability of the imitated tokens in nats), ``entropy``, ``grad_norm``, means
            over the round's gradient steps; and ``learning_rate``. Without anything to imitate the loss is 0.
        """
        config, records = self.config, [record for records in self.buffer for record in records]
        rate = config.learning_rate * (1.0 - number / config.rounds)
        self.optimizers[0].param_groups[0]["lr"] = rate
        order = torch.Generator().manual_seed(1_000_003 * (1 + config.seed) + number)
        steps = []
        for _ in range(config.epochs):
            shuffled = [records[i] for i in torch.randperm(len(records), generator=order)]
            starts = range(0, len(shuffled), config.batch_size)
            steps += [self._step(shuffled[k : k + config.batch_size]) for k in starts]
        loss, entropy, norm = torch.tensor(steps).mean(0).tolist() if steps else (0.0, 0.0, 0.0)
        return {"loss": loss, "entropy": entropy, "grad_norm": norm, "learning_rate": rate}

    def memory(self) -> dict[str, Any]:
        """The buffer."""
        fields = [[(r.prompt_ids, r.completion_ids, r.mask, r.turns) for r in records] for records in self.buffer]
        return {"buffer": fields, "kept": self.kept}

    def recall(self, memory: dict[str, Any]) -> None:
        """The same again."""
        self.buffer = [
            [TokenRecord(prompt, completion, mask, [], turns) for prompt, completion, mask, turns in records]
            for records in memory["buffer"]
        ]
        self.kept = memory["kept"]

    def _step(self, batch: list[TokenRecord]) -> tuple[float, float, float]:
        """One gradient step on some records: loss, entropy and norm of the gradient."""
        self.reader.train()
        total = sum(sum(record.mask) for record in batch)
        mine = batch[processes.index() :: processes.count()] or [
            TokenRecord(batch[0].prompt_ids, batch[0].completion_ids, [0] * len(batch[0].mask))
        ]
        with self.config.precision(self.device):
            _, logprobs, entropies = self.reader(*padded(mine, self.speaker.chat.eos, self.device))
        loss = -logprobs.sum() / total
        self.accelerator.backward(loss * processes.count())  # gradients are averaged over processes
        most = self.config.max_grad_norm or float("inf")
        norm: Any = self.accelerator.clip_grad_norm_(self.reader.parameters(), most)
        self.optimizers[0].step()
        self.optimizers[0].zero_grad()
        sums = processes.gather([(loss.item(), entropies.sum().item() / total)])
        return sum(part for part, _ in sums), sum(part for _, part in sums), float(norm)
