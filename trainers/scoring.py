"""What a language model thinks of its own tokens, the ones that it sampled.

No time is spent on the output layer for the partner's words, nor on padding on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from ..policies.tokens import TokenRecord

PART = 8  # rows computed together on a CPU: of like length, so that little of them is padding
TOKENS = 512  # tokens whose logits are computed together: all at once would be the largest tensor of all


class Reading(NamedTuple):
    """Of N own tokens, row by row.

    Attributes:
        hidden: The last hidden state before each, shape (N, hidden size).
        logprobs: In nats, shape (N,).
        entropies: Of the distribution that each was drawn from, in nats, shape (N,).
    """

    hidden: torch.Tensor
    logprobs: torch.Tensor
    entropies: torch.Tensor


def plain_head(model: Any) -> bool:
    """Whether the model's logits are just its output layer on its last hidden states, with no scale or cap."""
    config = model.config.get_text_config()
    special = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
    return all(getattr(config, name, None) is None for name in special) and not getattr(
        config, "output_router_logits", False
    )


def short_way(trainer: Any, model: Any) -> Any:
    """The model without what a trainer of TRL has put around it, if only its own tokens are to be read; else ``None``.

    That is in one process: with several, gradients are shared through what TRL has put around it.
    """
    plain = trainer.accelerator.unwrap_model(model)
    return plain if trainer.accelerator.num_processes == 1 and plain_head(plain) else None


def read_own(model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor, temperature: float = 1.0) -> Reading:
    """Read whole dialogues. Gradients flow to the model where they are enabled.

    Args:
        model: A causal language model; PEFT adapters are used.
        ids: Token ids, shape (rows, columns), padded anywhere.
        mask: 1 where there is a token, same shape.
        own: 1 where the model sampled the token, same shape. The first column cannot be.
        temperature: That the logits are divided by.
    """
    hidden, logits = own_states(model, ids, mask, own)
    logprobs, entropies = [], []
    for scores, tokens in zip(logits, ids[own.bool()].split(TOKENS), strict=True):
        scores = (scores.float() / temperature).log_softmax(-1)
        logprobs.append(scores.gather(-1, tokens[:, None])[:, 0])
        entropies.append(-(scores.exp() * scores).sum(-1))
    return Reading(hidden, torch.cat(logprobs), torch.cat(entropies))


class Reader(nn.Module):
    """`read_own` as a module, so that it can be distributed over processes."""

    def __init__(self, model: Any, temperature: float = 1.0):
        super().__init__()
        self.model, self.temperature = model, temperature

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor) -> Reading:
        """What the model thinks of its own tokens; arguments as for `read_own`."""
        return read_own(self.model, ids, mask, own, self.temperature)


def own_logprobs(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor, temperature: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probabilities and entropies as `read_own` has them, in their places.

    Shape (rows, columns), 0 off the own tokens.
    """
    _, logprobs, entropies = read_own(model, ids, mask, own, temperature)
    zeros, place = torch.zeros(ids.shape, device=ids.device), own.bool()
    return zeros.masked_scatter(place, logprobs), zeros.masked_scatter(place, entropies)


def own_states(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor
) -> tuple[torch.Tensor, Iterator[torch.Tensor]]:
    """The last hidden state before each own token, and the logits there, `TOKENS` rows at a time.

    Arguments as for `read_own`; the hidden states have the shape (own tokens, hidden size).
    """
    if plain_head(model):
        hidden, layer = own_hidden(model, ids, mask, own), unadapted(model).get_output_embeddings()
        return hidden, (layer(part) for part in hidden.split(TOKENS))
    out = model(input_ids=ids, attention_mask=mask, use_cache=False, output_hidden_states=True)
    before = own[:, 1:].bool()
    return out.hidden_states[-1][:, :-1][before], iter(out.logits[:, :-1][before].split(TOKENS))


def grid(rows: Sequence[Sequence[Any]], filler: int, device: torch.device | str = "cpu") -> torch.Tensor:
    """Rows as one tensor, filled up at the end; shape (rows, longest)."""
    width = max(map(len, rows))
    return torch.tensor([[*row, *[filler] * (width - len(row))] for row in rows], device=device)


def padded(
    records: Sequence[TokenRecord], pad: int, device: torch.device | str = "cpu"
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Records as tensors, filled up with `pad` at the end.

    Ids, 1 where there is a token, and 1 where the model sampled it; each of shape (records, longest).
    """
    rows = [record.ids for record in records]
    own = [[0] * len(record.prompt_ids) + record.mask for record in records]
    return grid(rows, pad, device), grid([[1] * len(row) for row in rows], 0, device), grid(own, 0, device)


def own_hidden(model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """The last hidden state before each own token: on a CPU few rows at a time, on a GPU all at once.

    Arguments as for `read_own`; the shape is (own tokens, hidden size).
    """
    trunk = unadapted(model).base_model
    if ids.device.type != "cpu":
        return trunk(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state[:, :-1][own[:, 1:].bool()]
    order = mask.sum(1).argsort()
    number = (own.flatten().cumsum(0) - 1).view(own.shape)
    parts, places = [], []
    for rows in order.split(PART):
        used = mask[rows].any(0).nonzero()
        low, high = int(used[0]), int(used[-1]) + 1
        shown = {"input_ids": ids[rows, low:high], "attention_mask": mask[rows, low:high]}
        hidden = trunk(**shown, use_cache=False).last_hidden_state
        wanted = own[rows, low + 1 : high].bool()
        parts.append(hidden[:, :-1][wanted])
        places.append(number[rows, low + 1 : high][wanted])
    return torch.cat(parts)[torch.cat(places).argsort()]


def unadapted(model: Any) -> Any:
    """The model without the shell that PEFT puts around it; its adapters stay."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
