"""The one space of the suite: any text."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

_PRINTABLE = "".join(chr(code) for code in range(32, 127))
MAX_OBSERVATION = 4000  # characters; longer than any brief or reply


class Utterance(spaces.Text):
    """Any string up to a length, in any script. Samples are short and printable.

    `spaces.Text` itself accepts only the characters of a charset, and one that holds all of Unicode takes seconds to
    build.

    Args:
        max_length: In characters.
    """

    def __init__(self, max_length: int = MAX_OBSERVATION):
        super().__init__(max_length, min_length=0, charset=_PRINTABLE)

    def contains(self, x: Any) -> bool:
        """Whether `x` is a string that is not too long."""
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """A few random printable characters."""
        if mask is None and probability is None:
            mask = (int(self.np_random.integers(0, 40)), None)
        return super().sample(mask=mask, probability=probability)

    def __repr__(self) -> str:
        return f"Utterance(max_length={self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Utterance) and self.max_length == other.max_length
