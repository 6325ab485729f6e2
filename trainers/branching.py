"""Preference data about single turns: from one history the policy goes on in several ways, which are judged.

The history is a dialogue up to the learner's next word. A turn is judged by what comes of it (`ForwardSampling`, the
multiturn-aware reward of Wu et al. 2025, CollabLLM, section 3.2) or by the solver (`exact_values`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from gymnasium.utils import seeding

from ..core.checks import at_least, one_of
from ..core.dialogue import Dialogue
from ..core.stream import Stream
from ..envs.engine import Engine
from ..policies.language_model import LanguageModelPolicy
from ..policies.tokens import TokenRecord
from .configs import PARTNERS
from .preferences import BATCH, Alternatives, Collected, Continuation, return_of


class BranchingPolicy(LanguageModelPolicy):
    """A language model that can go on from one history in several ways.

    A fork keeps the tokens of its dialogue as they were sampled.
    """

    def fork(self, dialogue: Dialogue, stream: Stream | None = None) -> Dialogue:
        """A copy of a running dialogue with the same person, random numbers and a token record of its own.

        Without a stream of random numbers it may be spoken in, but not stepped.
        """
        other = dialogue.fork()
        if stream is not None:
            other.stream = stream
        self.adopt(other, dialogue)
        return other

    def adopt(self, dialogue: Dialogue, other: Dialogue) -> None:
        """Give `dialogue` a copy of the token record of `other`."""
        if (record := self._records.get(other)) is not None:
            self._records[dialogue] = deepcopy(record)


class Candidate(NamedTuple):
    """A turn that could be said next.

    Attributes:
        before: The dialogue in which it could be said.
        after: A fork in whose token record it was said; not stepped yet.
        text: The turn.
    """

    before: Dialogue
    after: Dialogue
    text: str


Judge = Callable[[Engine, BranchingPolicy, Sequence[Candidate], Collected], list[float | None]]
"""The value of each candidate; ``None`` where none is known because the simulated user failed."""


def from_branches(
    engine: Engine, policy: BranchingPolicy, seeds: Sequence[int], branches: int, judge: Judge
) -> Collected:
    """Single turns: at each of its turns the policy says several things, and the dialogue goes on with the first.

    All `branches` of them are judged. The histories are therefore those of the policy itself, which should sample.
    Turns that came out the same are judged once, and not at all where there is no other one.
    """
    found = Collected()
    dialogues = engine.open([seeding.np_random(seed)[0] for seed in seeds], seeds=seeds)
    live = [dialogue for dialogue in dialogues if not dialogue.done]
    while live:
        forks = [policy.fork(dialogue) for dialogue in live for _ in range(branches)]
        streams = [_stream(dialogue, 0, branch) for dialogue in live for branch in range(branches)]
        asked = _parts(list(zip(forks, streams, strict=True)))
        texts = [text for some in asked for text in policy.respond(*zip(*some, strict=True))]
        open_ends: list[tuple[Dialogue, dict[tuple, Candidate], Counter]] = []
        for number, dialogue in enumerate(live):
            places = range(number * branches, (number + 1) * branches)
            said = [tuple(_last_turn(policy.record(forks[place]))[0]) for place in places]
            counts, distinct = Counter(said), {}
            for ids, place in zip(said, places, strict=True):
                distinct.setdefault(ids, Candidate(dialogue, forks[place], texts[place]))
            found.alone += len(distinct) == 1
            if len(distinct) > 1:
                open_ends.append((dialogue, distinct, counts))
        candidates = [candidate for _, distinct, _ in open_ends for candidate in distinct.values()]
        values = iter(judge(engine, policy, candidates, found))
        for dialogue, distinct, counts in open_ends:
            continuations = []
            for (said, candidate), value in zip(distinct.items(), values, strict=False):
                if value is not None:
                    words = [{"role": "assistant", "content": candidate.text}]
                    turn = _last_turn(policy.record(candidate.after))
                    continuations.append(Continuation(*turn, words, value, counts[said]))
            if continuations:
                record = policy.record(next(iter(distinct.values())).after)
                history = record.prompt_ids + record.completion_ids[: record.turns[-1][0]]
                found.alternatives.append(
                    Alternatives(history, dialogue.messages(), dialogue.seed, len(dialogue.steps), continuations)
                )
        for number, dialogue in enumerate(live):
            policy.adopt(dialogue, forks[number * branches])
        engine.step(live, texts[::branches])
        live = [dialogue for dialogue in live if not dialogue.done]
    for dialogue in dialogues:
        found.count_played(dialogue)
    return found


@dataclass(frozen=True)
class ForwardSampling:
    """Judges a turn by playing on: the mean return from this turn on, over several futures with the same policy.

    All candidates of a history meet the same futures, with common random numbers: the reply to the turn, and all that
    both say later, is drawn anew in each future but from the same numbers for each candidate, so that they differ by
    what they do and not by luck. The numbers depend on the seed of the dialogue, the turn and the future, on nothing
    else.

    Args:
        futures: How often the rest of a dialogue is played for each candidate.
        partner: Whom the futures are played with. ``"same"``: the person of the dialogue, with what is hidden about
            him. The judgement then knows more than the speaker could, as whole dialogues compared by their returns do.
            ``"believed"``: in each future a person drawn from the exact belief at that point, so that a turn is judged
            by what could be known.

    Raises:
        ValueError: If an argument is invalid.
    """

    futures: int = 4
    partner: str = "same"

    def __post_init__(self) -> None:
        at_least(self, 1, "futures")
        one_of(self, PARTNERS, "partner")

    def __call__(
        self, engine: Engine, policy: BranchingPolicy, candidates: Sequence[Candidate], found: Collected
    ) -> list[float | None]:
        """The mean over the futures that did not fail."""
        returns: list[list[float]] = [[] for _ in candidates]
        for some in _parts([(place, number) for place in range(len(candidates)) for number in range(self.futures)]):
            futures = [self._open(policy, candidates[place], number) for place, number in some]
            streams = [_stream(candidates[place].before, 2, number) for place, number in some]
            engine.step(futures, [candidates[place].text for place, _ in some])
            while live := [i for i, future in enumerate(futures) if not future.done]:
                speaking = [futures[i] for i in live]
                engine.step(speaking, policy.respond(speaking, [streams[i] for i in live]))
            for (place, _), future in zip(some, futures, strict=True):
                found.played += 1
                found.failed += bool(future.error)
                if not future.error:
                    returns[place].append(return_of(future, len(candidates[place].before.steps)))
        return [sum(values) / len(values) if values else None for values in returns]

    def _open(self, policy: BranchingPolicy, candidate: Candidate, number: int) -> Dialogue:
        before = candidate.before
        stream = _stream(before, 1, number)
        future = policy.fork(candidate.after, stream)
        if self.partner == "believed":
            future.hidden = before.belief().sample(stream)
        return future


def exact_values(
    engine: Engine, policy: BranchingPolicy, candidates: Sequence[Candidate], found: Collected
) -> list[float | None]:
    """Judges a turn by the solver: the expected payoff, under the exact belief, if the best acts follow.

    A turn that cannot be understood counts as talk, which is what it comes to; one with which the dialogue is cut off
    is worth nothing.

    Raises:
        ValueError: If the family is not exactly solvable.
    """
    values: list[float | None] = []
    for before, after, text in candidates:
        # only what the turn comes to is looked at, not what is answered
        trial = policy.fork(after, Stream(np.random.default_rng(0)))
        step = engine.step([trial], [text])[0]
        try:
            setting, belief = before.setting, before.belief()
            worth = setting.cut_value if step.truncated else setting.solution.act_value
            value = worth(before.state, belief, step.act)
        except NotImplementedError as error:
            wanted = "pairs='exact' needs a family that can be solved exactly; use pairs='turn' here"
            raise ValueError(f"{wanted} ({error})") from error
        values.append(None if step.error else value)
    return values


def _stream(dialogue: Dialogue, purpose: int, number: int) -> Stream:
    """Random numbers for a turn: for a branch (0), for a future's person (1), for the policy in a future (2)."""
    return Stream(np.random.default_rng((dialogue.seed or 0, len(dialogue.steps), purpose, number)))


def _last_turn(record: TokenRecord) -> tuple[list[int], list[int]]:
    start, end = record.turns[-1]
    return record.completion_ids[start:end], record.mask[start:end]


def _parts(items: list[Any]) -> list[list[Any]]:
    return [items[i : i + BATCH] for i in range(0, len(items), BATCH)]
