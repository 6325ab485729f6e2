"""A critic that is shown what only the simulator knows. It judges turns while training; the policy never sees it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np
import torch
from torch import nn

from ...core.dialogue import Dialogue
from ...envs.encoding import leaves

BUCKETS = 1024  # that hidden facts are hashed into; 0 is for none
WIDTH = 128


class PrivilegedCritic(nn.Module):
    """The value of a turn, from the policy's hidden state there and from what is hidden in the simulated person.

    A critic of both is unbiased, where one of what is hidden alone is not (Baisero and Amato 2022, section 4). Nothing
    of its loss reaches the policy.
    """

    def __init__(self, width: int):
        super().__init__()
        self.facts = nn.EmbeddingBag(BUCKETS, WIDTH, mode="sum", padding_idx=0)
        self.state, self.inner, self.value = nn.Linear(width, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 1)
        for weights in self.value.parameters():
            nn.init.zeros_(weights)

    def forward(self, state: torch.Tensor, facts: torch.Tensor) -> torch.Tensor:
        """Shapes (turns, width) and (turns, facts) to (turns,)."""
        hidden = (self.facts(facts) + self.state(state.detach())).relu()
        return self.value(self.inner(hidden).relu())[:, 0]


def hidden_facts(dialogues: Sequence[Dialogue]) -> torch.Tensor:
    """What is hidden before each turn, as hashed facts; shape (episodes, turns, facts), filled up with 0."""
    rows = [[_hashed(d.hidden_at(turn)) for turn in range(len(d.steps))] for d in dialogues]
    most = max(len(facts) for row in rows for facts in row)
    found = np.zeros((len(rows), max(map(len, rows)), most), np.int64)
    for i, row in enumerate(rows):
        for turn, facts in enumerate(row):
            found[i, turn, : len(facts)] = facts
    return torch.from_numpy(found)


@lru_cache(maxsize=100_000)
def _hashed(hidden: object) -> tuple[int, ...]:
    return tuple(1 + crc32(f"{path}={value}".encode()) % (BUCKETS - 1) for path, value in leaves("hidden", hidden))
