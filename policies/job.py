"""Episodes to be played by somebody: in this process, or in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..core.episode import Episode
from ..envs.episodes import record
from ..envs.make import make_engine
from .feedback import make_turn_critic
from .policy import PolicySpec
from .registry import make_policy
from .rollout import rollout


class RolloutJob(NamedTuple):
    """What is to be played: plain values, or objects that can be pickled where other processes play.

    Attributes:
        env_id: A registered id.
        policy: A policy or its name.
        best_of: Attempts at each episode.
        batch: Dialogues that run together.
        settings: As for ``gym.make``.
    """

    env_id: str
    policy: PolicySpec
    best_of: int
    batch: int
    settings: Mapping[str, Any]
    critic: str = ""


class RolloutWorker:
    """Plays a job's episodes: made once where they are played, since models take long to load.

    Raises:
        ValueError: If the job is invalid.
    """

    def __init__(self, job: RolloutJob):
        self.job = job
        self.engine = make_engine(job.env_id, **job.settings)
        self.policy = make_policy(job.policy, self.engine)
        self.comment = make_turn_critic(job.critic, self.engine) if job.critic else None
        self.batch = min(job.batch, getattr(self.policy, "at_once", job.batch))

    def __call__(self, seeds: Sequence[int]) -> list[Episode]:
        """The episodes of some seeds, in their order."""
        count = self.job.best_of
        repeated, attempts = [seed for seed in seeds for _ in range(count)], [*range(count)] * len(seeds)
        played = list(rollout(self.engine, self.policy, repeated, self.batch, attempts))
        name = recorded_name(self.policy.name, count)
        together = (played[first : first + count] for first in range(0, len(played), count))
        best = [max(tries, key=lambda d: -np.inf if d.error else d.steps[-1].payoff) for tries in together]
        if self.comment is not None:
            for dialogue in best:
                self.comment(dialogue)
        return [record(dialogue, self.job.env_id, self.engine, name) for dialogue in best]


def recorded_name(policy: str, best_of: int) -> str:
    """What a record calls the policy."""
    return policy if best_of == 1 else f"{policy}, best of {best_of}"
