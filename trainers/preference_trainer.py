"""Training on preferences: play with the current policy, compare what came out, learn from the comparison, and again.

What DPO and KTO share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from copy import deepcopy
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from ..envs import seeds
from ..envs.engine import Engine
from ..envs.episodes import read_episodes, rescore
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import ChatFormat
from . import checkpoints, processes
from .branching import BranchingPolicy, ForwardSampling, exact_values, from_branches
from .configs import PreferenceConfig
from .demonstrations import check
from .judging import group_preferences, training_engine
from .preferences import Collected, from_episodes, from_rollouts
from .rounds import Rounds, Rows
from .run import Clock, Run, training
from .scoring import grid, own_logprobs, plain_head, short_way

ENDLESS = 10**9  # steps: how many there are is known when the last round has been played
Logprobs = Callable[[Sequence[tuple[list[int], list[int]]]], list[float]]


def collect_round(config: PreferenceConfig, engine: Engine, model: Any, tokenizer: Any, number: int) -> Collected:
    """What a round compares. Each has scenarios of its own, which the model plays.

    Raises:
        ValueError: If the family or the user does not allow what is asked for, or recorded episodes are of another
            environment.
        FileNotFoundError: If there are no recorded episodes.
    """
    if config.episodes_path is not None:
        episodes = read_episodes(config.episodes_path)
        check(episodes, config.env_id, config.settings)
        if any(episode.reward != engine.reward.describe() for episode in episodes):
            episodes = rescore(episodes, config.reward, engine.judge or "")
        return from_episodes(episodes, ChatFormat(tokenizer))
    if (config.pairs == "exact" or (config.pairs == "turn" and config.partner == "believed")) and not getattr(
        engine.user, "exact", False
    ):
        raise ValueError(
            "pairs='exact' and partner='believed' need the scripted user: of another one, exact beliefs and values are "
            "not known"
        )
    policy = BranchingPolicy(model, tokenizer, config.max_turn_tokens, config.temperature)
    played = seeds.train(config.seed, config.scenarios, number * config.scenarios)
    if config.pairs == "trajectory":
        return from_rollouts(engine, policy, played, config.attempts, group_preferences(engine, config.reward))
    judge = exact_values if config.pairs == "exact" else ForwardSampling(config.futures, config.partner)
    return from_branches(engine, policy, played, config.branches, judge)


class InRounds:
    """Mixed into a trainer of TRL: its batches come from `Rounds`.

    They are in tokens and have the reference's log-probabilities, so TRL prepares nothing.
    """

    rounds: Rounds

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

    def _precompute_ref_logps(self, dataset: Any, *_: Any, **__: Any) -> Any:
        return dataset

    def get_train_dataloader(self) -> DataLoader:
        """Endless and empty: a batch is fetched when it is needed, since it depends on the steps before."""
        endless: Any = range(ENDLESS)
        return DataLoader(endless, batch_size=1, collate_fn=lambda _: {})

    def _prepare_inputs(self: Any, inputs: Any) -> Any:
        rows = self.rounds.batch(self.state.global_step)
        share = -(-len(rows) // processes.count())
        mine = rows[processes.index() * share :][:share]
        parent: Any = super()
        return parent._prepare_inputs(self.data_collator(mine or rows[-1:]))

    def create_scheduler(self: Any, num_training_steps: int, optimizer: Any = None) -> Any:
        """The learning rate follows the rounds."""
        self.lr_scheduler = LambdaLR(optimizer or self.optimizer, self.rounds.rate)
        return self.lr_scheduler

    def _compute_loss(self: Any, model: Any, inputs: Any, return_outputs: bool) -> Any:
        """TRL's loss; in one process on a CPU no time is spent on padding and on the partner's words."""
        parent: Any = super()
        plain = short_way(self, model)
        if return_outputs or plain is None:
            return parent._compute_loss(model, inputs, return_outputs)
        with self.accelerator.autocast():
            loss = parent._compute_loss(lambda **given: _own_tokens(plain, **given), inputs, False)
        for unknown in ("logits/chosen", "logits/rejected", "mean_token_accuracy"):
            self._metrics["train" if self.model.training else "eval"].pop(unknown, None)
        return loss


@training
def train_in_rounds(
    stage: str,
    config: PreferenceConfig,
    trainer_class: type,
    collator: Callable[[int], Any],
    trl_config: Callable[..., Any],
    arrange: Callable[[Any, Collected, np.random.Generator, Logprobs], tuple[Rows, dict[str, float]]],
) -> float | None:
    """Train a policy on preferences.

    Args:
        stage: The algorithm's name.
        config: See its fields.
        trainer_class: A trainer of TRL with `InRounds`.
        collator: Makes a collator of the id that sequences are padded with.
        trl_config: Makes its arguments of those that are common to all.
        arrange: Makes rows for the collator of what was collected, in the order of training; see `dpo.arrange`.

    Returns:
        The score of the trained policy.
    """
    engine = training_engine(config, config.reward, config.pairs == "trajectory" and config.episodes_path is None)
    run = Run(config, stage)
    checkpoint = run.begin()
    model, tokenizer = load_model(config.model, engine, config.seed, config.dtype)
    keep = config.rounds > 1 and config.reference == "start" and not config.lora_rank
    start = deepcopy(model).eval().requires_grad_(False) if keep else None
    trainer: Any = trainer_class(
        model=model,
        processing_class=tokenizer,
        data_collator=collator(tokenizer.pad_token_id),
        train_dataset=Dataset.from_list([{"row": 0}]),  # a stand-in, see InRounds
        peft_config=config.adapters,
        args=trl_config(
            max_steps=ENDLESS,
            per_device_train_batch_size=processes.share(config.batch_size, "batch_size"),
            beta=config.beta,
            max_length=None,
            precompute_ref_log_probs=True,
            ignore_data_skip=True,
            **run.arguments(),
        ),
    )

    def play(number: int) -> tuple[Rows, dict[str, float]]:
        found = collect_round(config, engine, trainer.model, tokenizer, number)
        rng = np.random.default_rng((config.seed, number))
        reference = start.to(trainer.model.device) if start is not None and number else trainer.model
        bare = config.lora_rank and config.reference == "start"
        logprobs = partial(completion_logprobs, reference, pad=tokenizer.pad_token_id)
        with trainer.model.disable_adapter() if bare else nullcontext(), trainer.accelerator.autocast():
            rows, facts = arrange(config, found, rng, logprobs)
        means = {"reward": found.returns, "payoff": found.payoffs}
        facts = {"played": found.played, "failed": found.failed, **facts}
        return rows, facts | {name: sum(values) / len(values) for name, values in means.items() if values}

    def episodes(step: int) -> int:
        return rounds.played if step else 0

    policy = LanguageModelPolicy(trainer.model, tokenizer, config.max_turn_tokens)
    folder, tell = run.folder / "rounds", lambda step, **facts: run.log(step, episodes(step), **facts)
    rounds = trainer.rounds = Rounds(folder, config.rounds, config.batch_size, play, tell)
    trainer.add_callback(rounds)
    Clock(run, trainer, policy, config.eval_every, episodes)
    step = checkpoints.step_of(checkpoint) if checkpoint else -1
    rounds.seek(step)
    if rounds.end <= step:
        trainer._load_from_checkpoint(checkpoint)
    else:
        trainer.train(resume_from_checkpoint=checkpoint)
    numbers = {"episodes": rounds.played, "steps": rounds.end, "rounds": len(rounds.starts)}
    return run.finish(policy, trainer.save_model, **numbers)


def note_reference(rows: Rows, ids: str, mask: str, into: str, reference: Logprobs) -> None:
    """Write the reference's log-probability of a completion into each row; arguments are names of columns."""
    whole = [(row["prompt_ids"] + row[ids], [0] * len(row["prompt_ids"]) + row[mask]) for row in rows]
    for row, logps in zip(rows, reference(whole), strict=True):
        row[into] = logps


def keep_own(kept: torch.Tensor, examples: Rows, mask: str) -> None:
    """Take what is not the model's own out of a batch's mask of completions, which begins with the prompts."""
    for row, example in zip(kept, examples, strict=True):
        marks = [0] * len(example["prompt_ids"]) + example[mask]
        row[: len(marks)] &= torch.tensor(marks)


def shuffled(size: int, epochs: float, rng: np.random.Generator) -> list[int]:
    """Places in the order of training: each epoch in an order of its own."""
    order = [int(place) for _ in range(int(np.ceil(epochs))) for place in rng.permutation(size)]
    return order[: round(epochs * size)]


@torch.no_grad()
def completion_logprobs(
    model: Any, sequences: Sequence[tuple[list[int], list[int]]], pad: int, rows: int = 64
) -> list[float]:
    """Log-probability of each sequence's own tokens, summed.

    Args:
        model: A causal language model.
        sequences: Token ids, and 1 where the token is the model's own, 0 elsewhere.
        pad: Token to pad with.
        rows: Sequences computed together.
    """
    sums: list[float] = []
    was_training = model.training
    model.eval()
    for i in range(0, len(sequences), rows):
        some = sequences[i : i + rows]
        ids, own = (
            grid(part, filler, model.device) for part, filler in zip(zip(*some, strict=True), (pad, 0), strict=True)
        )
        mask = grid([[1] * len(row) for row, _ in some], 0, model.device)
        if ids.device.type == "cpu" and plain_head(model):
            sums += own_logprobs(model, ids, mask, own)[0].sum(1).tolist()
            continue
        for row in range(len(some)):  # logits of a large vocabulary are kept for one sequence at a time
            here = mask[row].bool()
            logits = model(input_ids=ids[row : row + 1, here], use_cache=False).logits[0, :-1].float()
            scores = logits.log_softmax(-1).gather(-1, ids[row, here][1:, None])[:, 0]
            sums.append(float((scores * own[row, here][1:]).sum()))
    model.train(was_training)
    return sums


def _own_tokens(
    model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor, **_: Any
) -> Any:
    """What TRL's fused head returns, of the tokens that count."""
    logprobs, entropies = own_logprobs(model, input_ids, attention_mask, (labels != -100).long())
    nothing = torch.zeros_like(entropies[:, 1:])
    return SimpleNamespace(
        log_probs=logprobs[:, 1:], entropy=entropies[:, 1:], mean_logits=nothing, is_top1=nothing.bool(), aux_loss=None
    )
