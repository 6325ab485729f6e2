"""The Gymnasium face: one dialogue, `str` in, `str` out."""

from __future__ import annotations

from copy import copy
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ResetNeeded

from ..core.acts import Act
from ..core.belief import Belief
from ..core.dialogue import Dialogue, Step
from ..core.tools import tools
from ..simulated_users.llm_voice import Spoken
from .base import Family
from .ears import EAR
from .engine import Engine
from .make import engine_for
from .seeds import seed_in
from .spaces import Utterance, check_words
from .transcript import Transcript
from .waiting import in_thread


class DialogueEnv(gym.Env[str, str]):
    """A dialogue with a simulated person.

    Args:
        family: A family, or ``"module:Class"``.
        render_mode: ``"ansi"`` (``render`` returns the transcript), ``"human"`` (it is printed as it grows) or
            ``None``.
        **arguments: ``reward``, ``grammar``, ``user``, ``personas``, ``ear``, ``judge``, ``split`` and ``on_error``,
            see `Options`; and settings of the family, such as ``role="seller"``.

    Raises:
        ValueError: If an argument is not among the valid ones; the message lists them.
    """

    metadata = {"render_modes": ["ansi", "human"], "render_fps": 1}

    def __init__(self, family: str | Family, render_mode: str | None = None, **arguments: Any):
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise ValueError(f"render_mode must be None, 'ansi' or 'human'; got {render_mode!r}")
        self.engine = engine_for(family, arguments)
        self.family = self.engine.family
        self.observation_space = Utterance()
        self.action_space = Utterance()
        self.render_mode = render_mode
        self._dialogue: Dialogue | None = None
        self._spec: EnvSpec | None = None
        self._transcript = Transcript(self.family)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
        """Start a dialogue.

        Args:
            seed: Fixes scenario, hidden state, persona and words. With a split, 0 is the first seed of the split, and
                a dialogue without a seed has one that is drawn from it.
            options: See `Engine.open`.

        Returns:
            The brief with the partner's opening, and an info dict.

        Raises:
            ConnectionError: If the simulated user's machinery failed before the first word.
        """
        if seed is not None and self.engine.split is not None:
            seed = seed_in(self.engine.split, seed)
        super().reset(seed=seed)
        if self._dialogue is not None:
            self._dialogue.release()
            self._dialogue = None
        dialogue = self.engine.open([self.np_random], options, [seed])[0]
        if dialogue.error:
            raise ConnectionError(f"the simulated user failed before the first word: {dialogue.error}")
        self._dialogue = dialogue
        if self.render_mode == "human":
            self._transcript.show_opening(dialogue)
        return dialogue.observation(), {}

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Say something. Any string will do; one that binds nothing, or cannot be understood, costs the turn.

        Returns:
            The reply, the reward, whether the dialogue is over, whether it was cut off, and info: ``reward_terms``,
            ``problem``, and at the end ``outcome`` and ``hidden``; ``judge`` where a judge has rated; ``error`` if the
            machinery of the simulated user or of the judge failed.
            With a language model also ``voice``, and ``mind``: whether it is ``"free"`` or ``"held"``; with one as an
            ear, ``ear``: how plain words were read, and what failed there (see `ears.EAR`).

        Raises:
            ResetNeeded: Before `reset`, or after the end.
            TypeError: If `action` is not a string.
            ConnectionError: With ``on_error="raise"``, if the simulated user's machinery failed.
        """
        dialogue = self._dialogue or self.dialogue
        if dialogue.done:
            raise ResetNeeded("the dialogue has ended: call reset() before step()")
        check_words(action)
        step = self.engine.step((dialogue,), (action,))[0]
        if self.render_mode == "human":
            self._transcript.show_step(step)
        return step.reply, step.reward, step.exchange.over, step.truncated, describe(self.engine, step)

    async def areset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """`reset` for asyncio: the event loop goes on while a language model speaks. See `in_thread`."""
        return await in_thread(self.reset, seed=seed, options=options)

    async def astep(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """`step` for asyncio; as many environments as you like can wait together."""
        return await in_thread(self.step, action)

    def render(self) -> str | None:
        """The transcript so far in mode ``"ansi"``; in mode ``"human"`` it has been printed already."""
        if self.render_mode == "ansi":
            return self._transcript.text(self.dialogue)
        if self.render_mode is None:
            gym.logger.warn("render() without a render_mode: use gym.make(..., render_mode='ansi') or 'human'")
        return None

    def close(self) -> None:
        """Close the connections of language models that were given by name; see `Engine.close`."""
        self.engine.close()

    @property
    def spec(self) -> EnvSpec | None:
        """How the environment was made.

        It is ``nondeterministic`` where a language model is asked anew, which no seed can bind.
        """
        return self._spec

    @spec.setter
    def spec(self, spec: EnvSpec | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        if spec is not None and not self.engine.deterministic:
            spec = copy(spec)
            spec.nondeterministic = True
        self._spec = spec

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue that is running. It holds the hidden state: show it to no honest policy.

        Raises:
            ResetNeeded: Before the first `reset`.
        """
        if self._dialogue is None:
            raise ResetNeeded("there is no dialogue yet: call reset() first")
        return self._dialogue

    def messages(self, system: bool = False, tools: bool = False) -> list[dict[str, Any]]:
        """The chat so far, as role/content messages; the learner is the assistant. See `Dialogue.messages`."""
        return self.dialogue.messages(system, tools)

    def tools(self) -> list[dict[str, Any]]:
        """The learner's acts as functions that a language model can call, in the form of OpenAI's tools.

        `core.tools.utterance` makes of a call what is said in `step`.
        """
        return tools(self.engine.grammar)

    def outcome(self) -> dict[str, Any]:
        """How the dialogue stands now, as if it were cut off here: what ``info["outcome"]`` would hold, and ``payoff``.

        For those who end episodes themselves, such as gymnasium's `TimeLimit`: the environment hears nothing of it, so
        the last ``info`` has no outcome, and the last reward leaves out what was spent. Once the dialogue has ended, it
        is how it ended.
        """
        dialogue = self.dialogue
        if dialogue.done:
            payoff = dialogue.steps[-1].payoff
        else:
            payoff = dialogue.setting.game.payoff(dialogue.state, dialogue.seat, dialogue.hidden)
        return {**self.family.outcome(dialogue), "payoff": payoff}

    def belief(self) -> Belief:
        """What a perfect listener believes about the hidden state now."""
        return self.dialogue.belief()

    def value(self) -> float:
        """The best expected payoff from here on, for a learner that knows only what was said."""
        return self.dialogue.setting.solution.value(self.dialogue.state, self.belief())

    def best_act(self) -> Act:
        """An act that attains `value`.

        Raises:
            ValueError: If the dialogue is over.
        """
        return self.dialogue.setting.solution.best_act(self.dialogue.state, self.belief())

    def act_values(self) -> dict[Act, float]:
        """The best expected payoff after each act that matters."""
        return self.dialogue.setting.solution.act_values(self.dialogue.state, self.belief())


def describe(engine: Engine, step: Step) -> dict[str, Any]:
    """The info dict of a step."""
    exchange, family = step.exchange, engine.family
    info: dict[str, Any] = {"reward_terms": step.rewards, "problem": step.heard.problem or exchange.problem}
    if mind := getattr(engine.user, "mind", ""):
        info["mind"] = mind
    if isinstance(step.reply, Spoken):
        info["voice"] = {"attempts": step.reply.attempts, "fallback": step.reply.fallback}
    if EAR in step.dialogue.memo:
        info["ear"] = step.dialogue.memo[EAR]
    if step.rewards and "judge" in step.dialogue.memo:
        info["judge"] = step.dialogue.memo["judge"]
    if exchange.over or step.truncated:
        if step.error:
            info["error"] = step.error
        else:
            dialogue = step.dialogue
            info["outcome"] = family.outcome(dialogue)
            info["hidden"] = family.reveal(dialogue.scenario, dialogue.hidden)
    return info
