"""What settings must be. Each check looks at some attributes of their owner, and says which value it wants instead."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any


def one_of(owner: Any, valid: Iterable[Any], *names: str) -> None:
    """The attributes are among `valid`.

    Raises:
        ValueError: If one is not.
    """
    known = tuple(valid)
    _check(owner, names, lambda value: value in known, f"one of {', '.join(map(str, known))};")


def whole(owner: Any, least: int, most: int, *names: str) -> None:
    """The attributes are whole numbers from `least` to `most`.

    Raises:
        ValueError: If one is not.
    """
    wanted = f"a whole number from {least} to {most},"
    _check(owner, names, lambda value: _is_number(value, int) and least <= value <= most, wanted)


def at_least(owner: Any, least: float, *names: str) -> None:
    """The attributes are finite numbers of at least `least`.

    Raises:
        ValueError: If one is not.
    """
    _check(owner, names, lambda value: _is_number(value) and least <= value < math.inf, f"at least {least:g},")


def above(owner: Any, bound: float, *names: str, most: float = math.inf, below: float = math.inf) -> None:
    """The attributes are finite numbers above `bound`, and at most `most`, and below `below`.

    Raises:
        ValueError: If one is not.
    """
    end = f" and at most {most:g}" if most < math.inf else f" and below {below:g}" if below < math.inf else ""
    wanted = f"above {bound:g}{end},"
    _check(owner, names, lambda value: _is_number(value) and bound < value <= most and value < below, wanted)


def between(owner: Any, least: float, most: float, *names: str) -> None:
    """The attributes are numbers from `least` to `most`.

    Raises:
        ValueError: If one is not.
    """
    wanted = f"a number from {least:g} to {most:g},"
    _check(owner, names, lambda value: _is_number(value) and least <= value <= most, wanted)


def _check(owner: Any, names: Iterable[str], valid: Callable[[Any], bool], wanted: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if not valid(value):
            raise ValueError(f"{name} must be {wanted} got {value!r}")


def _is_number(value: Any, kind: Any = (int, float)) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
