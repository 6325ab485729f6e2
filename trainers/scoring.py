"""Log-probabilities of a model's own tokens, for one process on a CPU: no time is spent on padding, nor on the output layer for the partner's words."""

from __future__ import annotations

from typing import Any

import torch

PART = 8  # rows computed together: of like length, so that little of them is padding


def plain_head(model: Any) -> bool:
    """Whether the model's logits are just its output layer on its last hidden states, with no scale or cap of its own."""
    config = model.config.get_text_config()
    special = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
    return all(getattr(config, name, None) is None for name in special) and not getattr(config, "output_router_logits", False)


def own_logprobs(model: Any, ids: torch.Tensor, mask: torch.Tensor, own: torch.Tensor, temperature: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-probability of each of the model's own tokens, and the entropy of the distribution that it was drawn from.

    Args:
        model: A causal language model with a `plain_head`; PEFT adapters are used.
        ids: Token ids, shape (rows, columns), padded anywhere.
        mask: 1 where there is a token, same shape.
        own: 1 where the model sampled the token, same shape. The first column cannot be.
        temperature: That the logits are divided by.

    Returns:
        Log-probabilities and entropies in nats, same shape; 0 off the own tokens. Gradients flow to the model where they are enabled.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    head = base.get_output_embeddings()
    order = mask.sum(1).argsort()
    parts: list[tuple[torch.Tensor, torch.Tensor]] = []
    for rows in order.split(PART):
        used = mask[rows].any(0).nonzero()
        low, high = int(used[0]), int(used[-1]) + 1
        hidden = base.base_model(input_ids=ids[rows, low:high], attention_mask=mask[rows, low:high], use_cache=False).last_hidden_state
        wanted = own[rows, low + 1 : high].bool()
        logits = head(hidden[:, :-1][wanted]).float() / temperature
        scores = logits.log_softmax(-1)
        chosen = scores.gather(-1, ids[rows, low + 1 : high][wanted][:, None])[:, 0]
        entropy = -(scores.exp() * scores).sum(-1)
        shape, place = (len(rows), ids.shape[1]), torch.zeros(len(rows), ids.shape[1], dtype=torch.bool, device=ids.device)
        place[:, low + 1 : high] = wanted
        zeros = torch.zeros(shape, device=ids.device)
        parts.append((zeros.masked_scatter(place, chosen), zeros.masked_scatter(place, entropy)))
    back = order.argsort()
    return torch.cat([chosen for chosen, _ in parts])[back], torch.cat([entropy for _, entropy in parts])[back]
