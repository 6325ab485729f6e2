"""The one space of the suite: any text; and how it is shared among the processes of an `AsyncVectorEnv`."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from typing import Any

from gymnasium import spaces
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory

_PRINTABLE = "".join(chr(code) for code in range(32, 127))
MAX_OBSERVATION = 4000  # characters; longer than any brief or reply
_CHARACTER = 4  # bytes in UTF-32


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


def check_words(words: Any, name: str = "action", key: Any = None) -> None:
    """What is given for words is a string.

    Args:
        words: What is given.
        name: Of the argument.
        key: Where it is in the argument; ``None`` if it is all of it.

    Raises:
        TypeError: If it is not.
    """
    if not isinstance(words, str):
        where = name if key is None else f"{name}[{key!r}]"
        raise TypeError(f"{where} must be a str, got {type(words).__name__}")


class SharedTexts(Sequence[str]):
    """The texts that are in a shared memory now. A copy is a tuple of strings, which stays as it is.

    Args:
        memory: Bytes: for each text its length, and room for `max_length` characters.
        n: How many texts.
        max_length: In characters.
    """

    def __init__(self, memory: Any, n: int, max_length: int):
        self._memory, self._n, self._room = memory, n, (max_length + 1) * _CHARACTER

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(self)[index]
        begin = range(self._n)[index] * self._room + _CHARACTER
        size = int.from_bytes(self._memory[begin - _CHARACTER : begin], "little")
        return bytes(self._memory[begin : begin + size]).decode("utf-32-le", "surrogatepass")

    def __deepcopy__(self, memo: Any) -> tuple[str, ...]:
        return tuple(self)

    def put(self, index: int, text: str) -> None:
        """Write a text.

        Raises:
            ValueError: If it is too long.
        """
        written = text.encode("utf-32-le", "surrogatepass")
        if len(written) > self._room - _CHARACTER:
            raise ValueError(
                f"an observation must have at most {self._room // _CHARACTER - 1} characters to be shared "
                f"among processes, got {len(text)}; pass shared_memory=False"
            )
        begin = index * self._room
        self._memory[begin : begin + _CHARACTER + len(written)] = len(written).to_bytes(_CHARACTER, "little") + written


# Gymnasium's own way for `spaces.Text` knows no text outside of a charset, and shows the first texts forever.


@create_shared_memory.register(Utterance)
def _create(space: Utterance, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.RawArray("c", n * (space.max_length + 1) * _CHARACTER)


@read_from_shared_memory.register(Utterance)
def _read(space: Utterance, shared_memory: Any, n: int = 1) -> Any:
    return SharedTexts(shared_memory, n, space.max_length)


@write_to_shared_memory.register(Utterance)
def _write(space: Utterance, index: int, values: str, shared_memory: Any) -> None:
    SharedTexts(shared_memory, index + 1, space.max_length).put(index, values)
