"""What an actor-critic trainer remembers of an episode, and batches of it as tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from ..core.dialogue import Dialogue
from ..policies.tokens import TokenRecord
from .critics import privileged_features
from .scoring import grid

LEVELS = ("turn", "token")
_NUMBERS = ("seen", "logprobs", "reference", "values", "advantages", "returns")


@dataclass(slots=True)
class Experience:
    """One episode.

    Attributes:
        ids: Of the whole dialogue.
        own: 1 for the tokens that the model sampled; as long as `ids`.
        actions: How many own tokens each action has.
        rewards: Of each action.
        payoff: Of the episode.
        seen: What the critic is shown before each action; shape (actions, numbers). To begin with, what is privileged.
        logprobs: Of each own token, by the policy that played.
        reference: Of each own token, by the policy that training began with; empty if nobody asks.
        values: Of each action, by the critic then.
        advantages: Of each action.
        returns: Of each action: what the critic is to learn.
    """

    ids: list[int]
    own: list[int]
    actions: list[int]
    rewards: list[float]
    payoff: float
    seen: np.ndarray
    logprobs: np.ndarray = field(default_factory=lambda: np.zeros(0))
    reference: np.ndarray = field(default_factory=lambda: np.zeros(0))
    values: np.ndarray = field(default_factory=lambda: np.zeros(0))
    advantages: np.ndarray = field(default_factory=lambda: np.zeros(0))
    returns: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, dialogue: Dialogue, record: TokenRecord, level: str, sees: str = "") -> Experience:
        """What happened, as actions of a level.

        Args:
            dialogue: That was played.
            record: Its tokens and the rewards of its turns.
            level: ``"turn"``: an action is a turn, and has its reward. ``"token"``: an action is a token that the model
                sampled, and the last one of a turn has the turn's reward.
            sees: For a privileged critic, see `privileged_features`; ``""`` for others.
        """
        turns = [sum(record.mask[start:end]) for start, end in record.turns]
        views = [privileged_features(dialogue, k, sees) if sees else np.zeros(0, np.float32) for k in range(len(turns))]
        actions, rewards = turns, list(record.rewards)
        if level == "token":
            actions, rewards = [1] * sum(turns), [0.0] * sum(turns)
            for end, reward in zip(np.cumsum(turns), record.rewards, strict=True):
                rewards[end - 1] = reward
            views = [view for length, view in zip(turns, views, strict=True) for _ in range(length)]
        own = [0] * len(record.prompt_ids) + record.mask
        return cls(record.ids, own, actions, rewards, dialogue.steps[-1].payoff, np.stack(views))


@dataclass(slots=True)
class Minibatch:
    """Several episodes as tensors.

    `ids`, `mask` and `own` have a row an episode, padded on the right; the others one entry for each own token or
    action, in that order of rows. `starts` says with which own token an action begins, `action_of` to which action an
    own token belongs.
    """

    ids: torch.Tensor
    mask: torch.Tensor
    own: torch.Tensor
    starts: torch.Tensor
    action_of: torch.Tensor
    seen: torch.Tensor
    logprobs: torch.Tensor
    reference: torch.Tensor
    values: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor

    @classmethod
    def of(cls, episodes: Sequence[Experience], pad: int, device: torch.device | str = "cpu") -> Minibatch:
        """Put episodes together.

        Args:
            episodes: At least one.
            pad: The id to fill up with.
            device: Where the tensors go.
        """
        lengths = torch.tensor([length for episode in episodes for length in episode.actions], device=device)

        def joined(name: str) -> torch.Tensor:
            values = np.concatenate([getattr(episode, name) for episode in episodes])
            return torch.tensor(values, dtype=torch.float32, device=device)

        return cls(
            ids=grid([episode.ids for episode in episodes], pad, device),
            mask=grid([[1] * len(episode.ids) for episode in episodes], 0, device),
            own=grid([episode.own for episode in episodes], 0, device),
            starts=lengths.cumsum(0) - lengths,
            action_of=torch.repeat_interleave(torch.arange(len(lengths), device=device), lengths),
            **{name: joined(name) for name in _NUMBERS},
        )


def minibatches(
    batch: Sequence[Experience], epochs: int, parts: int, seed: tuple[int, ...]
) -> Iterator[list[Experience]]:
    """Every episode once an epoch, in an order that follows from `seed`, in `parts` parts."""
    rng = np.random.default_rng(seed)
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(len(batch)), min(parts, len(batch))):
            yield [batch[row] for row in rows]
