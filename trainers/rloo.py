"""REINFORCE leave-one-out on whole dialogues (Ahmadian et al. 2024).

It is the plain policy gradient with the mean of the other attempts as a baseline.
It is GRPO without what GRPO adds: the episode is not in its own baseline, and nothing is divided by a standard
deviation. With one update a batch the ratio of probabilities is 1, and the loss sums over all tokens of the batch, so
its gradient is that of REINFORCE up to a constant: unbiased.
"""

from __future__ import annotations

from .configs import RLOOConfig
from .grpo import train_grpo


def train_rloo(config: RLOOConfig) -> float | None:
    """Train a policy by RLOO.

    Returns:
        The score of the trained policy; the model is in ``config.out / "rloo" / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
    """
    return train_grpo(config, "rloo")
