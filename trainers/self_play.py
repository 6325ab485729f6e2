"""Self-play: language models in all seats of a dialogue are trained against each other by policy gradient.

A group is a scenario with the private facts of all seats, played several times. Each seat's episodes are judged
against the other episodes of the group (REINFORCE with a leave-one-out baseline: Ahmadian et al. 2024, section 3; Kool
et al. 2019), and every batch is learned from once. With `past_share` some groups are played against a past self, which
keeps a policy from forgetting how to answer what it no longer does itself (a league, as in Vinyals et al. 2019, at its
smallest). All that is random follows from the seed and the step, so that a run can be continued exactly.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from ..envs import seeds
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..evaluation.exploitability import exploitability
from ..policies.duel import Duel, play_duels
from ..policies.language_model import LanguageModelPolicy
from ..policies.tokens import TokenRecord
from . import processes
from .configs import SelfPlayConfig
from .credit import leave_one_out
from .loop import LoopTrainer, rate, train, trained
from .run import Run, training
from .scoring import padded, read_own

PART = 64  # episodes whose activations are held at a time


@training
def train_self_play(config: SelfPlayConfig) -> float | None:
    """Train all seats against each other.

    Returns:
        The score of the policy against the simulated users, in the seat that the environment's settings give the
        learner. Its model is in ``config.out / "self-play" / "model"``; with `separate` weights that of the other seat
        is in ``partner`` beside it, and those of several in ``partner / SEAT``.

    Raises:
        ValueError: If an argument is invalid, if only one seat of the family can learn, or if there are several
            processes; for the rest see `Run.begin`.
    """
    if processes.count() > 1:
        raise ValueError(f"self-play trains in one process; got {processes.count()}")
    engine = make_engine(config.env_id, **config.settings)
    if engine.family.duel is None:
        raise ValueError(
            f"env_id must be of a family with two seats that can learn, or more; {config.env_id!r} has one"
        )
    small = None
    if config.exploitability:
        if engine.family.small_duel is None:
            raise ValueError(f"exploitability needs a family with a small duel; {config.env_id!r} has none")
        small = engine.family.small_duel()
    run, seat = Run(config, "self-play"), engine.family.role
    checkpoint, episodes = run.begin(), config.groups * config.group_size
    trainer = SelfPlayTrainer(config, engine, run.folder / "league")
    train(run, trainer, checkpoint, config.steps, episodes, ("reward", "entropy"))
    if config.separate:
        others = {other: model for other, model in trainer.models.items() if other != seat}
        for other, model in others.items():
            place = str(run.folder / "partner" / ("" if len(others) == 1 else other))
            model.save_pretrained(place)
            trainer.tokenizer.save_pretrained(place)
    numbers = {"episodes": episodes * config.steps, "steps": config.steps}
    score = run.finish(trainer.speaker, trainer.save_model, **numbers)
    if small is not None:
        found = exploitability(small, trainer.policies())
        gains = {f"gain_{seat}": gain for seat, gain in found.gains.items()}
        run.summarise(nash_conv=found.nash_conv, covered=found.covered, **gains)
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


def lessons(
    duels: Sequence[Duel], seated: Sequence[Mapping[str, LanguageModelPolicy]], size: int
) -> dict[str, list[Lesson]]:
    """What each seat can learn from a batch, of which `size` neighbours are a group.

    A seat of a policy that is named ``"past"`` learns nothing. One that never got to speak has no lesson in that duel,
    but its payoff counts in the group's mean.
    """
    found: dict[str, list[Lesson]] = {seat: [] for seat in seated[0]}
    for start in range(0, len(duels), size):
        group = range(start, start + size)
        for seat, policy in seated[start].items():
            if policy.name == "past":
                continue
            advantages = leave_one_out([[duels[i].payoffs[seat]] for i in group], size)
            for i, advantage in zip(group, advantages, strict=True):
                if (dialogue := duels[i].dialogues[seat]).steps:
                    found[seat].append(Lesson(policy.record(dialogue), float(advantage[0])))
    return found


def summary(duels: Sequence[Duel], seats: Sequence[str]) -> dict[str, float]:
    """Mean payoffs of a batch: of each seat, and over all."""
    means = {seat: float(np.mean([duel.payoffs[seat] for duel in duels])) for seat in seats}
    return {"reward": float(np.mean(list(means.values()))), **{f"payoff_{seat}": mean for seat, mean in means.items()}}


# ---- the trainer -----------------------------------------------------------------------------------------------------


class SelfPlayTrainer(LoopTrainer):
    """The models of all seats, with their optimizers and their past selves.

    Attributes:
        models: By seat; one and the same unless weights are separate.

    Args:
        config: The options.
        engine: The environment, for its family.
        league: Folder of past selves.
    """

    def __init__(self, config: SelfPlayConfig, engine: Engine, league: Path):
        super().__init__(config, engine)
        self.family, self.league = engine.family, league
        first, *others = self.family.people_seats
        self.model.to(self.device)
        copies = {seat: copy.deepcopy(self.model) if config.separate else self.model for seat in others}
        self.models = {first: self.model, **copies}
        self.modules = self.distinct = list({id(model): model for model in self.models.values()}.values())
        self.optimizers = [
            torch.optim.AdamW(trained(model), lr=config.learning_rate, weight_decay=0.0) for model in self.distinct
        ]
        self.model = self.speaker.model = self.models[self.family.role]
        self._ghosts: dict[str, Any] = {}

    def step(self, step: int) -> dict[str, float]:
        """Play the duels of a step and learn from them."""
        if step % self.config.past_every == 0:
            self.remember(step)
        duels, seated = self.play(step)
        found = lessons(duels, seated, self.config.group_size)
        return self.learn(found, step) | summary(duels, self.family.people_seats)

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
        seats = self.family.people_seats
        learners = [seats[(i + 1) % len(seats)] for i in rng.integers(len(seats), size=config.groups)]
        now, past = self.policies(), {} if alone.all() else self.policies(met)
        seated = [now if alone[g] else {**past, learners[g]: now[learners[g]]} for g in range(config.groups)]
        asked = np.repeat(seeds.train(config.seed, config.groups, step * config.groups), config.group_size).tolist()
        everyone = [pair for pair in seated for _ in range(config.group_size)]
        with self.config.precision(self.device):
            return play_duels(self.family, everyone, asked, list(range(config.group_size)) * config.groups), everyone

    def learn(self, found: Mapping[str, Sequence[Lesson]], step: int) -> dict[str, float]:
        """One gradient step of each model on the lessons of its seats."""
        config, peak = self.config, self.config.learning_rate * rate(step, self.config.steps)
        loss, entropy, norm = [], [], []
        for model, optimizer in zip(self.distinct, self.optimizers, strict=True):
            mine = [lesson for seat, some in found.items() if self.models[seat] is model for lesson in some]
            tokens = sum(sum(lesson.record.mask) for lesson in mine)
            if not tokens:
                continue
            model.train()
            parts = [self._backward(model, mine[start : start + PART], tokens) for start in range(0, len(mine), PART)]
            norm.append(float(torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_grad_norm)))
            optimizer.param_groups[0]["lr"] = peak
            optimizer.step()
            optimizer.zero_grad()
            loss.append(sum(part[0] for part in parts))
            entropy.append(sum(part[1] for part in parts))
        means = {"loss": loss, "entropy": entropy, "grad_norm": norm}
        return {**{name: float(np.mean(some or [0.0])) for name, some in means.items()}, "learning_rate": peak}

    def remember(self, step: int) -> None:
        """Keep the weights of now, to be met again."""
        if self.config.past_share:
            self.league.mkdir(parents=True, exist_ok=True)
            torch.save([model.state_dict() for model in self.distinct], self.league / f"step-{step}.pt")

    def _backward(self, model: Any, some: Sequence[Lesson], tokens: int) -> tuple[float, float]:
        """Add the gradient of some lessons: of a mean over all own `tokens` of the batch.

        Returns their part of the loss and of the mean entropy.
        """
        ids, mask, own = padded([lesson.record for lesson in some], self.tokenizer.pad_token_id, self.device)
        with self.config.precision(self.device):
            _, logprobs, entropies = read_own(model, ids, mask, own, self.config.temperature)
        each = [lesson.advantage for lesson in some for _ in range(sum(lesson.record.mask))]
        advantages = torch.tensor(each, device=self.device)
        loss = -(advantages * logprobs).sum() / tokens - self.config.entropy * entropies.sum() / tokens
        loss.backward()
        return float(loss.detach()), float(entropies.detach().sum()) / tokens

    def _ghosts_of(self, step: int) -> dict[str, Any]:
        if not self._ghosts:
            copies = {id(model): copy.deepcopy(model).requires_grad_(False) for model in self.distinct}
            self._ghosts = {seat: copies[id(model)] for seat, model in self.models.items()}
        weights = torch.load(self.league / f"step-{step}.pt", map_location=self.device, weights_only=True)
        ghosts = {id(ghost): ghost for ghost in self._ghosts.values()}.values()
        for model, some in zip(ghosts, weights, strict=True):
            model.load_state_dict(some)
        return self._ghosts
