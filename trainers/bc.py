"""Behaviour cloning: supervised fine-tuning on the learner's own turns of recorded episodes."""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from ..core.episode import Episode
from ..envs.make import make_engine
from ..policies.feedback import GOOD, keep_wanted, with_feedback
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import ChatFormat
from . import processes
from .configs import BCConfig
from .demonstrations import recorded, respected
from .run import Clock, Run, training
from .scoring import own_logprobs, short_way


@training
def train_bc(config: BCConfig) -> float | None:
    """Clone demonstrations.

    Returns:
        The score of the cloned policy; the model is in ``config.out / config.stage / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
    """
    engine = make_engine(config.env_id, **config.settings)
    processes.share(config.batch_size, "batch_size")
    run = Run(config, config.stage)
    checkpoint = run.begin()
    episodes, _ = recorded(config, config.best_of)
    start = checkpoint if checkpoint and config.model == "tiny" else config.model
    model, tokenizer = load_model(start, engine, config.seed, config.dtype)
    policy = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens)
    critic = getattr(config, "critic", "")
    policy.wanted = (getattr(config, "wanted", "") or GOOD[critic]) if critic else ""
    data = _dataset(_best(episodes, config.best_share), policy.chat, config.respect, bool(critic))
    arguments = config.arguments(run, len(data))
    trainer = RecordTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=data,
        peft_config=config.adapters,
        args=SFTConfig(max_length=None, **arguments),
    )
    policy.model, steps = trainer.model, arguments["max_steps"]
    Clock(run, trainer, policy, config.eval_every or steps, lambda step: step * config.batch_size)
    trainer.train(resume_from_checkpoint=checkpoint)

    def save(folder: str) -> None:
        trainer.save_model(folder)
        if policy.wanted:
            keep_wanted(folder, policy.wanted)

    return run.finish(policy, save, demonstrations=len(data), steps=steps)


class RecordTrainer(SFTTrainer):
    """TRL's trainer; in one process on a CPU it wastes no time on padding and on logits of the partner's words."""

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """The mean negative log-probability of the learner's own tokens, as TRL computes it."""
        ids, plain = inputs["input_ids"], short_way(self, model)
        stage = "train" if model.training else "eval"
        if return_outputs or plain is None:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        own = inputs["labels"] != -100
        with self.accelerator.autocast():
            logprobs, entropies = own_logprobs(plain, ids, inputs["attention_mask"], own)
        self._metrics[stage]["entropy"].append((entropies.sum() / own.sum()).item())
        return -logprobs.sum() / (own.sum() if num_items_in_batch is None else num_items_in_batch)


def _best(episodes: list[Episode], share: float) -> list[Episode]:
    ranked = sorted(episodes, key=lambda episode: -episode.payoff)
    keep = set(map(id, ranked[: max(1, round(share * len(ranked)))]))
    return [episode for episode in episodes if id(episode) in keep]


def _dataset(episodes: list[Episode], chat: ChatFormat, respect: str, told: bool = False) -> Dataset:
    """Rows to learn from; `told`: with the feedback on each message of the learner before it."""
    rows = []
    if told and not any(turn.feedback for episode in episodes for turn in episode.turns):
        raise ValueError("episodes must hold feedback: collect them with --critic exact")
    for episode in episodes:
        messages, said = episode.messages(), [turn.feedback for turn in episode.turns if turn.seat == episode.seat]
        record = chat.record(with_feedback(messages, iter(said)) if told else messages)
        for (start, end), kept in zip(record.turns, respected(episode, respect), strict=True):
            if not kept:
                record.mask[start:end] = [0] * (end - start)
        if any(record.mask):
            rows.append({"input_ids": record.ids, "labels": record.labels})
    if not rows:
        raise ValueError(f"respect must leave turns to clone; {respect!r} leaves none of {len(episodes)} episodes")
    return Dataset.from_list(rows)
