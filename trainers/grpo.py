"""Group-relative policy optimisation on whole dialogues, through TRL's GRPOTrainer.

A group is a scenario with a hidden partner, played several times by the policy; an episode's advantage is its return
less the group's mean (Shao et al. 2024, section 4.1), or each turn has one of its own (`credit`). This is the one file
that knows TRL's rollout protocol; it keeps TRL at one minor version.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl import GRPOConfig as TRLConfig
from trl import GRPOTrainer

from ..core.dialogue import Dialogue
from ..envs import seeds
from ..envs.engine import Engine
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import TokenRecord
from . import processes
from .configs import GRPOConfig
from .credit import make_credit
from .credit import scaled as scale_advantages
from .judging import group_preferences, training_engine
from .run import Clock, Run, training
from .scoring import own_logprobs, short_way
from .turn_critic import TurnCritic

MOST_RATIO = 2.0  # of an action that went badly: without a bound, one that has become likely undoes a whole run


@training
def train_grpo(config: GRPOConfig, stage: str = "grpo") -> float | None:
    """Train a policy by GRPO, in the folder `stage` of the run.

    Returns:
        The score of the trained policy; the model is in ``config.out / stage / "model"``.

    Raises:
        ValueError: If an argument is invalid; for the rest see `Run.begin`.
        ModuleNotFoundError: If vLLM is asked for and not installed.
    """
    if config.vllm != "off" and find_spec("vllm") is None:
        raise ModuleNotFoundError(
            f"vllm={config.vllm!r} needs the package vllm, which is not installed (it needs a GPU): pip install vllm"
        )
    if config.vllm == "server" and processes.count() > 1:
        raise ValueError(
            "vllm must be 'colocate' with several processes: TRL asks its server for all of them at once, and "
            "dialogues end at different turns"
        )
    processes.share(config.groups, "groups")  # a group stays whole in one process
    if config.kl and config.model in ("tiny", "smollm2") and not config.lora_rank:
        raise ValueError(
            f"kl must be 0 where model is {config.model!r}: TRL reads the policy to stay close to from a saved model, "
            "such as RUN/bc/model"
        )
    engine = training_engine(config, config.reward, groups=True)
    run = Run(config, stage)
    checkpoint = run.begin()
    model, tokenizer = load_model(config.model, engine, config.seed, config.dtype)
    policy = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens)
    rollout = DialogueRollout(engine, tokenizer, config)
    batch, updates = config.groups * config.group_size, config.steps * config.updates
    mine = processes.share(batch // config.updates, "groups * group_size / updates")
    parts = mine // (config.microbatch or mine)
    if parts * (config.microbatch or mine) != mine:
        raise ValueError(
            f"microbatch must divide the {mine} episodes that a process learns from in an update, got "
            f"{config.microbatch}"
        )
    trainer = DialogueTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=episode_return,
        train_dataset=scenario_seeds(config),
        rollout_func=cast(Any, rollout),
        peft_config=config.adapters,
        args=TRLConfig(
            **{**run.arguments(), "save_steps": config.save_every * config.updates},
            max_steps=updates,
            per_device_train_batch_size=mine // parts,
            gradient_accumulation_steps=parts,
            steps_per_generation=config.updates * parts,
            num_generations=config.group_size,
            max_completion_length=config.max_episode_tokens,
            lr_scheduler_type="linear",
            warmup_steps=max(1, updates // 20),
            beta=config.kl,
            epsilon=config.clip,
            delta=MOST_RATIO,
            max_grad_norm=config.max_grad_norm,
            entropy_coef=config.entropy,
            temperature=config.temperature,
            scale_rewards=config.scale,
            loss_type="dapo",
            mask_truncated_completions=False,
            shuffle_dataset=False,
            use_vllm=config.vllm != "off",
            vllm_mode="server" if config.vllm == "server" else "colocate",
            vllm_gpu_memory_utilization=config.vllm_memory,
            vllm_server_base_url=config.vllm_server if config.vllm == "server" else None,
        ),
    )
    trainer.rollout = rollout
    if isinstance(rollout.credit, TurnCritic):  # the others remember nothing
        trainer.add_callback(KeepCredit(rollout.credit, checkpoint))
    policy.model = trainer.model
    Clock(run, trainer, policy, config.eval_every * config.updates, lambda step: step * batch / config.updates)
    trainer.train(resume_from_checkpoint=checkpoint)
    return run.finish(policy, trainer.save_model, episodes=batch * config.steps, steps=config.steps)


def scenario_seeds(config: GRPOConfig) -> Dataset:
    """A row for each group of the run: the seed of its scenario, of its partner's hidden state and of its words."""
    played = seeds.train(config.seed, config.groups * config.steps)
    return Dataset.from_list([{"prompt": [{"role": "user", "content": "", "seed": seed}]} for seed in played])


class KeepCredit(TrainerCallback):
    """Keeps what a `TurnCritic` has learned with the checkpoints, one file a process, and goes on from there."""

    def __init__(self, critic: TurnCritic, checkpoint: str | None):
        self.critic, self.checkpoint = critic, checkpoint

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Go on from what was known at the checkpoint."""
        if self.checkpoint is not None:
            self.critic.load(Path(self.checkpoint) / f"critic-{args.process_index}.npz")

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save beside the weights."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        self.critic.save(folder / f"critic-{args.process_index}.npz")


class DialogueTrainer(GRPOTrainer):
    """TRL's trainer, without time wasted on padding and the partner's words, and with an advantage for each turn."""

    rollout: DialogueRollout
    _own: torch.Tensor | None = None

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        out = super()._generate_and_score_completions(inputs)
        if self.rollout.config.credit != "trajectory":
            out["advantages"] = self.rollout.advantages(out["completion_ids"])
        return out

    def _compute_loss(self, model: Any, inputs: Any) -> torch.Tensor:
        self._own = inputs["tool_mask"]  # TRL's name for the mask of the model's own tokens
        try:
            return super()._compute_loss(model, inputs)
        finally:
            self._own = None

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        **options: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """TRL's function; in one process without logits of what others said, and on a CPU three times as fast."""
        if (plain := short_way(self, model)) is None:
            given = (model, input_ids, attention_mask, logits_to_keep, batch_size)
            return super()._get_per_token_logps_and_entropies(*given, **options)
        own = attention_mask.clone()
        own[:, :-logits_to_keep] = 0
        if self._own is not None:  # what others said is masked in the loss anyway
            own[:, -logits_to_keep:] *= self._own
        with self.accelerator.autocast():
            logprobs, entropies = own_logprobs(plain, input_ids, attention_mask, own, self.temperature)
        kept = slice(-logits_to_keep, None)
        return logprobs[:, kept], entropies[:, kept] if options.get("compute_entropy") else None, None


class DialogueRollout:
    """TRL's `rollout_func`: plays the episodes of a step and hands over their token records."""

    def __init__(self, engine: Engine, tokenizer: Any, config: GRPOConfig):
        self.engine, self.tokenizer, self.config = engine, tokenizer, config
        self.credit = make_credit(config.credit)
        self.preferences = group_preferences(engine, config.reward)
        self._last: list[tuple[TokenRecord, Dialogue]] = []

    def __call__(self, prompts: list[list[dict[str, Any]]], trainer: Any) -> dict[str, Any]:
        """Play one episode for each prompt; equal seeds meet the same scenario and the same hidden partner.

        Episodes whose simulated user failed have the return ``None``: TRL leaves them out of the group's mean, and they
        give no gradient.
        """
        asked = [int(prompt[-1]["seed"]) for prompt in prompts]
        # a group is the same whoever plays it, and with whom
        attempts = [asked[:place].count(seed) for place, seed in enumerate(asked)]
        policy = self._policy(trainer)
        device = getattr(policy.model, "device", torch.device("cpu"))
        with _turns_of(trainer, self.config.max_turn_tokens), self.config.precision(device):
            dialogues = self.config.play(self.engine, policy, asked, attempts)
        if self.preferences is not None:
            self.preferences.pay(dialogues, asked)
        records = [policy.record(dialogue) if dialogue.steps else _unheard(policy) for dialogue in dialogues]
        self._last = list(zip(records, dialogues, strict=True))
        return {
            "prompt_ids": [record.prompt_ids for record in records],
            "completion_ids": [record.completion_ids for record in records],
            "env_mask": [record.mask for record in records],
            "logprobs": [record.logprobs for record in records] if getattr(trainer, "use_vllm", False) else None,
            "dialogue_return": [None if d.error else sum(r.rewards) for r, d in self._last],
            "dialogue_turns": [len(record.turns) for record in records],
            "dialogue_payoff": [None if dialogue.error else dialogue.steps[-1].payoff for dialogue in dialogues],
        }

    def advantages(self, completion_ids: torch.Tensor) -> torch.Tensor:
        """The advantage of each token of the episodes just played, by the configured credit.

        Shape as `completion_ids`, 0 off the model's turns.
        """
        size = self.config.group_size
        rewards = [None if dialogue.error else record.rewards for record, dialogue in self._last]
        values = self.credit(rewards, size, [dialogue for _, dialogue in self._last])
        values = scale_advantages(processes.gather(values), size, self.config.scale)[processes.index() * len(values) :]
        spread = torch.zeros(completion_ids.shape, device=completion_ids.device)
        for row, ((record, _), advantages) in enumerate(zip(self._last, values, strict=False)):
            for (start, end), advantage in zip(record.turns, advantages, strict=False):
                spread[row, start:end] = float(advantage)
        return spread

    def _policy(self, trainer: Any) -> LanguageModelPolicy:
        """The policy being trained.

        vLLM generates for it where TRL runs one, else we do, with a cache that lasts over the turns.
        """
        limit = self.config.max_turn_tokens
        if getattr(trainer, "use_vllm", False):
            return LanguageModelPolicy(
                None, self.tokenizer, limit, generate=lambda live: trainer._generate_single_turn(live, None, {}, 1)
            )
        model = trainer.accelerator.unwrap_model(trainer.model)
        return LanguageModelPolicy(model, self.tokenizer, limit, temperature=self.config.temperature)


@contextmanager
def _turns_of(trainer: Any, tokens: int) -> Iterator[None]:
    """Let TRL's own generation stop after the tokens of a turn: it would go on for those of an episode."""
    place, name = trainer.generation_config, "max_new_tokens"
    if getattr(trainer, "vllm_generation", None) is not None:
        place, name = trainer.vllm_generation, "max_completion_length"
    limit = getattr(place, name)
    setattr(place, name, tokens)
    try:
        yield
    finally:
        setattr(place, name, limit)


def _unheard(policy: LanguageModelPolicy) -> TokenRecord:
    """The record of a dialogue that failed before its first word; TRL wants at least one token."""
    record = TokenRecord(policy.chat.opening(""))
    record.speak([policy.chat.eos], own=[0], logprobs=[0.0])
    return record


def episode_return(
    completions: list[Any],
    dialogue_return: list[float | None],
    dialogue_turns: list[int],
    dialogue_payoff: list[float | None],
    log_metric: Any = None,
    **_: Any,
) -> list[float | None]:
    """TRL's reward function: the return that the rollout has measured. The payoff is logged, whatever the reward."""
    if log_metric is not None:
        log_metric("dialogue/turns", sum(dialogue_turns) / len(dialogue_turns))
        if payoffs := [payoff for payoff in dialogue_payoff if payoff is not None]:
            log_metric("dialogue/payoff", sum(payoffs) / len(payoffs))
    return dialogue_return
