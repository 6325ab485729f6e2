"""How learners that choose acts speak: what the grammar prints, in the words of the family's phrase bank."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..core.acts import Act
from ..core.belief import Uniform
from .base import Family
from .content import content
from .engine import Engine

TALK = "Let me think about it."


def put(engine: Engine, seat: str, act: Act, stream: Uniform) -> str:
    """An act of the learner in words. The partner understands the same as of its tag alone.

    Args:
        engine: The environment: its grammar prints the act.
        seat: The learner's.
        act: What is to be said.
        stream: Chooses among the phrases; one number is drawn.
    """
    tag = engine.grammar.print(act)
    phrases = _phrases(type(engine.family), seat).get(act.tag() if tag else "talk", ())
    place = stream.random()
    return phrases[int(place * len(phrases))].replace("{tag}", tag) if phrases else tag or TALK


@cache
def _phrases(family: type[Family], seat: str) -> dict[str, tuple[str, ...]]:
    """Kind of act -> ways to word it, from ``policies.toml`` beside the family: those that need nothing but the tag."""
    for kind in family.__mro__:
        file = getattr(sys.modules.get(kind.__module__), "__file__", None)
        if file and Path(file).with_name("policies.toml").exists():
            bank: Mapping[str, Any] = content(file, "policies.toml").get("phrases", {})
            bank = bank.get(seat, bank)
            return {
                slot: plain
                for slot, phrases in bank.items()
                if isinstance(phrases, tuple)
                and (plain := tuple(phrase for phrase in phrases if _plain(phrase, slot == "talk")))
            }
    return {}


def _plain(phrase: str, talk: bool) -> bool:
    rest = phrase.replace("{tag}", "")
    return "{" not in rest and ("{tag}" in phrase) != talk
