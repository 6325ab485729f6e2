"""AWR, advantage-weighted regression (Peng et al. 2019, "Advantage-Weighted Regression", section 3).

Behaviour cloning in which what went better than expected counts more: the weight of a token is ``exp(A /
temperature)``, at most `clip`, where A is the return from there on less the value V of the state. V is learned by
regression on the same returns. The result is a plain language model.
"""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy

from .configs import AWRConfig
from .offline import OwnTokens, train_offline


def train_awr(config: AWRConfig) -> float | None:
    """Clone what went better than expected; see `train_offline`."""

    def loss(tokens: OwnTokens, values: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        return awr_loss(tokens, values["v"][:, 0], config.temperature, config.clip, config.level)

    return train_offline(config, "awr", ["v"], 0.0, loss)


def awr_loss(
    tokens: OwnTokens, state: torch.Tensor, temperature: float, clip: float, level: str
) -> dict[str, torch.Tensor]:
    """The weighted clone's term and the values' own, each of shape (N,), as is `state`: the value before each token."""
    weights = awr_weights(tokens, state.detach(), temperature, clip, level)
    cloned = cross_entropy(tokens.logits, tokens.ids, reduction="none")
    return {"bc_loss": weights * cloned, "v_loss": 0.5 * (state - tokens.returns) ** 2}


def awr_weights(tokens: OwnTokens, state: torch.Tensor, temperature: float, clip: float, level: str) -> torch.Tensor:
    """``min(exp(A / temperature), clip)`` for each token, shape (N,).

    A is that of the token, or of the first token of its turn.
    """
    advantage = tokens.returns - state
    if level == "turn":
        advantage = advantage[tokens.first]
    return (advantage / temperature).exp().clamp(max=clip)
