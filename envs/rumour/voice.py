"""Rumour in plain English: how a moderator is understood without tags, and how its assistant speaks."""

from __future__ import annotations

import re
from itertools import product
from typing import Any, cast

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Check, Debunk, Label, Report, Unlabel
from .stories import STORIES

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["assistants"]
"""Names of assistants; they mean nothing."""
COUNTS: tuple[str, ...] = WORDS["counts"]
"""For each level of a report, how many people that is, in words."""
_NOTHING = Vocabulary({})
PATTERNS = Patterns(content(__file__, "reading.toml"), _NOTHING.kinds)
"""What a moderator's plain words bind to."""
_MEANT: dict[str, tuple[Act, str]] = {
    "check": (Check(), "have it checked"),
    "label": (Label(), "put a label on it"),
    "unlabel": (Unlabel(), "take the label off"),
    "debunk": (Debunk(), "write to those who believe it"),
}


_DONE: dict[type, str] = {Say: "chat", Label: "label", Unlabel: "unlabel", Debunk: "debunk"}
_SECOND = re.compile(r"\band (?=(?:check|verify|label|flag|put|write|send|take|remove|debunk)\b)", re.IGNORECASE)
_HEDGED = re.compile(r"\b(?:if|when|once|unless|until|not|never)\b|n't", re.IGNORECASE)


def understand(text: str, context: Any) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    A second act after "and" is a clause of its own, but where what is said before it may deny or suppose it, too.
    """
    if not _HEDGED.search(text):
        text = _SECOND.sub(", then ", text)
    return bind(dict(_MEANT[found.act] for found in read(text, PATTERNS, _NOTHING)))


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and what was done today, or small talk if nothing was."""
    act, told, many = cue.act, STORIES[cue.public.story], ""
    slot = "opening"
    if isinstance(act, Report):
        many = COUNTS[act.level]
        slot = slot_of(act)
    values = (cue.public.assistant, told["called"], told["says"], many)
    return slot, values, _DONE.get(type(cue.before.today), "")


def slot_of(act: Report) -> str:
    """What is told: how many believe it, and of a check; with ``_last`` in the evening of the last day."""
    return {"none": "many", "true": "true", "false": "false"}[act.verdict] + ("_last" if act.last else "")


def _joined(slots: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The slots of a persona: what a check has found is followed by how many believe it, and all by the end."""
    found = dict(slots)
    for told in ("true", "false"):
        found[told] = tuple(f"{a} {b}" for a, b in product(slots[told], slots["many"]))
    return found | {
        f"{slot}_last": tuple(f"{a} {b}" for a, b in product(found[slot], slots["over"]))
        for slot in ("many", "true", "false")
    }


GRAMMAR = Grammar(ACTS, understand)
BANK = {persona: _joined(slots) for persona, slots in cast(dict, WORDS["bank"]).items()}
VOICE = PhraseVoice(BANK, WORDS["fields"], describe, WORDS["topics"])
