"""Expert iteration: play, keep the best attempts at each scenario, imitate them, and again; also known as online filtered behaviour cloning.

The policy that is searched for better play is the policy itself, by trying several times (Anthony et al. 2017 search a
tree; with best attempts instead it is ReST, Gulcehre et al. 2023). Everything random follows from the seed and the
round, so a run can be continued exactly.

What to expect of it. Attempts at a scenario meet the same hidden person, so what makes one better is its acts, and luck
with the answers: where those are drawn at random, lucky acts are imitated like good ones. It learns from successes
alone, so it never hears what to avoid, and it stops learning where all attempts come to the same.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from peft import LoraConfig, get_peft_model

from ..core.dialogue import Dialogue
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import TokenRecord
from . import checkpoints, processes
from .config import TrainerConfig
from .episodes import play, room_for_a_turn
from .log import Log
from .run import Run, finish, scored
from .scoring import Reader, padded

STAGE = "expert-iteration"
SEEDS_A_RUN = 100_000_000


@dataclass(frozen=True)
class ExpertIterationConfig(TrainerConfig):
    """Expert iteration, or online filtered behaviour cloning (our own, on accelerate)."""

    out: Path = Path("runs/expert-iteration")
    """Folder of the run."""
    reward: str = "goal"
    """What attempts are compared by: a registered reward, or several with weights, such as `goal=1,turn_cost=0.01`."""
    rounds: int = 10
    """How often to play and learn."""
    scenarios: int = 64
    """New scenarios in a round, over all processes."""
    attempts: int = 8
    """Episodes of each scenario, against the same hidden partner."""
    keep: float = 0.25
    """Share of a scenario's attempts to learn from, the best by return; only those above the scenario's mean."""
    buffer: int = 1
    """Rounds whose kept episodes are learned from: 1 for the latest only, 0 for all so far."""
    epochs: int = 1
    """Passes over the buffer in a round."""
    batch_size: int = 16
    """Episodes a gradient step, over all processes."""
    learning_rate: float = 3e-4
    """At the first round; it falls linearly with the rounds.

    The default suits `tiny`, a pretrained model wants about 1e-5 (1e-4 with LoRA).
    """
    temperature: float = 1.0
    """Of sampling while playing."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm; 0 leaves them."""
    max_episode_tokens: int = 768
    """Tokens of one episode at most; a longer one is left after a turn of the model."""
    eval_every: int = 1
    """Rounds between evaluations; 0 for none."""
    save_every: int = 1
    """Rounds between checkpoints."""

    def __post_init__(self) -> None:
        super().__post_init__()
        room_for_a_turn(self.max_episode_tokens, self.max_turn_tokens)
        for name, least in {
            "rounds": 1,
            "scenarios": 1,
            "attempts": 2,
            "buffer": 0,
            "epochs": 1,
            "batch_size": 1,
            "max_grad_norm": 0,
        }.items():
            if not getattr(self, name) >= least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)!r}")
        if not 0.0 < self.keep < 1.0:
            raise ValueError(f"keep must be above 0 and below 1, got {self.keep!r}")
        if not self.temperature > 0.0:
            raise ValueError(f"temperature must be above 0, got {self.temperature!r}")


def train_expert_iteration(config: ExpertIterationConfig) -> float | None:
    """Train a policy by expert iteration, in this process or, under ``torchrun`` or ``accelerate launch``, in several.

    Returns:
        The score of the trained policy; the model is in ``config.out / "expert-iteration" / "model"``.

    Raises:
        ValueError: If an argument is invalid.
        FileNotFoundError: If the checkpoint to resume from is missing.
        FileExistsError: If the run exists and `resume` was not asked for.
        ConnectionError: If the simulated user failed in every episode of a round.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    engine = make_engine(config.env_id, reward=config.reward, **config.settings)
    processes.share(config.scenarios, "scenarios")
    processes.share(config.batch_size, "batch_size")
    run = Run(config.out, STAGE)
    checkpoint = run.begin(config, config.resume)
    learner = Learner(config, engine)
    first = learner.load(Path(checkpoint)) if checkpoint else 0
    log = Log(run, config, first, config.rounds, config.scenarios * config.attempts, ("reward", "loss", "kept"))
    if config.eval_every and not first:
        log.evaluate(0, learner.speaker)
    started = time.perf_counter()
    for number in range(first, config.rounds):
        numbers = learner.play(number)
        numbers |= learner.learn(number)
        log.numbers(number + 1, numbers)
        if config.eval_every and ((number + 1) % config.eval_every == 0 or number + 1 == config.rounds):
            log.evaluate(number + 1, learner.speaker)
        if (number + 1) % config.save_every == 0:
            learner.save(run.checkpoints, number + 1)
    log.close()
    played = config.rounds * config.scenarios * config.attempts
    run.summarise(
        train_seconds=round(time.perf_counter() - started, 1), episodes=played, rounds=config.rounds, kept=learner.kept
    )
    if processes.is_main():
        learner.speaker.model.save_pretrained(str(run.model_path))
        learner.speaker.tokenizer.save_pretrained(str(run.model_path))
    return finish(run, learner.speaker, config.env_id, config.settings, config.final_episodes)


def best(returns: Sequence[float | None], size: int, keep: float) -> list[int]:
    """Which attempts to learn from: of each scenario the best share of those that count, as long as they are above the scenario's mean.

    Args:
        returns: Of each attempt; ``None`` for one that does not count.
        size: Attempts at a scenario; neighbours are of the same.
        keep: The share, at least one attempt. Of equals the first is kept.

    Returns:
        Their places, in order.
    """
    places = []
    for first in range(0, len(returns), size):
        counted = [
            (value, place) for place, value in enumerate(returns[first : first + size], first) if value is not None
        ]
        mean = sum(value for value, _ in counted) / max(1, len(counted))
        ranked = sorted(
            (place for value, place in counted if value > mean + 1e-9), key=lambda place: -(returns[place] or 0.0)
        )
        places += sorted(ranked[: max(1, round(keep * len(counted)))])
    return places


class Learner:
    """The policy, its optimizer and what it learns from.

    Args:
        config: What to do.
        engine: The environment, with the reward to compare by.
    """

    def __init__(self, config: ExpertIterationConfig, engine: Engine):
        self.config, self.engine = config, engine
        self.accelerator = Accelerator(
            cpu=not torch.cuda.is_available(), mixed_precision="bf16" if config.bfloat16 else "no"
        )
        model, tokenizer = load_model(config.model, engine, config.seed, config.dtype)
        if config.lora_rank:
            torch.manual_seed(config.seed)  # of the adapters
            model = get_peft_model(model, LoraConfig(r=config.lora_rank, lora_dropout=0.0, target_modules="all-linear"))
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        trained = [weights for weights in model.parameters() if weights.requires_grad]
        self.reader, self.optimizer = self.accelerator.prepare(
            Reader(model), torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=0.0)
        )
        self.player = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens, config.temperature)
        self.speaker = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens)
        self.buffer: list[list[TokenRecord]] = []
        self.kept = 0

    def play(self, number: int) -> dict[str, float]:
        """Play a round's scenarios, and put the best attempts into the buffer.

        Args:
            number: Of the round, from 0.

        Returns:
            ``reward`` (mean return), ``reward_std``, ``payoff``, and how many episodes were ``kept``.

        Raises:
            ConnectionError: If the simulated user failed in every episode.
        """
        config, part = self.config, processes.share(self.config.scenarios, "scenarios")
        start = SEEDS_A_RUN * (1 + config.seed) + number * config.scenarios + processes.index() * part
        seeds = [start + i for i in range(part) for _ in range(config.attempts)]
        dialogues = play(
            self.engine, self.player, seeds, config.max_episode_tokens, [k % config.attempts for k in range(len(seeds))]
        )
        returns = [sum(step.reward for step in dialogue.steps) if _counts(dialogue) else None for dialogue in dialogues]
        records = processes.gather(
            [self.player.record(dialogues[place]) for place in best(returns, config.attempts, config.keep)]
        )
        self.buffer = [*self.buffer, records][-config.buffer :]
        self.kept += len(records)
        counted = [
            (value, dialogue.steps[-1].payoff)
            for value, dialogue in zip(returns, dialogues, strict=True)
            if value is not None
        ]
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

        Args:
            number: Of the round, from 0.

        Returns:
            ``loss`` (mean negative log-probability of the imitated tokens in nats), ``entropy``, ``grad_norm``, means
            over the round's gradient steps; and ``learning_rate``. Without anything to imitate the loss is 0.
        """
        config, records = self.config, [record for records in self.buffer for record in records]
        rate = config.learning_rate * (1.0 - number / config.rounds)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        order = torch.Generator().manual_seed(1_000_003 * (1 + config.seed) + number)
        steps = []
        for _ in range(config.epochs):
            shuffled = [records[i] for i in torch.randperm(len(records), generator=order)]
            steps += [
                self._step(shuffled[k : k + config.batch_size]) for k in range(0, len(shuffled), config.batch_size)
            ]
        loss, entropy, norm = torch.tensor(steps).mean(0).tolist() if steps else (0.0, 0.0, 0.0)
        return {"loss": loss, "entropy": entropy, "grad_norm": norm, "learning_rate": rate}

    def save(self, folder: Path, number: int) -> None:
        """Write a checkpoint after `number` rounds."""
        if not processes.is_main():
            return
        fields = [[(r.prompt_ids, r.completion_ids, r.mask, r.turns) for r in records] for records in self.buffer]
        state = {
            "weights": checkpoints.learned(self.speaker.model),
            "optimizer": self.optimizer.state_dict(),
            "buffer": fields,
            "kept": self.kept,
        }
        state["torch"] = torch.get_rng_state()  # of dropout, where a model has any
        checkpoints.write(folder, number, state)

    def load(self, checkpoint: Path) -> int:
        """Go on from a checkpoint.

        Returns:
            How many rounds it has behind it.
        """
        number, state = checkpoints.read(checkpoint, self.accelerator.device)
        self.speaker.model.load_state_dict(state["weights"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        self.buffer = [
            [TokenRecord(prompt, completion, mask, [], turns) for prompt, completion, mask, turns in records]
            for records in state["buffer"]
        ]
        self.kept = state["kept"]
        torch.set_rng_state(state["torch"].cpu())
        return number

    def _step(self, batch: list[TokenRecord]) -> tuple[float, float, float]:
        """One gradient step on some records: loss, entropy and norm of the gradient."""
        self.reader.train()
        total = sum(sum(record.mask) for record in batch)
        mine = batch[processes.index() :: processes.count()] or [
            TokenRecord(batch[0].prompt_ids, batch[0].completion_ids, [0] * len(batch[0].mask))
        ]
        with self.accelerator.autocast():
            _, logprobs, entropies = self.reader(*padded(mine, self.speaker.chat.eos, self.accelerator.device))
        loss = -logprobs.sum() / total
        self.accelerator.backward(loss * processes.count())  # gradients are averaged over processes
        norm: Any = self.accelerator.clip_grad_norm_(
            self.reader.parameters(), self.config.max_grad_norm or float("inf")
        )
        self.optimizer.step()
        self.optimizer.zero_grad()
        sums = processes.gather([(loss.item(), entropies.sum().item() / total)])
        return sum(part for part, _ in sums), sum(part for _, part in sums), float(norm)


def _counts(dialogue: Dialogue) -> bool:
    return scored(dialogue) and bool(dialogue.steps)
