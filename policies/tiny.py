"""The `tiny` preset: a Llama of about 1M parameters whose tokenizer is made from the family's own phrases.

It trains on two CPU cores in minutes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, cast

import torch
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed

from ..envs.engine import Engine
from .baselines import baselines, make_baseline
from .rollout import rollout

USER, ASSISTANT, END, PAD = "<|user|>", "<|assistant|>", "<|end|>", "<|pad|>"
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}{{ '<|assistant|>' }}"
    "{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ '<|user|>' + message['content'] + '<|end|>' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
CORPUS_EPISODES = 1500
_SEED = 10**6  # episodes for the tokenizer; away from those of training and evaluation


def tiny_tokenizer(engine: Engine, vocabulary: int = 2048) -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer trained on dialogues of the family.

    Whole numbers are kept apart from words, and tags from talk; within these bounds merges may span words, so that a
    stock phrase becomes one token and a dialogue a hundred.

    Args:
        engine: The environment; its scripted and random policies make the corpus.
        vocabulary: Tokens at most.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d+"), "isolated"),
            pre_tokenizers.Split(Regex(r"[\]\n]"), "merged_with_previous"),
            pre_tokenizers.Split(Regex(r"\["), "merged_with_next"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=[PAD, END, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(engine), trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, additional_special_tokens=[USER, ASSISTANT],
        padding_side="left", clean_up_tokenization_spaces=False,
    )  # fmt: skip
    made.chat_template = TEMPLATE
    return made


def tiny_model(tokenizer: Any, seed: int = 0) -> LlamaForCausalLM:
    """A randomly initialised Llama of about 1M parameters for `tokenizer`."""
    set_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=3,
            initializer_range=0.04,  # the usual 0.02 suits models ten times as wide, and learns slowly here
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=1024,
            tie_word_embeddings=True,
            attention_dropout=0.0,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
        )
    )
    _place_numbers(model, tokenizer)
    return model


def _place_numbers(model: LlamaForCausalLM, tokenizer: Any) -> None:
    """Start the embeddings of whole numbers as points on a logarithmic scale.

    Near numbers look alike, and a fixed share of a number is a fixed rotation. The embedding of ``n`` holds the Fourier
    features of ``log n`` with wavelengths from 10% to a factor of 3,000; training is free to change them. The model can
    then carry what it learns about one number over to all others, instead of learning each by heart.
    """
    weights = cast(torch.Tensor, model.get_input_embeddings().weight).data
    frequencies = 2 * math.pi / torch.logspace(math.log10(0.1), math.log10(8.0), weights.shape[1] // 2)
    scale = model.config.initializer_range * math.sqrt(2.0)
    for token, place in tokenizer.get_vocab().items():
        if token.isdecimal() and int(token) > 0:
            angles = math.log(int(token)) * frequencies
            weights[place] = scale * torch.cat([angles.sin(), angles.cos()])


def _corpus(engine: Engine) -> Iterator[str]:
    voices = [name for name in ("scripted", "random") if name in baselines(engine)]
    for name, share in zip(voices, (2, 1), strict=False):
        policy = make_baseline(name, engine)
        for dialogue in rollout(engine, policy, range(_SEED, _SEED + CORPUS_EPISODES * share // 3)):
            for message in dialogue.messages():
                yield message["content"]
