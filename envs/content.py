"""The words and facts of a family, which lie beside its code as TOML files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def content(module: str, name: str) -> dict[str, Any]:
    """Read a TOML file that lies beside a module. Lists become tuples, so that all values but tables are hashable.

    Args:
        module: The module's ``__file__``.
        name: Name of the file, such as ``"phrases.toml"``.

    Raises:
        ValueError: If the file is missing or is no TOML; the message names it.
    """
    path = Path(module).with_name(name)
    try:
        return _hashable(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} must be a TOML file: {error}") from error


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hashable(part) for key, part in value.items()}
    return tuple(map(_hashable, value)) if isinstance(value, list) else value
