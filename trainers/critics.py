"""Critics for policies that are language models: what a dialogue is still worth.

It is read from the model's own hidden state, or from what only the simulator knows.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
import torch
from torch import nn

from ..core.belief import ProductBelief
from ..core.dialogue import Dialogue
from .configs import CRITICS
from .scoring import own_hidden, unadapted

SIZE = 512  # numbers that privileged facts are hashed into
WIDTH = 128  # of a critic's hidden layer
COUNTS = 32  # whole numbers up to this size also have a place of their own each


class Critic(nn.Module):
    """Says what is still to come before each action. It has no part in the policy: its loss has no gradient there.

    Args:
        kind: ``"head"`` reads the policy's last hidden state where an action begins; ``"separate"`` the same of a
            transformer of its own, which begins as a copy of the policy's; ``"privileged"`` the policy's hidden state
            and `privileged_features`. A critic of both the dialogue and what is hidden is unbiased, where one of what
            is hidden alone is not (Baisero and Amato 2022, section 4).
        model: The policy's language model.
    """

    mean: torch.Tensor  # what the head's 0 means, in units of reward
    std: torch.Tensor  # what its 1 means on top of that
    calibrated: torch.Tensor

    def __init__(self, kind: str, model: Any):
        super().__init__()
        if kind not in CRITICS:
            raise ValueError(f"critic must be one of {', '.join(CRITICS)}; got {kind!r}")
        self.trunk = copy.deepcopy(unadapted(model).base_model) if kind == "separate" else None
        inputs = model.config.get_text_config().hidden_size + SIZE * (kind == "privileged")
        first, last = nn.Linear(inputs, WIDTH), nn.Linear(WIDTH, 1)
        nn.init.zeros_(last.weight)  # before it has learned anything, it says the mean
        nn.init.zeros_(last.bias)
        self.head = nn.Sequential(first, nn.GELU(), last)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("std", torch.ones(()))
        self.register_buffer("calibrated", torch.tensor(False))

    def forward(
        self, seen: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor, starts: torch.Tensor
    ) -> torch.Tensor:
        """The value of each action, in units of reward.

        Args:
            seen: The policy's hidden state before each action when the episode was played, and what is privileged;
                shape (actions, numbers).
            ids: For a separate critic, as are `mask` and `own`: as for `read_own`.
            mask: See there.
            own: See there.
            starts: For each action, which of the own tokens (row by row) it begins with.
        """
        if self.trunk is not None:
            seen = own_hidden(self.trunk, ids, mask, own)[starts]
        with torch.autocast(ids.device.type, enabled=False):  # a value in bfloat16 has three digits
            return self.mean + self.std * self.head(seen.float())[:, 0]

    def calibrate(self, returns: np.ndarray) -> None:
        """Have the head work in units of these returns, so that learning rates and weights suit every reward."""
        self.mean.fill_(float(returns.mean()))
        self.std.fill_(float(returns.std()) or 1.0)
        self.calibrated.fill_(True)


# ---- what only the simulator knows -----------------------------------------------------------------------------------


def privileged_features(dialogue: Dialogue, index: int, sees: str = "both") -> np.ndarray:
    """What the simulator knows before step `index`, for a critic of any family. Never for a policy.

    It holds the public state, the scenario, and the exact belief, the hidden state or both. Facts are hashed with a
    sign (Weinberger et al. 2009, section 2): a name has a number, on a logarithmic scale, or a name with its value an
    indicator; a belief has their expectations, and the probability of each outcome.

    Args:
        dialogue: A dialogue that has got that far.
        index: Of the step.
        sees: ``"belief"``, ``"hidden"`` or ``"both"``.

    Returns:
        Shape (`SIZE`,).
    """
    features = np.zeros(SIZE, np.float32)
    state = dialogue.steps[index].before if index < len(dialogue.steps) else dialogue.state
    _add(features, "turn", index)
    for name, value in (*_facts("state", state), *_facts("scenario", dialogue.scenario)):
        _add(features, name, value)
    if sees != "belief":
        hidden = dialogue.hidden_at(index)
        for name, value in (*_facts("hidden", hidden), *_facts("hidden.", dialogue.reveal(hidden))):
            _add(features, name, value)
    if sees != "hidden":
        belief = dialogue.belief_at(index)
        _add(features, "entropy", belief.entropy)
        factors = enumerate(belief.factors) if isinstance(belief, ProductBelief) else [("", belief)]
        for place, factor in factors:
            for outcome, p in factor:
                revealed = dialogue.reveal(outcome) if place == "" else {}
                for name, value in (*_facts("", outcome), *_facts(".", revealed)):
                    _add(features, f"belief{place}{name}", value, p)
                _add(features, f"outcome{place}={outcome!r}", True, p)
    return features


def _facts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The plain parts of a value with their names."""
    if is_dataclass(value) and not isinstance(value, type):
        parts: Any = [(field.name, getattr(value, field.name)) for field in fields(value)]
    elif isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, (tuple, list)):
        parts = zip(getattr(value, "_fields", range(len(value))), value, strict=True)
    else:
        yield name, value
        return
    for key, part in parts:
        yield from _facts(f"{name}.{key}", part)


def _add(features: np.ndarray, name: str, value: Any, weight: float = 1.0) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        place, sign = _slot(name)
        # a price of 50 is about 1
        features[place] += sign * weight * math.copysign(math.log1p(abs(value)), value) / 4.0
        if abs(value) > COUNTS or value != int(value):
            return
        value = int(value)
    place, sign = _slot(f"{name}={value!r}")
    features[place] += sign * weight


@lru_cache(maxsize=100_000)
def _slot(key: str) -> tuple[int, float]:
    number = crc32(key.encode())
    return number % SIZE, 1.0 if number & 0x8000_0000 else -1.0
