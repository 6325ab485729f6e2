"""How a language model is asked: again and again, with what was wrong, until its answer passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from ..core.stream import Stream
from .backends.backend import Backend, Reply, Request
from .user import Failure

Chat = tuple[tuple[str, str], ...]
"""(role, content) pairs."""
SHOWN_AGAIN = 400  # characters of an answer that did not pass; models may write for pages


@dataclass
class ModelCounts:
    """What was asked of language models so far.

    Attributes:
        first_try: Questions whose first answer passed.
        retried: Questions whose later answer passed.
        fallbacks: Questions that no answer passed for, so that code had to answer.
        failures: Questions that the machinery failed on.
        requests: Requests to the models; a question may take several.
        prompt_tokens: Tokens that the models read.
        tokens: Tokens that they wrote.
        seconds: Their time, summed over requests.
    """

    first_try: int = 0
    retried: int = 0
    fallbacks: int = 0
    failures: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def meter(self, reply: Reply | Failure) -> None:
        """Count a reply."""
        self.requests += 1
        if isinstance(reply, Failure):
            self.failures += 1
        else:
            self.prompt_tokens += reply.prompt_tokens
            self.tokens += reply.tokens
            self.seconds += reply.seconds

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        return asdict(self)


class Verdict(NamedTuple):
    """What a model's answer comes to.

    Attributes:
        result: What was asked for.
        problem: What is wrong with it; ``""`` if it passes.
        said: What the model said, to be shown to it again.
        complaint: What the model is told where there is a problem.
    """

    result: Any
    problem: str = ""
    said: str = ""
    complaint: str = ""


def ask(
    backend: Backend,
    counts: ModelCounts,
    attempts: int,
    chats: Mapping[int, Chat],
    request: Callable[[int, Chat, int], Request],
    judge: Callable[[Mapping[int, str], int], Mapping[int, Verdict | Failure]],
    read: Callable[[Reply, Request], str] = lambda reply, request: reply.text,
) -> dict[int, tuple[Any, int] | Failure]:
    """Ask for one answer to each chat. All that wait for one are asked together.

    Args:
        backend: The model.
        counts: Where it is counted.
        attempts: How often it is asked for one answer at most.
        chats: Number -> what is said to the model at first.
        request: Number, chat and attempt (from 1) -> request.
        judge: Texts by number, and attempt -> what they come to.
        read: The text of a reply.

    Returns:
        The result and the attempt for each chat, or a `Failure`; without the chats that no answer passed for.
    """
    found: dict[int, tuple[Any, int] | Failure] = {}
    waiting = dict(chats)
    for attempt in range(1, attempts + 1):
        if not waiting:
            break
        texts: dict[int, str] = {}
        requests = [request(i, chat, attempt) for i, chat in waiting.items()]
        for i, reply, asked in zip(waiting, backend.generate(requests), requests, strict=True):
            counts.meter(reply)
            if isinstance(reply, Failure):
                found[i] = reply
            else:
                texts[i] = read(reply, asked)
        for i, answer in judge(texts, attempt).items():
            if isinstance(answer, Failure):
                found[i] = answer
            elif answer.problem:
                again = ("assistant", answer.said[:SHOWN_AGAIN]), ("user", answer.complaint)
                waiting[i] = (*waiting[i], *again)
            else:
                counts.first_try += attempt == 1
                counts.retried += attempt > 1
                found[i] = answer.result, attempt
        waiting = {i: chat for i, chat in waiting.items() if i not in found}
    counts.fallbacks += len(waiting)
    return found


def private_stream(seed: int) -> Stream:
    """Random numbers of one utterance or decision, which are no part of the dialogue's."""
    return Stream(np.random.default_rng(seed))
