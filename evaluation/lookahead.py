"""What it costs to judge turns by forward sampling: its error against the exact value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from ..core.spec import parse_spec
from ..envs.make import make_engine
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from ..rewards.future import PLAYERS, Sampled, exact


@dataclass(frozen=True, slots=True)
class ForwardError:
    """How far sampled advantages are from the exact ones, in payoff, over the turns of some dialogues.

    Attributes:
        player: Who goes on, see `Sampled`.
        futures: How many.
        turns: How long they are; 0 for to the end.
        bias: Mean error.
        error: Root of the mean squared error.
        correlation: With the exact advantages; 0 if one of both is all the same.
        spread: Standard deviation of the exact advantages.
        count: Turns.
    """

    player: str
    futures: int
    turns: int
    bias: float
    error: float
    correlation: float
    spread: float
    count: int


def forward_errors(
    env_id: str,
    policy: str = "scripted",
    episodes: int = 60,
    futures: Sequence[int] = (1, 4, 16),
    turns: Sequence[int] = (0,),
    players: Sequence[str] = PLAYERS,
    **settings: Any,
) -> Iterator[ForwardError]:
    """The error of ``future/sampled`` with each player, number of futures and length.

    Args:
        env_id: An environment with an exact optimum; settings may stand behind it: ``"Open-v0(scenario=service/*)"``,
            where it is the one against the stand-in.
        policy: Whose turns are judged.
        episodes: How many dialogues, of the seeds from 0.
        futures: See `Sampled`.
        turns: See `Sampled`.
        players: See `Sampled`.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid.
        OutOfReach: If nobody can compute the optimum.
    """
    judges = [Sampled(number, player, length) for player, length, number in product(players, turns, futures)]
    name, more = parse_spec(env_id, "environment")
    engine = make_engine(name, **{**settings, **more})
    played = rollout(engine, make_policy(policy, engine), range(episodes))
    steps = [step for dialogue in played for step in dialogue.steps if not step.error]
    true = np.array([exact(step) for step in steps])
    for judge in judges:
        found = np.array([judge(step) for step in steps])
        wrong, moves = found - true, bool(found.std() and true.std())
        together = float(np.corrcoef(found, true)[0, 1]) if moves else 0.0
        error = float(np.sqrt((wrong**2).mean()))
        numbers = (float(wrong.mean()), error, together, float(true.std()), len(steps))
        yield ForwardError(judge.player, judge.futures, judge.turns, *numbers)
