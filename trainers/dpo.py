"""Direct preference optimisation on dialogues, through TRL's DPOTrainer (Rafailov et al. 2023, equation 7).

Whole dialogues or single turns are compared, see `preferences`. Only the policy's own tokens count in the loss: the
partner's words are context, whoever chose them. With several rounds it is iterated (online) DPO.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from trl import DPOConfig as TRLConfig
from trl import DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference

from .configs import DPOConfig
from .preference_trainer import InRounds, Logprobs, keep_own, note_reference, shuffled, train_in_rounds
from .preferences import Collected, best_and_worst
from .rounds import Rows


def train_dpo(config: DPOConfig) -> float | None:
    """Train a policy by DPO.

    Returns:
        The score of the trained policy; the model is in ``config.out / "dpo" / "model"``.

    Raises:
        ValueError: If an argument is invalid, or there is no pair to learn from; for the rest see `Run.begin`.
    """
    losses = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, config.imitation]} if config.imitation else {}
    return train_in_rounds("dpo", config, PairTrainer, OwnTurns, partial(TRLConfig, **losses), arrange)


def arrange(
    config: DPOConfig, found: Collected, rng: np.random.Generator, reference: Logprobs
) -> tuple[Rows, dict[str, float]]:
    """The better of each history against the worse, as rows for `OwnTurns` in the order of training; and how many."""
    pairs, dropped = best_and_worst(found.alternatives, config.min_gap, config.matches)
    rows: Rows = []
    for some, chosen, rejected in pairs:
        row = {"prompt_ids": some.prompt_ids, "chosen_ids": chosen.ids, "chosen_mask": chosen.mask}
        rows.append({**row, "rejected_ids": rejected.ids, "rejected_mask": rejected.mask})
    for side in ("chosen", "rejected"):
        note_reference(rows, f"{side}_ids", f"{side}_mask", f"ref_{side}_logps", reference)
    dropped["alone"] += found.alone
    gaps = [chosen.value - rejected.value for _, chosen, rejected in pairs]
    order = shuffled(len(rows), config.epochs, rng)
    return [rows[i] for i in order], {"pairs": len(pairs), **dropped, "gap": sum(gaps) / max(1, len(gaps))}


class PairTrainer(InRounds, DPOTrainer):
    """TRL's trainer on token records, with the partner's turns masked.

    The tokens that are cloned count the same whichever process has them.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.imitation = self.loss_weights[1:]  # none if nothing is cloned

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        cloned = inputs["completion_mask"].chunk(2)[0].sum()
        everywhere: Any = self.accelerator.gather(cloned)
        share = (cloned / everywhere.float().mean()).item()  # TRL takes the mean of each process, and the mean of these
        self.loss_weights = [*self.loss_weights[:1], *(share * weight for weight in self.imitation)]
        return super()._compute_loss(model, inputs, return_outputs)


class OwnTurns(DataCollatorForPreference):
    """TRL's collator; of the completions only what their masks call the model's own is trained on."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Pad a batch, the chosen halves before the rejected ones."""
        batch = super().torch_call(examples)
        for half, side in zip(batch["completion_mask"].chunk(2), ("chosen", "rejected"), strict=True):
            keep_own(half, examples, f"{side}_mask")
        return batch
