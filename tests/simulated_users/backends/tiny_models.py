"""Random models of a few thousand weights, saved to folders, to try what must hold for any model."""

from __future__ import annotations

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
