"""LoRA adapters for llama.cpp, made from those that PEFT saves."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Layers of a Llama in transformers -> in GGUF."""

_TENSOR = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.(.+)\.lora_([AB])\.weight")


def write_gguf(folder: Path, target: Path, heads: int, kv_heads: int) -> None:
    """Convert a LoRA adapter of a Llama.

    llama.cpp pairs the dimensions of rotary embeddings in another order than transformers, so the rows of queries and
    keys are reordered within each head.

    Args:
        folder: Folder of the PEFT adapter.
        target: The ``.gguf`` file to write.
        heads: How many attention heads the model has.
        kv_heads: How many heads its keys and values have.

    Raises:
        ImportError: If gguf or safetensors are not installed.
        ValueError: If the adapter holds something that has no place in a Llama.
    """
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((folder / "adapter_config.json").read_text())
    writer: Any = gguf.GGUFWriter(target, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(config["lora_alpha"]))
    for name, values in load_file(folder / "adapter_model.safetensors").items():
        found = _TENSOR.fullmatch(name)
        if found is None or found[2] not in NAMES:
            raise ValueError(f"{name!r} of the adapter in {str(folder)!r} is no LoRA weight of a Llama's layers")
        layer, module, part = found.groups()
        if part == "B" and module in ("self_attn.q_proj", "self_attn.k_proj"):
            values = _interleaved(values, heads if module == "self_attn.q_proj" else kv_heads)
        tensor = f"blk.{layer}.{NAMES[module]}.weight.lora_{part.lower()}"
        writer.add_tensor(tensor, np.ascontiguousarray(values.astype(np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _interleaved(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows (heads * size, rank): in each head, the two halves that rotate together are put side by side."""
    size = rows.shape[0] // heads
    return rows.reshape(heads, 2, size // 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
