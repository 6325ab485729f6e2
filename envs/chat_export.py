"""Recorded episodes as chats for other trainers, in the formats of TRL: SFT, DPO and KTO.

In DPO and KTO a completion is one turn of the learner's, so that nobody's words but its own are trained on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Any

from ..core.episode import Episode
from ..simulated_users.personas import spell_persona

_SAME = 1e-9  # returns closer than this say nothing


def sft_rows(episodes: Iterable[Episode]) -> Iterator[dict[str, Any]]:
    """A row an episode: ``messages`` to the learner's last turn, and ``episode_return``. Failed ones are left out."""
    for episode in episodes:
        messages = episode.messages()
        while messages and messages[-1]["role"] != "assistant":
            messages.pop()
        if messages and not episode.error:
            yield {"messages": messages, "episode_return": episode.episode_return}


def dpo_rows(episodes: Iterable[Episode]) -> Iterator[dict[str, Any]]:
    """Pairs of episodes of the same seed: the best with the worst, the second with the second but one, and so on.

    A row has the history that both share (``prompt``), the learner's first words that differ (``chosen`` of the episode
    with the higher return, ``rejected`` of the other), and how far the returns lie apart (``margin``). Pairs of the
    same return are left out, and those in which the partner said something else first.
    """
    for group in _same_start(episodes):
        ranked = sorted(group, key=lambda episode: -episode.episode_return)
        for place in range(len(ranked) // 2):
            better, worse = ranked[place], ranked[-1 - place]
            margin = better.episode_return - worse.episode_return
            chosen, rejected = better.messages(), worse.messages()
            both = range(min(len(chosen), len(rejected)))
            at = next((i for i in both if chosen[i] != rejected[i]), None)
            if margin > _SAME and at and chosen[at]["role"] == rejected[at]["role"] == "assistant":
                prompt = chosen[:at]
                yield {"prompt": prompt, "chosen": [chosen[at]], "rejected": [rejected[at]], "margin": margin}


def kto_rows(episodes: Iterable[Episode]) -> Iterator[dict[str, Any]]:
    """A row a turn of the learner's: the history (``prompt``), its words (``completion``), and ``label``.

    The label says whether the episode's return is above the mean of those of its seed; where there is but one, above
    the mean of all. Episodes whose return is that mean say nothing, and are left out.
    """
    groups = list(_same_start(episodes))
    overall = fmean(episode.episode_return for group in groups for episode in group) if groups else 0.0
    for group in groups:
        mean = fmean(episode.episode_return for episode in group) if len(group) > 1 else overall
        for episode in group:
            gain, messages = episode.episode_return - mean, episode.messages()
            for at, message in enumerate(messages):
                if message["role"] == "assistant" and abs(gain) > _SAME:
                    yield {"prompt": messages[:at], "completion": [message], "label": gain > 0}


def _same_start(episodes: Iterable[Episode]) -> Iterator[list[Episode]]:
    """Episodes in groups that begin alike, and are rewarded for the same. Failed ones are left out."""
    groups: dict[Any, list[Episode]] = defaultdict(list)
    for episode in episodes:
        if not episode.error:
            parts = (episode.settings, episode.reward, episode.scenario)
            spelt = (episode.env_id, episode.grammar, episode.seat, spell_persona(episode.persona))
            alone = len(groups) if episode.seed is None else None
            groups[episode.seed, alone, spelt, json.dumps(parts, sort_keys=True)].append(episode)
    yield from groups.values()
