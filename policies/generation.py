"""Batched generation that keeps the key-value cache between the turns of a dialogue, so that nothing is read twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from transformers import DynamicCache

from .sampling.choice import choose


class CachedGenerator:
    """Continues many token sequences together.

    Each call is told the whole sequence of every live dialogue. What was in the cache after the last call is not
    computed again: only the new tokens (a reply, usually) are. Rows of different length share the cache; its unused
    slots are masked, and positions count only a row's own tokens.

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
    def __call__(
        self, keys: Sequence[Any], sequences: Sequence[list[int]], uniforms: Sequence[Sequence[float]] | None = None
    ) -> tuple[list[list[int]], list[list[float]]]:
        """Sample one turn for each sequence.

        Args:
            keys: Identify the dialogues from call to call.
            sequences: All ids of each dialogue so far.
            uniforms: What each row is sampled with: `max_new_tokens` numbers in [0, 1), one for each token that it may
                come to. A row's tokens then depend on its own numbers alone, whatever the batch. Without them torch's
                global generator is asked.

        Returns:
            The new ids of each (the end token included, if it was reached), and the log-probability of each id at
            temperature 1.
        """
        ids = [id(key) for key in keys]
        place = {key: row for row, key in enumerate(self._keys)}
        rows = [place.get(key, -1) for key in ids]
        known = zip(rows, sequences, strict=True)
        if any(row < 0 or sequence[: len(self._seen[row])] != self._seen[row] for row, sequence in known):
            self._forget()
            new = list(sequences)
        else:
            if rows != list(range(len(self._keys))):
                chosen = torch.tensor(rows, device=self.model.device)
                self._cache.batch_select_indices(chosen)
                self._mask = self._mask[chosen]
            new = [sequence[len(self._seen[row]) :] for row, sequence in zip(rows, sequences, strict=True)]
        self._keys, self._alive = ids, list(keys)
        tokens, valid = self._padded(new)
        if self._mask.shape[0] == 0:
            self._mask = valid[:, :0]
        draws = torch.tensor(uniforms or [[]])
        if uniforms is None and self.temperature > 0:
            draws = torch.rand(len(new), self.max_new_tokens)
        with self._evaluating():
            sampled, logprobs = self._sample(tokens, valid, draws.to(tokens.device))
        # the last sampled token of a row has not been read by the model yet: it is new again at the next call
        self._seen = [[*sequence, *turn[:-1]] for sequence, turn in zip(sequences, sampled, strict=True)]
        return sampled, logprobs

    @torch.no_grad()
    def enumerate(self, sequences: Sequence[list[int]], least: float) -> list[list[tuple[list[int], float]]]:
        """All that may be said next, with its probability, in place of a sample of it.

        A beginning is followed as long as it has a probability of at least `least`, so nothing likelier is missing.
        What is missing is what the probabilities lack to 1.

        Args:
            sequences: All ids of each dialogue so far.
            least: Above 0, at most 1.

        Returns:
            For each sequence, turns (with the end token, unless they were cut at `max_new_tokens`) and probabilities.
        """
        self._forget()
        found: list[list[tuple[list[int], float]]] = [[] for _ in sequences]
        tokens, valid = self._padded(sequences)
        self._mask = valid[:, :0]
        begun: list[tuple[int, list[int]]] = [(row, []) for row in range(len(sequences))]
        mass = torch.ones(len(sequences), dtype=torch.float64, device=tokens.device)
        for step in range(self.max_new_tokens):
            with self._evaluating():
                logits = self._read(tokens, valid).double()
            if self.temperature > 0:
                shares = (logits / self.temperature).softmax(-1)
            else:
                shares = torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1])
            joint = mass[:, None] * shares
            kept = (joint >= least).nonzero()
            going: list[int] = []
            for place, (row, token) in enumerate(kept.tolist()):
                owner, ids = begun[row]
                if token == self.end or step + 1 == self.max_new_tokens:
                    found[owner].append(([*ids, token], float(joint[row, token])))
                else:
                    going.append(place)
            if not going:
                break
            rows, chosen = kept[going].unbind(1)
            begun = [(begun[row][0], [*begun[row][1], token]) for row, token in kept[going].tolist()]
            mass = joint[rows, chosen]
            self._cache.batch_select_indices(rows)
            self._mask = self._mask[rows]
            tokens, valid = chosen[:, None], torch.ones_like(chosen[:, None])
        self._forget()
        return found

    def _forget(self) -> None:
        self._keys: list[int] = []
        self._alive: list[Any] = []  # keeps the dialogues, so that their ids stay theirs
        self._seen: list[list[int]] = []
        self._cache = DynamicCache()
        self._mask = torch.zeros(0, 0, dtype=torch.long)

    @contextmanager
    def _evaluating(self) -> Iterator[None]:
        was_training = self.model.training
        self.model.eval()
        try:
            yield
        finally:
            self.model.train(was_training)

    def _padded(self, parts: Sequence[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens, and 1 where they are no padding, which is on the left; shape (parts, longest part)."""
        width, device = max(map(len, parts)), self.model.device
        tokens = [[self.end] * (width - len(part)) + part for part in parts]
        valid = [[0] * (width - len(part)) + [1] * len(part) for part in parts]
        return torch.tensor(tokens, device=device), torch.tensor(valid, device=device)

    def _sample(
        self, tokens: torch.Tensor, valid: torch.Tensor, draws: torch.Tensor
    ) -> tuple[list[list[int]], list[list[float]]]:
        columns: list[torch.Tensor] = []
        scores: list[torch.Tensor] = []
        lasting = torch.ones(tokens.shape[0], dtype=torch.bool, device=tokens.device)
        for step in range(self.max_new_tokens):
            logits = self._read(tokens, valid)
            token, logprob = choose(logits, draws[:, step] if self.temperature > 0 else draws, self.temperature)
            columns.append(torch.where(lasting, token, self.end))
            scores.append(logprob)
            lasting = lasting & (token != self.end)
            if step + 1 == self.max_new_tokens or not bool(lasting.any()):
                break
            tokens, valid = columns[-1][:, None], lasting[:, None].long()
        ids, values = torch.stack(columns, 1).tolist(), torch.stack(scores, 1).tolist()
        turns = [row[: row.index(self.end) + 1] if self.end in row else row for row in ids]
        return turns, [row[: len(turn)] for row, turn in zip(values, turns, strict=True)]

    def _read(self, tokens: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """Feed tokens (shape: rows, columns) and return the logits after the last column."""
        before = self._mask.sum(1, keepdim=True)
        positions = (before + valid.cumsum(1) - 1).clamp(min=0)
        self._mask = torch.cat([self._mask, valid], 1)
        out = self.model(
            input_ids=tokens,
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return out.logits[:, -1].float()
