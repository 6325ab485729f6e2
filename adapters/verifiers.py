"""Environments of verifiers 0.1 to 0.3: ``load_environment("Negotiation-v0")``, or ``vf-eval dialogym-verifiers``.

From 0.4 on verifiers has another interface, see `verifiers_v1`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from datasets import Dataset

from .session import Sessions, metrics, openings

vf: Any = import_module("verifiers")  # for tools that look beside this file first, the name is this module's own

NUMBERS = ("optimum", "regret")  # metrics of every family, besides its own


class DialogymEnv(vf.MultiTurnEnv):
    """A dialogue as verifiers plays it.

    Each step of a trajectory has its own ``reward``, and ``extras["advantage"]`` once the dialogue is over. The state
    has ``dialogue``, what `Session.end` tells.

    Args:
        env: A registered id.
        settings: Of each part of the data, as for ``gym.make``.
        exact: Whether the exact advantage of a turn is its ``advantage``, which trainers then take in place of the
            return less the mean of the group.
        **arguments: Of ``MultiTurnEnv``.
    """

    def __init__(self, env: str, settings: dict[str, dict[str, Any]], exact: bool = False, **arguments: Any):
        super().__init__(**arguments)
        self.exact = exact
        self.sessions = {part: Sessions(env, **given) for part, given in settings.items()}

    async def setup_state(self, state: Any) -> Any:
        """Start the dialogue of the row's seed."""
        info = state["info"]
        state["session"] = session = self.sessions[info["part"]]()
        state["dialogue"] = {}
        try:
            await session.areset(info["seed"])
        except ConnectionError as error:
            raise vf.InfraError(str(error)) from error
        state["prompt"] = session.env.messages()  # a language model may have opened in other words than the row's
        return state

    async def add_trajectory_step(self, state: Any, trajectory_step: Any) -> None:
        """Answer here: after the last turn that `max_turns` allows nobody asks for a reply, and its reward counts."""
        await super().add_trajectory_step(state, trajectory_step)
        try:
            answer = await state["session"].astep(_text(trajectory_step["completion"]))
        except ConnectionError as error:
            raise vf.InfraError(str(error)) from error
        trajectory_step["reward"] = answer.reward
        trajectory_step["extras"] |= {"problem": answer.problem, "reward_terms": answer.reward_terms}
        state["reply"] = [{"role": "user", "content": answer.reply}]
        if answer.done:
            state["final_env_response"], state["dialogue"] = state["reply"], answer.end
            self._credit(state)

    async def env_response(self, messages: Any, state: Any, **_: Any) -> Any:
        """The reply to the last words."""
        return state["reply"]

    @vf.cleanup
    async def leave(self, state: Any) -> None:
        """End a dialogue that has come to a limit of turns or tokens: it pays what the game pays where it stands."""
        session = state.pop("session", None)
        if session and state["trajectory"] and not state["dialogue"] and not state.get("error"):
            before, last = session.total, state["trajectory"][-1]
            state["dialogue"] = session.leave()
            last["reward"] += session.total - before
            self._credit(state)

    def _credit(self, state: Any) -> None:
        for step, advantage in zip(state["trajectory"], state["dialogue"]["advantages"] or (), strict=False):
            step["extras"]["advantage"] = advantage
            if self.exact:
                step["advantage"] = advantage


def load_environment(
    env: str = "Negotiation-v0",
    episodes: int = 1000,
    eval_episodes: int = 200,
    exact: bool = False,
    max_turns: int = -1,
    **settings: Any,
) -> DialogymEnv:
    """An environment for training and evaluation.

    Args:
        env: A registered id.
        episodes: To train on: the first of the split ``train``.
        eval_episodes: To evaluate on: the first of the split ``test``.
        exact: See `DialogymEnv`.
        max_turns: As for ``MultiTurnEnv``; dialogues end by themselves.
        **settings: As for ``gym.make``. With ``split`` all rows are of that split.
    """
    parts = {part: {"split": part, **settings} for part in ("train", "test")}
    rows = [_rows(env, part, count, parts[part]) for part, count in (("train", episodes), ("test", eval_episodes))]
    rubric = vf.Rubric(funcs=[episode_return], weights=[1.0])
    data = {"dataset": rows[0], "eval_dataset": rows[1]}
    played = DialogymEnv(env, parts, exact, rubric=rubric, max_turns=max_turns, **data)
    for name in (*played.sessions["train"].engine.family.metrics, *NUMBERS):
        rubric.add_metric(_metric(name))
    return played


def episode_return(state: Any) -> float:
    """The sum of the rewards of all turns."""
    return sum(step["reward"] or 0.0 for step in state["trajectory"])


def _metric(name: str) -> Any:
    def metric(state: Any) -> float:
        return metrics(state["dialogue"]).get(name, 0.0)

    metric.__name__ = name
    return metric


def _rows(env: str, part: str, count: int, settings: dict[str, Any]) -> Dataset:
    rows = [
        {"prompt": [{"role": "user", "content": opening}], "info": {"seed": seed, "part": part}}
        for seed, opening in enumerate(openings(env, range(count), **settings))
    ]
    return Dataset.from_list(rows)


def _text(completion: Any) -> str:
    """The words of a completion: messages, as dicts or as objects."""
    if not completion:
        return ""
    last = completion[-1]
    content = last.get("content") if isinstance(last, dict) else last.content
    if isinstance(content, list):
        return "".join(part.get("text", "") if isinstance(part, dict) else part.text for part in content)
    return content or ""
