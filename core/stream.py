"""Random numbers for one dialogue, drawn in blocks: one call to numpy for many draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_BLOCK = 64
_RESERVE = 32  # more than any voice draws for one utterance


class Stream:
    """Uniform numbers from a numpy generator.

    The same generator state gives the same numbers, wherever the dialogue runs. Blocks are drawn whole, so two
    dialogues on one generator never interleave.

    Args:
        generator: Where the numbers come from; or what makes it, for a stream that may never be drawn from.
    """

    __slots__ = ("_generator", "_block")

    def __init__(self, generator: np.random.Generator | Callable[[], np.random.Generator]):
        self._generator = generator
        self._block: list[float] = []

    def random(self) -> float:
        """The next number in [0, 1)."""
        if not self._block:
            self._block = self._drawn()
        return self._block.pop()

    def reserve(self) -> None:
        """Take what is left to be drawn here out of the generator, so that another dialogue can start on it.

        Changes none of this stream's numbers.
        """
        if len(self._block) < _RESERVE:
            self._block = self._drawn() + self._block

    def choose(self, n: int) -> int:
        """A whole number from 0 to ``n - 1``."""
        return int(self.random() * n)

    def _drawn(self) -> list[float]:
        """A block of numbers."""
        if callable(self._generator):
            self._generator = self._generator()
        return self._generator.random(_BLOCK).tolist()
