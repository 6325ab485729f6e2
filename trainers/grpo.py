"""Group-relative policy optimisation on whole dialogues, through TRL's GRPOTrainer.

A group is a scenario with a hidden partner, played several times by the policy; an episode's advantage is its return
less the group's mean (Shao et al. 2024, section 4.1), or each turn has one of its own (`credit`). This is the one file
that knows TRL's rollout protocol; it keeps TRL at one minor version.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, cast

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import TrainerCallback
from trl import GRPOConfig as TRLConfig
from trl import GRPOTrainer

from ..core.dialogue import Dialogue
from ..envs.engine import Engine
from ..envs.make import make_engine
from ..policies.language_model import LanguageModelPolicy, load_model
from ..policies.tokens import TokenRecord
from . import processes
from .config import TrainerConfig
from .credit import SCALES, Credit, make_credit
from .credit import scaled as scale_advantages
from .episodes import play, room_for_a_turn
from .run import Clock, Run, finish, quiet, scored
from .scoring import own_logprobs, plain_head
from .turn_critic import TurnCritic


@dataclass(frozen=True)
class GRPOConfig(TrainerConfig):
    """GRPO (TRL's GRPOTrainer through `rollout_func`)."""

    out: Path = Path("runs/grpo")
    """Folder of the run."""
    reward: str = "goal"
    """What to train on: a registered reward, or several with weights, such as `goal=1,turn_cost=0.01`."""
    steps: int = 40
    """Batches of episodes."""
    updates: int = 1
    """Gradient steps on each batch of episodes, every one on its own part of it."""
    groups: int = 16
    """Scenarios in a batch, over all processes."""
    group_size: int = 8
    """Episodes of each scenario."""
    credit: str = "trajectory"
    """What a turn is judged by, such as `trajectory` (the return of its episode), `turn` (what came after it) or `critic(lambda=0.95)`; see docs/credit.md."""
    learning_rate: float = 3e-4
    """After a short warm-up it falls linearly; the default suits `tiny`, a pretrained model wants about 1e-6 (1e-5 with LoRA)."""
    kl: float = 0.0
    """Weight of the KL divergence from the starting policy; needs a model that was saved, or LoRA."""
    entropy: float = 0.0
    """Weight of an entropy bonus, which keeps the policy trying."""
    clip: float = 0.2
    """Clipping range of the probability ratio."""
    temperature: float = 1.0
    """Of sampling while training."""
    scale: str = "batch"
    """What advantages are divided by: the standard deviation of the `group` or the `batch`, or `none`."""
    max_episode_tokens: int = 768
    """Tokens of one episode at most; a longer one is cut off after a turn of the model."""
    vllm: Literal["off", "colocate", "server"] = "off"
    """Let vLLM speak for the policy while training: on the same GPUs (`colocate`), or in a `trl vllm-serve` of its own (`server`)."""
    vllm_memory: float = 0.3
    """Share of each GPU's memory for vLLM, if it is on the same GPUs."""
    vllm_server: str = "http://127.0.0.1:8000"
    """Address of the server of vLLM."""
    eval_every: int = 10
    """Steps between evaluations; 0 for none."""
    save_every: int = 20
    """Steps between checkpoints."""

    def __post_init__(self) -> None:
        super().__post_init__()
        room_for_a_turn(self.max_episode_tokens, self.max_turn_tokens)
        episodes = self.groups * self.group_size
        if self.group_size < 2:
            raise ValueError(f"group_size must be at least 2, got {self.group_size}")
        make_credit(self.credit)
        if self.scale not in SCALES:
            raise ValueError(f"scale must be one of {', '.join(SCALES)}; got {self.scale!r}")
        if self.updates < 1 or episodes % self.updates:
            raise ValueError(f"updates must divide the {episodes} episodes of a batch, got {self.updates}")
        for name in ("steps", "groups"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("clip", "temperature"):
            if not getattr(self, name) > 0.0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("kl", "entropy"):
            if not getattr(self, name) >= 0.0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")


def train_grpo(config: GRPOConfig, stage: str = "grpo") -> float | None:
    """Train a policy by GRPO.

    Args:
        config: What to do.
        stage: Name of the algorithm, and of its folder in the run.

    Returns:
        The score of the trained policy; the model is in ``config.out / stage / "model"``.

    Raises:
        ValueError: If an argument is invalid.
        ModuleNotFoundError: If vLLM is asked for and not installed.
        FileNotFoundError: If the checkpoint to resume from is missing.
        FileExistsError: If the run exists and `resume` was not asked for.
    """
    if config.threads:
        torch.set_num_threads(config.threads)
    _check_vllm(config)
    processes.share(config.groups, "groups")  # a group stays whole in one process
    if config.kl and config.model in ("tiny", "smollm2") and not config.lora_rank:
        raise ValueError(
            f"kl must be 0 where model is {config.model!r}: TRL reads the policy to stay close to from a saved model, "
            "such as RUN/bc/model"
        )
    engine = make_engine(config.env_id, reward=config.reward, **config.settings)
    run = Run(config.out, stage)
    checkpoint = run.begin(config, config.resume)
    model, tokenizer = load_model(config.model, engine, config.seed, config.dtype)
    policy = LanguageModelPolicy(model, tokenizer, config.max_turn_tokens)
    rollout = DialogueRollout(engine, tokenizer, config)
    batch, updates = config.groups * config.group_size, config.steps * config.updates
    trainer = DialogueTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=episode_return,
        train_dataset=scenario_seeds(config),
        rollout_func=cast(Any, rollout),
        peft_config=LoraConfig(r=config.lora_rank, lora_dropout=0.0, target_modules="all-linear")
        if config.lora_rank
        else None,
        args=TRLConfig(
            output_dir=str(run.checkpoints),
            max_steps=updates,
            per_device_train_batch_size=processes.share(batch // config.updates, "groups * group_size / updates"),
            steps_per_generation=config.updates,
            num_generations=config.group_size,
            max_completion_length=config.max_episode_tokens,
            learning_rate=config.learning_rate,
            lr_scheduler_type="linear",
            warmup_steps=max(1, updates // 20),
            beta=config.kl,
            epsilon=config.clip,
            entropy_coef=config.entropy,
            temperature=config.temperature,
            scale_rewards=config.scale,
            loss_type="dapo",
            mask_truncated_completions=False,
            shuffle_dataset=False,
            logging_steps=1,
            report_to=["tensorboard"],
            run_name=stage,
            save_steps=config.save_every * config.updates,
            save_total_limit=2,
            seed=config.seed,
            **config.hardware,
            use_vllm=config.vllm != "off",
            vllm_mode="server" if config.vllm == "server" else "colocate",
            vllm_gpu_memory_utilization=config.vllm_memory,
            vllm_server_base_url=config.vllm_server if config.vllm == "server" else None,
        ),
    )
    trainer.rollout = rollout
    trainer.add_callback(KeepCredit(rollout.credit, checkpoint))
    policy.model = trainer.model
    quiet(trainer)
    every = config.eval_every * config.updates
    trainer.add_callback(
        Clock(run, policy, config.env_id, config.settings, every, config.eval_episodes, batch / config.updates)
    )
    started = time.perf_counter()
    trainer.train(resume_from_checkpoint=checkpoint)
    run.summarise(
        train_seconds=round(time.perf_counter() - started, 1), episodes=batch * config.steps, steps=config.steps
    )
    trainer.save_model(str(run.model_path))
    if processes.is_main():
        tokenizer.save_pretrained(str(run.model_path))
    return finish(run, policy, config.env_id, config.settings, config.final_episodes)


def _check_vllm(config: GRPOConfig) -> None:
    if config.vllm == "off":
        return
    if find_spec("vllm") is None:
        raise ModuleNotFoundError(
            f"vllm={config.vllm!r} needs the package vllm, which is not installed (it needs a GPU): pip install vllm"
        )
    if config.vllm == "server" and processes.count() > 1:
        raise ValueError(
            "vllm must be 'colocate' with several processes: TRL asks its server for all of them at once, and "
            "dialogues end at different turns"
        )


def scenario_seeds(config: GRPOConfig) -> Dataset:
    """A row for each group of the run: the seed of its scenario, of its partner's hidden state and of its words."""
    first = 100_000_000 * (1 + config.seed)
    return Dataset.from_list(
        [{"prompt": [{"role": "user", "content": "", "seed": first + i}]} for i in range(config.groups * config.steps)]
    )


class KeepCredit(TrainerCallback):
    """Keeps what a credit has learned with the checkpoints, one file a process; a credit that remembers nothing is left alone.

    Args:
        credit: Of the run.
        checkpoint: Where to go on from.
    """

    def __init__(self, credit: Credit, checkpoint: str | None):
        self.credit, self.checkpoint = credit, checkpoint

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Go on from what was known at the checkpoint."""
        if isinstance(self.credit, TurnCritic) and self.checkpoint is not None:
            self.credit.load(Path(self.checkpoint) / f"critic-{args.process_index}.npz")

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Save beside the weights."""
        if isinstance(self.credit, TurnCritic):
            self.credit.save(
                Path(args.output_dir) / f"checkpoint-{state.global_step}" / f"critic-{args.process_index}.npz"
            )


class DialogueTrainer(GRPOTrainer):
    """TRL's trainer made fit for dialogues: it wastes no time on padding and on the partner's words, and can give each turn an advantage of its own."""

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
        """TRL's function; in one process on a CPU three times as fast."""
        plain = self.accelerator.unwrap_model(model)
        if input_ids.device.type != "cpu" or self.accelerator.num_processes > 1 or not plain_head(plain):
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, **options
            )
        own = attention_mask.clone()
        own[:, :-logits_to_keep] = 0
        if self._own is not None:  # what others said is masked in the loss anyway
            own[:, -logits_to_keep:] *= self._own
        with self.accelerator.autocast():
            logprobs, entropies = own_logprobs(plain, input_ids, attention_mask, own, self.temperature)
        return (
            logprobs[:, -logits_to_keep:],
            entropies[:, -logits_to_keep:] if options.get("compute_entropy") else None,
            None,
        )


class DialogueRollout:
    """TRL's `rollout_func`: plays the episodes of a step and hands over their token records.

    Args:
        engine: The environment, with the reward to train on.
        tokenizer: Of the model.
        config: Limits on tokens.
    """

    def __init__(self, engine: Engine, tokenizer: Any, config: GRPOConfig):
        self.engine, self.tokenizer, self.config = engine, tokenizer, config
        self.credit = make_credit(config.credit)
        self._last: list[tuple[TokenRecord, Dialogue]] = []

    def __call__(self, prompts: list[list[dict[str, Any]]], trainer: Any) -> dict[str, list[Any]]:
        """Play one episode for each prompt; equal seeds meet the same scenario and the same hidden partner.

        Episodes whose simulated user failed have the return ``None``: TRL leaves them out of the group's mean, and they
        give no gradient.
        """
        seeds = [int(prompt[-1]["seed"]) for prompt in prompts]
        attempts = [
            seeds[:place].count(seed) for place, seed in enumerate(seeds)
        ]  # a group is the same whoever plays it, and with whom
        policy = self._policy(trainer)
        with _turns_of(trainer, self.config.max_turn_tokens):
            dialogues = play(self.engine, policy, seeds, self.config.max_episode_tokens, attempts)
        records = [policy.record(dialogue) if dialogue.steps else _unheard(policy) for dialogue in dialogues]
        self._last = list(zip(records, dialogues, strict=True))
        return {
            "prompt_ids": [record.prompt_ids for record in records],
            "completion_ids": [record.completion_ids for record in records],
            "env_mask": [record.mask for record in records],
            "logprobs": [record.logprobs for record in records] if getattr(trainer, "use_vllm", False) else None,  # type: ignore[dict-item]
            "dialogue_return": [sum(r.rewards) if scored(d) else None for r, d in zip(records, dialogues, strict=True)],
            "dialogue_turns": [len(record.turns) for record in records],
            "dialogue_payoff": [dialogue.steps[-1].payoff if scored(dialogue) else None for dialogue in dialogues],
        }

    def advantages(self, completion_ids: torch.Tensor) -> torch.Tensor:
        """The advantage of each token of the episodes just played, by the configured credit; shape as `completion_ids`, 0 off the model's turns."""
        size = self.config.group_size
        rewards = [record.rewards if scored(dialogue) else None for record, dialogue in self._last]
        values = self.credit(rewards, size, [dialogue for _, dialogue in self._last])
        values = scale_advantages(processes.gather(values), size, self.config.scale)[processes.index() * len(values) :]
        spread = torch.zeros(completion_ids.shape, device=completion_ids.device)
        for row, ((record, _), advantages) in enumerate(zip(self._last, values, strict=False)):
            for (start, end), advantage in zip(record.turns, advantages, strict=False):
                spread[row, start:end] = float(advantage)
        return spread

    def _policy(self, trainer: Any) -> LanguageModelPolicy:
        """The policy being trained: generated by vLLM where TRL runs one, else by ourselves, with a cache that lasts over the turns."""
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
    """TRL's reward function: the return that the rollout has measured.

    Beside it the payoff is logged, whatever the reward.
    """
    if log_metric is not None:
        log_metric("dialogue/turns", sum(dialogue_turns) / len(dialogue_turns))
        if payoffs := [payoff for payoff in dialogue_payoff if payoff is not None]:
            log_metric("dialogue/payoff", sum(payoffs) / len(payoffs))
    return dialogue_return
