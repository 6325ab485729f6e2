"""A town in parts, each in a process of its own on Ray (Moritz et al. 2018): for more people than one process holds.

An actor holds the rows of its people, and nothing that moves. On each day the driver puts who believes, one byte a
person, where all parts can read it; every part answers with the evening of its own people, and the driver joins them.
Chance is a function of seed, day and person, so the evening of a part is one, too: where its process is killed, Ray
starts it again, which makes its rows anew, and asks it for that evening once more. No other part repeats anything, no
day is lost, and who believes is the same bit for bit, whatever was killed and however many parts there are.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from .law import Law
from .town import Booleans, Network, evening, patience

RETRIES = 10  # of an evening whose process died: one that kills every process must end some time
Rows = Callable[[int, int], Network]
"""Whom the people from the first to before the last listen to; the same whenever it is called."""


class Part:
    """Some people of a town: their rows.

    Args:
        rows: Of any people of the town.
        first: The number of the first of these.
        last: That of the first after them.
        law: How a story spreads.
        virulence: Of the story.
        seed: Of chance.
    """

    def __init__(self, rows: Rows, first: int, last: int, law: Law, virulence: float, seed: int):
        self.rows, self.first, self.last = rows(first, last), first, last
        self.law, self.virulence, self.seed = law, virulence, seed
        self.answered: list[int] = []  # days; for those who watch, nothing follows from it

    def evening(self, believers: Booleans, day: int, measures: tuple[bool, bool]) -> Booleans:
        """Who of these people believe in the evening, if `believers` did in the morning."""
        self.answered.append(day)
        needed = patience(self.seed, day, self.first, self.last)
        return evening(self.rows, self.first, believers, self.law, self.virulence, measures, needed)


class ShardedTown:
    """A `town.Town` whose people are in several processes on Ray; its days are those of a town in one, bit for bit.

    Ray has to be started. After the last day, `close` gives the processes back.

    Args:
        rows: Whom people listen to: a function that can be pickled, such as `Network.rows`, which sends each part the
            whole network, or a partial of `communities`, with which each part makes its own rows.
        law: How a story spreads.
        virulence: Of the story.
        believers: Who believe it at the start, shape (people,).
        seed: Of chance.
        parts: Processes.

    Raises:
        ModuleNotFoundError: If Ray is not installed.
        RuntimeError: If it is not started.
        ValueError: If there are not at least as many people as parts.
    """

    def __init__(self, rows: Rows, law: Law, virulence: float, believers: Booleans, seed: int, parts: int):
        try:
            import ray
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError('a town in parts needs Ray: pip install "dialogym[ray]"') from error
        if not ray.is_initialized():
            raise RuntimeError("Ray must be started before a town is put into parts: ray.init()")
        if not 1 <= parts <= len(believers):
            raise ValueError(f"parts must be 1 to {len(believers)}, got {parts}")
        self._ray: Any = ray
        self.believers, self.day = believers.astype(bool), 0
        actor: Any = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=RETRIES)(Part)
        cuts = [len(believers) * part // parts for part in range(parts + 1)]
        self.parts = [actor.remote(rows, first, last, law, virulence, seed) for first, last in pairwise(cuts)]

    def step(self, labelled: bool = False, letter: bool = False) -> float:
        """A day passes. Returns the share of believers in its evening.

        Raises:
            ConnectionError: If processes died `RETRIES` times over the same evening, or the cluster was lost. The day
                has not passed then.
        """
        shared = self._ray.put(self.believers)
        asked = [part.evening.remote(shared, self.day, (labelled, letter)) for part in self.parts]
        try:
            evenings = self._ray.get(asked)
        except self._ray.exceptions.RayActorError as error:
            raise ConnectionError(f"a part of the town died too often, or the cluster was lost ({error})") from error
        self.believers = np.concatenate(evenings)
        self.day += 1
        return float(self.believers.mean())

    def close(self) -> None:
        """End the processes."""
        for part in self.parts:
            self._ray.kill(part)
        self.parts = []
