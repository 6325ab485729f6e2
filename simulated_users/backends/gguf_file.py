"""GGUF files, as transformers reads them, in a fifth of the time."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_LOCK = threading.RLock()  # it changes a module that all threads share


@contextmanager
def read_once() -> Iterator[None]:
    """While it lasts, a file is parsed once, and its table of names made once.

    Transformers parses it three times for one model, and makes the table anew for each of the weights.
    """
    try:
        import gguf
    except ImportError:  # transformers says what is missing
        yield
        return

    class Reader(gguf.GGUFReader):
        """The file as a plain array: to slice a mapped one, a million times, takes five times as long."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, np.asarray(value) if name == "data" else value)

    with _LOCK:
        theirs = {"GGUFReader": gguf.GGUFReader, "get_tensor_name_map": gguf.get_tensor_name_map}
        ours = {"GGUFReader": Reader, "get_tensor_name_map": gguf.get_tensor_name_map}
        try:
            for name, make in ours.items():
                setattr(gguf, name, functools.cache(make))
            yield
        finally:
            for name, make in theirs.items():
                setattr(gguf, name, make)
