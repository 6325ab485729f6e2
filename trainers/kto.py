"""Kahneman-Tversky optimisation on dialogues, through TRL's KTOTrainer (Ethayarajh et al. 2024, equations 7 and 8).

Nothing is paired: each dialogue or turn is desirable or not, by whether it did better than what the policy gets from
the same history on average. That makes use of every sample, and of recorded episodes of which there is one a scenario.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from trl import KTOConfig as TRLConfig
from trl import KTOTrainer
from trl.trainer.kto_trainer import DataCollatorForUnpairedPreference

from .configs import KTOConfig
from .preference_trainer import InRounds, Logprobs, keep_own, note_reference, shuffled, train_in_rounds
from .preferences import Collected, above_and_below
from .rounds import Rows


def train_kto(config: KTOConfig) -> float | None:
    """Train a policy by KTO.

    Returns:
        The score of the trained policy; the model is in ``config.out / "kto" / "model"``.

    Raises:
        ValueError: If an argument is invalid, or there is nothing to learn from; for the rest see `Run.begin`.
    """
    return train_in_rounds("kto", config, JudgementTrainer, OwnTurns, TRLConfig, arrange)


def arrange(
    config: KTOConfig, found: Collected, rng: np.random.Generator, reference: Logprobs
) -> tuple[Rows, dict[str, float]]:
    """What is better and what is worse than the mean, as rows for `OwnTurns` in the order of training; and how many.

    KTO holds a completion against the mean log-ratio of mismatched ones: each history of a batch is followed by its
    neighbour's completion. These are part of the row, since the reference's log-probability of them is needed too.
    """
    judgements, dropped = above_and_below(found.alternatives, config.min_gap)
    order = shuffled(len(judgements), config.epochs, rng)
    size, rows = config.batch_size, []
    for first in range(0, len(order), size):
        batch = [judgements[i] for i in order[first : first + size]]
        for (some, one, desirable), neighbour in zip(batch, batch[-1:] + batch[:-1], strict=True):
            row = {"prompt_ids": some.prompt_ids, "label": desirable}
            for prefix, said in (("", one), ("KL_", neighbour.continuation)):
                row |= {f"{prefix}completion_ids": said.ids, f"{prefix}completion_mask": said.mask}
            rows.append(row)
    for prefix in ("", "KL_"):
        note_reference(rows, f"{prefix}completion_ids", f"{prefix}completion_mask", f"ref_{prefix}logps", reference)
    better = sum(judgement.desirable for judgement in judgements)
    counts = {"judgements": len(judgements), "desirable": better, "emphasis": config.emphasis}
    return rows, {**counts, **dropped, "alone": found.alone}


class JudgementTrainer(InRounds, KTOTrainer):
    """TRL's trainer on token records, with the partner's turns masked.

    Better and worse are weighed by how many there are (equation 8 of the paper).
    """

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        facts = self.rounds.facts[-1]
        better, worse = facts["desirable"], facts["judgements"] - facts["desirable"]
        if better and worse:
            total, share = better + worse, facts["emphasis"] / (1.0 + facts["emphasis"])
            self.desirable_weight, self.undesirable_weight = share * total / better, (1.0 - share) * total / worse
        return super()._compute_loss(model, inputs, return_outputs)


class OwnTurns(DataCollatorForUnpairedPreference):
    """TRL's collator; of the completions only what their masks call the model's own counts."""

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Pad a batch."""
        batch = super().torch_call(examples)
        for prefix in ("", "KL_"):
            keep_own(batch[f"{prefix}completion_mask"], examples, f"{prefix}completion_mask")
        return batch
