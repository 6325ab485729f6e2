"""Playing dialogues with a policy: the one loop of the suite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, repeat

import numpy as np
from gymnasium.utils import seeding

from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine, raise_errors
from ..envs.seeds import seed_in
from ..simulated_users.user import Failure
from .policy import Policy


def policy_stream(seed: int, attempt: int = 0) -> Stream:
    """A policy's random numbers in the episode of `seed`: not the environment's, and new for each attempt at it."""
    return Stream(np.random.default_rng((seed, 1 + attempt)))


def rollout(
    engine: Engine,
    policy: Policy,
    seeds: Iterable[int],
    batch: int = 256,
    attempts: int | Sequence[int] = 0,
    goes_on: Callable[[Dialogue], bool] | None = None,
) -> Iterator[Dialogue]:
    """Play one dialogue a seed; the dialogue of a seed is that of ``DialogueEnv.reset(seed=seed)``, whatever the batch.

    Args:
        engine: The environment.
        policy: Speaks for the learner. Where it gives a `Failure` in place of words, since its own machinery failed,
            the dialogue is cut off with this error.
        seeds: One for each episode, at least 0; with a split they count from its first.
        batch: How many dialogues run together.
        attempts: Of the policy at the same episodes, one for all or one for each: other random choices against the
            same partner.
        goes_on: Whether a dialogue that is not done is to be continued; without it every one is.

    Raises:
        ValueError: If a seed is negative, or the policy responds with something else than a string a dialogue.
        ConnectionError: If something failed, and the engine is to raise this.

    Yields:
        The dialogues, in the order of the seeds. Those with an ``error`` are not the policy's doing: drop them. If the
        simulated user failed before the first word, they have no steps.
    """
    batch = min(batch, getattr(policy, "at_once", batch))
    pending = iter(zip(seeds, repeat(attempts) if isinstance(attempts, int) else attempts))  # noqa: B905  # one may be endless
    while chunk := list(islice(pending, batch)):
        some = [seed_in(engine.split, seed) for seed, _ in chunk]
        if min(some) < 0:
            raise ValueError(f"seed must be at least 0, got {min(some)}")
        dialogues = engine.open([seeding.np_random(seed)[0] for seed in some], seeds=some)
        if engine.raises:
            raise_errors(dialogues)
        streams = [policy_stream(seed, attempt) for seed, (_, attempt) in zip(some, chunk, strict=True)]
        live = [place for place, dialogue in enumerate(dialogues) if not dialogue.done]
        while live:
            speaking = [dialogues[place] for place in live]
            texts = policy.respond(speaking, [streams[place] for place in live])
            if isinstance(texts, str) or len(texts) != len(live) or not all(isinstance(text, str) for text in texts):
                raise ValueError(
                    f"policy must respond with a list of strings, one for each of the {len(live)} dialogues; "
                    f"{getattr(policy, 'name', policy)!r} gave {texts!r:.200}"
                )
            if Failure in map(type, texts):
                for dialogue, text in zip(speaking, texts, strict=True):
                    if isinstance(text, Failure):
                        dialogue.cut(text)
                if engine.raises:
                    raise_errors(speaking)
                live = [place for place in live if not dialogues[place].done]
                speaking = [dialogues[place] for place in live]
                texts = [text for text in texts if not isinstance(text, Failure)]
            steps = engine.step(speaking, texts)
            live = [
                place
                for place, step in zip(live, steps, strict=True)
                if not step.done and (goes_on is None or goes_on(dialogues[place]))
            ]
        yield from dialogues
