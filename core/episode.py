"""The record of a finished dialogue, in plain values: what is stored, shared and trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SCHEMA_VERSION = 1


@dataclass(slots=True)
class EpisodeTurn:
    """One utterance of a recorded episode.

    Attributes:
        seat: Who spoke.
        text: What was said.
        act: The tag of the act it came to; ``""`` for talk.
        problem: ``"malformed"``, ``"ambiguous"``, ``"illegal"`` or ``""``.
        reward: The learner's reward for this turn; 0 for the partner's turns.
        reward_terms: Its weighted terms by name.
        branch: Which of the possible continuations followed (index into the support of the exact distribution); -1 for
            the partner's turns.
        feedback: What a critic said of the learner's turn in words; ``""`` if none was asked.
    """

    seat: str
    text: str
    act: str
    problem: str = ""
    reward: float = 0.0
    reward_terms: dict[str, float] = field(default_factory=dict)
    branch: int = -1
    feedback: str = ""


@dataclass(slots=True)
class Episode:
    """A recorded episode.

    Attributes:
        env_id: Registered id of the environment.
        settings: Settings of the family.
        grammar: ``"natural"`` or ``"tagged"``.
        policy: Name of the learner's policy.
        seed: What the environment was seeded with; ``None`` if it was not.
        seat: The learner's seat.
        scenario: Fields of the scenario.
        persona: The partner's way of speaking, or all of its character (see `simulated_users.personas.Persona`).
        brief: What the learner was told first.
        turns: Every utterance, the partner's opening first.
        hidden: The partner's hidden state at the end, in plain values.
        hidden_start: Index of the hidden state at the start in the prior's support.
        opening_branch: Which of the possible openings was made; -1 if the learner spoke first.
        outcome: The family's metrics.
        reward: Names and weights of the reward terms.
        episode_return: Sum of the rewards.
        payoff: The learner's payoff, whatever the reward.
        truncated: Whether the episode was cut off.
        error: What failed in the simulated user's machinery; ``""`` if nothing did. Such episodes are to be dropped.
        version: Version of the package that recorded it.
        schema: Version of this record.
    """

    env_id: str
    settings: dict[str, Any]
    grammar: str
    policy: str
    seed: int | None
    seat: str
    scenario: dict[str, Any]
    persona: str
    brief: str
    turns: list[EpisodeTurn]
    hidden: dict[str, Any]
    hidden_start: int
    opening_branch: int
    outcome: dict[str, Any]
    reward: dict[str, float]
    episode_return: float
    payoff: float
    truncated: bool
    error: str
    version: str
    schema: int = SCHEMA_VERSION

    def messages(self) -> list[dict[str, str]]:
        """The chat from the learner's side, as `Dialogue.messages` gave it."""
        messages: list[dict[str, str]] = [{"role": "user", "content": self.brief}]
        before = ""
        for turn in self.turns:
            if turn.seat == self.seat:
                messages.append({"role": "assistant", "content": turn.text})
            elif before == self.seat:
                messages.append({"role": "user", "content": turn.text})
            else:  # the opening, or one more who speaks in a turn
                messages[-1]["content"] += f"{'' if before else chr(10)}\n{turn.text}"
            before = turn.seat
        return messages
