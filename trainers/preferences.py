"""Preference data from dialogues: several continuations of one history, and what each turned out to be worth.

The history is where alternatives part. For whole dialogues, here, it is the first observation: a scenario is played
several times against the same person. For single turns, see `branching`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ..core.dialogue import Dialogue
from ..core.episode import Episode
from ..envs.engine import Engine
from ..policies.language_model import LanguageModelPolicy
from ..policies.rollout import rollout
from ..policies.tokens import ChatFormat, TokenRecord
from ..rewards.preferred import Preferences

BATCH = 256  # dialogues that are played together: their caches have to fit into memory

Messages = list[dict[str, str]]


@dataclass(slots=True)
class Continuation:
    """One way in which a history went on."""

    ids: list[int]
    mask: list[int]  # 1 for the model's own tokens, 0 for the partner's
    messages: Messages  # the same as a chat that begins and ends with the assistant
    value: float  # what it was worth, in the units of the reward
    count: int = 1  # how often it was sampled


@dataclass(slots=True)
class Alternatives:
    """A history and the ways in which it went on, against one and the same person."""

    prompt_ids: list[int]  # the history in tokens, up to the model's next one
    prompt: Messages  # the same as a chat
    seed: int | None  # of the dialogue: its scenario and its person
    turn: int  # of the learner, at which the alternatives part; 0 is the first
    continuations: list[Continuation]

    @property
    def mean(self) -> float:
        """Mean value of what was sampled."""
        return sum(c.value * c.count for c in self.continuations) / sum(c.count for c in self.continuations)


class Pair(NamedTuple):
    """Two continuations of a history, the better one first."""

    alternatives: Alternatives
    chosen: Continuation
    rejected: Continuation


class Judgement(NamedTuple):
    """A continuation that is better (`desirable`) or worse than what was to be expected."""

    alternatives: Alternatives
    continuation: Continuation
    desirable: bool


@dataclass
class Collected:
    """What playing has brought."""

    alternatives: list[Alternatives] = field(default_factory=list)  # one for each history
    returns: list[float] = field(default_factory=list)  # of the dialogues from which the histories are
    payoffs: list[float] = field(default_factory=list)  # of the same dialogues
    played: int = 0  # dialogues in all, those that were played to judge a turn included
    failed: int = 0  # dialogues that were dropped because the simulated user's machinery failed
    alone: int = 0  # histories that are not kept, since all that was sampled from them was the same

    def count(self, error: str, earned: float, payoff: float) -> bool:
        """Take note of a finished dialogue; whether it counts."""
        self.played += 1
        self.failed += bool(error)
        if not error:
            self.returns.append(earned)
            self.payoffs.append(payoff)
        return not error

    def count_played(self, dialogue: Dialogue) -> bool:
        """The same of one that was just played."""
        return self.count(dialogue.error, return_of(dialogue), 0.0 if dialogue.error else dialogue.steps[-1].payoff)


# ---- collecting ------------------------------------------------------------------------------------------------------


def from_rollouts(
    engine: Engine,
    policy: LanguageModelPolicy,
    seeds: Sequence[int],
    attempts: int,
    preferences: Preferences | None = None,
) -> Collected:
    """Whole dialogues: each scenario (one for each seed) is played so many times, against the same person.

    The policy should sample, or its attempts are all the same. With `preferences` those of a scenario are compared by a
    judge too.
    """
    found = Collected()
    repeated = [seed for seed in seeds for _ in range(attempts)]
    played = rollout(engine, policy, repeated, BATCH, [*range(attempts)] * len(seeds))
    for seed in seeds:
        some = list(islice(played, attempts))
        if preferences is not None:
            preferences.pay(some, [seed] * attempts)
        kept = [dialogue for dialogue in some if found.count_played(dialogue)]
        if kept:
            values = [(policy.record(one), one.messages(), return_of(one)) for one in kept]
            found.alternatives.append(_whole_dialogues(seed, values))
    return found


def from_episodes(episodes: Iterable[Episode], chat: ChatFormat) -> Collected:
    """Whole recorded dialogues: those of one environment and seed are alternatives.

    Their returns are compared as they are. Let several policies `collect` with the same ``--seed``.
    """
    found, groups = Collected(), defaultdict(list)
    for episode in episodes:
        if found.count(episode.error, episode.episode_return, episode.payoff):
            alone = id(episode) if episode.seed is None else None
            where = (episode.env_id, json.dumps(episode.settings, sort_keys=True), episode.messages()[0]["content"])
            groups[(*where, episode.seed, episode.hidden_start, alone)].append(episode)
    for some in groups.values():
        values = [(chat.record(one.messages()), one.messages(), one.episode_return) for one in some]
        found.alternatives.append(_whole_dialogues(some[0].seed, values))
    return found


# ---- choosing --------------------------------------------------------------------------------------------------------


def best_and_worst(
    alternatives: Iterable[Alternatives], min_gap: float = 0.0, matches: int = 1
) -> tuple[list[Pair], dict[str, int]]:
    """The best continuation of each history against its worst, the second best against the second worst, and so on.

    Where a value is a single return and not a mean, the best and the worst of many are often the luck and the
    misfortune of the same gamble, and what is surely good is in neither. More matches use what lies between.
    Values that differ by less than `min_gap` are a tie.

    Returns:
        The pairs; and how many were not to be had, by reason: ``ties``, and ``alone`` for histories with a single
        continuation.
    """
    pairs, dropped = [], {"ties": 0, "alone": 0}
    for some in alternatives:
        ranked = sorted(some.continuations, key=lambda c: -c.value)
        dropped["alone"] += len(ranked) < 2
        for place in range(min(matches, len(ranked) // 2)):
            better, worse = ranked[place], ranked[-1 - place]
            if better.value - worse.value < min_gap or better.value == worse.value:
                dropped["ties"] += 1
            else:
                pairs.append(Pair(some, better, worse))
    return pairs, dropped


def above_and_below(
    alternatives: Sequence[Alternatives], min_gap: float = 0.0
) -> tuple[list[Judgement], dict[str, int]]:
    """Each continuation against the mean of its history: better ones are desirable, worse ones are not.

    A history with a single continuation is held against the mean of all such histories: records of one attempt a
    scenario will do. A value nearer to the mean than `min_gap` is a tie.

    Returns:
        The judgements, one for each time that a continuation was sampled; and how many continuations were dropped as
        ``ties``.
    """
    lone = [some.continuations[0].value for some in alternatives if len(some.continuations) == 1]
    judgements, dropped = [], {"ties": 0}
    for some in alternatives:
        mean = some.mean if len(some.continuations) > 1 else sum(lone) / len(lone)
        for one in some.continuations:
            gap = one.value - mean
            if abs(gap) < min_gap or abs(gap) < 1e-9:
                dropped["ties"] += one.count
            else:
                judgements += [Judgement(some, one, gap > 0)] * one.count
    return judgements, dropped


# ---- sharing ---------------------------------------------------------------------------------------------------------


def write_pairs(pairs: Iterable[Pair], path: str | Path) -> int:
    """Write pairs in the conversational preference format, which TRL and others read; returns how many.

    ``prompt``, ``chosen`` and ``rejected`` are lists of messages. Beside them are the values of both
    (``chosen_value``, ``rejected_value``), the ``seed`` of the dialogue and the ``turn`` at which the two part. A
    completion of several turns holds the partner's too: whoever trains on it has to mask them.

    Raises:
        ValueError: If the name of the file ends in neither ``.jsonl`` nor ``.parquet``; an older one is replaced.
    """
    path = Path(path)
    if path.suffix not in (".jsonl", ".parquet"):
        raise ValueError(f"path must end in .jsonl or .parquet, got {str(path)!r}")
    rows = []
    for some, chosen, rejected in pairs:
        messages = {"prompt": some.prompt, "chosen": chosen.messages, "rejected": rejected.messages}
        values = {"chosen_value": chosen.value, "rejected_value": rejected.value}
        rows.append({**messages, **values, "seed": some.seed, "turn": some.turn})
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return len(rows)


def return_of(dialogue: Dialogue, start: int = 0) -> float:
    """What a dialogue has earned from step `start` on."""
    return sum(step.reward for step in dialogue.steps[start:])


def _whole_dialogues(seed: int | None, found: Sequence[tuple[TokenRecord, Messages, float]]) -> Alternatives:
    """Dialogues that differ from the first turn on, with their records, as chats, and what they were worth."""
    continuations = []
    for record, messages, value in found:
        last = max(place for place, message in enumerate(messages) if message["role"] == "assistant")
        continuations.append(Continuation(record.completion_ids, record.mask, messages[1 : last + 1], value))
    record, messages, _ = found[0]
    return Alternatives(record.prompt_ids, messages[:1], seed, 0, continuations)
