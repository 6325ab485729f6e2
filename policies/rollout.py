"""Playing dialogues with a policy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gymnasium.utils import seeding

from ..core.dialogue import Dialogue
from ..core.episode import Episode
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


ENGINES = ("local", "ray")


def collect(
    env_id: str,
    policy: str | Policy,
    episodes: int,
    path: str | Path,
    seed: int = 0,
    batch: int = 256,
    best_of: int = 1,
    progress: bool = False,
    resume: bool = False,
    engine: str = "local",
    workers: int = 2,
    **settings: Any,
) -> EpisodeStore:
    """Play episodes and append them to a store. What was written stays readable whatever happens later.

    An episode depends on its seed and nothing else, so that the store holds the same whatever plays it, and after an interruption.

    Args:
        env_id: A registered id.
        policy: A policy or its name.
        episodes: How many; episode ``i`` has the seed ``seed + i``.
        path: Folder of the store.
        seed: First seed.
        batch: Dialogues that run together, and are written together.
        best_of: Attempts at each episode, against the same partner; the one of the highest payoff is kept, and its `policy` says of how many.
        progress: Show a progress bar, with the name of the folder.
        resume: Play only the seeds that the store does not hold yet.
        engine: ``"local"``: in this process. ``"ray"``: in worker processes, see `ray_collect`.
        workers: Chunks of `batch` episodes that are played at the same time on Ray.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is invalid, if the store to be resumed holds episodes of something else, or if one not to be resumed holds some of these.
        OSError: If the disk is full or cannot be written; earlier batches are intact.
        ModuleNotFoundError: If Ray is asked for and not installed.
    """
    if episodes < 1:
        raise ValueError(f"episodes must be at least 1, got {episodes}")
    if best_of < 1:
        raise ValueError(f"best_of must be at least 1, got {best_of}")
    if engine not in ENGINES:
        raise ValueError(f"engine must be one of {', '.join(ENGINES)}; got {engine!r}")
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    job = Job(env_id, policy, best_of, batch, {**settings, "reward": Reward(settings.get("reward", "goal"))})
    store = EpisodeStore(path)
    player = None if engine == "ray" else Player(job)
    held = _held(store, job) if resume else frozenset()
    if not resume:
        _refuse_twice(store, job, range(seed, seed + episodes))
    chunks = [[number for number in chunk if number not in held] for chunk in _chunks(range(seed, seed + episodes), player.batch if player else batch)]
    chunks = [chunk for chunk in chunks if chunk]
    if player:
        played: Iterable[list[Episode]] = map(player, chunks)
    else:
        from .ray_collect import play_on_ray

        played = play_on_ray(job, chunks, workers)
    for recorded in _progress(played, f"episodes · {store.path.resolve().name}", sum(map(len, chunks)), progress):
        store.append(recorded)
    return store


class Job(NamedTuple):
    """What is to be played: plain values, or objects that can be pickled where other processes play.

    Attributes:
        env_id: A registered id.
        policy: A policy or its name.
        best_of: Attempts at each episode.
        batch: Dialogues that run together.
        settings: As for ``gym.make``.
    """

    env_id: str
    policy: str | Policy
    best_of: int
    batch: int
    settings: Mapping[str, Any]


class Player:
    """Plays a job's episodes: made once where they are played, since models take long to load.

    Raises:
        ValueError: If the job is invalid.
    """

    def __init__(self, job: Job):
        self.job = job
        self.engine = make_engine(job.env_id, **job.settings)
        self.policy = make_policy(job.policy, self.engine)
        self.batch = min(job.batch, getattr(self.policy, "at_once", job.batch))

    def __call__(self, seeds: Sequence[int]) -> list[Episode]:
        """The episodes of some seeds, in their order."""
        attempts = [rollout(self.engine, self.policy, seeds, self.batch, attempt) for attempt in range(self.job.best_of)]
        name = _recorded_name(self.policy.name, self.job.best_of)
        return [record(max(tries, key=_payoff), self.job.env_id, self.engine, name) for tries in zip(*attempts, strict=True)]


def _payoff(dialogue: Dialogue) -> float:
    return -np.inf if dialogue.error else dialogue.steps[-1].payoff


def _recorded_name(policy: str, best_of: int) -> str:
    return policy if best_of == 1 else f"{policy}, best of {best_of}"


def _described(job: Job) -> dict[str, Any]:
    """What its episodes will say of environment, reward and policy."""
    engine = make_engine(job.env_id, **{**job.settings, "user": "scripted", "ear": "grammar"})  # what is described does not depend on a language model
    if not isinstance(job.policy, str):
        policy = job.policy.name
    elif not job.policy.startswith("lm:"):
        policy = make_policy(job.policy, engine).name
    else:
        policy = job.policy
    family, reward = engine.family.settings(), engine.reward.describe()
    return {
        "env_id": job.env_id, "settings": family, "grammar": engine.grammar.mode, "reward": reward, "policy": _recorded_name(policy, job.best_of)
    }  # fmt: skip


def _refuse_twice(store: EpisodeStore, job: Job, seeds: range) -> None:
    """Raise a `ValueError` if the store holds some of these episodes: they would be the same once more."""
    if job.settings.get("user", "scripted") != "scripted" or not store.files():
        return  # a language model does not say the same twice
    if twice := [seed for seed in store.seeds(**_described(job)) if seed is not None and seed in seeds]:
        raise ValueError(
            f"{store.path} holds {len(twice):,} of these episodes already (seeds {min(twice)} to {max(twice)}): "
            "resume, which plays only what is missing, or choose another seed or folder"
        )


def _held(store: EpisodeStore, job: Job) -> frozenset[int]:
    """Seeds that the store holds.

    Raises:
        ValueError: If they are of another environment, policy or reward.
    """
    for name, value in _described(job).items():
        for other in store.values(name):
            if other != json.loads(json.dumps(value)):
                raise ValueError(f"{store.path} holds episodes with {name} {other!r}, and cannot be resumed with {value!r}: choose another folder")
    return frozenset(store.values("seed"))


def _chunks(seeds: range, size: int) -> list[Sequence[int]]:
    return [seeds[i : i + size] for i in range(0, len(seeds), size)]


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
