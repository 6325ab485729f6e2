"""Acts as functions that a language model calls, in the form of OpenAI's tools; the grammar reads the calls as tags."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .acts import Act, Say
from .grammar import Grammar, fields_of

SAY = "say"
"""The function that only says something."""
WORDS = "message"
"""The argument of every function that holds what is said with the act."""
HINT = "To call the function of the same name does the same as a tag."
"""What the brief adds where functions are given."""

_TAG = re.compile(r"\s*\[[^\[\]]*\]")


def tools(grammar: Grammar) -> list[dict[str, Any]]:
    """The acts as functions, and one to `SAY` something that binds nothing.

    Returns:
        A list as the field ``tools`` of a request takes it, with a JSON schema of the arguments of each function.
    """
    spoken = _function(SAY, "Say something that binds nothing.", {}, [WORDS])
    acts = {tag: fields_of(act) for tag, act in grammar.acts.items()}
    made = [_function(tag, _about(grammar.acts[tag]), fields, list(fields)) for tag, fields in acts.items()]
    return [*made, *([] if SAY in acts else [spoken])]


def utterance(call: Mapping[str, Any]) -> str:
    """What a call says: its `WORDS`, and the tag of the act. What is wrong with it, the grammar finds.

    Args:
        call: ``{"name": ..., "arguments": ...}``, or an object that holds such a one as ``"function"``. The arguments
            are a mapping, or JSON of one.

    Returns:
        Such as ``"Half way, then? [offer price=120]"``.
    """
    function = call.get("function") or call
    name, given = function.get("name"), function.get("arguments")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    values = dict(given) if isinstance(given, Mapping) else {}
    words = values.pop(WORDS, None)
    tag = (
        ""
        if name == SAY
        else " ".join([f"[{name}", *(f"{key}={_plain(value)}" for key, value in values.items())]) + "]"
    )
    return f"{words or ''} {tag}".strip()


def call_of(act: Act, text: str, number: int) -> dict[str, Any] | None:
    """The call that comes to an act with these words, with arguments as JSON; ``None`` for mere words.

    Args:
        act: What the words came to.
        text: The words, with a tag or without.
        number: Makes the ``id`` of the call.
    """
    if isinstance(act, Say):
        return None
    words = _TAG.sub("", text).strip()
    arguments = json.dumps({**asdict(act), **({WORDS: words} if words else {})})
    return {"id": f"call_{number}", "type": "function", "function": {"name": act.tag(), "arguments": arguments}}


def _function(name: str, about: str, fields: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    properties = {
        WORDS: {"type": "string", "description": "What you say."},
        **dict(zip(fields, map(_schema, fields.values()), strict=True)),
    }
    parameters = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": about, "parameters": parameters}}


def _schema(kind: Any) -> dict[str, Any]:
    if kind is int:
        return {"type": "integer"}
    return {"type": "string", "enum": list(kind)} if isinstance(kind, tuple) else {"type": "string"}


def _about(act: type[Act]) -> str:
    """The docstring of an act; not the one that `dataclass` writes where there is none."""
    about = inspect.cleandoc(act.__doc__ or "")
    return "" if about.startswith(f"{act.__name__}(") else " ".join(about.split())


def _plain(value: Any) -> str:
    """An argument as a tag holds it; JSON knows no difference between 120 and 120.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
