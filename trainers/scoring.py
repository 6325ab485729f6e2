"""Log-probabilities of a model's own tokens, for one process on a CPU: no time is spent on padding, nor on the output layer for the partner's words."""

from __future__ import annotations

from typing import Any

import torch

PART = 8  # rows computed together: of like length, so that little of them is padding
TOKENS = 512  # tokens whose logits are computed together


def plain_head(model: Any) -> bool:
    """Whether the model's logits are just its output layer on its last hidden states, with no scale or cap of its own."""
    config = model.config.get_text_config()
    special = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
    return all(getattr(config, name, None) is None for name in special) and not getattr(config, "output_router_logits", False)


def own_hidden(model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """The last hidden state before each of the model's own tokens: what the token is drawn from.

    Args:
        model: A causal language model; PEFT adapters are used.
        ids: Token ids, shape (rows, columns), padded anywhere.
        mask: 1 where there is a token, same shape.
        own: 1 where the model sampled the token, same shape. The first column cannot be.

    Returns:
        Shape (own tokens, hidden size), row by row. Gradients flow to the model where they are enabled.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    order = mask.sum(1).argsort()
    number = (own.flatten().cumsum(0) - 1).view(own.shape)
    parts, places = [], []
    for rows in order.split(PART):
        used = mask[rows].any(0).nonzero()
        low, high = int(used[0]), int(used[-1]) + 1
        hidden = base.base_model(input_ids=ids[rows, low:high], attention_mask=mask[rows, low:high], use_cache=False).last_hidden_state
        wanted = own[rows, low + 1 : high].bool()
        parts.append(hidden[:, :-1][wanted])
        places.append(number[rows, low + 1 : high][wanted])
    return torch.cat(parts)[torch.cat(places).argsort()]


def own_logprobs(model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor, temperature: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of each of the model's own tokens, and the entropy of the distribution that it was drawn from.

    Args:
        model: A causal language model with a `plain_head`.
        ids: As for `own_hidden`.
        mask: As for `own_hidden`.
        own: As for `own_hidden`.
        temperature: That the logits are divided by.

    Returns:
        Log-probabilities and entropies in nats, shape (rows, columns); 0 off the own tokens. Gradients flow to the model where they are enabled.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden, chosen = own_hidden(model, ids, mask, own), ids[own.bool()]
    logprobs, entropies = [], []
    for states, tokens in zip(hidden.split(TOKENS), chosen.split(TOKENS), strict=True):
        scores = (base.get_output_embeddings()(states).float() / temperature).log_softmax(-1)
        logprobs.append(scores.gather(-1, tokens[:, None])[:, 0])
        entropies.append(-(scores.exp() * scores).sum(-1))
    zeros, place = torch.zeros(ids.shape, device=ids.device), own.bool()
    return zeros.masked_scatter(place, torch.cat(logprobs)), zeros.masked_scatter(place, torch.cat(entropies))
