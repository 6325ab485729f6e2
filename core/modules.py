"""Modules that somebody names in a command: environments, rewards, policies of their own."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

ASKED: list[str] = []
"""What a command was told to import (``--module``), for the commands that follow from it."""


def is_module(name: str) -> bool:
    """Whether a name is written as in an import, such as ``agents`` or ``mine.agents``."""
    return all(part.isidentifier() for part in name.split("."))


def import_own(name: str) -> ModuleType:
    """Import a module that is installed, or lies where the command was typed.

    Raises:
        ValueError: If the name is not written as in an import, or nothing of that name is found.
    """
    if not is_module(name):
        raise ValueError(
            f"a module must be named as in an import, such as my_envs (my_envs.py or my_envs/ here); got {name!r}"
        )
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise ValueError(f"there is no module {error.name!r}: neither here nor among what is installed") from error
        raise
