"""The structured face: the learner chooses acts by number and sees arrays; the people hear words all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector.utils import batch_space

from ..core.dialogue import Dialogue
from ..core.stream import Stream
from .base import Family
from .dialogue_env import DialogueEnv
from .engine import Engine
from .features import Features, features
from .vector_env import DialogueVectorEnv
from .wording import TALK, put

Choose = Callable[[np.ndarray, np.ndarray], int]
"""From an observation and its mask to the number of an act."""


class Speaker:
    """Says acts by number, in the words of the family's phrase bank.

    Args:
        engine: The environment.
        told: What the numbers mean.
    """

    def __init__(self, engine: Engine, told: Features):
        self.engine, self.told = engine, told
        self._generator = np.random.default_rng(0)  # of words where a dialogue has no seed

    def words(self, dialogue: Dialogue, slot: Any) -> str:
        """What is said for an act.

        The words come from random numbers of their own: those of a policy that plays the same seed.
        """
        stream = dialogue.memo.get("wording")
        if stream is None:
            seed = dialogue.seed
            generator = self._generator if seed is None else np.random.default_rng((seed, 1))
            stream = dialogue.memo["wording"] = Stream(generator)
        return self.said(dialogue, slot, stream)

    def said(self, dialogue: Dialogue, slot: Any, stream: Stream) -> str:
        """What is said for an act, in words that `stream` chooses."""
        try:
            act = self.told.encoding.act(dialogue.scenario, int(slot))
        except KeyError:  # a scenario may lack an act that others have
            return TALK
        return put(self.engine, dialogue, act, stream)

    def policy(self, choose: Choose, name: str = "acts") -> Callable[[Dialogue, Stream], str]:
        """See `ActsEnv.policy`."""

        def speak(dialogue: Dialogue, stream: Stream) -> str:
            return self.said(dialogue, choose(self.told.observation(dialogue), self.told.mask(dialogue)), stream)

        speak.__name__ = name
        return speak


class ActsEnv(DialogueEnv):
    """A dialogue in which the learner chooses among numbered acts.

    An act goes to the simulated person in words: what the grammar prints of it, worded by the family's phrase bank. So
    a dialogue is the same as in the text environment when the same acts are done. All methods of `DialogueEnv` are
    here: `messages`, `belief`, `value`, `outcome` and so on.

    The action space is `Discrete`: the learner's acts, as many in every scenario. ``info["action_mask"]`` and
    `action_masks` say which are open. An act that is not open costs the turn; one that the scenario does not have is
    talk. The observation space is a `Box`; see `Features`, whose ``labels`` say what each number is.

    Args:
        family: As for `DialogueEnv`.
        render_mode: As for `DialogueEnv`.
        belief: Whether the exact belief about the hidden state is in the observations. It is computed from what was
            seen, not from what is hidden.
        **arguments: As for `DialogueEnv`.

    Attributes:
        features: How observations and acts are told.
    """

    def __init__(self, family: str | Family, render_mode: str | None = None, belief: bool = True, **arguments: Any):
        super().__init__(family, render_mode, **arguments)
        self.features = features(self.family, belief)
        self._speaker = Speaker(self.engine, self.features)
        self.observation_space, self.action_space = _spaces(self.features)  # pyright: ignore[reportAttributeAccessIssue]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start a dialogue; see `DialogueEnv.reset`.

        Returns:
            An array of the observation space, and info with ``action_mask``: 1 for each act that is open, else 0 (int8,
            as ``action_space.sample`` wants it).
        """
        _, info = super().reset(seed=seed, options=options)
        return self._seen(info)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do the act of that number; see `DialogueEnv.step`.

        Raises:
            ValueError: If there is no act of that number.
        """
        _check(self.action_space, action)
        _, reward, over, cut, info = super().step(self._speaker.words(self.dialogue, action))
        seen, info = self._seen(info)
        return seen, reward, over, cut, info

    def action_masks(self) -> np.ndarray:
        """Which acts are open now; of shape (acts,), bool. sb3-contrib's `MaskablePPO` asks for it by this name."""
        return self.features.mask(self.dialogue)

    def policy(self, choose: Choose, name: str = "acts") -> Callable[[Dialogue, Stream], str]:
        """A policy for ``dialogym.evaluate`` and all that takes one: a function from a dialogue to what is said.

        Args:
            choose: From an observation and its mask to the number of an act.
            name: Shown in tables.
        """
        return self._speaker.policy(choose, name)

    def _seen(self, info: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        return self.features.observation(self.dialogue), {**info, "action_mask": self.action_masks().astype(np.int8)}


class ActsVectorEnv(DialogueVectorEnv):
    """`ActsEnv` for many dialogues, stepped together; see `DialogueVectorEnv`.

    ``infos["action_mask"]`` has the shape (num_envs, acts). It is that of the next dialogue where one has ended.
    """

    def __init__(self, family: str | Family, num_envs: int = 1, belief: bool = True, **arguments: Any):
        super().__init__(family, num_envs, **arguments)
        self.features = features(self.family, belief)
        self._speaker = Speaker(self.engine, self.features)
        self.single_observation_space, self.single_action_space = _spaces(self.features)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start a dialogue in each sub-environment; observations are of shape (num_envs, numbers)."""
        _, infos = super().reset(seed=seed, options=options)
        return self._seen(infos)

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Do an act in each dialogue.

        Args:
            actions: ``num_envs`` whole numbers.

        Raises:
            ValueError: If they are not in the action space.
        """
        actions = np.asarray(actions)
        if self.dialogues:
            _check(self.action_space, actions)
        before = list(self.dialogues)
        texts = [  # one that is done has no opening; see the base class
            TALK if dialogue.done else self._speaker.words(dialogue, slot)
            for dialogue, slot in zip(before, actions, strict=False)
        ]
        _, rewards, over, cut, infos = super().step(texts)
        for i in np.flatnonzero(over | cut):
            infos["final_obs"][i] = self.features.observation(before[i])
            infos["final_info"][i]["action_mask"] = self.features.mask(before[i]).astype(np.int8)
        seen, infos = self._seen(infos)
        return seen, rewards, over, cut, infos

    def action_masks(self) -> np.ndarray:
        """Which acts are open now; of shape (num_envs, acts), bool."""
        return np.stack([self.features.mask(dialogue) for dialogue in self.dialogues])

    def policy(self, choose: Choose, name: str = "acts") -> Callable[[Dialogue, Stream], str]:
        """See `ActsEnv.policy`."""
        return self._speaker.policy(choose, name)

    def _seen(self, infos: dict[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        seen = np.stack([self.features.observation(dialogue) for dialogue in self.dialogues])
        masks = self.action_masks().astype(np.int8)
        return seen, {**infos, "action_mask": masks, "_action_mask": np.ones(self.num_envs, bool)}


def _spaces(told: Features) -> tuple[gym.spaces.Box, gym.spaces.Discrete]:
    seen = gym.spaces.Box(0.0, 1.0, (len(told.labels),), np.float32)
    return seen, gym.spaces.Discrete(len(told.encoding.slots))


def _check(space: gym.Space[Any], action: Any) -> None:
    if not space.contains(action):
        raise ValueError(f"action must be in {space}, the acts by number; got {action!r}")
