"""Drawing tokens."""

from __future__ import annotations

import torch
from torch.nn import functional

BLOCK = 64  # tokens that are summed up before they are looked at one by one


def choose(logits: torch.Tensor, draws: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The token of each row, and its log-probability at temperature 1.

    It is sampled by the inverse of the distribution function, in two levels: first among blocks of tokens, then within
    one. A sum over the whole vocabulary, one after the other, would take longer than all else.

    Args:
        logits: In single precision; shape (rows, vocabulary).
        draws: A number in [0, 1) for each row; not read where `temperature` is 0.
        temperature: 0 is greedy.
    """
    peak = logits.amax(-1, keepdim=True)
    weights = (logits - peak).exp_()
    whole = weights.sum(-1)
    if temperature > 0:
        if temperature != 1.0:
            weights = ((logits - peak) / temperature).exp_()
        weights = functional.pad(weights, (0, -logits.shape[1] % BLOCK)).unflatten(-1, (-1, BLOCK))
        sums = weights.sum(-1)
        block, rest = _place(sums, draws * sums.sum(-1))
        token = block * BLOCK + _place(weights.take_along_dim(block[:, None, None], 1)[:, 0], rest)[0]
    else:
        token = logits.argmax(-1)
    score = (logits - peak).gather(1, token[:, None])[:, 0] - whole.log()
    return token, score


def _place(weights: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where the sum of the weights (shape: rows, places) passes `target`, and what `target` exceeds the sum before by.

    Rounding may put a target at the sum of all: then it is the last place that adds anything.
    """
    below = weights.cumsum(-1)
    place = torch.minimum((below <= target[:, None]).sum(-1), (below < below[:, -1:]).sum(-1))
    before = below.gather(1, (place - 1).clamp_(min=0)[:, None])[:, 0]
    return place, target - torch.where(place > 0, before, 0.0)
