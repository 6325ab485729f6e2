"""Monte Carlo returns: what each token was worth is learned from what came after it, and guides the clone.

The baseline "MC returns" of Abdulhai et al. 2023 ("LMRL Gym", section 5): a head on the language model learns the value
of the tokens that were said, by regression on the return from there on, and is kept low for those that were not by the
CQL term. It is the value of the policies that played the episodes, so that decoding by it is one step of policy
improvement; ILQL goes on from there.
"""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy

from .configs import MCConfig
from .offline import OwnTokens, train_offline


def train_mc(config: MCConfig) -> float | None:
    """Learn values from returns; see `train_offline`."""
    return train_offline(
        config, "mc", ["q"], config.beta, lambda tokens, values: mc_loss(tokens, values, config.cql, config.bc)
    )


def mc_loss(tokens: OwnTokens, values: dict[str, torch.Tensor], cql: float, bc: float) -> dict[str, torch.Tensor]:
    """Half the squared error of the value of each said token, the CQL term and the clone's; each of shape (N,)."""
    said = values["q"].gather(1, tokens.ids[:, None])[:, 0]
    return {
        "q_loss": 0.5 * (said - tokens.returns) ** 2,
        "cql_loss": cql * cross_entropy(values["q"], tokens.ids, reduction="none"),
        "bc_loss": bc * cross_entropy(tokens.logits, tokens.ids, reduction="none"),
    }
