"""Batched generation that keeps the key-value cache between the turns of a dialogue, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache


class CachedGenerator:
    """Continues many token sequences together.

    Each call is told the whole sequence of every live dialogue. What was in the cache after the last call is not computed again: only the new tokens (a reply,
    usually) are. Rows of different length share the cache; its unused slots are masked, and positions count only a row's own tokens.

    Args:
        model: A causal language model.
        end: The token that closes a turn.
        max_new_tokens: Of one turn.
        temperature: 0 is greedy.
    """

    def __init__(self, model: Any, end: int, max_new_tokens: int, temperature: float):
        self.model, self.end, self.max_new_tokens, self.temperature = model, end, max_new_tokens, temperature
        self._forget()

    @torch.no_grad()
    def __call__(self, keys: Sequence[Any], sequences: Sequence[list[int]]) -> tuple[list[list[int]], list[list[float]]]:
        """Sample one turn for each sequence.

        Args:
            keys: Identify the dialogues from call to call.
            sequences: All ids of each dialogue so far.

        Returns:
            The new ids of each (the end token included, if it was reached), and the log-probability of each id at temperature 1.
        """
        was_training = self.model.training
        self.model.eval()
        try:
            return self._continue([id(key) for key in keys], keys, sequences)
        finally:
            self.model.train(was_training)

    def _forget(self) -> None:
        self._keys: list[int] = []
        self._alive: list[Any] = []  # keeps the dialogues, so that their ids stay theirs
        self._seen: list[list[int]] = []
        self._cache = DynamicCache()
        self._mask = torch.zeros(0, 0, dtype=torch.long)

    def _continue(self, ids: list[int], keys: Sequence[Any], sequences: Sequence[list[int]]) -> tuple[list[list[int]], list[list[float]]]:
        device = self.model.device
        place = {key: row for row, key in enumerate(self._keys)}
        rows = [place.get(key, -1) for key in ids]
        if any(row < 0 or sequence[: len(self._seen[row])] != self._seen[row] for row, sequence in zip(rows, sequences, strict=True)):
            self._forget()
            new = list(sequences)
        else:
            if rows != list(range(len(self._keys))):
                chosen = torch.tensor(rows, device=device)
                self._cache.batch_select_indices(chosen)
                self._mask = self._mask[chosen]
            new = [sequence[len(self._seen[row]) :] for row, sequence in zip(rows, sequences, strict=True)]
        self._keys, self._alive = ids, list(keys)
        width = max(map(len, new))
        tokens = torch.tensor([[self.end] * (width - len(part)) + list(part) for part in new], device=device)
        valid = torch.tensor([[0] * (width - len(part)) + [1] * len(part) for part in new], device=device)
        if self._mask.shape[0] == 0:
            self._mask = torch.zeros(len(new), 0, dtype=torch.long, device=device)
        sampled, logprobs = self._sample(tokens, valid)
        # the last sampled token of a row has not been read by the model yet: it is new again at the next call
        self._seen = [[*sequence, *turn[:-1]] for sequence, turn in zip(sequences, sampled, strict=True)]
        return sampled, logprobs

    def _sample(self, tokens: torch.Tensor, valid: torch.Tensor) -> tuple[list[list[int]], list[list[float]]]:
        columns: list[torch.Tensor] = []
        scores: list[torch.Tensor] = []
        lasting = torch.ones(tokens.shape[0], dtype=torch.bool, device=tokens.device)
        for step in range(self.max_new_tokens):
            logits = self._read(tokens, valid)
            token, logprob = self._choose(logits)
            columns.append(torch.where(lasting, token, self.end))
            scores.append(logprob)
            lasting = lasting & (token != self.end)
            if step + 1 == self.max_new_tokens or not bool(lasting.any()):
                break
            tokens, valid = columns[-1][:, None], lasting[:, None].long()
        ids, values = torch.stack(columns, 1).tolist(), torch.stack(scores, 1).tolist()
        lengths = [row.index(self.end) + 1 if self.end in row else len(row) for row in ids]
        return [row[:n] for row, n in zip(ids, lengths, strict=True)], [row[:n] for row, n in zip(values, lengths, strict=True)]

    def _read(self, tokens: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """Feed tokens (shape: rows, columns) and return the logits after the last column."""
        before = self._mask.sum(1, keepdim=True)
        positions = (before + valid.cumsum(1) - 1).clamp(min=0)
        self._mask = torch.cat([self._mask, valid], 1)
        out = self.model(input_ids=tokens, attention_mask=self._mask, position_ids=positions, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        return out.logits[:, -1].float()

    def _choose(self, logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logprobs = logits.log_softmax(-1)
        if self.temperature > 0:
            token = torch.multinomial((logits / self.temperature).softmax(-1), 1)[:, 0]
        else:
            token = logits.argmax(-1)
        return token, logprobs.gather(1, token[:, None])[:, 0]
