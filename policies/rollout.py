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
from ..envs.ears import LLMEar
from ..envs.engine import Engine
from ..envs.episodes import EpisodeStore, record
from ..envs.family import load_family
from ..envs.registration import lookup
from ..rewards.registry import Reward, RewardSpec
from ..simulated_users.personas import PersonaDistribution
from ..simulated_users.user import SimulatedUser
from .policy import Policy
from .registry import make_policy


def make_engine(
    env_id: str,
    reward: RewardSpec | Reward = "goal",
    grammar: str = "natural",
    user: str | SimulatedUser = "scripted",
    personas: str | PersonaDistribution = "auto",
    ear: str | LLMEar = "grammar",
    **settings: Any,
) -> Engine:
    """The engine behind ``gym.make(env_id, ...)``, for code that plays many dialogues.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """
    family, registered = lookup(env_id)
    return Engine(load_family(family, {**registered, **settings}), reward, grammar, user, personas, ear)


def policy_stream(seed: int, attempt: int = 0) -> Stream:
    """The random numbers of a policy in the episode of `seed`; independent of the environment's, and new for each attempt at the same episode."""
    return Stream(np.random.default_rng((seed, 1 + attempt)))


def rollout(engine: Engine, policy: Policy, seeds: Iterable[int], batch: int = 256, attempt: int = 0) -> Iterator[Dialogue]:
    """Play one dialogue a seed; the dialogue of a seed is that of ``DialogueEnv.reset(seed=seed)``, whatever the batch.

    Args:
        engine: The environment.
        policy: Speaks for the learner.
        seeds: One for each episode.
        batch: How many dialogues run together.
        attempt: Of the policy at the same episodes: other random choices against the same partner.

    Yields:
        Finished dialogues, in the order of the seeds. Those with an ``error`` are not the policy's doing: drop them. If the simulated user failed before the
        first word, they have no steps.
    """
    batch = min(batch, getattr(policy, "at_once", batch))
    pending = iter(seeds)
    while chunk := list(islice(pending, batch)):
        dialogues = engine.open([seeding.np_random(seed)[0] for seed in chunk], seeds=chunk)
        streams = [policy_stream(seed, attempt) for seed in chunk]
        live = [i for i, dialogue in enumerate(dialogues) if not dialogue.done]
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
    env_id: str,
    policy: str | Policy,
    episodes: int,
    path: str | Path,
    seed: int = 0,
    batch: int = 256,
    best_of: int = 1,
    progress: bool = False,
    **settings: Any,
) -> EpisodeStore:
    """Play episodes and append them to a store. What was written stays readable whatever happens later.

    Args:
        env_id: A registered id.
        policy: A policy or its name.
        episodes: How many; episode ``i`` has the seed ``seed + i``.
        path: Folder of the store.
        seed: First seed.
        batch: Dialogues that run together, and are written together.
        best_of: Attempts at each episode, against the same partner; the one of the highest payoff is kept.
        progress: Show a progress bar.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid.
        OSError: If the disk is full or cannot be written; earlier batches are intact.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    engine = make_engine(env_id, **settings)
    if best_of < 1:
        raise ValueError(f"best_of must be at least 1, got {best_of}")
    speaker = make_policy(policy, engine)
    batch = min(batch, getattr(speaker, "at_once", batch))
    store = EpisodeStore(path)
    for chunk in _progress(_chunks(range(seed, seed + episodes), batch), episodes, progress):
        attempts = [rollout(engine, speaker, chunk, batch, attempt) for attempt in range(best_of)]
        store.append([record(max(tries, key=_payoff), env_id, engine, speaker.name) for tries in zip(*attempts, strict=True)])
    return store


def _payoff(dialogue: Dialogue) -> float:
    return -np.inf if dialogue.error else dialogue.steps[-1].payoff


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
