"""What the offline trainers share: recorded episodes with rewards, a language model with value heads, and the loop.

The learner's own tokens are the steps of a decision process, as in Snell et al. 2023, section 4: the state is all that
was said before a token, and what follows the last token of a turn is the first own token after the partner's reply. The
partner's words are part of the environment. A turn's reward comes with its last token. Rewards are divided by the
standard deviation of the recorded returns, so that one unit of value, and with it `beta`, means the same in every
environment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from peft import get_peft_model
from transformers import Trainer, TrainerCallback, TrainingArguments

from ..core.episode import Episode
from ..envs.episodes import rescore
from ..envs.make import make_engine
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import ChatFormat
from ..policies.value_guided import ValueGuidedModel, load_heads, make_heads
from . import processes
from .configs import OfflineConfig
from .demonstrations import recorded
from .run import Clock, Run, training
from .scoring import grid, own_states
from .turn_critic import returns_to_go


class OwnTokens(NamedTuple):
    """The learner's own tokens of a batch, row by row, and what the model makes of them. N is their number.

    Attributes:
        ids: Shape (N,).
        rewards: That came right after each, shape (N,).
        returns: Discounted sum of the rewards from each on, shape (N,).
        last: Whether no own token follows, shape (N,).
        first: Place of the first token of each one's turn among the N, shape (N,).
        hidden: Last hidden state before each, shape (N, hidden size).
        logits: Of the language model, shape (N, vocabulary).
    """

    ids: torch.Tensor
    rewards: torch.Tensor
    returns: torch.Tensor
    last: torch.Tensor
    first: torch.Tensor
    hidden: torch.Tensor
    logits: torch.Tensor


class TrainableValueModel(ValueGuidedModel):
    """A language model with value heads, as it is trained."""

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        own: torch.Tensor | None = None,
        **options: Any,
    ) -> Any:
        """With `own`: last hidden states and logits before each own token, and each head's outputs there.

        Else the guided model's.
        """
        if own is None or attention_mask is None:
            return super().forward(input_ids, attention_mask, **options)
        hidden, logits = own_states(self.lm, input_ids, attention_mask, own)
        return hidden, torch.cat(list(logits)).float(), {name: head(hidden) for name, head in self.heads.items()}

    def gradient_checkpointing_enable(self, **options: Any) -> None:
        """For the trainer: of the language model."""
        self.lm.gradient_checkpointing_enable(**options)
        self.lm.enable_input_require_grads()  # else nothing would flow back to adapters


Loss = Callable[[OwnTokens, dict[str, torch.Tensor]], dict[str, torch.Tensor]]
"""Of own tokens and the outputs of the heads, each of shape (N, outputs): the terms of the loss, each of shape (N,).

They are added up.
"""


def token_rows(episodes: Sequence[Episode], chat: ChatFormat, discount: float, scale: float) -> list[dict[str, list]]:
    """A row for each episode: `input_ids`, and for each of them `own`, `rewards`, `returns`, `last` and `first`.

    See `OwnTokens`; `first` counts within the row. Rewards are divided by `scale`.
    """
    rows = []
    for episode in episodes:
        earned = [turn.reward / scale for turn in episode.turns if turn.seat == episode.seat]
        record = chat.record(episode.messages(), earned)
        if not record.turns:
            continue
        rewards, first = [0.0] * len(record.mask), [0] * len(record.mask)
        own = [place for place, mine in enumerate(record.mask) if mine]
        rank = {place: k for k, place in enumerate(own)}
        for (start, end), reward in zip(record.turns, record.rewards, strict=True):
            rewards[end - 1] = reward
            first[start:end] = [rank[start]] * (end - start)
        returns = [0.0] * len(record.mask)
        for place, value in zip(own, returns_to_go([rewards[place] for place in own], discount), strict=True):
            returns[place] = float(value)
        last = [int(place == own[-1]) for place in range(len(record.mask))]
        columns = {"own": record.mask, "rewards": rewards, "returns": returns, "last": last, "first": first}
        before = [0] * len(record.prompt_ids)
        rows.append({"input_ids": record.ids, **{name: before + column for name, column in columns.items()}})
    return rows


def collate(rows: Sequence[dict[str, list]], pad: int) -> dict[str, torch.Tensor]:
    """A batch: the columns of `token_rows` and `attention_mask`, each of shape (rows, longest), padded at the right."""
    batch = {name: grid([row[name] for row in rows], pad if name == "input_ids" else 0) for name in rows[0]}
    batch["rewards"], batch["returns"] = batch["rewards"].float(), batch["returns"].float()
    return batch | {"attention_mask": grid([[1] * len(row["input_ids"]) for row in rows], 0)}


def own_tokens(batch: dict[str, torch.Tensor], hidden: torch.Tensor, logits: torch.Tensor) -> OwnTokens:
    """The own tokens of a batch, with what the model makes of them."""
    own = batch["own"].bool()
    counts = own.sum(1)
    begin = (counts.cumsum(0) - counts)[:, None].expand_as(own)[own]  # place of each row's first own token
    ids, rewards, returns, last, first = (
        batch[name][own] for name in ("input_ids", "rewards", "returns", "last", "first")
    )
    return OwnTokens(ids, rewards, returns, last.bool(), first + begin, hidden, logits)


class OfflineTrainer(Trainer):
    """Transformers' trainer with a loss over own tokens.

    A checkpoint holds the model as a folder that can be played, with all of its heads.
    """

    loss: Loss

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The mean over the own tokens of the batch, of all processes together."""
        hidden, logits, values = model(inputs["input_ids"], inputs["attention_mask"], own=inputs["own"])
        tokens = own_tokens(inputs, hidden, logits)
        terms = self.loss(tokens, values)
        count = torch.tensor(len(tokens.ids), device=hidden.device)
        everywhere: Any = self.accelerator.gather(count)
        mean = everywhere.float().mean()
        for name, term in terms.items():
            self._terms.setdefault(name, []).append((term.detach().sum() / mean).item())
        return torch.stack([term.sum() for term in terms.values()]).sum() / mean

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """With the terms of the loss."""
        logs |= {name: float(np.mean(values)) for name, values in self._terms.items()}
        self._terms.clear()
        super().log(logs, start_time)

    def __init__(self, *arguments: Any, **options: Any):
        self._terms: dict[str, list[float]] = {}
        super().__init__(*arguments, **options)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or str(self.args.output_dir))
        folder.mkdir(parents=True, exist_ok=True)
        self.accelerator.unwrap_model(self.model).save(folder)
        tokenizer: Any = self.processing_class
        tokenizer.save_pretrained(str(folder))
        torch.save(self.args, folder / "training_args.bin")

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """The model was read from the checkpoint before the trainer was made."""


@training
def train_offline(
    config: OfflineConfig,
    stage: str,
    heads: Sequence[str],
    beta: float,
    loss: Loss,
    callback: Callable[[ValueGuidedModel], TrainerCallback] | None = None,
) -> float | None:
    """Learn from recorded episodes.

    Args:
        config: See its fields.
        stage: The algorithm's name.
        heads: Names of its value heads.
        beta: How much the values count in decoding.
        loss: Of the algorithm.
        callback: Made with the model, if something is to be done after each step.

    Returns:
        The score of the policy; the model is in ``config.out / stage / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
    """
    engine = make_engine(config.env_id, **config.settings)
    processes.share(config.batch_size, "batch_size")
    run = Run(config, stage)
    checkpoint = run.begin()
    episodes, dropped = rewarded(config)
    returns = [episode.episode_return for episode in episodes]
    scale = float(np.std(returns)) or 1.0
    lm, tokenizer = load_model(checkpoint or config.model, engine, config.seed, config.dtype)
    if checkpoint:
        made, _ = load_heads(checkpoint)
    else:
        torch.manual_seed(config.seed)
        made = make_heads(lm, heads, config.head_size, float(np.mean(returns)) / scale)
        if adapters := config.adapters:
            lm = get_peft_model(lm, adapters)
    model = TrainableValueModel(lm, made, beta, {"algorithm": stage, "unit": scale})
    policy = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens)
    data = token_rows(episodes, policy.chat, config.discount, scale)
    arguments = config.arguments(run, len(data))
    trainer = OfflineTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=data,
        data_collator=lambda rows: collate(rows, tokenizer.pad_token_id),
        args=TrainingArguments(remove_unused_columns=False, **arguments),
    )
    trainer.loss, steps = loss, arguments["max_steps"]
    Clock(run, trainer, policy, config.eval_every or steps, lambda step: step * config.batch_size)
    if callback is not None:
        trainer.add_callback(callback(model))
    trainer.train(resume_from_checkpoint=checkpoint)
    return run.finish(policy, trainer.save_model, episodes=len(data), dropped=dropped, steps=steps)


def rewarded(config: OfflineConfig) -> tuple[list[Episode], int]:
    """As `recorded`, under the reward that is asked for."""
    episodes, dropped = recorded(config)
    judge = config.settings.get("judge", "")
    return rescore(episodes, config.reward, judge) if config.reward else episodes, dropped
