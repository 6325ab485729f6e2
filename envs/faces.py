"""What ``gym.make`` and ``gym.make_vec`` call: they give the face that was asked for."""

from __future__ import annotations

from typing import Any

from .base import Family
from .dialogue_env import DialogueEnv
from .vector_env import DialogueVectorEnv

FACES = ("text", "acts")


def make_env(family: str | Family, face: str = "text", **arguments: Any) -> DialogueEnv:
    """One dialogue.

    Args:
        family: A family, or ``"module:Class"``.
        face: ``"text"``: strings in, strings out, a `DialogueEnv`. ``"acts"``: numbered acts in, arrays out, an
            `ActsEnv`.
        **arguments: As for these classes.

    Raises:
        ValueError: If there is no such face, or an argument is not among the valid ones.
    """
    if _acts(face):
        from .acts_env import ActsEnv

        return ActsEnv(family, **arguments)
    return DialogueEnv(family, **arguments)


def make_vector(family: str | Family, face: str = "text", **arguments: Any) -> DialogueVectorEnv:
    """Many dialogues, stepped together; see `make_env`."""
    if _acts(face):
        from .acts_env import ActsVectorEnv

        return ActsVectorEnv(family, **arguments)
    return DialogueVectorEnv(family, **arguments)


def _acts(face: str) -> bool:
    if face not in FACES:
        raise ValueError(f"face must be one of {', '.join(FACES)}; got {face!r}")
    return face == "acts"
