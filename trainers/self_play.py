"""Self-play: language models in both seats of a dialogue, through the PettingZoo face, trained against each other by policy gradient.

A group is a scenario with the private facts of both seats, played several times. Each seat's episodes are judged
against the other episodes of the group (REINFORCE with a leave-one-out baseline: Ahmadian et al. 2024, section 3; Kool
et al. 2019), and every batch is learned from once. With `past_share` some groups are played against a past self, which
keeps a policy from forgetting how to answer what it no longer does itself (a league, as in Vinyals et al. 2019, at its
smallest). All that is random follows from the seed and the step, so that a run can be continued exactly.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from peft import LoraConfig, get_peft_model

from ..envs.engine import Engine
from ..envs.make import make_engine
from ..evaluation.exploitability import exploitability
from ..policies.duel import Duel, play_duels
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import TokenRecord
from . import checkpoints, processes
from .config import TrainerConfig
from .log import Log
from .run import Run, finish
from .scoring import padded, read_own

PART = 64  # episodes whose activations are held at a time
FIRST_SEED = 200_000_000  # of duels


@dataclass(frozen=True)
class SelfPlayConfig(TrainerConfig):
    """Self-play (our own: REINFORCE with a leave-one-out baseline in both seats)."""

    out: Path = Path("runs/self-play")
    """Folder of the run."""
    model: str = "tiny"
    """Where both seats start: `tiny`, a local model folder (such as RUN/bc/model) or a Hugging Face id."""
    separate: bool = False
    """Give each seat weights of its own; otherwise one policy plays both."""
    steps: int = 40
    """Gradient steps, each on a batch of its own."""
    groups: int = 16
    """Scenarios in a batch."""
    group_size: int = 8
    """Duels of each scenario."""
    past_share: float = 0.0
    """Share of the scenarios in which a past self sits in one of the seats, and only the other one learns."""
    past_every: int = 10
    """Steps between the selves that are kept to be met again."""
    entropy: float = 0.0
    """Weight of an entropy bonus, in nats a token."""
    temperature: float = 1.0
    """Of sampling while training."""
    learning_rate: float = 3e-4
    """After a short warm-up it falls linearly; the default suits `tiny`, a pretrained model wants about 1e-6 (1e-5 with LoRA)."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    exploitability: bool = False
    """Measure at the end what a best response to each seat gains (Negotiation with two or three rounds; minutes)."""
    eval_every: int = 10
    """Steps between evaluations against the simulated users; 0 for none."""
    save_every: int = 20
    """Steps between checkpoints."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("steps", 1), ("groups", 1), ("group_size", 2), ("past_every", 1), ("entropy", 0.0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)!r}")
        for name in ("temperature", "max_grad_norm"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)!r}")
        if not 0.0 <= self.past_share <= 1.0:
            raise ValueError(f"past_share must be from 0 to 1, got {self.past_share!r}")


def train_self_play(config: SelfPlayConfig) -> float | None:
    """Train both seats against each other.

    Returns:
        The score of the policy against the simulated users, in the seat that the environment's settings give the
        learner. Its model is in ``config.out / "self-play" / "model"``; with `separate` weights that of the other seat
        is in ``partner`` beside it.

    Raises:
        ValueError: If an argument is invalid, if only one seat of the family can learn, or if there are several
            processes.
        FileNotFoundError: If the checkpoint to resume from is missing.
        FileExistsError: If the run exists and `resume` was not asked for.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    if processes.count() > 1:
        raise ValueError(f"self-play trains in one process; got {processes.count()}")
    engine = make_engine(config.env_id, **config.settings)
    if engine.family.duel is None:
        raise ValueError(f"env_id must be of a family with two seats that can learn; {config.env_id!r} has one")
    small = None
    if config.exploitability:
        if engine.family.small_duel is None:
            raise ValueError(f"exploitability needs a family with a small duel; {config.env_id!r} has none")
        small = engine.family.small_duel()
    run = Run(config.out, "self-play")
    checkpoint = run.begin(config, config.resume)
    players = Players(config, engine, run.folder / "league")
    first = players.load(Path(checkpoint)) if checkpoint else 0
    speaker = LanguageModelPolicy(players.models[engine.family.role], players.tokenizer, config.max_turn_tokens)
    log, started = (
        Log(run, config, first, config.steps, config.groups * config.group_size, ("reward", "entropy")),
        time.perf_counter(),
    )
    if config.eval_every and not first:
        log.evaluate(0, speaker)
    for step in range(first, config.steps):
        if step % config.past_every == 0:
            players.remember(step)
        duels, seated = players.play(step)
        log.numbers(
            step + 1,
            players.learn(lessons(duels, seated, config.group_size), step) | summary(duels, engine.family.seats),
        )
        if config.eval_every and ((step + 1) % config.eval_every == 0 or step + 1 == config.steps):
            log.evaluate(step + 1, speaker)
        if (step + 1) % config.save_every == 0:
            players.save(run.checkpoints, step + 1)
    log.close()
    run.summarise(
        train_seconds=round(time.perf_counter() - started, 1),
        episodes=config.groups * config.group_size * config.steps,
        steps=config.steps,
    )
    for seat, model in players.models.items():
        if seat == engine.family.role or config.separate:
            place = run.model_path if seat == engine.family.role else run.folder / "partner"
            model.save_pretrained(str(place))
            players.tokenizer.save_pretrained(str(place))
    score = finish(run, speaker, config.env_id, config.settings, config.final_episodes)
    if small is not None:
        found = exploitability(small, players.policies())
        run.summarise(
            nash_conv=found.nash_conv,
            covered=found.covered,
            **{f"gain_{seat}": gain for seat, gain in found.gains.items()},
        )
    return score


# ---- what is learned from a batch ------------------------------------------------------------------------------------


class Lesson(NamedTuple):
    """One episode of one seat.

    Attributes:
        record: Its tokens.
        advantage: Of all of them, in units of payoff.
    """

    record: TokenRecord
    advantage: float


def leave_one_out(payoffs: Sequence[float]) -> list[float]:
    """Each payoff of a group less the mean of the others; 0 for one that is alone."""
    total, others = sum(payoffs), max(1, len(payoffs) - 1)
    return [payoff - (total - payoff) / others if len(payoffs) > 1 else 0.0 for payoff in payoffs]


def lessons(
    duels: Sequence[Duel], seated: Sequence[Mapping[str, LanguageModelPolicy]], size: int
) -> dict[str, list[Lesson]]:
    """What each seat can learn from a batch.

    Args:
        duels: Finished; neighbours of a group meet the same scenario and private facts.
        seated: Who sat where in each. A seat of a policy that is named ``"past"`` learns nothing.
        size: Duels of a group.

    Returns:
        For each seat its lessons. A seat that never got to speak has none in that duel, but its payoff counts in the
        group's mean.
    """
    found: dict[str, list[Lesson]] = {seat: [] for seat in seated[0]}
    for start in range(0, len(duels), size):
        group = range(start, start + size)
        for seat, policy in seated[start].items():
            if policy.name == "past":
                continue
            advantages = leave_one_out([duels[i].payoffs[seat] for i in group])
            spoke = [
                (i, advantage) for i, advantage in zip(group, advantages, strict=True) if duels[i].dialogues[seat].steps
            ]
            found[seat] += [Lesson(policy.record(duels[i].dialogues[seat]), advantage) for i, advantage in spoke]
    return found


def summary(duels: Sequence[Duel], seats: Sequence[str]) -> dict[str, float]:
    """Mean payoffs of a batch: of each seat, and over both."""
    means = {seat: float(np.mean([duel.payoffs[seat] for duel in duels])) for seat in seats}
    return {"reward": float(np.mean(list(means.values()))), **{f"payoff_{seat}": mean for seat, mean in means.items()}}


# ---- the players -----------------------------------------------------------------------------------------------------


class Players:
    """The models of both seats, with their optimizers and their past selves.

    Attributes:
        models: By seat; one and the same unless weights are separate.
        tokenizer: Of all.

    Args:
        config: The options.
        engine: The environment, for its family.
        league: Folder of past selves.
    """

    def __init__(self, config: SelfPlayConfig, engine: Engine, league: Path):
        self.config, self.family, self.league = config, engine.family, league
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        model, self.tokenizer = load_model(config.model, engine, config.seed, config.dtype)
        torch.manual_seed(config.seed)
        if config.lora_rank:
            model = get_peft_model(model, LoraConfig(r=config.lora_rank, lora_dropout=0.0, target_modules="all-linear"))
        if config.gradient_checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        model.to(self.device)
        self.models = {
            seat: copy.deepcopy(model) if config.separate and i else model for i, seat in enumerate(self.family.seats)
        }
        self.distinct = list({id(model): model for model in self.models.values()}.values())
        self.optimizers = [
            torch.optim.AdamW(
                [p for p in model.parameters() if p.requires_grad], lr=config.learning_rate, weight_decay=0.0
            )
            for model in self.distinct
        ]
        self._ghosts: dict[str, Any] = {}

    def policies(self, past: int | None = None) -> dict[str, LanguageModelPolicy]:
        """A policy for each seat, as it plays in training: of now, or of a past self."""
        models = self.models if past is None else self._ghosts_of(past)
        limit, name = self.config.max_turn_tokens, "now" if past is None else "past"
        return {
            seat: LanguageModelPolicy(model, self.tokenizer, limit, self.config.temperature, name=name)
            for seat, model in models.items()
        }

    def play(self, step: int) -> tuple[list[Duel], list[dict[str, LanguageModelPolicy]]]:
        """The duels of a step, and who sat where. All groups that meet a past self in a step meet the same one."""
        config, rng = self.config, np.random.default_rng((self.config.seed, step))
        met = config.past_every * int(rng.integers(step // config.past_every + 1))
        alone = rng.random(config.groups) >= config.past_share
        seats = [self.family.seats[i] for i in rng.integers(len(self.family.seats), size=config.groups)]
        now, past = self.policies(), {} if alone.all() else self.policies(met)
        seated = [now if alone[g] else {**now, seats[g]: past[seats[g]]} for g in range(config.groups)]
        first = FIRST_SEED + 10_000_000 * config.seed + step * config.groups
        seeds = [first + g for g in range(config.groups) for _ in range(config.group_size)]
        everyone = [pair for pair in seated for _ in range(config.group_size)]
        with self._precision():
            return play_duels(self.family, everyone, seeds, list(range(config.group_size)) * config.groups), everyone

    def learn(self, found: Mapping[str, Sequence[Lesson]], step: int) -> dict[str, float]:
        """One gradient step of each model on the lessons of its seats."""
        config, warm = self.config, max(1, self.config.steps // 20)
        rate = config.learning_rate * min((step + 1) / warm, (config.steps - step) / (config.steps - warm + 1))
        loss, entropy, norm = [], [], []
        for model, optimizer in zip(self.distinct, self.optimizers, strict=True):
            mine = [lesson for seat, some in found.items() if self.models[seat] is model for lesson in some]
            tokens = sum(sum(lesson.record.mask) for lesson in mine)
            if not tokens:
                continue
            model.train()
            parts = [self._backward(model, mine[start : start + PART], tokens) for start in range(0, len(mine), PART)]
            norm.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)))
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
            loss.append(sum(part[0] for part in parts))
            entropy.append(sum(part[1] for part in parts))
        means = {
            name: float(np.mean(values or [0.0]))
            for name, values in (("loss", loss), ("entropy", entropy), ("grad_norm", norm))
        }
        return {**means, "learning_rate": rate}

    def remember(self, step: int) -> None:
        """Keep the weights of now, to be met again."""
        if self.config.past_share:
            self.league.mkdir(parents=True, exist_ok=True)
            torch.save([model.state_dict() for model in self.distinct], self.league / f"step-{step}.pt")

    def save(self, folder: Path, step: int) -> None:
        """Write all that the next step depends on."""
        state = {
            "models": [model.state_dict() for model in self.distinct],
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "torch": torch.get_rng_state(),
        }
        checkpoints.write(folder, step, state)

    def load(self, checkpoint: Path) -> int:
        """Go on from a checkpoint; returns its step."""
        step, state = checkpoints.read(checkpoint, self.device)
        for model, optimizer, weights, moments in zip(
            self.distinct, self.optimizers, state["models"], state["optimizers"], strict=True
        ):
            model.load_state_dict(weights)
            optimizer.load_state_dict(moments)
        torch.set_rng_state(state["torch"].cpu())
        return step

    def _backward(self, model: Any, some: Sequence[Lesson], tokens: int) -> tuple[float, float]:
        """Add the gradient of some lessons: of a mean over all own `tokens` of the batch.

        Returns their part of the loss and of the mean entropy.
        """
        ids, mask, own = padded([lesson.record for lesson in some], self.tokenizer.pad_token_id, self.device)
        with self._precision():
            _, logprobs, entropies = read_own(model, ids, mask, own, self.config.temperature)
        advantages = torch.tensor(
            [lesson.advantage for lesson in some for _ in range(sum(lesson.record.mask))], device=self.device
        )
        loss = -(advantages * logprobs).sum() / tokens - self.config.entropy * entropies.sum() / tokens
        loss.backward()
        return float(loss.detach()), float(entropies.detach().sum()) / tokens

    def _ghosts_of(self, step: int) -> dict[str, Any]:
        if not self._ghosts:
            copies = {id(model): copy.deepcopy(model).requires_grad_(False) for model in self.distinct}
            self._ghosts = {seat: copies[id(model)] for seat, model in self.models.items()}
        weights = torch.load(self.league / f"step-{step}.pt", map_location=self.device, weights_only=True)
        for model, some in zip(
            list({id(ghost): ghost for ghost in self._ghosts.values()}.values()), weights, strict=True
        ):
            model.load_state_dict(some)
        return self._ghosts

    def _precision(self) -> AbstractContextManager:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.bfloat16)
