"""Playing dialogues with a policy: the one loop of the suite."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, repeat
from typing import Any, cast

import numpy as np
from gymnasium.utils import seeding

from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine, raise_errors
from ..envs.seeds import seed_in
from ..simulated_users.user import Failure
from .policy import Policy, see_words


def policy_stream(seed: int, attempt: int = 0) -> Stream:
    """A policy's random numbers in the episode of `seed`: not the environment's, and new for each attempt at it."""
    return Stream(partial(np.random.default_rng, (seed, 1 + attempt)))  # most policies draw nothing


TOGETHER = 256
"""Dialogues that run together, unless more or fewer are asked for."""


def rollout(
    engine: Engine,
    policy: Policy,
    seeds: Iterable[int],
    batch: int = TOGETHER,
    attempts: int | Sequence[int] = 0,
    goes_on: Callable[[Dialogue], bool] | None = None,
    redrawn: bool = False,
) -> Iterator[Dialogue]:
    """Play one dialogue a seed; the dialogue of a seed is that of ``DialogueEnv.reset(seed=seed)``, whatever the batch.

    Where the partner answers at once, a `continuous` policy (see `Policy`) is answered in each dialogue as soon as it
    has spoken, and the place of a finished dialogue is taken by the next. Else all wait for the slowest, so that
    whoever answers is asked for all replies together.

    Args:
        engine: The environment.
        policy: Speaks for the learner. Where it gives a `Failure` in place of words, since its own machinery failed,
            the dialogue is cut off with this error.
        seeds: One for each episode, at least 0; with a split they count from its first.
        batch: How many dialogues run together.
        attempts: Of the policy at the same episodes, one for all or one for each: other random choices against the
            same partner.
        goes_on: Whether a dialogue that is not done is to be continued; without it every one is.
        redrawn: Whether each further attempt meets a person of its own, in the same scenario.

    Raises:
        ValueError: If a seed is negative, or the policy responds with something else than a string a dialogue.
        ConnectionError: If something failed, and the engine is to raise this.

    Yields:
        The dialogues, in the order of the seeds. Those with an ``error`` are not the policy's doing: drop them. If the
        simulated user failed before the first word, they have no steps.
    """
    batch = min(batch, getattr(policy, "at_once", batch))
    # a language model that takes as long to answer one as to answer all is asked by all together
    continuous = engine.deterministic and getattr(policy, "continuous", False)
    respond: Callable[..., Sequence[str | None]] = cast(Any, policy).respond_some if continuous else policy.respond
    pending = iter(zip(seeds, repeat(attempts) if isinstance(attempts, int) else attempts))  # noqa: B905  # one may be endless
    begun: deque[Dialogue] = deque()  # in the order of the seeds
    live: dict[Dialogue, Stream] = {}
    while True:
        if continuous or not live:
            chunk = list(islice(pending, batch - len(live)))
            if not chunk and not live:
                break
            fresh = _open(engine, chunk, redrawn)
            begun += fresh
            streams = [policy_stream(seed, attempt) for seed, attempt in chunk]
            live |= {dialogue: stream for dialogue, stream in zip(fresh, streams, strict=True) if not dialogue.done}
        if live:
            asked = list(live)
            texts = respond(asked, list(live.values()))
            see_words(policy, texts, len(asked), continuous)
            said = {one: text for one, text in zip(asked, texts, strict=True) if text is not None}
            if failed := [one for one, text in said.items() if isinstance(text, Failure)]:
                for one in failed:
                    one.cut(said.pop(one))
                    del live[one]
                if engine.raises:
                    raise_errors(asked)
            steps = engine.step(list(said), list(said.values()))
            for one, step in zip(said, steps, strict=True):
                if step.done or not (goes_on is None or goes_on(one)):
                    del live[one]
        while begun and begun[0] not in live and (continuous or not live):
            yield begun.popleft()


def _open(engine: Engine, chunk: Sequence[tuple[int, int]], redrawn: bool) -> list[Dialogue]:
    """New dialogues of seeds and attempts."""
    if not chunk:
        return []
    seeds = [seed_in(engine.split, seed) for seed, _ in chunk]
    if min(seeds) < 0:
        raise ValueError(f"seed must be at least 0, got {min(seeds)}")
    dialogues = engine.open([seeding.np_random(seed)[0] for seed in seeds], seeds=seeds)
    for place, (seed, attempt) in enumerate(chunk):
        if redrawn and attempt:
            scenario, other = {"scenario": dialogues[place].scenario}, np.random.default_rng([seed, attempt])
            dialogues[place] = engine.open([other], scenario)[0]
    if engine.raises:
        raise_errors(dialogues)
    return dialogues
