"""Drafting for a language model: what the user is told to say, and how its words are held to that.

A wish may be put in one of the ways of the phrase bank, which are known to mean it, or in other words that name the
value and no other, outside of questions, denials and hedges. No other words may name a value, and what is wrong with a
draft is named only where the order says so. In doubt the words fail.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, whole_words
from ...simulated_users.user import Cue
from .domains import DOMAINS
from .voice import COUNTS, VOICE, describe

_WISH = "\ue001"  # stands for the wish while words are read: a private-use character, nobody types it
_SAID = Wording(__file__, wish=_WISH)
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_FORBIDDEN = {
    "want": ("edited", "bye", "accepted"),
    "slip": ("edited", "bye", "accepted"),
    "edit": ("bye", "accepted"),
    "unsure": ("edited", "bye", "accepted"),
    "seen": ("edited", "bye", "accepted", "refused", "unsure"),
    "reject": ("edited", "bye", "accepted", "unsure"),
    "count": ("edited", "bye", "accepted", "unsure"),
    "point": ("edited", "bye", "accepted", "unsure"),
    "accept": ("edited", "bye", "refused", "negated"),
    "talk": ("edited", "bye", "accepted", "refused", "unsure"),
    "leave": ("edited", "accepted", "judged"),
    "opening": ("edited", "bye", "accepted"),
}
"""Slot -> the patterns that its words must not hold: they would say another act."""
_NEEDED = {
    "edit": (("edited",), "Say that you have changed it in the draft."),
    "unsure": (("unsure",), "Say that you cannot say."),
    "seen": (("looked",), "Say that you have looked at it."),
    "reject": (("refused",), "Say that the draft is not right."),
    "count": (("refused",), "Say how much is wrong."),
    "point": (("refused",), "Say that it is wrong."),
    "accept": (("accepted",), "Say that it is right, and that you take it."),
    "leave": (("bye",), "Say that you have to go, and say goodbye."),
}
"""Slot -> the patterns of which its words must hold one, and what is said if they do not."""


class DraftingGuide(PartnerGuide):
    """What a language model is told in order to be a user, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The request, and what is to be written."""
        domain = DOMAINS[public.domain]
        return {"request": domain.requests[public.request], "work": domain.work}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """All ways to say the wish, too."""
        slot, facts = super().facts(cue)
        if slot in ("want", "slip", "edit"):
            act: Any = cue.act
            facts["wishes"] = DOMAINS[cue.public.domain].topics[act.aspect].wishes[act.value]
        return slot, facts

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a user's, and say the act and nothing else."""
        slot, text = describe(cue)[0], words.lower()
        if fault := fault_of_form(words) or _SAID.fault(text, "figures", "assistant"):
            return fault
        known = _known(cue.public.domain)
        if slot == "opening":
            if not known.keys[cue.public.request].search(text):
                return "Say what you need."
            text = text.replace(DOMAINS[cue.public.domain].requests[cue.public.request].lower(), "this.")
        if slot in ("want", "slip", "edit"):
            fault = _fault_of_wish(cue, text, known)
        else:
            fault = _fault_of_telling(cue, slot, text, known)
        if fault:
            return fault
        if any(_SAID.found(text, name) for name in _FORBIDDEN[slot]):
            return f"Do only this: {line.order}"
        patterns, missing = _NEEDED.get(slot, ((), ""))
        return missing if patterns and not _SAID.found(text, *patterns) else ""


GUIDE = DraftingGuide(VOICE, _SAID)


class _Known(NamedTuple):
    """A domain's patterns, made once."""

    values: dict[tuple[str, str], re.Pattern[str]]
    aspects: dict[str, re.Pattern[str]]
    keys: dict[str, re.Pattern[str]]


@cache
def _known(domain: str) -> _Known:
    topics, keys = DOMAINS[domain].topics.items(), DOMAINS[domain].keys.items()
    return _Known(
        {(name, value): whole_words([f"({said})"]) for name, topic in topics for value, said in topic.values.items()},
        {name: whole_words([f"({topic.pattern})"]) for name, topic in topics},
        {name: whole_words([f"({key})"]) for name, key in keys},
    )


def _fault_of_wish(cue: Cue, text: str, known: _Known) -> str:
    """Whether the words say the value that is wanted, plainly, and no other."""
    act: Any = cue.act
    aspect, value = act.aspect, act.value
    pattern = known.values[aspect, value]
    marked = text
    for wish in sorted(DOMAINS[cue.public.domain].topics[aspect].wishes[value], key=len, reverse=True):
        marked = re.sub(rf"\b{re.escape(wish.lower())}\b", _WISH, marked)
    claimed = marked != text
    marked = pattern.sub(_WISH, marked)
    if _WISH not in marked:
        return f"Say what you want: {value}."
    others = [other for (_, other), named in known.values.items() if other != value and named.search(marked)]
    others += [name for name, named in known.aspects.items() if name != aspect and named.search(marked)]
    if others:
        return f"Say nothing about {others[0]}."
    if any("?" in sentence and _WISH in sentence for sentence in _SENTENCE.findall(marked)):
        return "Say it, do not ask."
    if _SAID.found(marked, "denied", "hedged") or (not claimed and _SAID.found(marked, "negated")):
        return f"Say plainly that you want it so: {value}."
    return _SAID.fault(marked, "counted") if not claimed else ""


def _fault_of_telling(cue: Cue, slot: str, text: str, known: _Known) -> str:
    """What is told of the wish where it is not the act to say it."""
    told = [value for (_, value), named in known.values.items() if named.search(text)]
    if told:
        return f"Do not speak of {told[0]}."
    act: Any = cue.act
    about = {act.aspect} if slot in ("unsure", "point") else set()
    named = {name for name, pattern in known.aspects.items() if pattern.search(text)}
    if slot != "opening" and (named - about):
        return f"Say nothing about {min(named - about)}."
    if slot == "point" and named != about:
        return f"Say that it is about {act.aspect}."
    if slot == "count":
        rest = text.replace(COUNTS[act.wrong], "", 1)
        return "Say how many things are wrong, and that only." if rest == text else _SAID.fault(rest, "counted")
    return "" if slot in ("opening", "talk", "leave") else _SAID.fault(text, "counted")
