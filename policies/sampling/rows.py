"""The rows of a batch in a static key-value cache, and the next tokens of all of them with any causal model.

A row holds one dialogue. It is written in place, column by column, whatever the other rows do: no padding, no copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast
from weakref import ref

import numpy as np
import torch
from transformers.cache_utils import Cache, CacheLayerMixin, DynamicCache, DynamicLayer


class Unread(NamedTuple):
    """Tokens that a row has to read before its last one.

    Attributes:
        row: Its number.
        start: Column of the first of them.
        ids: The tokens.
    """

    row: int
    start: int
    ids: Sequence[int]


class Place:
    """Where all layers write, and how far they read. The last column is for what nobody reads.

    Attributes:
        slots: Rows that there is room for.
        columns: Tokens of a row that there is room for, and one more.
        rows: Numbers of the rows that are read, shape (rows, 1); ``None`` for the first ones.
        at: Columns to write to, shape (rows, width).
        top: Columns to read.
    """

    def __init__(self) -> None:
        self.slots, self.columns, self.top = 0, 0, 0
        self.rows: torch.Tensor | None = None
        self.at = torch.zeros(0, 0, dtype=torch.long)


class RowLayer(CacheLayerMixin):
    """Keys and values of one layer; shape (slots, key heads, columns, head size)."""

    is_sliding = False

    def __init__(self, place: Place):
        super().__init__()
        self.place = place

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        """Make room."""
        self.dtype, self.device = key_states.dtype, key_states.device
        self.keys, self.values = map(self._room, (key_states, value_states))
        self.is_initialized = True

    def _room(self, like: torch.Tensor) -> torch.Tensor:
        return like.new_zeros(self.place.slots, like.shape[1], self.place.columns, like.shape[3])

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write, and return all that the rows have so far."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        keys, values, place = cast(torch.Tensor, self.keys), cast(torch.Tensor, self.values), self.place
        count = len(key_states)
        rows = torch.arange(count, device=keys.device)[:, None] if place.rows is None else place.rows
        keys[rows, :, place.at] = key_states.transpose(1, 2)
        values[rows, :, place.at] = value_states.transpose(1, 2)
        if place.rows is None:
            return keys[:count, :, : place.top], values[:count, :, : place.top]
        return keys[rows[:, 0], :, : place.top], values[rows[:, 0], :, : place.top]

    def grow(self) -> None:
        """Make the room that is wanted by now, and keep what there is."""
        if self.is_initialized:
            for name in ("keys", "values"):
                old = getattr(self, name)
                new = self._room(old)
                new[: old.shape[0], :, : old.shape[2] - 1] = old[:, :, :-1]
                setattr(self, name, new)

    def copy(self, sources: Any, targets: Any, count: int) -> None:
        """Write the first `count` columns of some rows, or of one, to others."""
        if self.is_initialized:
            for part in (cast(torch.Tensor, self.keys), cast(torch.Tensor, self.values)):
                part[targets, :, :count] = part[sources, :, :count]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Columns that are read, from the first one."""
        return self.place.top, 0

    def get_seq_length(self) -> int:
        """Columns that are read."""
        return self.place.top

    def get_max_length(self) -> int:
        """No maximum: there can be more room."""
        return -1

    def get_max_cache_shape(self) -> int:
        """No maximum: there can be more room."""
        return -1


class Rows:
    """What computes next tokens, for all rows together.

    Args:
        model: A causal language model.
    """

    def __init__(self, model: Any):
        self._model = ref(model)  # what samples from a model is kept as long as the model, and no longer
        self.device: torch.device = model.device
        self.place, self.span = Place(), torch.arange(0, device=self.device)
        self.dtype = self.precision()
        self.layers = [RowLayer(self.place) for _ in range(text_config(model).num_hidden_layers)]

    @property
    def model(self) -> Any:
        """The model."""
        return self._model()

    def precision(self) -> torch.dtype:
        """In which numbers to compute here and now."""
        return precision(self.model)

    def load(self) -> bool:
        """Take over what has changed in the model; what was read with the old weights is void.

        Returns:
            Whether memory has moved: what was captured as a graph is void, too.
        """
        if moved := (self.dtype != (dtype := self.precision())):
            self.dtype = dtype
            for layer in self.layers:
                layer.is_initialized, layer.keys, layer.values = False, None, None
        return moved

    def reserve(self, slots: int, columns: int) -> None:
        """Make room, and keep what there is."""
        self.place.slots, self.place.columns = slots, columns
        self.span = torch.arange(columns, device=self.device)
        for layer in self.layers:
            layer.grow()

    def bytes_of_token(self) -> int:
        """Memory that a token takes in a row, in bytes, about."""
        config = text_config(self.model)
        heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
        size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        return 2 * len(self.layers) * heads * size * self.dtype.itemsize

    def copy(self, sources: Sequence[int], targets: Sequence[int], count: int) -> None:
        """Write the first `count` tokens of some rows to others."""
        alone = len(sources) == 1
        first, second = (rows[0] if alone else torch.tensor(rows, device=self.device) for rows in (sources, targets))
        for layer in self.layers:
            layer.copy(first, second, count)

    def read(self, unread: Sequence[Unread]) -> None:
        """Read tokens, and predict nothing."""
        raise NotImplementedError

    def decode(self, last: torch.Tensor, at: torch.Tensor, top: int, unread: Sequence[Unread] = ()) -> torch.Tensor:
        """Read the last token of each of the first rows, and predict the next.

        Args:
            last: The tokens.
            at: Their columns; the last column of all for a row that stands still.
            top: No row that goes on has a column from here.
            unread: What some of these rows read before.

        Returns:
            Logits in single precision; shape (rows, vocabulary).
        """
        raise NotImplementedError

    def hidden_from(self, at: torch.Tensor, top: int, dtype: torch.dtype) -> torch.Tensor:
        """What is added to attention scores: far below 0 for columns behind `at`; shape (*at, top)."""
        bias = torch.zeros(*at.shape, top, dtype=dtype, device=self.device)
        return bias.masked_fill_(self.span[:top] > at[..., None], torch.finfo(dtype).min)


class ModelRows(Rows):
    """Rows of any causal model of transformers with plain attention: only the cache is ours."""

    def __init__(self, model: Any):
        super().__init__(model)
        self.cache = Cache(layers=cast(Any, self.layers))

    @staticmethod
    def fits(model: Any) -> bool:
        """Whether the model reads all that was said, through a mask of ours."""
        config = text_config(model)
        plain = all(type(layer) is DynamicLayer for layer in DynamicCache(config=config).layers)
        return plain and not config.is_encoder_decoder and config._attn_implementation in ("sdpa", "eager")

    def read(self, unread: Sequence[Unread]) -> None:
        """As `Rows.read`."""
        width = max(len(some.ids) for some in unread)
        tokens = np.zeros((len(unread), width), np.int64)
        at = np.full((len(unread), width), self.place.columns - 1)
        for line, (_, start, ids) in enumerate(unread):
            tokens[line, : len(ids)], at[line, : len(ids)] = ids, np.arange(start, start + len(ids))
        rows = torch.tensor([[some.row] for some in unread], device=self.device)
        top = max(some.start + len(some.ids) for some in unread)
        self._forward(torch.from_numpy(tokens).to(self.device), torch.from_numpy(at).to(self.device), top, rows)

    def decode(self, last: torch.Tensor, at: torch.Tensor, top: int, unread: Sequence[Unread] = ()) -> torch.Tensor:
        """As `Rows.decode`."""
        if unread:
            self.read(unread)
        return self._forward(last[:, None], at[:, None], top, None)[:, -1].float()

    def _forward(self, tokens: torch.Tensor, at: torch.Tensor, top: int, rows: torch.Tensor | None) -> torch.Tensor:
        self.place.rows, self.place.at, self.place.top = rows, at, top
        with evaluating(self.model):
            return self.model(
                input_ids=tokens,
                attention_mask=self.hidden_from(at, top, self.dtype)[:, None],
                position_ids=torch.where(at < self.place.columns - 1, at, 0),
                past_key_values=self.cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits


def precision(model: Any) -> torch.dtype:
    """In which numbers a model computes here and now."""
    kind = model.device.type
    if torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    return next(model.parameters()).dtype


@torch.no_grad()
def fingerprint(model: Any) -> tuple[Any, ...]:
    """What tells whether a model has changed: it is another after a step of an optimizer, or after other weights."""
    weights = list(model.parameters())
    middle = torch.stack([weight.flatten()[weight.numel() // 2].float() for weight in weights if weight.numel()])
    versions = [(id(weight), weight.data_ptr(), weight._version) for weight in weights]
    return precision(model), tuple(versions), tuple(middle.tolist())


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Without dropout."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def text_config(model: Any) -> Any:
    """The configuration of the part that reads and writes text."""
    return model.config.get_text_config(decoder=True)
