"""Support in plain English: how a supporter is understood without tags, and how a seeker speaks."""

from __future__ import annotations

import re
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Found, Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import (
    ACTS,
    Better,
    Close,
    Cool,
    Disclose,
    Inform,
    Question,
    Reassure,
    Reflect,
    Restate,
    Suggest,
    Tell,
    Warm,
    Worse,
)
from .situations import SITUATIONS

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
NAMES: tuple[str, ...] = WORDS["names"]
"""Names of seekers; they mean nothing."""

READING = content(__file__, "reading.toml")
_CALLED = {name: "|".join(said) for name, said in READING["plans"].items()}
VOCABULARY = Vocabulary({"plan": _CALLED, "feeling": {"felt": "|".join(READING["feelings"])}})
PATTERNS = Patterns(READING, VOCABULARY.kinds)
"""What a supporter's plain words bind to."""

_SO = re.compile(rf"\bso (?=(?:{'|'.join(READING['feelings'])})\b)", re.IGNORECASE)
"""Before a word of feeling, where it begins no clause."""

_KINDS: dict[str, type[Act]] = {
    "question": Question,
    "restate": Restate,
    "reflect": Reflect,
    "disclose": Disclose,
    "reassure": Reassure,
    "inform": Inform,
    "close": Close,
}
_SAID = {
    "question": "ask about it",
    "restate": "say back what I told you",
    "reflect": "name how I feel",
    "disclose": "tell me about yourself",
    "reassure": "reassure me",
    "inform": "tell me a fact",
    "close": "end the talk",
}
_STRONGER = ("suggest", "close", "reassure", "disclose", "inform", "reflect", "restate", "question")
"""Of several acts that the same clause states, the first of these counts; if it is asked, a question that it may be."""


def understand(text: str, context: Any = None) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Comfort that leads up to a question is said in passing: the question binds.

    Args:
        text: Any string.
        context: Nothing.
    """
    stated: dict[int, list[Found]] = {}
    for found in read(_SO.sub("very ", text), PATTERNS, VOCABULARY):
        stated.setdefault(id(found.clause), []).append(found)
    acts: dict[Act, str] = {}
    for several in stated.values():
        kinds = {found.act for found in several}
        asks = several[0].clause.asked and "question" in kinds and "suggest" not in kinds
        kind = "question" if asks else min(kinds, key=_STRONGER.index)
        if kind == "suggest":
            plans = several[0].clause.values("plan")
            acts |= {Suggest(plan): f"suggest that I {_PLAN[plan]}" for plan in plans}
        else:
            act = _KINDS[kind]()
            acts.pop(act, None)  # the last place where it was said counts
            acts[act] = _SAID[kind]
    if acts and isinstance(last := next(reversed(acts)), Question) and {*map(type, acts)}.isdisjoint((Suggest, Close)):
        return Heard(last)  # one answers what one is asked, whatever comfort comes before
    return bind(acts)


_PLAN = {"lighten": "lighten the load", "settle": "settle it with them", "remember": "make room to remember"}


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the supporter has only talked."""
    act, public, before = cue.act, cue.public, cue.before
    situation = SITUATIONS[public.situation]
    told = situation.causes[act.cause] if isinstance(act, Tell) else ""
    return slot_of(cue), (situation.says, told, public.name), "chat" if before.last is None else ""


def slot_of(cue: Cue) -> str:
    """The slot of the phrase bank that says the act; it depends on what the act answers, too."""
    act, last = cue.act, cue.before.last
    if isinstance(act, Say):
        return "opening" if cue.opening else "talk"
    if isinstance(act, Tell):
        return "again" if cue.before.told else "tell"
    if isinstance(act, Warm):
        return "kindred" if isinstance(last, Disclose) else "warm"
    if isinstance(act, Worse):
        return "worse"
    if isinstance(act, Better):
        return "better" if not isinstance(last, Suggest) else "taken" if act.steps > 1 else "partly"
    assert isinstance(act, Cool)
    return _COOL.get(type(last), "cool")


_COOL: dict[type, str] = {
    Suggest: "decline",
    Question: "evade",
    Disclose: "distant",
    Reassure: "unmoved",
    Inform: "unmoved",
}
"""What a cool reply answers -> its slot."""

GRAMMAR = Grammar(ACTS, understand)
VOICE = PhraseVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
