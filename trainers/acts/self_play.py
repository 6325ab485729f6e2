"""Self-play on acts: a policy in each seat of a dialogue, trained against each other by policy gradient.

A group is a scenario with the private facts of all seats, played several times. Each seat's episodes are held against
the other episodes of the group (REINFORCE with a leave-one-out baseline: Ahmadian et al. 2024, section 3; Kool et al.
2019), with the clipped steps of the others. In some groups one seat alone learns, against a past self of each other
one, so that a policy does not forget how to answer what it no longer does itself (a league, as in Vinyals et al. 2019,
at its smallest); in some it learns among the simulated people, as far as there are any.
"""

from __future__ import annotations

import copy
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from ...core.stream import Stream
from ...envs import seeds
from ...envs.base import Family
from ...envs.encoding import Encoding
from ...envs.make import make_engine
from ...envs.seated import seated
from ...evaluation.exploitability import exploitability
from ...policies.acts.network import ActNetwork, Shape, load_network, save_network
from ...policies.acts.policy import ActPolicy
from ...policies.duel import Duel, play_duels
from ..credit import leave_one_out
from ..run import training
from .configs import SelfPlayConfig
from .ppo import update
from .training import Batch, Training


@training
def train_self_play(config: SelfPlayConfig) -> float | None:
    """Train all seats against each other.

    Returns:
        The score of the policy against the simulated users, in the seat that the environment's settings give the
        learner. It is in ``config.out / "self-play" / "model"``. That of the other seat is in ``partner`` beside it;
        where there are several, each is in ``partner / SEAT``.

    Raises:
        ValueError: If only one seat of the family can learn, or nobody is simulated who should be; for the rest see
            `Run.begin`.
    """
    family: Any = make_engine(config.env_id, **config.settings).family
    if family.duel is None:
        raise ValueError(
            f"env_id must be of a family with two seats that can learn, or more; {config.env_id!r} has one"
        )
    small = family.small_duel() if config.exploitability and family.small_duel else None
    if config.exploitability and small is None:
        raise ValueError(f"exploitability needs a family with a small duel; {config.env_id!r} has none")
    others = _others(family, config)
    run = Training(config, critic=lambda _: nn.ModuleDict({seat: network for seat, (network, _) in others.items()}))
    networks = {family.role: (run.network, run.encoding), **others}
    league = League(run, networks, config)
    for step in run.steps(config.steps, config.groups * config.group_size):
        if step % config.past_every == 0:
            league.remember(step)
        if small is not None and config.nash_every and step % config.nash_every == 0:
            run.log(nash_conv=exploitability(small, league.now).nash_conv)
        duels, learns = league.play(step)
        for seat, (network, its_encoding) in networks.items():
            found = lessons(duels, seat, learns[seat], its_encoding, league.now[seat], config.group_size)
            if found is not None:
                update(run, config, step, *found, network=network, seat=seat)
            if played := [duel.payoffs[seat] for duel in duels if seat in duel.payoffs]:
                run.log(**{f"payoff_{seat}": np.mean(played)})
        paid = [run.numbers[f"payoff_{seat}"] for seat in networks if f"payoff_{seat}" in run.numbers]
        run.log(reward=np.mean(paid))
    for seat, (network, its_encoding) in others.items():
        save_network(_place(run.run.folder / "partner", seat, others), network, its_encoding)
    score = run.finish(episodes=config.groups * config.group_size * config.steps, steps=config.steps)
    if small is not None:
        found = exploitability(small, league.now)
        gains = {f"gain_{seat}": gain for seat, gain in found.gains.items()}
        run.run.summarise(nash_conv=found.nash_conv, covered=found.covered, **gains)
    return score


def _others(family: Family, config: SelfPlayConfig) -> dict[str, tuple[ActNetwork, Encoding]]:
    """The policies of the other seats, new or loaded."""
    torch.manual_seed(config.seed)
    found, shape = {}, Shape(config.cell, config.width, config.layers)
    for seat in family.company:
        facing = seated(family, seat)
        if config.partner == "acts":
            encoding = Encoding(facing)
            found[seat] = ActNetwork(encoding.sizes, {"policy": len(encoding.slots)}, shape), encoding
        else:
            found[seat] = load_network(_place(Path(config.partner), seat, family.company), facing)[:2]
    return found


def _place(folder: Path, seat: str, others: Collection[str]) -> Path:
    return folder if len(others) == 1 else folder / seat


class League:
    """Who plays: the policies as they are, and sometimes one of them among past ones or simulated people.

    Attributes:
        now: The policies that learn, by seat.

    Raises:
        ValueError: If there should be groups with simulated people, and there are none.
    """

    def __init__(self, run: Training, networks: dict[str, tuple[ActNetwork, Encoding]], config: SelfPlayConfig):
        self.run, self.networks, self.config = run, networks, config
        self.now, self.past = (
            {
                seat: ActPolicy(network if live else copy.deepcopy(network), encoding, run.engine, 1.0, worded=False)
                for seat, (network, encoding) in networks.items()
            }
            for live in (True, False)
        )
        self.folder: Path = run.run.folder / "league"
        self.seats = list(networks)
        duel = run.engine.family.duel
        assert duel is not None
        self.simulated = duel(Stream(np.random.default_rng(0))).minds
        if config.minds_share and not self.simulated:
            raise ValueError(f"minds_share must be 0 where nobody is simulated opposite learners; {config.env_id!r}")

    def remember(self, step: int) -> None:
        """Keep the weights of now, to be met again."""
        if self.config.past_share:
            self.folder.mkdir(parents=True, exist_ok=True)
            weights = {seat: network.state_dict() for seat, (network, _) in self.networks.items()}
            torch.save(weights, self.folder / f"step-{step}.pt")

    def play(self, step: int) -> tuple[list[Duel], dict[str, np.ndarray]]:
        """The duels of a step, and by seat in which of them it learns; shape (duels,), bool."""
        config, rng, size = self.config, np.random.default_rng((self.config.seed, step)), self.config.group_size
        met = config.past_every * int(rng.integers(step // config.past_every + 1))
        count = len(self.seats)
        guests = np.where(rng.random(config.groups) < config.past_share, rng.integers(count, size=config.groups), -1)
        among = (rng.random(config.groups) < config.minds_share) & (guests < 0)
        alone = rng.integers(count, size=config.groups)
        if (guests >= 0).any():
            weights = torch.load(self.folder / f"step-{met}.pt", weights_only=True)
            for seat, policy in self.past.items():
                policy.network.load_state_dict(weights[seat])
        tables = [
            self._table(int(guest), int(one) if minds else None)
            for guest, one, minds in zip(guests, alone, among, strict=True)
        ]
        scenarios = seeds.train(config.seed, config.groups, step * config.groups)
        duels = play_duels(
            self.run.engine.family,
            [table for table in tables for _ in range(size)],
            [seed for seed in scenarios for _ in range(size)],
            [*range(size)] * config.groups,
        )
        learns = {seat: [table.get(seat) is self.now[seat] for table in tables] for seat in self.seats}
        return duels, {seat: np.repeat(some, size) for seat, some in learns.items()}

    def _table(self, guest: int, alone: int | None) -> dict[str, ActPolicy]:
        """Who sits where: all of now; past selves, the first in the seat of `guest`; or one among simulated people."""
        if guest >= 0:
            learner = self.seats[(guest + 1) % len(self.seats)]
            return {**self.past, learner: self.now[learner]}
        if alone is None:
            return self.now
        return {s: now for s, now in self.now.items() if s == self.seats[alone] or s not in self.simulated}


def lessons(
    duels: list[Duel], seat: str, learns: np.ndarray, encoding: Encoding, player: ActPolicy, size: int
) -> tuple[Batch, torch.Tensor] | None:
    """The episodes of a seat in which it learns, and the advantages of its turns, shape (episodes, turns).

    A seat that never got to speak has nothing to learn from a duel, but its payoff counts in the group's mean.
    """
    judged = np.concatenate(leave_one_out([[duel.payoffs.get(seat, 0.0)] for duel in duels], size))
    places = [i for i, duel in enumerate(duels) if learns[i] and duel.dialogues[seat].steps]
    if not places:
        return None
    batch = Batch.of([duels[i].dialogues[seat] for i in places], encoding, player)
    return batch, torch.from_numpy(judged[places]).float()[:, None].expand(batch.own.shape)
