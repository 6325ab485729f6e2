"""Playing dialogues with a policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.utils import seeding

from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine
from ..envs.episodes import EpisodeStore, record
from ..envs.family import load_family
from ..envs.registration import lookup
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.user import SimulatedUser
from .policy import Policy
from .registry import make_policy


def make_engine(
    env_id: str, reward: RewardSpec | Reward = "goal", grammar: str = "natural", user: str | SimulatedUser = "scripted", **settings: Any
) -> Engine:
    """The engine behind ``gym.make(env_id, ...)``, for code that plays many dialogues.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """
    family, registered = lookup(env_id)
    return Engine(load_family(family, {**registered, **settings}), reward, grammar, user)


def policy_stream(seed: int) -> Stream:
    """The random numbers of a policy in the episode of `seed`; independent of the environment's."""
    return Stream(np.random.default_rng((seed, 1)))


def rollout(engine: Engine, policy: Policy, seeds: Iterable[int], batch: int = 256) -> Iterator[Dialogue]:
    """Play one dialogue a seed; the dialogue of a seed is that of ``DialogueEnv.reset(seed=seed)``, whatever the batch.

    Args:
        engine: The environment.
        policy: Speaks for the learner.
        seeds: One for each episode.
        batch: How many dialogues run together.

    Yields:
        Finished dialogues, in the order of the seeds. Those whose last step has an ``error`` are not the policy's doing: drop them.
    """
    pending = iter(seeds)
    while chunk := list(islice(pending, batch)):
        dialogues = engine.open([seeding.np_random(seed)[0] for seed in chunk], seeds=chunk)
        streams = [policy_stream(seed) for seed in chunk]
        live = list(range(len(chunk)))
        while live:
            speaking = [dialogues[i] for i in live]
            texts = policy.respond(speaking, [streams[i] for i in live])
            steps = engine.step(speaking, texts)
            live = [i for i, step in zip(live, steps, strict=True) if not step.done]
        yield from dialogues


def play(env_id: str, policy: str | Policy, seeds: Iterable[int], batch: int = 256, **settings: Any) -> Iterator[Dialogue]:
    """`rollout` by name: ``play("Negotiation-v0", "optimal", range(100), role="seller")``."""
    engine = make_engine(env_id, **settings)
    return rollout(engine, make_policy(policy, engine), seeds, batch)


def collect(
    env_id: str, policy: str | Policy, episodes: int, path: str | Path, seed: int = 0, batch: int = 256, progress: bool = False, **settings: Any
) -> EpisodeStore:
    """Play episodes and append them to a store. What was written stays readable whatever happens later.

    Args:
        env_id: A registered id.
        policy: A policy or its name.
        episodes: How many; episode ``i`` has the seed ``seed + i``.
        path: Folder of the store.
        seed: First seed.
        batch: Dialogues that run together, and are written together.
        progress: Show a progress bar.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid.
        OSError: If the disk is full or cannot be written; earlier batches are intact.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    engine = make_engine(env_id, **settings)
    speaker = make_policy(policy, engine)
    store = EpisodeStore(path)
    for chunk in _progress(_chunks(range(seed, seed + episodes), batch), episodes, progress):
        store.append([record(dialogue, env_id, engine, speaker.name) for dialogue in rollout(engine, speaker, chunk, batch)])
    return store


def _chunks(seeds: range, size: int) -> list[Sequence[int]]:
    return [seeds[i : i + size] for i in range(0, len(seeds), size)]


def _progress(chunks: list[Sequence[int]], total: int, shown: bool) -> Iterator[Sequence[int]]:
    if not shown:
        yield from chunks
        return
    from rich.progress import Progress

    with Progress() as bar:
        task = bar.add_task("episodes", total=total)
        for chunk in chunks:
            yield chunk
            bar.advance(task, len(chunk))
