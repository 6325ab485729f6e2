"""Sampling by the plain loop, in which all dialogues wait for the slowest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..generation import CachedGenerator
from .turns import Asked, Spoken


class Lockstep:
    """The plain way, for models whose cache is of another kind: all that are asked speak before one is told.

    Args:
        model: A causal language model.
        end: The token that closes a turn.
    """

    continuous = False
    temperature = 0.0

    def __init__(self, model: Any, end: int):
        self.generator = CachedGenerator(model, end, 1, 0.0)
        self.asked: dict[Any, Asked] = {}

    def refresh(self, forget: bool) -> None:
        """Forget what was read."""
        self.generator = CachedGenerator(self.generator.model, self.generator.end, 1, 0.0)

    def knows(self, key: Any) -> bool:
        """As `Sampler.knows`; the generator sees to it itself."""
        return True

    def speaks(self, key: Any) -> bool:
        """As `Sampler.speaks`."""
        return key in self.asked

    def keep(self, keys: Iterable[Any]) -> None:
        """As `Sampler.keep`."""
        kept = set(keys)
        self.asked = {key: asked for key, asked in self.asked.items() if key in kept}

    def begin(self, key: Any, sequence: list[int], draws: Sequence[float], limit: int) -> None:
        """As `Sampler.begin`."""
        self.asked[key] = Asked(key, sequence, draws, limit)

    def advance(self) -> list[Spoken]:
        """As `Sampler.advance`; all turns are over after it."""
        asked, self.asked = list(self.asked.values()), {}
        if not asked:
            return []
        self.generator.temperature, self.generator.max_new_tokens = self.temperature, max(some.limit for some in asked)
        draws = [some.draws for some in asked] if self.temperature > 0 else None
        keys = [some.key for some in asked]
        turns = self.generator(keys, [some.sequence for some in asked], draws)
        return list(map(Spoken, keys, *turns))
