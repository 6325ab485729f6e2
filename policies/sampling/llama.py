"""The next tokens of all rows with a Llama, by a forward pass of our own: a third of the operations of transformers'.

It reads the weights of the transformers model itself, adapters included, once an update. Rows that have heard a reply
read it in the same pass in which the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRMSNorm

from .rows import Rows, Unread, evaluating, precision

STATIC = ("default", "linear", "llama3", "yarn")  # kinds of rotary embeddings that depend on the position alone


class LlamaRows(Rows):
    """Rows of a Llama (`tiny`, SmolLM2), LoRA adapters in single precision included."""

    def __init__(self, model: Any):
        super().__init__(model)
        config = model.config
        self.heads, self.key_heads, self.size = config.num_attention_heads, config.num_key_value_heads, config.head_dim
        self.eps = config.rms_norm_eps
        self.weights = self._weights()
        self._rotate()

    @staticmethod
    def fits(model: Any) -> bool:
        """Whether the model is such a Llama."""
        llama, config = _inner(model), model.config
        if type(llama) is not LlamaForCausalLM or config.hidden_act != "silu":
            return False
        norms = [llama.model.norm, *(norm for layer in llama.model.layers for norm in _norms(layer))]
        return (
            config.rope_parameters["rope_type"] in STATIC
            and not any(module.bias is not None for module in llama.modules() if isinstance(module, nn.Linear))
            and type(llama.get_input_embeddings()) is nn.Embedding
            and type(llama.get_output_embeddings()) is nn.Linear
            and all(type(norm) is LlamaRMSNorm for norm in norms)
            and (llama is model or next(model.parameters()).dtype == torch.float32)
        )

    def precision(self) -> torch.dtype:
        """As `Rows.precision`; single beneath adapters: rounded weights would swallow what these add to them."""
        return precision(self.model) if _inner(self.model) is self.model else torch.float32

    def load(self) -> bool:
        """As `Rows.load`."""
        moved, fresh = super().load(), self._weights()
        if moved:
            self.weights = fresh
            self._rotate()
        else:
            for old, new in zip(self.weights, fresh, strict=True):
                if old.data_ptr() != new.data_ptr():
                    old.copy_(new)
        return moved

    @torch.no_grad()
    def _weights(self) -> list[torch.Tensor]:
        """Embedding, head, last norm, and six of each layer: cast, and joined where they read the same."""
        llama = _inner(self.model)
        with evaluating(llama), torch.autocast(self.device.type, enabled=False):
            parts = [[part.weight] for part in (llama.get_input_embeddings(), llama.get_output_embeddings())]
            parts.append([llama.model.norm.weight])
            for layer in llama.model.layers:
                attention, feed, (before, between) = layer.self_attn, layer.mlp, _norms(layer)
                parts += [
                    [before.weight],
                    [_weight(attention.q_proj), _weight(attention.k_proj), _weight(attention.v_proj)],
                    [_weight(attention.o_proj)],
                    [between.weight],
                    [_weight(feed.gate_proj), _weight(feed.up_proj)],
                    [_weight(feed.down_proj)],
                ]
            return [(torch.cat(part) if len(part) > 1 else part[0].detach()).to(self.dtype) for part in parts]

    def reserve(self, slots: int, columns: int) -> None:
        """As `Rows.reserve`."""
        super().reserve(slots, columns)
        self._rotate()

    @torch.no_grad()
    def _rotate(self) -> None:
        """Cosines and sines of all positions, as the model makes them; the sines with the sign that each half takes."""
        rotary = _inner(self.model).model.rotary_emb
        cos, sin = rotary(torch.zeros(1, device=self.device), self.span[None])
        self.cos, half = cos[0, :, None].to(self.dtype), self.size // 2
        self.sin = torch.cat([-sin[0, :, None, :half], sin[0, :, None, half:]], -1).to(self.dtype)

    @torch.no_grad()
    def read(self, unread: Sequence[Unread]) -> None:
        """As `Rows.read`."""
        nothing = torch.zeros(0, dtype=torch.long, device=self.device)
        with torch.autocast(self.device.type, enabled=False):
            self._forward(nothing, nothing, 1, unread)

    @torch.no_grad()
    def decode(self, last: torch.Tensor, at: torch.Tensor, top: int, unread: Sequence[Unread] = ()) -> torch.Tensor:
        """As `Rows.decode`."""
        with torch.autocast(self.device.type, enabled=False):
            return functional.linear(self._forward(last, at, top, unread), self.weights[1]).float()

    def _forward(self, last: torch.Tensor, at: torch.Tensor, top: int, unread: Sequence[Unread]) -> torch.Tensor:
        """Final hidden states behind the last tokens.

        All tokens lie in one flat batch: first the last one of each row, then what some rows read before it. No token
        is padded, but for the attention of those that read.
        """
        count, tokens, columns, shared = len(last), last, at, self.heads // self.key_heads
        rows = torch.arange(count, device=self.device)
        grid = _Grid(unread, self.device) if unread else None
        if grid is not None:
            tokens, columns = torch.cat([last, grid.tokens]), torch.cat([at, grid.at])
            rows = torch.cat([rows, grid.rows.repeat_interleave(grid.lengths, output_size=len(grid.tokens))])
            grid.bias = self.hidden_from(grid.spread(grid.at[:, None])[..., 0], grid.top, self.dtype)[:, None]
            grid.bias = grid.bias.repeat(1, 1, shared, 1)
        bias = self.hidden_from(at, top, self.dtype)[:, None, None]
        x, cos, sin = functional.embedding(tokens, self.weights[0]), self.cos[columns], self.sin[columns]
        half, turned = self.size // 2, self.heads + self.key_heads
        for number, layer in enumerate(self.layers):
            before, qkv, out, between, gate_up, down = self.weights[6 * number + 3 : 6 * number + 9]
            y = functional.linear(self._normed(x, before), qkv).view(len(x), -1, self.size)
            qk = y[:, :turned]
            qk = qk * cos + torch.cat([qk[..., half:], qk[..., :half]], -1) * sin
            if not layer.is_initialized:
                layer.lazy_initialization(*[y[:, : self.key_heads, None]] * 2)
            keys, values = cast(torch.Tensor, layer.keys), cast(torch.Tensor, layer.values)
            keys[rows, :, columns], values[rows, :, columns] = qk[:, self.heads :], y[:, turned:]
            # query heads that share a key head stand where the positions of queries would: nothing is repeated
            seen = functional.scaled_dot_product_attention(
                qk[:count, : self.heads].reshape(count, self.key_heads, shared, self.size),
                keys[:count, :, :top],
                values[:count, :, :top],
                attn_mask=bias,
            ).reshape(count, self.heads * self.size)
            if number + 1 == len(self.layers):
                x = x[:count]  # nothing is predicted from the others
            elif grid is not None:
                seen = torch.cat([seen, grid.attend(qk[count:, : self.heads], keys, values)])
            x = x + functional.linear(seen, out)
            gate, up = functional.linear(self._normed(x, between), gate_up).chunk(2, -1)
            x = x + functional.linear(functional.silu(gate) * up, down)
        return self._normed(x, self.weights[2])

    def _normed(self, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return functional.rms_norm(x, (x.shape[-1],), weight, self.eps)


class _Grid:
    """Tokens of several rows: flat for most operations, a line a row for attention."""

    bias: torch.Tensor

    def __init__(self, unread: Sequence[Unread], device: torch.device):
        lengths = [len(some.ids) for some in unread]
        self.width, self.top = max(lengths), max(some.start + len(some.ids) for some in unread)
        places = [np.arange(length) for length in lengths]
        spots = [line * self.width + place for line, place in enumerate(places)]
        at = [some.start + place for some, place in zip(unread, places, strict=True)]

        def there(numbers: Any) -> torch.Tensor:
            return torch.from_numpy(np.asarray(numbers, np.int64)).to(device)

        self.tokens = there([token for some in unread for token in some.ids])
        self.rows, self.lengths = there([some.row for some in unread]), there(lengths)
        self.spots, self.at = there(np.concatenate(spots)), there(np.concatenate(at))

    def spread(self, flat: torch.Tensor) -> torch.Tensor:
        """From flat to lines: shape (tokens, ...) to (rows, width, ...), filled up with zeros."""
        lines = flat.new_zeros(len(self.rows) * self.width, *flat.shape[1:])
        lines[self.spots] = flat
        return lines.view(len(self.rows), self.width, *flat.shape[1:])

    def attend(self, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """What the tokens attend to; `queries` of shape (tokens, heads, size), and so is the result, heads joined."""
        lines, (rows, key_heads, size) = self.spread(queries), (len(self.rows), keys.shape[1], keys.shape[3])
        lines = lines.view(rows, self.width, key_heads, -1, size).permute(0, 2, 3, 1, 4)
        shared = lines.shape[2]
        seen = functional.scaled_dot_product_attention(
            lines.reshape(rows, key_heads, shared * self.width, size),
            keys[self.rows, :, : self.top],
            values[self.rows, :, : self.top],
            attn_mask=self.bias,
        )
        seen = seen.view(rows, key_heads, shared, self.width, size).permute(0, 3, 1, 2, 4)
        return seen.reshape(rows * self.width, -1)[self.spots]


def _inner(model: Any) -> Any:
    """The model beneath adapters."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _norms(layer: Any) -> tuple[Any, Any]:
    return layer.input_layernorm, layer.post_attention_layernorm


def _weight(module: nn.Module) -> torch.Tensor:
    """The matrix by which a linear module multiplies, whatever adapters it has."""
    if type(module) is nn.Linear:
        return module.weight
    size, device = cast(Any, module).in_features, next(module.parameters()).device
    return module(torch.eye(size, device=device)).T
