"""Self-play on acts: a policy in each seat of a dialogue, trained against each other by policy gradient.

A group is a scenario with the private facts of both seats, played several times. Each seat's episodes are held against
the other episodes of the group (REINFORCE with a leave-one-out baseline: Ahmadian et al. 2024, section 3; Kool et al.
2019), with the clipped steps of the others. In some groups a past self sits in one of the seats, so that a policy does
not forget how to answer what it no longer does itself (a league, as in Vinyals et al. 2019, at its smallest).
"""

from __future__ import annotations

import copy
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ...envs import seeds
from ...envs.encoding import Encoding
from ...envs.make import make_engine
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
    """Train both seats against each other.

    Returns:
        The score of the policy against the simulated users, in the seat that the environment's settings give the
        learner. It is in ``config.out / "self-play" / "model"``, and that of the other seat in ``partner`` beside it.

    Raises:
        ValueError: If only one seat of the family can learn; for the rest see `Run.begin`.
    """
    family: Any = make_engine(config.env_id, **config.settings).family
    if family.duel is None or "role" not in {field.name for field in fields(family)}:
        raise ValueError(f"env_id must be of a family with two seats that can learn; {config.env_id!r} has one")
    small = family.small_duel() if config.exploitability and family.small_duel else None
    if config.exploitability and small is None:
        raise ValueError(f"exploitability needs a family with a small duel; {config.env_id!r} has none")
    facing = replace(family, role=family.partner)
    if config.partner == "acts":
        encoding = Encoding(facing)
        torch.manual_seed(config.seed)
        shape = Shape(config.cell, config.width, config.layers)
        other = ActNetwork(encoding.sizes, {"policy": len(encoding.slots)}, shape)
    else:
        other, encoding, _ = load_network(config.partner, facing)
    run = Training(config, critic=lambda _: other)
    networks = {family.role: (run.network, run.encoding), family.partner: (other, encoding)}
    league = League(run, networks, config)
    for step in run.steps(config.steps, config.groups * config.group_size):
        if step % config.past_every == 0:
            league.remember(step)
        duels, learns = league.play(step)
        for seat, (network, its_encoding) in networks.items():
            found = lessons(duels, seat, learns[seat], its_encoding, league.now[seat], config.group_size)
            if found is not None:
                update(run, config, step, *found, network=network, seat=seat)
            run.log(**{f"payoff_{seat}": np.mean([duel.payoffs[seat] for duel in duels])})
        run.log(reward=np.mean([run.numbers[f"payoff_{seat}"] for seat in networks]))
    save_network(run.run.folder / "partner", other, encoding)
    score = run.finish(episodes=config.groups * config.group_size * config.steps, steps=config.steps)
    if small is not None:
        found = exploitability(small, league.now)
        gains = {f"gain_{seat}": gain for seat, gain in found.gains.items()}
        run.run.summarise(nash_conv=found.nash_conv, covered=found.covered, **gains)
    return score


class League:
    """Who plays: the policies as they are, and sometimes a past one in one of the seats.

    Attributes:
        now: The policies that learn, by seat.
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
        seats = list(self.networks)
        guests = np.where(rng.random(config.groups) < config.past_share, rng.integers(2, size=config.groups), -1)
        if (guests >= 0).any():
            weights = torch.load(self.folder / f"step-{met}.pt", weights_only=True)
            for seat, policy in self.past.items():
                policy.network.load_state_dict(weights[seat])
        seated = [self.now if guest < 0 else {**self.now, seats[guest]: self.past[seats[guest]]} for guest in guests]
        scenarios = seeds.train(config.seed, config.groups, step * config.groups)
        duels = play_duels(
            self.run.engine.family,
            [pair for pair in seated for _ in range(size)],
            [seed for seed in scenarios for _ in range(size)],
            [*range(size)] * config.groups,
        )
        return duels, {seat: np.repeat(guests != place, size) for place, seat in enumerate(seats)}


def lessons(
    duels: list[Duel], seat: str, learns: np.ndarray, encoding: Encoding, player: ActPolicy, size: int
) -> tuple[Batch, torch.Tensor] | None:
    """The episodes of a seat in which it learns, and the advantages of its turns, shape (episodes, turns).

    A seat that never got to speak has nothing to learn from a duel, but its payoff counts in the group's mean.
    """
    judged = np.concatenate(leave_one_out([[duel.payoffs[seat]] for duel in duels], size))
    places = [i for i, duel in enumerate(duels) if learns[i] and duel.dialogues[seat].steps]
    if not places:
        return None
    batch = Batch.of([duels[i].dialogues[seat] for i in places], encoding, player)
    return batch, torch.from_numpy(judged[places]).float()[:, None].expand(batch.own.shape)
