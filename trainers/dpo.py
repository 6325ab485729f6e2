"""Direct preference optimisation on dialogues, through TRL's DPOTrainer (Rafailov et al. 2023, equation 7).

Whole dialogues or single turns are compared, see `preferences`. Only the policy's own tokens count in the loss: the
partner's words are context, whoever chose them. With several rounds it is iterated (online) DPO.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from trl import DPOConfig as TRLConfig
from trl import DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference

from .preference_trainer import InRounds, Logprobs, PreferenceConfig, shuffled, train_in_rounds
from .preferences import Collected, best_and_worst
from .rounds import Rows


@dataclass(frozen=True)
class DPOConfig(PreferenceConfig):
    """DPO (TRL's DPOTrainer on token records)."""

    out: Path = Path("runs/dpo")
    """Folder of the run."""
    matches: int = 1
    """Pairs of each history: the best continuation against the worst, the second best against the second worst, and so on."""
    imitation: float = 0.2
    """Weight of cloning the chosen completions beside (Pang et al. 2024, equation 1): without it both sides may lose probability to what nobody has tried."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.episodes_path is None and self.pairs == "trajectory" and self.attempts < 2:
            raise ValueError(f"attempts must be at least 2, got {self.attempts}")
        if self.matches < 1:
            raise ValueError(f"matches must be at least 1, got {self.matches}")
        if not self.imitation >= 0.0:
            raise ValueError(f"imitation must be at least 0, got {self.imitation!r}")


def train_dpo(config: DPOConfig) -> float | None:
    """Train a policy by DPO.

    Returns:
        The score of the trained policy; the model is in ``config.out / "dpo" / "model"``.

    Raises:
        ValueError: If an argument is invalid, or there is not a single pair to learn from.
        FileNotFoundError: If episodes or the checkpoint to resume from are missing.
        FileExistsError: If the run exists and `resume` was not asked for.
    """
    losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, config.imitation]} if config.imitation else {}
    return train_in_rounds("dpo", config, PairTrainer, partial(TRLConfig, **losses), arrange)


def arrange(
    config: DPOConfig, found: Collected, rng: np.random.Generator, reference: Logprobs
) -> tuple[Rows, dict[str, float]]:
    """The better of each history against the worse, as rows for `OwnTurns` in the order of training; and how many there are."""
    pairs, dropped = best_and_worst(found.alternatives, config.min_gap, config.matches)
    rows: Rows = []
    for some, chosen, rejected in pairs:
        row = {
            "prompt_ids": some.prompt_ids,
            "chosen_ids": chosen.ids,
            "chosen_mask": chosen.mask,
            "rejected_ids": rejected.ids,
        }
        rows.append({**row, "rejected_mask": rejected.mask})
    for side in ("chosen", "rejected"):
        whole = [
            (row["prompt_ids"] + row[f"{side}_ids"], [0] * len(row["prompt_ids"]) + row[f"{side}_mask"]) for row in rows
        ]
        for row, logps in zip(rows, reference(whole), strict=True):
            row[f"ref_{side}_logps"] = logps
    dropped["alone"] += found.alone
    gaps = [chosen.value - rejected.value for _, chosen, rejected in pairs]
    order = shuffled(len(rows), config.epochs, rng)
    return [rows[i] for i in order], {"pairs": len(pairs), **dropped, "gap": sum(gaps) / max(1, len(gaps))}


class PairTrainer(InRounds, DPOTrainer):
    """TRL's trainer on token records, with the partner's turns masked.

    The tokens that are cloned count the same whichever process has them.
    """

    def __init__(self, processing_class: Any, **options: Any):
        super().__init__(
            processing_class=processing_class, data_collator=OwnTurns(processing_class.pad_token_id), **options
        )
        self.imitation = self.loss_weights[1:]  # none if nothing is cloned

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        cloned = inputs["completion_mask"].chunk(2)[0].sum()
        everywhere: Any = self.accelerator.gather(cloned)
        share = (cloned / everywhere.float().mean()).item()  # TRL takes the mean of each process, and the mean of these
        self.loss_weights = [*self.loss_weights[:1], *(share * weight for weight in self.imitation)]
        return super()._compute_loss(model, inputs, return_outputs)


class OwnTurns(DataCollatorForPreference):
    """TRL's collator; of the completions only what `chosen_mask` and `rejected_mask` call the model's own is trained on."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Pad a batch, the chosen halves before the rejected ones."""
        batch = super().torch_call(examples)
        own = [[0] * len(e["prompt_ids"]) + e[f"{side}_mask"] for side in ("chosen", "rejected") for e in examples]
        for row, marks in enumerate(own):
            batch["completion_mask"][row, : len(marks)] &= torch.tensor(marks)
        return batch
