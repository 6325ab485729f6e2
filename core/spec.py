"""Names with parameters, as users write them: ``curiosity/entropy(gamma=0.99)``, ``voiced:smollm2(shots=2)``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Parameter = bool | int | float | str


def parse_spec(text: str, kind: str = "") -> tuple[str, dict[str, Parameter]]:
    """Name and parameters.

    Args:
        text: The name, and the parameters in parentheses if there are any.
        kind: What is named, for messages: ``"reward"``.

    Raises:
        ValueError: If the parameters are not ``(name=value, ...)``.
    """
    name, bracket, inside = text.strip().partition("(")
    parameters: dict[str, Parameter] = {}
    what = f"{kind} {name!r}".strip()
    if bracket:
        if not inside.endswith(")"):
            raise ValueError(f"parameters of {what} must be in parentheses, got {text!r}")
        for part in split_commas(inside[:-1]) if inside[:-1].strip() else ():
            parameter, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals or not value:
                raise ValueError(f"parameters of {what} must be given as name=value, got {part.strip()!r}")
            parameters[parameter] = _value(value)
    return name, parameters


def see_parameters(what: str, given: Iterable[str], valid: Iterable[str]) -> None:
    """What is named takes all the parameters that are given.

    Args:
        what: What is named, for messages: ``"user 'voiced:smollm2'"``.
        given: Names of parameters.
        valid: Names of those that it takes.

    Raises:
        ValueError: If it does not; the message lists the valid ones.
    """
    known = tuple(dict.fromkeys(valid))
    if unknown := [name for name in given if name not in known]:
        named = ", ".join(map(repr, unknown))
        raise ValueError(f"{what} has no parameter {named}; valid ones are {', '.join(known) or 'none'}")


def spell_spec(name: str, parameters: Mapping[str, Parameter]) -> str:
    """The text that `parse_spec` reads."""
    inside = ",".join(
        f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in parameters.items()
    )
    return f"{name}({inside})" if inside else name


def split_commas(text: str) -> Iterator[str]:
    """The parts between commas that are not inside parentheses."""
    start = depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def read_value(text: str) -> Any:
    """What a user writes for a value: JSON, or one of Python's words for it; any other text is a string."""
    try:
        return json.loads(_PYTHONS.get(text, text))
    except json.JSONDecodeError:
        return text


_PYTHONS = {"True": "true", "False": "false", "None": "null"}


def _value(text: str) -> Parameter:
    value = read_value(text)
    return value if isinstance(value, (bool, int, float)) else text
