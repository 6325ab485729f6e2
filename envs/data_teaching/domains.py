"""What models are to learn: content of ``domains.toml``."""

from __future__ import annotations

from functools import cache

from ...core.reading import Vocabulary
from ..content import content
from .game import PARTS, SKILLS

KINDS = ("skill", "part")
DOMAINS: dict[str, dict[str, str]] = content(__file__, "domains.toml")
"""Domain -> how it is ``called``, and its skills and parts by the words that acts use for them."""


@cache
def vocabulary(domain: str) -> Vocabulary:
    """How a teacher may name skills and parts: as they are called, in the singular, too, or by the word of the acts."""
    said = DOMAINS[domain]
    parts = [part for pair in PARTS for part in pair]
    return Vocabulary(
        {
            "skill": {
                skill: rf"{_named(said[skill])}|skill {skill}|(?:the )?{place} (?:skill|subject|topic)"
                for skill, place in zip(SKILLS, ("first", "second"), strict=True)
            },
            "part": {part: rf"{_named(said[part])}|{part}" for part in parts},
        }
    )


def _named(called: str) -> str:
    return f"{called}?" if called.endswith("s") and not called.endswith("ss") else f"{called}s?"
