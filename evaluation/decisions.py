"""Single decisions out of dialogues, graded by the exact solution: what was said, and what each act is worth now.

A cheap task of one turn, and a test set for those who judge dialogues, such as language models.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gymnasium.utils import seeding

from ..core.solver import OutOfReach
from ..envs.make import make_engine
from ..envs.registration import bare
from ..policies.policy import PolicySpec
from ..policies.registry import make_policy
from ..policies.rollout import rollout


class Grade(NamedTuple):
    """How good an answer is."""

    value: float  # best expected payoff after it, as of the start of the dialogue
    regret: float  # what it loses against the best act; at least 0, but for rounding
    share: float  # 1 for the best act, 0 for the worst of those listed, and for what is worse


def decisions(
    env_id: str, policy: PolicySpec = "scripted", seeds: Iterable[int] = range(100), **settings: Any
) -> Iterator[dict[str, Any]]:
    """Every decision of a policy's dialogues, with the value of each act.

    Where all acts are worth the same nothing is to be decided, and there is no row.

    Args:
        env_id: A registered id.
        policy: Who has brought the dialogues to where they stand.
        seeds: One for each dialogue.
        **settings: As for ``gym.make``. Nobody else than the family's own mind may decide.

    Raises:
        ValueError: If the family has no exact solution within reach, or the simulated user is another one.

    Yields:
        JSON-ready rows. ``prompt`` is the chat so far; ``acts`` the acts that matter with their ``value``, the best
        first, where ``act`` is a tag, or ``""`` for talk without one; ``said`` what the policy said, and ``said_value``
        what that is worth. ``env_id``, ``seed`` and ``turn`` say where it is from.
    """
    engine = make_engine(env_id, **settings)
    if not getattr(engine.user, "exact", False):
        raise ValueError(
            "values are known only where the family's own mind decides; user must be 'scripted' or a voice"
        )
    tag = engine.grammar.print
    for dialogue in rollout(engine, make_policy(policy, engine), seeds):
        chat = dialogue.messages()
        for step in dialogue.steps:
            try:
                solution, belief = dialogue.setting.solution, step.belief_before()
                values = solution.act_values(step.before, belief)
                said = solution.act_value(step.before, belief, step.act)
            except OutOfReach as error:
                raise ValueError(f"decisions need a family whose optimum can be computed: {error}") from error
            acts = sorted(({"act": tag(act), "value": value} for act, value in values.items()), key=_worst_first)[::-1]
            if acts[0]["value"] - acts[-1]["value"] > 1e-9:
                yield {
                    "prompt": chat[: 1 + 2 * step.index],
                    "acts": acts,
                    "said": step.text,
                    "said_value": said,
                    "env_id": bare(env_id),
                    "seed": dialogue.seed,
                    "turn": step.index,
                }


class Grader:
    """Grades any answer to a decision: also acts that are not listed, plain words, and what nobody understands.

    Args:
        env_id: As for `decisions`.
        **settings: As for `decisions`; without the split, since rows hold seeds as they are.
    """

    def __init__(self, env_id: str, **settings: Any):
        self._engine = make_engine(env_id, **settings)

    def __call__(self, row: Mapping[str, Any], text: str) -> Grade:
        """The grade of an answer. The dialogue is brought to where it stood, and goes on with the answer.

        Raises:
            ValueError: If the row is of another environment, or of other settings.
        """
        engine = self._engine
        dialogue = engine.open([seeding.np_random(row["seed"])[0]], seeds=[row["seed"]])[0]
        for message in row["prompt"]:
            if message["role"] == "assistant" and not dialogue.done:
                engine.step([dialogue], [message["content"]])
        if dialogue.done or dialogue.messages() != row["prompt"]:
            raise ValueError("the row must be of this environment with these settings: its dialogue is another one")
        step = engine.step([dialogue], [text])[0]
        solution, belief = dialogue.setting.solution, step.belief_before()
        value = solution.act_value(step.before, belief, step.act)
        best, worst = row["acts"][0]["value"], row["acts"][-1]["value"]
        return Grade(value, best - value, min(max((value - worst) / (best - worst), 0.0), 1.0))


def _worst_first(act: Mapping[str, Any]) -> tuple[float, str]:
    return act["value"], act["act"]
