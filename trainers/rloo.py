"""REINFORCE leave-one-out on whole dialogues (Ahmadian et al. 2024).

It is the plain policy gradient with the mean of the other attempts as a baseline.
It is GRPO without what GRPO adds: the episode is not in its own baseline, and nothing is divided by a standard
deviation. With one update a batch the ratio of probabilities is 1, and the loss sums over all tokens of the batch, so
its gradient is that of REINFORCE up to a constant: unbiased.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .grpo import GRPOConfig, train_grpo


@dataclass(frozen=True)
class RLOOConfig(GRPOConfig):
    """RLOO (through GRPO's trainer)."""

    out: Path = Path("runs/rloo")
    credit: str = "leave-one-out"
    """What a turn is judged by: the return of its episode less the mean of the others of its group. Another credit
    makes it another algorithm."""
    scale: str = "none"
    """What advantages are divided by: nothing, or the standard deviation of the `group` or the `batch`."""


def train_rloo(config: RLOOConfig) -> float | None:
    """Train a policy by RLOO.

    Returns:
        The score of the trained policy; the model is in ``config.out / "rloo" / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
    """
    return train_grpo(config, "rloo")
