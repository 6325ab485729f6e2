"""Environments as tasks of Inspect: ``inspect eval dialogym/negotiation --model openai/gpt-5-mini``.

There is a task for each family, and ``dialogym/dialogue -T env=...`` for any environment. Inspect finds them by the
entry point of this package.
"""

from __future__ import annotations

import json
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ChatMessageUser
from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, mean, metric, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver

from ..envs.make import make_engine
from ..envs.registration import families, ranked, representatives
from ..evaluation.references import references
from ..evaluation.statistics import normalised_score
from .session import Sessions, metrics, openings

EPISODES = 200


@solver
def converse(env: str, settings: dict[str, Any]) -> Solver:
    """Let the model speak until the dialogue is over. Where the simulated user fails, the sample has an error."""
    sessions = Sessions(env, **settings)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        session = sessions()
        state.messages = [ChatMessageUser(content=await session.areset(state.metadata["seed"]))]
        rewards, end, failed = [], {}, False
        try:
            while not end:
                state = await generate(state)
                try:
                    answer = await session.astep(state.output.completion)
                except ConnectionError:
                    failed = True
                    raise
                rewards.append(answer.reward)
                state.messages.append(ChatMessageUser(content=answer.reply))
                end = answer.end
                if state.completed:
                    break
        finally:  # a limit of messages, tokens or time may raise at any point: what was played so far is scored
            if not failed:
                state.store.set("dialogue", {**(end or session.leave()), "rewards": rewards})
        state.completed = True
        return state

    return solve


@scorer(metrics=[mean(), stderr()])
def episode_return() -> Scorer:
    """The return of a dialogue, and in its metadata what `Session.end` tells, with the exact advantage of each turn."""

    async def score(state: TaskState, target: Target) -> Score:
        told = state.store.get("dialogue")
        said = next((message.text for message in reversed(state.messages) if message.role == "assistant"), "")
        return Score(value=told["return"], answer=said, metadata=told)

    return score


@metric
def optimality(env: str, settings: dict[str, Any]) -> Metric:
    """The score of `dialogym evaluate`: 0 is worth as much as to do nothing, 1 as much as the exact optimum.

    The optimum and the zero are played on the same seeds. Not a number where they cannot be computed.
    """

    def value(scores: list[SampleScore]) -> float:
        if not scores:
            return float("nan")
        told = [(score.score.metadata or {}, score.score.as_float()) for score in scores]
        plain = make_engine(env, **{**settings, "user": "scripted", "ear": "grammar"})
        known = references(plain, [end["seed"] for end, _ in told])
        if known.optimal is None or any(end["optimum"] is None for end, _ in told):
            return float("nan")
        found = normalised_score([value for _, value in told], known.low, known.optimal)
        return float("nan") if found is None else found

    return value


@metric
def regret() -> Metric:
    """What the turns of a dialogue have lost, in the mean; exact, and without luck."""

    def value(scores: list[SampleScore]) -> float:
        lost = [metrics(score.score.metadata or {}).get("regret") for score in scores]
        return float("nan") if None in lost or not lost else sum(filter(None, lost)) / len(lost)

    return value


@task
def dialogue(
    env: str = "Negotiation-v0",
    episodes: int = EPISODES,
    seed: int = 0,
    split: str | None = "test",
    settings: dict[str, Any] | None = None,
) -> Task:
    """Dialogues of an environment.

    Args:
        env: A registered id.
        episodes: How many.
        seed: Of the first; the others follow it.
        split: Seeds count from the first of this split's own.
        settings: As for ``gym.make``, such as ``-T settings='{"user": "voiced:smollm2"}'``; JSON-ready.

    Raises:
        ValueError: If they are not, or not valid.
    """
    given = {"split": split, **(settings or {})}
    try:
        json.dumps(given)
    except TypeError as error:
        raise ValueError(f"settings must be what JSON can hold, since Inspect records them: {error}") from error
    seeds = range(seed, seed + episodes)
    samples = [
        Sample(input=opening, id=f"{env}-{number}", metadata={"seed": number})
        for number, opening in zip(seeds, openings(env, seeds, **given), strict=True)
    ]
    return Task(
        dataset=MemoryDataset(samples, name=env),
        solver=converse(env, given),
        scorer=episode_return(),
        metrics=[mean(), stderr(), optimality(env, given), regret()],
    )


def _task_of(family: str, standing: str) -> Any:
    """A task for a family, under its name; its variants are arguments."""

    def of_family(
        env: str = standing,
        episodes: int = EPISODES,
        seed: int = 0,
        split: str | None = "test",
        settings: dict[str, Any] | None = None,
    ) -> Task:
        return dialogue(env, episodes, seed, split, settings)

    return task(name=family)(of_family)


TASKS = {
    name: _task_of(name, standing)
    for path, standing in zip(filter(ranked, families()), representatives(), strict=True)
    for name in [path.partition(":")[0].split(".")[-2]]
}
"""A task for each family, by its name."""
