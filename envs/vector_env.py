"""The native vector face: many dialogues, stepped together in one process."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..core.dialogue import Dialogue, Step
from ..core.grammar import TALK
from .base import Family
from .dialogue_env import describe
from .ears import EAR
from .make import engine_for
from .seeds import seed_in
from .spaces import Utterance, check_words
from .waiting import in_thread


class DialogueVectorEnv(VectorEnv[tuple[str, ...], Sequence[str], np.ndarray]):
    """A batch of dialogues of one family.

    Sub-environment ``i`` of ``reset(seed=s)`` is the dialogue of ``DialogueEnv.reset(seed=s + i)``.

    Autoreset is SAME_STEP: where a dialogue ends, the observation returned is already that of the next one, and the
    last one is in ``infos["final_obs"]``, its info in ``infos["final_info"]``.

    An opening that the simulated user's machinery could not give is tried once more, with the next scenario of its
    sub-environment; ``infos["opening_errors"]`` says so, with a list of what went wrong. If that fails too, the
    observation is a brief alone, and the dialogue is truncated in the next step, whatever is said in it, with the
    ``error`` in its ``final_info``; so the other dialogues go on.

    Args:
        family: A family, or ``"module:Class"``.
        num_envs: How many dialogues.
        max_episode_steps: Given by gymnasium; dialogues end by themselves, so it must be ``None``.
        render_mode: Must be ``None``.
        **arguments: As for `DialogueEnv`. All replies that are needed at a step, and the first words of the dialogues
            that follow, are asked of the user in one call; all utterances of a step are read by the ear in one call.

    Raises:
        ValueError: If an argument is not among the valid ones.
    """

    metadata = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}

    def __init__(
        self,
        family: str | Family,
        num_envs: int = 1,
        max_episode_steps: int | None = None,
        render_mode: str | None = None,
        **arguments: Any,
    ):
        if not isinstance(num_envs, int) or num_envs < 1:
            raise ValueError(f"num_envs must be a whole number of at least 1, got {num_envs!r}")
        if max_episode_steps is not None:
            raise ValueError("max_episode_steps must be None: dialogues end by themselves (see the family's settings)")
        if render_mode is not None:
            raise ValueError(f"render_mode must be None in a vector, got {render_mode!r}")
        self.engine = engine_for(family, arguments)
        self.family = self.engine.family
        self.num_envs = num_envs
        self.render_mode = None
        self.single_observation_space = self.single_action_space = Utterance()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._generators: list[np.random.Generator] = []
        self.dialogues: list[Dialogue] = []

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """Start a dialogue in each sub-environment.

        Args:
            seed: One seed, from which sub-environment ``i`` gets ``seed + i``; or one for each. With a split, they
                count from its first.
            options: See `Engine.open`; the same for all. ``"reset_mask"``, a boolean array of shape (num_envs,), limits
                the reset to some of them.

        Raises:
            ConnectionError: If the simulated user's machinery failed before the first word of a dialogue.
        """
        n = self.num_envs
        options = dict(options or {})
        mask = np.asarray(options.pop("reset_mask", np.ones(n, dtype=bool)))
        if mask.shape != (n,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(f"options['reset_mask'] must be a boolean array of shape ({n},) with at least one True")
        seeds = (
            [None] * n
            if seed is None
            else [seed + i for i in range(n)]
            if isinstance(seed, (int, np.integer))
            else list(seed)
        )
        if len(seeds) != n:
            raise ValueError(f"seed must be one number or {n} of them, got {len(seeds)}")
        if (split := self.engine.split) is not None:
            seeds = [None if one is None else seed_in(split, one) for one in seeds]
        if not self._generators:
            self._generators = [seeding.np_random(s)[0] for s in seeds]
        else:
            self._generators = [
                seeding.np_random(s)[0] if m and s is not None else g
                for s, m, g in zip(seeds, mask, self._generators, strict=True)
            ]
        chosen = [i for i in range(n) if mask[i]]
        if len(chosen) < n and not self.dialogues:
            raise ResetNeeded("the first reset must reset every sub-environment")
        opened = self.engine.open([self._generators[i] for i in chosen], options, [seeds[i] for i in chosen])
        _check(opened)
        dialogues = self.dialogues or [*opened]
        for i, dialogue in zip(chosen, opened, strict=True):
            dialogues[i] = dialogue
        self.dialogues = dialogues
        return tuple([d.observation() for d in dialogues]), {}

    def step(
        self, actions: Sequence[str]
    ) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Say something in each dialogue.

        Args:
            actions: ``num_envs`` strings.

        Returns:
            Observations (a tuple of str), rewards of shape (num_envs,), terminations and truncations of shape
            (num_envs,), and infos. In infos, an array under ``name`` holds an entry for each sub-environment where
            ``_name`` is true.

        Raises:
            ResetNeeded: Before `reset`.
            ValueError: If there is not one string for each dialogue; nothing is lost.
            TypeError: If one of them is no string; nothing is lost.
            ConnectionError: With ``on_error="raise"``, if the simulated user's machinery failed, at an opening twice;
                all dialogues are then lost. Else only if there was no dialogue left to go on with and none can be
                opened; `step` then tries it again.
        """
        dialogues = self.dialogues
        if not dialogues:
            raise ResetNeeded("there are no dialogues yet: call reset() first")
        if isinstance(actions, str) or not isinstance(actions, Sized) or len(actions) != len(dialogues):
            raise ValueError(f"actions must be {len(dialogues)} strings, one for each dialogue; got {actions!r}")
        for i, action in enumerate(actions):
            check_words(action, "actions", i)
        try:
            steps, renewed = self._spoken(dialogues, actions)
        except ConnectionError:
            self.dialogues = []
            raise
        observations = [step.reply for step in steps]
        infos: dict[str, Any] = {}
        rewards = np.array([step.reward for step in steps])
        over = np.array([step.exchange.over for step in steps])
        cut = np.array([step.truncated for step in steps])
        ended = np.flatnonzero(over | cut).tolist()
        if ended:
            infos["final_obs"], infos["_final_obs"] = self._column({i: observations[i] for i in ended})
            infos["final_info"], infos["_final_info"] = self._column(
                {i: describe(self.engine, steps[i]) for i in ended}
            )
        lost = {i: step.problem for i, step in enumerate(steps) if step.heard.problem or step.exchange.problem}
        if lost:
            infos["problem"], infos["_problem"] = self._column(lost)
        names = self.engine.reward.names
        infos["reward_terms"] = (
            {names[0]: rewards}
            if len(names) == 1
            else {n: np.array([s.rewards.get(n, 0.0) for s in steps]) for n in names}
        )
        if self.engine.ear is not None:
            heard = {i: step.dialogue.memo[EAR] for i, step in enumerate(steps) if EAR in step.dialogue.memo}
            infos["ear"], infos["_ear"] = self._column(heard)
        steps.clear()  # a dialogue of which a step is held stays alive
        for i, dialogue in zip(ended, self._successors(ended, renewed, infos) if ended else (), strict=True):
            dialogues[i].release()
            dialogues[i] = dialogue
            observations[i] = dialogue.observation()
        return tuple(observations), rewards, over, cut, infos

    async def areset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[tuple[str, ...], dict[str, Any]]:
        """`reset` for asyncio: the event loop goes on while language models speak. See `in_thread`."""
        return await in_thread(self.reset, seed=seed, options=options)

    async def astep(
        self, actions: Sequence[str]
    ) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """`step` for asyncio; all replies are still asked for in one call."""
        return await in_thread(self.step, actions)

    def close_extras(self, **_: Any) -> None:
        """Close the connections of language models that were given by name; see `Engine.close`."""
        self.engine.close()

    def messages(self, system: bool = False, tools: bool = False) -> list[list[dict[str, Any]]]:
        """The chat so far of each dialogue; see `Dialogue.messages`."""
        return [dialogue.messages(system, tools) for dialogue in self.dialogues]

    def _spoken(self, dialogues: Sequence[Dialogue], actions: Sequence[str]) -> tuple[list[Step], dict[int, Dialogue]]:
        """The steps, and successors by place. A dialogue that has no opening is cut off, and nobody hears what is said.

        It has no successor yet.
        """
        live = [i for i, dialogue in enumerate(dialogues) if not dialogue.done]
        if len(live) == len(dialogues):
            return self.engine.step_and_renew(dialogues, actions, self._generators)
        columns: Any = [[column[i] for i in live] for column in (dialogues, actions, self._generators)]
        some, renewed = self.engine.step_and_renew(*columns) if live else ([], {})
        said = dict(zip(live, some, strict=True))
        steps = [said.get(i) or _unspoken(dialogues[i], actions[i]) for i in range(len(dialogues))]
        return steps, {live[place]: dialogue for place, dialogue in renewed.items()}

    def _successors(self, places: list[int], renewed: dict[int, Dialogue], infos: dict[str, Any]) -> list[Dialogue]:
        """Autoreset: an opening that failed is tried once more, with the next scenario of its sub-environment.

        What failed is told in `infos`.
        """
        opened: list[Any] = [renewed.get(i) for i in places]
        missing = [k for k, dialogue in enumerate(opened) if dialogue is None or dialogue.error]
        if not missing:
            return opened
        errors: dict[int, list[str]] = {places[k]: [opened[k].error] for k in missing if opened[k] is not None}
        again = self.engine.open([self._generators[places[k]] for k in missing])
        for k, dialogue in zip(missing, again, strict=True):
            opened[k] = dialogue
            if dialogue.error:
                errors.setdefault(places[k], []).append(dialogue.error)
        if errors:
            infos["opening_errors"], infos["_opening_errors"] = self._column(errors)
        if self.engine.raises:
            try:
                _check(opened)
            except ConnectionError:
                self.dialogues = []
                raise
        elif not any(old.steps for old in self.dialogues) and all(one.error for one in opened):
            _check(opened)  # nobody was there to hear anything, and nobody is
        return opened

    def _column(self, entries: dict[int, Any]) -> tuple[np.ndarray, np.ndarray]:
        column, mask = np.full(self.num_envs, None, dtype=object), np.zeros(self.num_envs, dtype=bool)
        for i, entry in entries.items():
            column[i], mask[i] = entry, True
        return column, mask


def _unspoken(dialogue: Dialogue, text: str) -> Step:
    """What comes of words in a dialogue without an opening: it is cut off."""
    step = Step(dialogue, text, TALK, dialogue.setting.stay(dialogue.state, dialogue.hidden))
    step.truncated, step.error = True, dialogue.error
    return step


def _check(opened: Sequence[Dialogue]) -> None:
    failures = [dialogue.error for dialogue in opened if dialogue.error]
    if failures:
        raise ConnectionError(
            f"the simulated user failed before the first word of {len(failures)} of {len(opened)} dialogues: "
            f"{failures[0]}"
        )
