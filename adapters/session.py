"""A dialogue as a client of another framework sees it: what all adapters share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym

from ..core.solver import OutOfReach
from ..envs.dialogue_env import DialogueEnv
from ..envs.make import make_engine
from ..envs.waiting import in_thread
from ..trainers.credit import exact_advantages


@dataclass(frozen=True)
class Answer:
    """What follows an utterance of the learner. Everything in it is JSON-ready.

    Attributes:
        reply: The simulated person's words.
        reward: Of this turn.
        done: Whether the learner speaks no more.
        truncated: Whether the dialogue was cut off.
        problem: ``"malformed"``, ``"ambiguous"`` or ``"illegal"`` if the turn was lost, else ``""``.
        reward_terms: What the reward is made of.
        end: Empty before the end, see `Session.end`.
    """

    reply: str
    reward: float
    done: bool
    truncated: bool
    problem: str
    reward_terms: dict[str, float]
    end: dict[str, Any] = field(default_factory=dict)


class Session:
    """One environment and its running dialogue.

    A failure of the simulated user's machinery is a `ConnectionError`, so that no framework scores it. Words that a
    content filter refused are the learner's doing: such a dialogue ends, and ``end["error"]`` says why.

    Args:
        env_id: A registered id.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is not among the valid ones, or the face is not that of words.
    """

    def __init__(self, env_id: str, **settings: Any):
        if settings.get("face", "text") != "text":
            raise ValueError(f"an adapter speaks in words, so face must be 'text'; got {settings['face']!r}")
        env: Any = gym.make(env_id, **{"on_error": "raise", **settings}).unwrapped
        self.env: DialogueEnv = env
        self.total = 0.0

    def reset(self, seed: int | None = None) -> str:
        """Start a dialogue, and return the brief with the opening."""
        self.total = 0.0
        return self.env.reset(seed=seed)[0]

    def step(self, text: str) -> Answer:
        """Say something."""
        reply, reward, over, truncated, info = self.env.step(text)
        self.total += reward
        done = over or truncated
        end = self.end(info) if done else {}
        return Answer(str(reply), reward, done, truncated, info["problem"], info["reward_terms"], end)

    async def areset(self, seed: int | None = None) -> str:
        """`reset` for asyncio, in a thread."""
        return await in_thread(self.reset, seed)

    async def astep(self, text: str) -> Answer:
        """`step` for asyncio, in a thread. Calls to one session follow one another."""
        return await in_thread(self.step, text)

    def leave(self) -> dict[str, Any]:
        """End a dialogue that the learner has left, and return its `end`.

        It pays what the game pays where it stands, as if it was cut off: to leave is no way round what was spent.
        """
        dialogue, family = self.env.dialogue, self.env.family
        if not dialogue.done:
            self.total += self.env.engine.reward.describe().get("goal", 0.0) * self.env.outcome()["payoff"]
            dialogue.cut()
        hidden = family.reveal(dialogue.scenario, dialogue.hidden)
        return self.end({"outcome": family.outcome(dialogue), "hidden": hidden})

    def end(self, info: dict[str, Any]) -> dict[str, Any]:
        """What is told when the dialogue is over: nothing of it is known to a learner before.

        Returns:
            ``return`` (the sum of rewards), ``outcome``, ``hidden`` (the hidden state), ``seed``; ``optimum``, the best
            expected payoff of the scenario, and ``advantages``, the exact one of each turn, each ``None`` where it
            cannot be computed; ``error`` if the dialogue could not go on.
        """
        told = {name: info[name] for name in ("outcome", "hidden", "error") if name in info}
        exact = getattr(self.env.engine.user, "exact", False)
        return {
            "outcome": {},
            "hidden": {},
            **told,
            "return": self.total,
            "seed": self.env.dialogue.seed,
            "optimum": self._optimum() if exact else None,
            "advantages": self._advantages() if exact else None,
        }

    def _optimum(self) -> float | None:
        try:
            return self.env.dialogue.setting.solution.start_value()
        except OutOfReach:
            return None

    def _advantages(self) -> list[float] | None:
        """``Q* - V*`` of each turn, for a perfect listener; see `exact_advantages`."""
        try:
            return exact_advantages(self.env.dialogue).tolist()
        except ValueError:  # out of reach, or something else than the payoff is rewarded
            return None


class Sessions:
    """Makes sessions of an environment, which share the language models of its simulated user.

    Args:
        env_id: A registered id.
        **settings: As for ``gym.make``.
    """

    def __init__(self, env_id: str, **settings: Any):
        self.env_id, self.engine = env_id, make_engine(env_id, **settings)
        shared = {"user": self.engine.user, "ear": self.engine.ear or "grammar"}
        self.settings = {**settings, **shared, "personas": self.engine.people or "styles"}

    def __call__(self) -> Session:
        """A session, not yet reset."""
        return Session(self.env_id, **self.settings)

    def close(self) -> None:
        """Close the connections of language models that were given by name."""
        self.engine.close()


def openings(env_id: str, seeds: Iterable[int], **settings: Any) -> Iterator[str]:
    """The first observation for each seed, for frameworks that want all prompts before anybody plays.

    The phrase bank speaks here, whoever the user is: no language model is asked before it is needed.
    """
    session = Session(env_id, **{**settings, "user": "scripted", "ear": "grammar"})
    yield from map(session.reset, seeds)


def metrics(end: dict[str, Any]) -> dict[str, float]:
    """The numbers of an end, flat, for frameworks that average metrics."""
    named = {**end.get("outcome", {}), "return": end.get("return"), "optimum": end.get("optimum")}
    if end.get("advantages") is not None:
        named["regret"] = -sum(end["advantages"])
    return {name: float(value) for name, value in named.items() if isinstance(value, (bool, int, float))}
