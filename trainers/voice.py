"""A trained voice: a small language model that is fine-tuned on lines and their words, to pass verification.

The pairs come from the phrase banks of every family that a language model can speak in. The prompts are those that
`LLMVoice` sends, without examples: a trained voice needs none, which also makes it fast.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np
import torch
from datasets import Dataset
from trl import SFTConfig

from ..core.stream import Stream
from ..envs.base import Family
from ..envs.make import load_family
from ..envs.registration import families as registered
from ..envs.registration import ranked
from ..envs.users import PLAYED, examples_of
from ..policies.language_model import load_pretrained
from ..simulated_users.backends.adapters import write_gguf
from ..simulated_users.backends.presets import load_backend
from ..simulated_users.llm_voice import Example, LLMVoice
from .bc import RecordTrainer
from .config import adapters
from .configs import VoiceConfig
from .run import Clock, Run, training

HELD_OUT = 1_000_000  # first seed of the dialogues that rates are measured on


@training
def train_voice(config: VoiceConfig) -> Path:
    """Train the adapter.

    Returns:
        Its folder. ``user="voiced:smollm2+FOLDER(shots=0,plain=true)"`` speaks with it.

    Raises:
        ValueError: If an argument is invalid.
        FileExistsError: If the run exists and `resume` was not asked for.
    """
    if config.pairs < config.batch_size:
        raise ValueError(f"pairs must be at least batch_size ({config.batch_size}), got {config.pairs}")
    run = Run(config, "voice")
    checkpoint = run.begin()
    model, tokenizer = load_pretrained(config.model)
    data = Dataset.from_list([tokens(tokenizer, chat, words) for chat, words in pairs(config.pairs, config.seed)])
    steps = max(1, round(config.epochs * len(data) / config.batch_size))
    trainer = RecordTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=data,
        peft_config=adapters(config.lora_rank, lora_alpha=2 * config.lora_rank),
        args=SFTConfig(
            **run.arguments(),
            max_steps=steps,
            per_device_train_batch_size=config.batch_size,
            lr_scheduler_type="cosine",
            warmup_steps=max(1, steps // 20),
            max_length=None,
        ),
    )
    Clock(run, trainer, None, 0, lambda step: step * config.batch_size)
    trainer.train(resume_from_checkpoint=checkpoint)
    run.summarise(train_seconds=run.seconds, pairs=len(data), steps=steps)
    tuned: Any = trainer.model
    tuned.to(torch.float16).save_pretrained(str(run.model_path))
    path, shape = run.model_path, model.config
    if shape.model_type == "llama":
        write_gguf(path, path / "adapter.gguf", shape.num_attention_heads, shape.num_key_value_heads)
    return path


def pairs(count: int, seed: int = 0) -> list[tuple[list[tuple[str, str]], str]]:
    """Chats as `LLMVoice` sends them, and the words of the phrase bank.

    They are drawn evenly from the families, and within one evenly from its kinds of line.
    """
    random, found = Random(seed), []
    families = voiced_families()
    for place, family in enumerate(families):
        guide, nobody = family.guide, None  # it prompts, and never speaks
        voice = LLMVoice(family.voice, cast(Any, guide), cast(Any, nobody), {}, shots=0, plain=True)
        wanted, first_seed = count // len(families) + (place < count % len(families)), 0
        while wanted:
            pools = [list(pool) for _, pool in sorted(examples_of(family, first_seed).items())]
            for pool in pools:
                random.shuffle(pool)
            while wanted and any(pools):
                for pool in pools:
                    if pool and wanted:
                        example, nothing = pool.pop(), Stream(np.random.default_rng(0))
                        found.append((list(voice.messages(example.cue, example.line, nothing)), example.words))
                        wanted -= 1
                random.shuffle(pools)
            first_seed += PLAYED  # other dialogues
            if first_seed >= HELD_OUT:
                raise ValueError(
                    f"pairs must be fewer than {count}: {type(family).__name__} has not so many before the dialogues "
                    "that rates are measured on"
                )
    random.shuffle(found)
    return found


def tokens(tokenizer: Any, chat: list[tuple[str, str]], words: str) -> dict[str, list[int]]:
    """Ids and labels of a pair: only the words, and the token that ends them, are learned."""
    messages = [{"role": role, "content": content} for role, content in chat]
    prompt = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=False)
    said = [*tokenizer.encode(words, add_special_tokens=False), tokenizer.eos_token_id]
    return {"input_ids": [*prompt, *said], "labels": [-100] * len(prompt) + said}


def first_try_rates(model: str, utterances: int = 100, **options: Any) -> dict[str, float]:
    """How often a model's first words pass, by family, on lines of dialogues that no pair came from.

    Args:
        model: As for `load_backend`.
        utterances: Lines of each family.
        **options: Of `LLMVoice`.
    """
    backend = load_backend(model)
    rates = {}
    for family in voiced_families():
        lines: list[Example] = [example for pool in examples_of(family, HELD_OUT).values() for example in pool]
        Random(0).shuffle(lines)
        voice = LLMVoice(family.voice, cast(Any, family.guide), backend, examples_of(family), attempts=1, **options)
        cues = [example.cue for example in lines[:utterances]]
        voice.say(cues, [Stream(np.random.default_rng(number)) for number in range(len(cues))])
        rates[type(family).__name__] = voice.counts.first_try / voice.counts.utterances
    return rates


def voiced_families() -> list[Family]:
    """A family of each kind that a language model can speak in; of scenario files everybody has others."""
    made = [load_family(path, {}) for path in registered() if ranked(path)]
    return [family for family in made if family.guide is not None]
