"""Playing episodes by name, and recording them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..core.checks import integer, writable
from ..core.dialogue import Dialogue
from ..core.episode import Episode
from ..envs.episodes import EpisodeStore
from ..envs.make import make_engine
from ..envs.registration import bare
from ..envs.seeds import seed_in
from ..rewards.judges import Panel
from ..rewards.registry import Reward
from ..simulated_users.user import is_refusal
from .job import RolloutJob, RolloutWorker, recorded_name
from .policy import PolicySpec
from .ray_collect import play_on_ray
from .registry import make_policy
from .rollout import rollout

ENGINES = ("local", "ray")


def play(
    env_id: str, policy: PolicySpec, seeds: Iterable[int], batch: int = 256, **settings: Any
) -> Iterator[Dialogue]:
    """`rollout` by name: ``play("Negotiation-v0", "optimal", range(100), role="seller", split="test")``."""
    engine = make_engine(env_id, **settings)
    return rollout(engine, make_policy(policy, engine), seeds, batch)


def collect(
    env_id: str,
    policy: PolicySpec,
    episodes: int,
    path: str | Path,
    seed: int = 0,
    batch: int = 256,
    best_of: int = 1,
    progress: bool = False,
    resume: bool = False,
    engine: str = "local",
    workers: int = 2,
    split: str | None = None,
    critic: str = "",
    **settings: Any,
) -> EpisodeStore:
    """Play episodes and append them to a store. What was written stays readable whatever happens later.

    An episode depends on its seed and nothing else, so that the store holds the same whatever plays it, and after an
    interruption. Where the machinery of the simulated user or of the policy fails, the episode is recorded with its
    `error`, to be dropped by who reads it; `EpisodeStore.failures` says which, and why.

    Args:
        env_id: A registered id.
        policy: A policy or its name.
        episodes: How many; episode ``i`` has the seed ``seed + i``.
        path: Folder of the store.
        seed: First seed.
        batch: Dialogues that run together, and are written together.
        best_of: Attempts at each episode, against the same partner; the one of the highest payoff is kept, and its
            `policy` says of how many.
        progress: Show a progress bar, with the name of the folder.
        resume: Play only the seeds that the store does not hold yet, or of which the episode has failed. One that a
            content filter ended has not: the words would be refused again.
        engine: ``"local"``: in this process. ``"ray"``: in worker processes, see `ray_collect`.
        workers: Chunks of `batch` episodes that are played at the same time on Ray.
        split: ``"train"``, ``"validation"`` or ``"test"``: `seed` counts from the first of this split's own seeds.
        critic: Who says in words what each turn of the learner was worth, into ``feedback`` of its turns: ``"exact"``,
            ``"reaction"``, or ``""`` for nobody; see `make_turn_critic`.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid, if the store to be resumed holds episodes of something else, or if one
            not to be resumed holds some of these.
        OSError: If the disk is full or cannot be written; earlier batches are intact.
        ConnectionError: If all episodes failed that were to be played; they are recorded.
        ModuleNotFoundError: If Ray is asked for and not installed.
    """
    integer(1, episodes=episodes, batch=batch, best_of=best_of, workers=workers)
    integer(0, seed=seed)
    seed = seed_in(split, seed, episodes)
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}; got {engine!r}")
    job = RolloutJob(
        env_id, policy, best_of, batch, {**settings, "reward": Reward(settings.get("reward", "goal"))}, critic
    )
    store, seeds = EpisodeStore(path), range(seed, seed + episodes)
    writable(store.path, "path")
    known = len(store.files())  # more than these and our own: another process writes to it, too
    worker = None if engine == "ray" else RolloutWorker(job)
    held, errors = _held(store, job) if resume else frozenset(), list[str]()
    if not resume:
        _refuse_twice(store, job, seeds)
    size = worker.batch if worker else batch
    parts = [[one for one in seeds[i : i + size] if one not in held] for i in range(0, len(seeds), size)]
    chunks = [part for part in parts if part]
    played = map(worker, chunks) if worker else play_on_ray(job, chunks, workers)
    for recorded in _progress(played, f"episodes · {store.path.resolve().name}", sum(map(len, chunks)), progress):
        if (there := len(store.files())) > known:
            _refuse_twice(store, job, {episode.seed for episode in recorded})
        store.append(recorded)
        known = there + bool(recorded)
        errors += [episode.error for episode in recorded]
    if errors and all(errors):
        more = "" if all(map(is_refusal, errors)) else "; they are played again with resume"
        raise ConnectionError(
            f"all {len(errors)} episodes failed, and are recorded in {store.path}{more}; in the last one: {errors[-1]}"
        )
    return store


def _described(job: RolloutJob) -> dict[str, Any]:
    """What its episodes will say of environment, reward and policy."""
    # what is described does not depend on a language model
    judge = {"judge": Panel(())} if job.settings.get("judge") else {}
    engine = make_engine(job.env_id, **{**job.settings, "user": "scripted", "ear": "grammar", **judge})
    model = isinstance(job.policy, str) and job.policy.startswith("lm:")  # too large to be loaded for its name
    policy = str(job.policy) if model else make_policy(job.policy, engine).name
    return {
        "env_id": bare(job.env_id),
        "settings": engine.family.settings(),
        "grammar": engine.grammar.mode,
        "reward": engine.reward.describe(),
        "policy": recorded_name(policy, job.best_of),
    }


def _refuse_twice(store: EpisodeStore, job: RolloutJob, seeds: Collection[int | None]) -> None:
    """Raise a `ValueError` if the store holds some of these episodes: they would be the same once more."""
    if job.settings.get("user", "scripted") != "scripted" or not store.files():
        return  # a language model does not say the same twice
    if twice := [seed for seed in store.seeds(**_described(job), error="") if seed is not None and seed in seeds]:
        raise ValueError(
            f"{store.path} holds {len(twice):,} of these episodes already (seeds {min(twice)} to {max(twice)}): "
            "resume, which plays only what is missing, or choose another seed or folder"
        )


def _held(store: EpisodeStore, job: RolloutJob) -> frozenset[int]:
    """Seeds that the store holds; not those of which the episodes failed, but for what a content filter refused.

    Raises:
        ValueError: If they are of another environment, policy or reward.
    """
    for name, value in _described(job).items():
        for other in store.values(name):
            if other != json.loads(json.dumps(value)):
                raise ValueError(
                    f"{store.path} holds episodes with {name} {other!r}, and cannot be resumed with {value!r}: choose "
                    "another folder"
                )
    return frozenset(seed for seed, error in store.rows("seed", "error") if not error or is_refusal(error))


def _progress(played: Iterable[list[Episode]], label: str, total: int, shown: bool) -> Iterator[list[Episode]]:
    if not shown:
        yield from played
        return
    from rich.progress import Progress

    with Progress() as bar:
        task = bar.add_task(label, total=total)
        for recorded in played:
            yield recorded
            bar.advance(task, len(recorded))
