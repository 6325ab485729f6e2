"""A policy of one's own, by the module it is in: ``agents:Planner(model=qwen3-8b)``."""

from __future__ import annotations

from typing import Any

from ..core.modules import import_own, is_module
from ..core.spec import parse_spec


def is_own(spec: str) -> bool:
    """Whether a text names something in a module: ``MODULE:NAME``, perhaps with parameters."""
    module, colon, name = spec.partition("(")[0].partition(":")
    return bool(colon) and is_module(module) and name.isidentifier()


def load_own(spec: str) -> Any:
    """What ``MODULE:NAME`` is; a class, and whatever has parameters after its name, is called with them.

    Args:
        spec: ``agents:speak`` is a function of a dialogue, or a policy made before; ``agents:Planner`` a class that
            needs no arguments; ``agents:Planner(depth=2)`` a class, or a function that returns a policy, with
            arguments.

    Raises:
        ValueError: If the module is not found, has no such name, or cannot be called so.
    """
    named, parameters = parse_spec(spec, "policy")
    module, _, name = named.partition(":")
    home = import_own(module)
    if not hasattr(home, name):
        raise ValueError(f"policy {named!r}: the module {module} has no {name}")
    found = getattr(home, name)
    if not isinstance(found, type) and "(" not in spec:
        return found
    try:
        return found(**parameters)
    except TypeError as error:
        raise ValueError(f"policy {spec!r} cannot be made: {error}") from error
