"""Playing the episodes that a trainer learns from: as `rollout` plays them, but none gets longer than the trainer can take."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.dialogue import Dialogue
from ..envs.engine import Engine
from ..policies.language_model import LanguageModelPolicy
from ..policies.rollout import rollout

TOGETHER = 256  # dialogues that are generated together


def play(
    engine: Engine,
    policy: LanguageModelPolicy,
    seeds: Sequence[int],
    max_episode_tokens: int,
    attempts: Sequence[int] | None = None,
) -> list[Dialogue]:
    """Play one dialogue a seed. What is said depends on its seed and attempt alone, not on how a batch is split.

    Args:
        engine: The environment, with the reward to train on.
        policy: Speaks for the learner and keeps the token records.
        seeds: One for each episode: of its scenario, of its partner's hidden state and of both sides' words.
        max_episode_tokens: Tokens after the prompt at most; a dialogue whose next exchange might not fit is left after
            a turn of the model.
        attempts: Of the policy at each episode, see `policy_stream`; 0 by default.

    Returns:
        The dialogues, in the order of the seeds. Those with an ``error`` are not the policy's doing: drop them. Some of
        them have no steps, and no record.
    """

    def goes_on(dialogue: Dialogue) -> bool:
        return fits(policy, dialogue, max_episode_tokens)

    return list(rollout(engine, policy, seeds, TOGETHER, attempts or 0, goes_on))


def fits(policy: LanguageModelPolicy, dialogue: Dialogue, max_episode_tokens: int) -> bool:
    """Whether another exchange surely fits into an episode's tokens."""
    reply = len(policy.chat.reply(dialogue.steps[-1].reply))
    return len(policy.record(dialogue).completion_ids) + reply + policy.max_turn_tokens + 1 <= max_episode_tokens


def room_for_a_turn(max_episode_tokens: int, max_turn_tokens: int) -> None:
    """Refuse limits under which every dialogue would be left after its first turn.

    Raises:
        ValueError: If they are such.
    """
    if max_episode_tokens <= max_turn_tokens + 1:
        raise ValueError(
            f"max_episode_tokens must leave room for several turns of max_turn_tokens ({max_turn_tokens}), got "
            f"{max_episode_tokens}"
        )
