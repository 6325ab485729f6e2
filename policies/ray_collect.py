"""Episodes played in worker processes on Ray (Moritz et al. 2018): on this machine, or on a cluster.

A chunk of seeds is a task. An episode depends on its seed alone, so a task whose worker is killed is simply run again
elsewhere, and gives the same. Only the process that collects writes, in the order of the seeds: the store is byte for
byte the one that a single process writes.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from ..core.episode import Episode
from ..envs.registration import TABLE, bare, lookup, register
from .job import RolloutJob, RolloutWorker

RETRIES = 10  # of a chunk whose worker died: a chunk that kills every worker must end some time
AHEAD = 4  # chunks a worker that may wait for an earlier one to be written
_STORE_BYTES = 100 * 2**20  # of shared memory on this machine; a chunk of episodes is a megabyte or less

_workers: dict[str, RolloutWorker] = {}  # in a process of Ray: that of the job it works for


def play_on_ray(job: RolloutJob, chunks: Sequence[Sequence[int]], workers: int) -> Iterator[list[Episode]]:
    """Play chunks of seeds in worker processes.

    Ray is used as it is if the program has started it. Else the cluster that the environment variable ``RAY_ADDRESS``
    names; it needs this package, and what the names in `job` stand for (model folders, servers) at the same place. Else
    a cluster of `workers` processes on this machine, which ends with the last chunk.

    Args:
        job: What to play. Objects in it are pickled.
        chunks: Seeds that are played together.
        workers: Chunks that are played at the same time, each on one processor.

    Yields:
        The episodes of each chunk, in the order of the chunks. What a chunk raises is raised in its turn, when those
        before it have been given.

    Raises:
        ValueError: If the job is invalid, or only a person can play it.
        ModuleNotFoundError: If Ray is not installed.
        ConnectionError: If workers died `RETRIES` times over the same chunk, or the cluster was lost.
    """
    if job.policy == "human":
        raise ValueError("a person cannot play in a worker process: use engine='local'")
    RolloutWorker(job._replace(policy="random"))  # what is wrong with the environment is known at once, and here
    with _cluster(workers) as ray:
        shared = ray.put((uuid4().hex, job, lookup(job.env_id)))
        play = ray.remote(num_cpus=1, max_retries=RETRIES)(_play)
        running: dict[Any, int] = {}
        played: dict[int, list[Episode] | Exception] = {}
        due = started = 0
        try:
            while due < len(chunks):
                failed = any(isinstance(result, Exception) for result in played.values())
                most = 0 if failed else min(len(chunks), due + AHEAD * workers)
                while started < most and len(running) < workers:
                    running[play.remote(shared, list(chunks[started]))] = started
                    started += 1
                for done in ray.wait(list(running))[0]:
                    played[running.pop(done)] = _fetch(ray, done)
                while due in played:
                    result = played.pop(due)
                    if isinstance(result, Exception):
                        raise result
                    yield result
                    due += 1
        finally:
            for task in running:
                ray.cancel(task, force=True)
            if running:  # what was cancelled may have begun once more, and nothing must go on behind the caller's back
                ray.wait(list(running), num_returns=len(running), timeout=30)


def _play(shared: tuple[str, RolloutJob, tuple[str, dict[str, Any]]], seeds: Sequence[int]) -> list[Episode]:
    """In a worker: the episodes of some seeds, by the `RolloutWorker` that was made for the first chunk."""
    number, job, (family, registered) = shared
    if number not in _workers:
        name = bare(job.env_id)
        if name not in TABLE:  # one that a user has registered, in the process that collects
            register(name, family, **registered)
        _workers.clear()
        _workers[number] = RolloutWorker(job._replace(env_id=name))
    return _workers[number](seeds)


def _fetch(ray: Any, done: Any) -> list[Episode] | Exception:
    """What a task has played, or what it has raised.

    Raises:
        ConnectionError: If Ray has given up.
    """
    try:
        return ray.get(done)
    except ray.exceptions.RayTaskError as error:
        return error.cause
    except ray.exceptions.RayError as error:
        raise ConnectionError(
            "the workers on Ray died too often, or the cluster was lost; earlier episodes are intact, and --resume "
            f"goes on ({error})"
        ) from error


@contextmanager
def _cluster(workers: int) -> Iterator[Any]:
    """Ray, started if it was not, and then stopped again."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('engine="ray" needs Ray: pip install "dialogym[ray]"') from error

    if ray.is_initialized():
        yield ray
        return
    if os.environ.get("RAY_ADDRESS"):
        ray.init(log_to_driver=False, logging_level=logging.WARNING)
    else:
        _start(ray, workers)
    try:
        yield ray
    finally:
        ray.shutdown()


def _start(ray: Any, workers: int) -> None:
    """A cluster on this machine.

    On a busy one the processes of Ray may miss its own deadline of half a minute: then it is tried again.

    Raises:
        ConnectionError: If it did not start.
    """
    for last in (False, False, True):
        try:
            ray.init(
                address="local",
                num_cpus=workers,
                include_dashboard=False,
                object_store_memory=_STORE_BYTES,
                log_to_driver=False,
                logging_level=logging.WARNING,
                _node_ip_address="127.0.0.1",
            )
            return
        except Exception as error:  # Ray raises no class of its own here
            ray.shutdown()
            if last:
                raise ConnectionError(f"Ray could not be started on this machine ({error})") from error
