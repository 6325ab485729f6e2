"""Helpdesk for a language model: what the customer is told to say, and how its words are held to that.

What is seen on the phone is said in one of the claims of the phrase bank, which are known to mean what they mean, with
free words around it. No words may speak of another part, of what the phone does where it was not restarted, or of how
well the customer knows its way. In doubt the words fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, whole_words
from ...simulated_users.user import Cue
from .calls import CASES, NAMED
from .game import PHONE, Done, Guide, HangUp, Leave, Outcome, Report
from .voice import VOICE

_SAID = Wording(__file__)
_PARTS = whole_words([named.pattern for named in NAMED.values()])
_CLAIMS = {part: {"odd": NAMED[part].odd, "fine": NAMED[part].fine, "done": NAMED[part].done} for part in PHONE}
_ALL = sorted((said.lower() for some in _CLAIMS.values() for claims in some.values() for said in claims), key=len)


class HelpdeskGuide(PartnerGuide):
    """What a language model is told in order to be a customer, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, the phone, the plan, and where it fails."""
        return {"name": public.name, "phone": public.phone, "plan": public.plan, "place": public.place}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """All claims of what was seen or done, too."""
        slot, facts = super().facts(cue)
        if isinstance(cue.act, (Report, Done)):
            facts |= {"claims": _claims(cue)}
        return slot, facts

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a customer's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        name, act = cue.public.name, cue.act
        if any(re.search(rf"\b{one.name}\b", words) for one in CASES if one.name != name):
            return f"Your name is {name}; name nobody else."
        text = words.lower()
        for said in (cue.public.phone, cue.public.plan):
            text = text.replace(said.lower(), "it")
        if fault := _SAID.fault(text, "agent") or ("" if isinstance(act, HangUp) else _SAID.fault(text, "skill")):
            return fault
        if isinstance(act, (Report, Done)):
            return _fault_of_telling(cue, text)
        if _PARTS.search(text):
            return "Name no part of the phone."
        if isinstance(act, Outcome):
            if act.word == "works":
                return _SAID.fault(text, "fails") or ("" if _SAID.found(text, "right") else "Say that it works.")
            return _SAID.fault(text, "bye", "works") or (
                "" if _SAID.found(text, "wrong") else "Say that it does not work."
            )
        if isinstance(act, HangUp):
            angry = _SAID.found(text, "bye") and _SAID.found(text, "knows")
            return _SAID.fault(text, "works", "fails") or ("" if angry else "Say that you know all that, and goodbye.")
        if isinstance(act, Leave):
            return _SAID.fault(text, "works", "fails") or ("" if _SAID.found(text, "bye") else "Say goodbye.")
        if cue.opening:
            told = " data" in text and _SAID.found(text, "wrong")
            return "" if told else "Say that your mobile data does not work."
        if fault := _SAID.fault(text, "bye"):
            return fault
        if isinstance(cue.before.topic, Guide) and _SAID.found(text, "puzzled"):
            return "You have understood; say so."
        return _SAID.fault(text, "works", "fails", "deed")


GUIDE = HelpdeskGuide(VOICE, _SAID)


def _claims(cue: Cue) -> tuple[str, ...]:
    """All that says the act."""
    named = NAMED[cue.before.topic.part]
    return getattr(named, cue.act.word) if isinstance(cue.act, Report) else named.done


def _fault_of_telling(cue: Cue, text: str) -> str:
    """Whether the words make a claim that says the act, and none besides."""
    rest, claims = text, _claims(cue)
    for said in sorted(claims, key=len, reverse=True):
        rest = rest.replace(said.lower(), ",")
    if rest == text:
        return f"Say it in these words: {claims[0]}."
    if any(said in rest for said in _ALL) or _PARTS.search(rest):
        return "Say nothing else of the phone."
    if fault := _SAID.fault(rest, "bye", "works", "fails"):
        return fault
    if cue.act == Report("lost"):
        return "" if _SAID.found(rest, "puzzled") else "Say that you cannot find it."
    return _SAID.fault(rest, "denied")
