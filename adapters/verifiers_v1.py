"""Environments of verifiers from 0.4 on: ``vf-eval dialogym-verifiers --env.taskset.env Tutoring-v0``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf

from .session import Session, metrics, openings


class DialogymConfig(vf.TasksetConfig):
    """Which dialogues are played."""

    env: str = "Negotiation-v0"
    """A registered id."""
    settings: dict[str, Any] = {}
    """As for ``gym.make``."""
    split: str | None = "test"
    """``train``, ``validation`` or ``test``: seeds count from the first of this split's own."""
    episodes: int = 200
    """How many there are."""
    seed: int = 0
    """Of the first."""


class DialogymData(vf.TaskData):
    """One dialogue."""

    env: str
    settings: dict[str, Any]
    seed: int


class DialogymTask(vf.Task[DialogymData]):
    """One dialogue; it is scored while it is played."""


class DialogymEnvConfig(vf.EnvConfig):
    """Who plays: a model that speaks, without tools."""

    player: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"}, runtime={"type": "subprocess"})


class DialogymEnv(vf.Env[DialogymEnvConfig]):
    """A dialogue as verifiers plays it.

    The trace has the return as its reward, the numbers of the outcome as metrics, and in ``info["dialogue"]`` the
    rewards of all turns with what `Session.end` tells, the exact advantages among it.
    """

    async def run(self, task: Any, agents: Any) -> None:
        """Play one dialogue. Where the simulated user fails, the episode fails, and is not scored."""
        session, rewards, end = Session(task.data.env, **task.data.settings), [], {}
        opening = await session.areset(task.data.seed)  # a language model may open in other words than the task's
        async with agents.player.interaction(task.with_data(prompt=opening)) as talk:
            segment = await talk.turn()
            while not segment.terminated:
                answer = await session.astep(segment.last_reply)
                rewards.append(answer.reward)
                if answer.done:
                    end = answer.end
                    break
                segment = await talk.turn(answer.reply)
            end = end or session.leave()  # at a limit of turns or tokens it pays what the game pays there
        session.env.close()
        talk.trace.info["dialogue"] = {**end, "rewards": rewards}
        talk.trace.record_reward("return", end["return"])
        talk.trace.record_metrics({name: value for name, value in metrics(end).items() if name != "return"})


class DialogymTaskset(vf.Taskset[DialogymTask, DialogymConfig]):
    """The dialogues of consecutive seeds."""

    def load(self) -> Iterator[DialogymTask]:
        """A task for each seed; its prompt is what the learner is told first."""
        config = self.config
        settings = {"split": config.split, **config.settings}
        seeds = range(config.seed, config.seed + config.episodes)
        for seed, opening in zip(seeds, openings(config.env, seeds, **settings), strict=True):
            data = DialogymData(
                name=f"{config.env}#{seed}", prompt=opening, env=config.env, settings=settings, seed=seed
            )
            yield DialogymTask(data, config.task)


__all__ = ["DialogymEnv", "DialogymTaskset"]
