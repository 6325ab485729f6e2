"""An environment for TRL's ``GRPOTrainer``: ``environment_factory=environment("Negotiation-v0")``.

The model speaks through a tool, ``say``. For a model that simply speaks, use ``rollout_func`` (docs/trl.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .session import Session, Sessions

OVER = "The dialogue is over."
FIRST = "Speak with the other person through the tool `say`, until it tells you that the dialogue is over."


def environment(env_id: str, **settings: Any) -> Callable[[], Dialogue]:
    """A factory of environments for ``GRPOTrainer``.

    A row of the dataset has a ``prompt`` with a message of the user, which the brief is appended to, and may have a
    ``seed``.

    Args:
        env_id: A registered id.
        **settings: As for ``gym.make``. The split is ``train`` by default.
    """
    sessions = Sessions(env_id, **{"split": "train", **settings})
    return lambda: Dialogue(sessions())


class Dialogue:
    """A dialogue as a tool. Its public methods are tools, so there is but one.

    Reward functions of your own find it among ``environments``.

    Attributes:
        rewards: Of each turn so far.
        end: What is told when it is over, the exact advantages among it; see `Session.end`.
        error: Why it has no reward: what failed in the simulated user's machinery.
    """

    def __init__(self, session: Session):
        self._session = session
        self.rewards: list[float] = []
        self.end: dict[str, Any] = {}
        self.error = ""

    def reset(self, seed: int | None = None, **row: Any) -> str:
        """Start a dialogue.

        Args:
            seed: Fixes the scenario and the other person; equal seeds make a group.
            **row: What else is in the row of the dataset.
        """
        self.rewards, self.end, self.error = [], {}, ""
        try:
            return f"{FIRST}\n\n{self._session.reset(seed)}"
        except ConnectionError as error:
            self.error = str(error)
            return OVER

    def say(self, text: str) -> str:
        """Say something to the other person.

        Args:
            text: What you say.

        Returns:
            What the other person answers.
        """
        if self.end or self.error:
            return OVER
        try:
            answer = self._session.step(text)
        except ConnectionError as error:
            self.error = str(error)
            return OVER
        self.rewards.append(answer.reward)
        self.end = answer.end
        return f"{answer.reply} {OVER}".strip() if answer.done else answer.reply

    def get_reward(self) -> float | None:
        """The return; ``None`` if the simulated user failed, which TRL leaves out of the group's mean.

        A dialogue that the model has left pays what the game pays where it stands.
        """
        if self.error:
            return None
        if not self.end:
            self.end = self._session.leave()
        return self.end["return"]
