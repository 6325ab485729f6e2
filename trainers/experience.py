"""What an actor-critic trainer remembers of an episode, and batches of it as tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch

from ..core.dialogue import Dialogue
from ..policies.tokens import TokenRecord
from .critics import privileged_features
from .scoring import grid

_EMPTY = partial(np.zeros, 0)
_NUMBERS = ("seen", "logprobs", "reference", "values", "advantages", "returns")


@dataclass(slots=True)
class Experience:
    """One episode."""

    ids: list[int]  # of the whole dialogue
    own: list[int]  # 1 for the tokens that the model sampled; as long as `ids`
    actions: list[int]  # how many own tokens each action has
    rewards: list[float]  # of each action
    payoff: float  # of the episode
    seen: np.ndarray  # by the critic before each action, shape (actions, numbers); to begin with, what is privileged
    logprobs: np.ndarray = field(default_factory=_EMPTY)  # of each own token, by the policy that played
    reference: np.ndarray = field(
        default_factory=_EMPTY
    )  # of each own token, by the starting policy; empty if nobody asks
    values: np.ndarray = field(default_factory=_EMPTY)  # of each action, by the critic then
    advantages: np.ndarray = field(default_factory=_EMPTY)  # of each action
    returns: np.ndarray = field(default_factory=_EMPTY)  # of each action: what the critic is to learn

    @classmethod
    def of(cls, dialogue: Dialogue, record: TokenRecord, level: str, sees: str = "") -> Experience:
        """What happened, as actions.

        With the level ``"turn"`` an action is a turn, and has its reward; with ``"token"`` it is a token that the model
        sampled, and the last one of a turn has the turn's reward. `sees` is for a privileged critic, see
        `privileged_features`, and ``""`` for others.
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
        """Put episodes together, at least one, filled up with `pad`."""
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
