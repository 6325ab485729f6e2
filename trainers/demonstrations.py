"""The recorded episodes that a trainer learns from: given, or collected into the folder of its run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..core.episode import Episode
from ..envs import seeds
from ..envs.episodes import read_episodes
from ..envs.make import make_engine
from ..policies.collect import collect
from ..rewards.reactions import reaction
from . import processes

if TYPE_CHECKING:
    from .acts.configs import RecordedConfig as ActsConfig
    from .configs import RecordedConfig


def recorded(config: RecordedConfig | ActsConfig, best_of: int = 1) -> tuple[list[Episode], int]:
    """The episodes to learn from, and how many failed ones were dropped.

    Args:
        config: Where they are, or who is to play them. A collection that was interrupted is completed.
        best_of: See `collect`.

    Raises:
        ValueError: If none is left, if ``out/demonstrations`` holds episodes of something else, or `episodes_path`
            those of another environment.
        FileNotFoundError: If `episodes_path` holds none.
    """
    path, wanted = config.episodes_path, None
    if path is None:
        path, wanted = config.out / "demonstrations", seeds.demonstrations(config.seed, config.demonstrations)
        job = (config.env_id, config.demonstrator, len(wanted), path, wanted.start)
        options = {"best_of": best_of, "progress": True, "resume": True, "critic": getattr(config, "critic", "")}
        options |= config.settings
        processes.main_only(lambda: len(collect(*job, **options)))
    found = [episode for episode in read_episodes(path) if wanted is None or episode.seed in wanted]
    check(found, config.env_id, config.settings)
    episodes = [episode for episode in found if not episode.error]
    if not episodes:
        raise ValueError(f"episodes_path must hold episodes that did not fail; all {len(found)} in {path} did")
    return episodes, len(found) - len(episodes)


def check(episodes: Sequence[Episode], env_id: str, settings: Mapping[str, Any]) -> None:
    """See that recorded episodes are of the environment that is trained in.

    Raises:
        ValueError: If some are of another environment, or of other settings.
    """
    engine = make_engine(env_id, **{**settings, "user": "scripted", "ear": "grammar"})
    wanted = json.loads(json.dumps(engine.family.settings()))
    for episode in episodes:
        if (found := episode.settings) != wanted:
            different = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
            raise ValueError(
                f"episodes must be of {env_id}, as it is to be trained in; one is of {episode.env_id}, with other "
                f"settings ({', '.join(different)})"
            )


def respected(episode: Episode, respect: str) -> list[bool]:
    """Which of the learner's turns are to be cloned, by the sign of the person's next turn (ReSpect, Chen et al. 2024).

    Args:
        episode: The record.
        respect: ``"off"``: all of them. ``"not-bad"``: not those that the person takes badly in its next words.
            ``"good"``: only those that it takes well.
    """
    heard: list[list[str]] = []
    for turn in episode.turns:
        if turn.seat == episode.seat:
            heard.append([])
        elif heard:
            heard[-1].append(turn.text)
    least = {"off": -1, "not-bad": 0, "good": 1}[respect]
    return [reaction("\n".join(words)) >= least for words in heard]
