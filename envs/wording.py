"""How learners that choose acts speak: what the grammar prints, in the words of the family's phrase bank."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..core.acts import Act
from ..core.belief import Uniform
from ..core.dialogue import Dialogue
from .base import Family
from .content import content
from .engine import Engine

TALK = "Let me think about it."


def put(engine: Engine, dialogue: Dialogue, act: Act, stream: Uniform) -> str:
    """An act of the learner in words. The partner understands the same as of its tag alone.

    Args:
        engine: The environment: its grammar prints the act.
        dialogue: Where it is said.
        act: What is to be said.
        stream: Chooses among the phrases; one number is drawn.
    """
    tag = tag_of(engine, dialogue, act)
    phrases = _phrases(type(engine.family), dialogue.seat).get(act.tag() if tag else "talk", ())
    place = stream.random()
    return phrases[int(place * len(phrases))].replace("{tag}", tag) if phrases else tag or TALK


def tag_of(engine: Engine, dialogue: Dialogue, act: Act) -> str:
    """The tag of an act, as the learner is to say it; ``""`` for talk."""
    return engine.family.told(engine.grammar.print(act), dialogue.scenario)


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
