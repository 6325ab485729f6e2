"""What settings must be. Each check looks at some attributes of their owner, and says which value it wants instead.

`integer`, `number`, `flag`, `text` and `writable` look at single arguments.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints


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


def integer(least: int, **arguments: Any) -> None:
    """The arguments are whole numbers of at least `least`.

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        if isinstance(value, bool) or not isinstance(value, Integral):
            raise ValueError(f"{name} must be a whole number, got {value!r}")
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")


def number(least: float, *, strictly: bool = False, **arguments: Any) -> None:
    """The arguments are finite numbers of at least `least`; `strictly`: above it.

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        real = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
        if not real or value < least or (strictly and value == least):
            raise ValueError(
                f"{name} must be a number {'above' if strictly else 'of at least'} {least:g}, got {value!r}"
            )


def flag(**arguments: Any) -> None:
    """The arguments are true or false.

    Raises:
        ValueError: If one is neither.
    """
    for name, value in arguments.items():
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, got {value!r}")


def text(**arguments: Any) -> None:
    """The arguments are text.

    Raises:
        ValueError: If one is not.
    """
    for name, value in arguments.items():
        if not isinstance(value, str):
            raise ValueError(f"{name} must be text, got {value!r}")


def fits(value: Any, kind: Any) -> bool:
    """Whether a value is of a type, as the fields of scenarios are annotated; of any other type, it is."""
    if (origin := get_origin(kind)) is Literal:
        return value in get_args(kind)
    if origin is tuple:
        inner = get_args(kind)
        if not isinstance(value, tuple | list):
            return False
        inner = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return len(inner) == len(value) and all(map(fits, value, inner))
    numbers = {int: Integral, float: Real}
    if kind in (str, bool):
        return isinstance(value, kind)
    return kind not in numbers or (isinstance(value, numbers[kind]) and not isinstance(value, bool))


def of_types(kind: type, given: Mapping[str, Any], where: str) -> None:
    """The values given for fields of a class are of the types that it annotates.

    Raises:
        ValueError: If one is not.
    """
    hints = get_type_hints(kind)
    for name, value in given.items():
        if not fits(value, hints[name]):
            wanted = str(hints[name]) if get_origin(hints[name]) else hints[name].__name__
            raise ValueError(f"{name} of {where} must be of type {wanted}, got {value!r}")


def writable(path: Path, name: str = "out") -> None:
    """A file or folder can be made or changed at a path, as far as can be told before.

    Raises:
        ValueError: If it cannot.
    """
    above = path.absolute()
    while not above.exists() and above != above.parent:
        above = above.parent
    if above != path.absolute() and not above.is_dir():
        raise ValueError(f"{name} must be in a folder, but {above} is a file; got {str(path)!r}")
    if not os.access(above, os.W_OK):
        raise ValueError(f"{name} must be where one may write, but {above} cannot be written to; got {str(path)!r}")


def _check(owner: Any, names: Iterable[str], valid: Callable[[Any], bool], wanted: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if not valid(value):
            raise ValueError(f"{name} must be {wanted} got {value!r}")


def _is_number(value: Any, kind: Any = (int, float)) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
