"""Recorded episodes as a dataset of Minari (Younis et al. 2024), Gymnasium's format for offline learning."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
from gymnasium import spaces

from ..core.episode import Episode
from ..simulated_users.personas import spell_persona
from .episodes import read_episodes
from .spaces import MAX_OBSERVATION

_LAST = ("outcome", "hidden")  # known at the end


def export_minari(
    episodes: str | Path | Iterable[Episode],
    dataset_id: str,
    random_return: float | None = None,
    optimal_return: float | None = None,
    description: str = "",
) -> Any:
    """Write episodes as a Minari dataset.

    It goes into the folder that the environment variable ``MINARI_DATASETS_PATH`` names (``~/.minari/datasets`` without
    it).

    An observation is what `reset` or `step` returned: the brief with the opening, then each reply. An action is what
    the learner said. ``infos`` has one entry for each observation: ``act`` (tag of the learner's act that led to it),
    ``reply_act``, ``problem``, ``reward_terms``, and at the end ``outcome`` and ``hidden``; the last three as JSON. The
    metadata of an episode holds ``seed``, ``policy``, ``payoff``, ``scenario`` and ``persona``. Failed episodes are
    left out. Minari knows no spaces but Gymnasium's own: those of the dataset are `spaces.Text` with the characters
    that occur in it.

    ``dataset.recover_environment()`` is the environment in which the episodes were recorded, with the scripted user.

    Args:
        episodes: A store, its path, or episodes; all of one environment with the same settings.
        dataset_id: Such as ``"dialogym/negotiation/random-v0"``.
        random_return: What the random policy gets; the zero of ``minari.get_normalized_score``.
        optimal_return: What the optimum gets; its one.
        description: Of the dataset.

    Returns:
        The `minari.MinariDataset`.

    Raises:
        ModuleNotFoundError: If Minari is not installed.
        ValueError: If `dataset_id` is malformed or taken, if there are no episodes, or if they differ in environment,
            settings, grammar or reward.
        FileNotFoundError: If there is nothing at a path.
    """
    try:
        import minari
        from minari.data_collector.episode_buffer import EpisodeBuffer
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('an export needs Minari: pip install "dialogym[data]"') from error
    from .. import __version__

    recorded = [
        episode
        for episode in (read_episodes(episodes) if isinstance(episodes, (str, Path)) else episodes)
        if not episode.error
    ]
    if not recorded:
        raise ValueError("there are no episodes to export: all have failed, or none was given")
    first = recorded[0]
    for episode in recorded:
        for name in ("env_id", "settings", "grammar", "reward"):
            if getattr(episode, name) != getattr(first, name):
                raise ValueError(
                    f"a dataset is of one environment, but {name} is {getattr(first, name)!r} and "
                    f"{getattr(episode, name)!r}"
                )
    buffers = [
        EpisodeBuffer(id=number, seed=episode.seed, **_columns(episode)) for number, episode in enumerate(recorded)
    ]
    texts = [text for buffer in buffers for text in (*(buffer.observations or ()), *(buffer.actions or ()))]
    characters = {chr(code) for code in range(32, 127)}.union(*texts)
    longest = max(MAX_OBSERVATION, *map(len, texts))
    space = spaces.Text(longest, min_length=0, charset="".join(sorted(characters)))
    scale: dict[str, Any] = (
        {}
        if random_return is None or optimal_return is None
        else {"ref_min_score": random_return, "ref_max_score": optimal_return}
    )
    made_in = _environment(first).spec
    try:
        dataset = minari.create_dataset_from_buffers(
            dataset_id,
            [],
            env=made_in,
            eval_env=made_in,
            observation_space=space,
            action_space=space,
            algorithm_name=", ".join(dict.fromkeys(episode.policy for episode in recorded)),
            author="dialogym",
            author_email="",
            code_permalink="",
            description=description or f"{len(recorded)} dialogues of {first.env_id}",
            data_format="parquet",
            requirements=[f"dialogym=={__version__}"],
            **scale,
        )
    except ValueError as error:
        raise ValueError(
            f"dataset_id must be new and like 'dialogym/negotiation/random-v0'; {dataset_id!r} is not: {error}"
        ) from error
    _fill(dataset.storage, buffers, [_metadata(episode) for episode in recorded])
    return minari.load_dataset(dataset_id)


def _fill(storage: Any, buffers: list[Any], metadata: list[dict[str, Any]]) -> None:
    """Add episodes.

    Minari measures the whole folder after each one, which takes minutes for a thousand: here it measures once, at the
    end.
    """
    storage.get_size = lambda: 0.0
    storage.update_episodes(buffers)
    storage.update_episode_metadata(metadata)
    del storage.get_size
    storage.update_metadata({"dataset_size": storage.get_size()})


def _environment(episode: Episode) -> gym.Env:
    """The environment of an episode, with the settings that it was recorded with."""
    return gym.make(f"{episode.env_id}", **episode.settings, grammar=episode.grammar, reward=episode.reward)


def _columns(episode: Episode) -> dict[str, Any]:
    """The steps of an episode: n actions and rewards, n + 1 observations and infos."""
    observations, actions, rewards = [], [], []
    infos: dict[str, list[str]] = {name: [] for name in ("act", "reply_act", "problem", "reward_terms", *_LAST)}
    for observation, own, reply_act in _steps(episode):
        observations.append(observation)
        infos["reply_act"].append(reply_act)
        infos["act"].append(own.act if own else "")
        infos["problem"].append(own.problem if own else "")
        infos["reward_terms"].append(json.dumps(own.reward_terms if own else {}))
        if own:
            actions.append(own.text)
            rewards.append(own.reward)
    for name in _LAST:
        infos[name] = [""] * len(actions) + [json.dumps(getattr(episode, name))]
    before = [False] * (len(actions) - 1)
    return {
        "observations": observations,
        "actions": actions,
        "rewards": rewards,
        "terminations": [*before, not episode.truncated],
        "truncations": [*before, episode.truncated],
        "infos": infos,
    }


def _steps(episode: Episode) -> Iterator[tuple[str, Any, str]]:
    """Each observation, with the learner's turn before it (``None`` for the first) and the tag of the answer."""
    turns, own = list(episode.turns), None
    heard = turns.pop(0) if turns and turns[0].seat != episode.seat else None
    yield (f"{episode.brief}\n\n{heard.text}" if heard else episode.brief), None, heard.act if heard else ""
    while turns:
        own = turns.pop(0)
        heard = turns.pop(0) if turns and turns[0].seat != episode.seat else None
        yield (heard.text if heard else ""), own, heard.act if heard else ""


def _metadata(episode: Episode) -> dict[str, Any]:
    persona = episode.persona if type(episode.persona) is str else json.loads(spell_persona(episode.persona))
    return {"policy": episode.policy, "payoff": episode.payoff, "scenario": episode.scenario, "persona": persona}
