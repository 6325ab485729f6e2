"""Turns of a language model: what was asked, how far each has come, what was said."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch


class Spoken(NamedTuple):
    """A turn that is over.

    Attributes:
        key: Of the dialogue.
        ids: The sampled tokens; the end token included, if it was reached.
        logprobs: Of each of them, at temperature 1.
    """

    key: Any
    ids: list[int]
    logprobs: list[float]


class Asked(NamedTuple):
    """A turn that was asked for, see `Sampler.begin`."""

    key: Any
    sequence: list[int]
    draws: Sequence[float]
    limit: int


class State:
    """What is known of each row while it speaks; as many rows as there is room for.

    Attributes:
        limit: Most tokens of a turn.
        last: Its last token.
        at: The column of it.
        count: Tokens of this turn so far.
        most: Most tokens of this turn.
        alive: Whether the turn goes on.
        draws: What it is sampled with; shape (rows, limit).
        ids: What it has said; shape (rows, limit + 1).
        logprobs: Of each token.
    """

    parts = ("last", "at", "count", "most", "alive", "draws", "ids", "logprobs")

    def __init__(self, slots: int, limit: int, device: torch.device | str = "cpu"):
        self.limit = limit
        self.last, self.at, self.count, self.most = torch.zeros(4, slots, dtype=torch.long, device=device)
        self.alive = torch.zeros(slots, dtype=torch.bool, device=device)
        self.draws = torch.zeros(slots, limit, device=device)
        self.ids = torch.zeros(slots, limit + 1, dtype=torch.long, device=device)
        self.logprobs = torch.zeros(slots, limit + 1, device=device)

    def grown(self, slots: int, limit: int, standing: int) -> State:
        """The same with more room; new rows stand still in the column `standing`."""
        other = State(slots, limit)
        other.at[:] = standing
        for name in self.parts:
            old, new = getattr(self, name), getattr(other, name)
            if old.ndim == 1:
                new[: len(old)] = old
            else:
                new[: len(old), : self.limit] = old[:, : self.limit]
        return other

    def update(self, other: State, count: int) -> None:
        """Take the first rows over."""
        for name in self.parts:
            getattr(self, name)[:count].copy_(getattr(other, name)[:count])

    def arrays(self) -> SimpleNamespace:
        """The same as arrays of numpy, for a state that is not on a GPU."""
        return SimpleNamespace(**{name: getattr(self, name).numpy() for name in self.parts})
