"""Which sampler a model gets."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import torch

from .llama import LlamaRows
from .lockstep import Lockstep
from .rows import ModelRows, Rows, Unread, evaluating, text_config
from .sampler import ROOM, Sampler

_SAMPLERS: WeakKeyDictionary[Any, dict[int, Sampler | None]] = WeakKeyDictionary()


def make_sampler(model: Any, end: int) -> Sampler | Lockstep:
    """The fastest sampler that says what the model says. There is one for each model, which all policies share.

    Args:
        model: A causal language model.
        end: The token that closes a turn.
    """
    known = _SAMPLERS.setdefault(model, {})
    if end not in known:
        rows = rows_of(LlamaRows, model) or rows_of(ModelRows, model)
        known[end] = Sampler(rows, end) if rows else None
    return known[end] or Lockstep(model, end)


@torch.no_grad()
def rows_of(kind: type[LlamaRows] | type[ModelRows], model: Any) -> Rows | None:
    """Rows of a model; ``None`` if it is not of this kind, or they do not predict what it predicts itself.

    Rounding aside: they are tried, since a model may differ in what nobody thought of.
    """
    try:
        if not kind.fits(model):
            return None
        rows, size = kind(model), text_config(model).vocab_size
        ids = [(7 * number + 3) % size for number in range(6)]
        tokens = torch.tensor(ids, device=rows.device)
        rows.reserve(3, ROOM)
        unread = [Unread(row, 0, ids[:3]) for row in range(3)]
        for place in (3, 4, 5):
            last, at = tokens[[place] * 3], torch.full_like(tokens[:3], place)
            found = rows.decode(last, at, 6, unread if place == 3 else ())
        with evaluating(model):
            wanted = model(input_ids=tokens[None]).logits[:, -1].float()
    except Exception:  # whatever a model does that takes no mask of ours, or whose weights lie elsewhere
        return None
    near = (found - wanted).norm(dim=-1).max() < 0.05 * (wanted - wanted.mean()).norm()
    return rows if bool(near) else None
