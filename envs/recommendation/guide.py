"""Recommendation for a language model: what the guest is told to say, and how its words are held to that.

A value may be told in the words of the catalogue or in others that name it. No words may name a value that was not
told, a house that was not shown, or a reason where none is given. In doubt the words fail.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names, whole_words
from ...simulated_users.user import Cue
from .game import ANY, Criticise, Leave, Refuse, Take, Tell
from .places import GUESTS, REGION, WORDS, catalogue
from .voice import VOICE

_SAID = Wording(__file__)


class RecommendationGuide(PartnerGuide):
    """What a language model is told in order to be a guest, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The guest, the place and the occasion."""
        where = "around here" if public.where == REGION else f"in {public.where}"
        return {"name": public.guest, "where": where, "occasion": public.occasion}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """All claims for the value, too."""
        slot, facts = super().facts(cue)
        if wish := _wish(cue):
            attribute, value = wish
            facts |= {"claims": WORDS[attribute].values[value].says}
        return slot, facts

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a guest's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if fault := fault_of_names(words, cue.public.guest, GUESTS):
            return fault
        text = words.lower()
        rest, shown, fault = _without_houses(text, cue)
        if fault := fault or _SAID.fault(rest, "guide"):
            return fault
        act = cue.act
        if not isinstance(act, Leave) and (fault := _SAID.fault(rest, "bye")):
            return fault
        if isinstance(act, (Tell, Criticise)) and act.value != ANY:
            return _fault_of_telling(cue, rest, shown)
        if isinstance(act, (Take, Refuse)):
            return _fault_of_deciding(cue, rest, shown)
        rest = _without_place(rest, cue)
        if other := _values(cue.public.where, rest):
            return f"Say nothing about {other[0][1]}."
        if isinstance(act, Tell):
            return "" if _SAID.found(rest, "unsure") else "Say that you do not know."
        if isinstance(act, Leave):
            return "" if _SAID.found(rest, "bye") else "Say goodbye."
        if cue.opening:
            missing = cue.public.occasion.lower() not in text or self.known(cue.public)["where"].lower() not in text
            return "Say where you want to eat, and for what." if missing else ""
        return "Answer nothing." if _SAID["answers"].match(rest) else ""


GUIDE = RecommendationGuide(VOICE, _SAID)


def _wish(cue: Cue) -> tuple[str, str] | None:
    """Attribute and value that the act says; ``None`` if it says none."""
    act = cue.act
    if isinstance(act, Criticise):
        return act.attribute, act.value
    return (cue.before.topic, act.value) if isinstance(act, Tell) and act.value != ANY else None


def _fault_of_telling(cue: Cue, rest: str, shown: bool) -> str:
    """Whether the words want this value and no other; of a critique, whether they turn down what was shown."""
    wish = _wish(cue)
    assert wish is not None
    words, claimed = WORDS[wish[0]].values[wish[1]], False
    for said in sorted(words.says, key=len, reverse=True):
        claimed |= said.lower() in rest
        rest = rest.replace(said.lower(), "")
    named = _values(cue.public.where, rest)
    if other := [pair for pair in named if pair != wish]:
        return f"Say nothing about {other[0][1]}."
    if not named and not claimed:
        return f"Say that you want this: {wish[1]}."
    if re.search(rf"\b(?:no|not|never|without)\b[^.!?,;:]*(?:{words.pattern})", rest):
        return "Say what you want, not what you do not want."
    if isinstance(cue.act, Criticise):
        return "" if shown or _SAID.found(rest, "no") else "Say that you do not want what you are shown."
    return "Answer the question." if _SAID.found(rest, "unsure") else ""


def _fault_of_deciding(cue: Cue, rest: str, shown: bool) -> str:
    """Whether the words take, or turn down, what was shown, and give no reason."""
    if other := _values(cue.public.where, rest):
        return f"Say nothing about {other[0][1]}."
    if isinstance(cue.act, Take):
        bare = rest.replace("why did i not", "").replace("why not", "")
        if _SAID.found(bare, "no"):
            return "You take it; say nothing against it."
        return "" if shown or _SAID.found(bare, "yes") else "Say that you take it."
    if _SAID.found(rest, "why"):
        return "Do not say why."
    return "" if _SAID.found(rest, "no") else "Say that you do not want it."


@cache
def _houses(where: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    names = sorted((name.lower() for name in catalogue(where).names), key=len, reverse=True)
    return tuple((name, re.compile(rf"\b{re.escape(name)}\b")) for name in names)


def _without_houses(text: str, cue: Cue) -> tuple[str, bool, str]:
    """`text` without the houses that may be named, whether there are any, and what is wrong if another is."""
    names, act = catalogue(cue.public.where).names, cue.act
    may = [names[place].lower() for place in cue.before.shown]
    may = may[act.number - 1 : act.number] if isinstance(act, Take) else may
    named = False
    for name, pattern in _houses(cue.public.where):
        if pattern.search(text):
            if name not in may:
                return text, False, "Name no house that you were not shown."
            text, named = pattern.sub("it", text), True
    return text, named, ""


def _without_place(text: str, cue: Cue) -> str:
    """`text` without what is public of the evening."""
    for said in (cue.public.occasion.lower(), cue.public.where.lower()):
        text = text.replace(said, "")
    return text


@cache
def _patterns(where: str) -> tuple[tuple[tuple[str, str], re.Pattern[str]], ...]:
    return tuple(
        ((name, value), whole_words([wish.pattern]))
        for name in catalogue(where).attributes
        for value, wish in WORDS[name].values.items()
    )


def _values(where: str, text: str) -> list[tuple[str, str]]:
    """The attributes and values that a text names."""
    return [wish for wish, pattern in _patterns(where) if pattern.search(text)]
