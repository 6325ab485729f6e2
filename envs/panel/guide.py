"""A language model as a member of a panel: what it is told, and what its words must hold.

A mark is named where it moves, and no other figure. The point that a member cares about is named where the act names
it; else none is, but the one that was argued.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form
from ...simulated_users.user import Cue
from .cases import CASES
from .game import MEMBERS, POINTS
from .voice import VOICE, describe

_SAID = Wording(__file__)
_FIGURE = re.compile(r"\d+|[$%]")
_WORD = re.compile(r"\b(?:one|two|three|five|six|seven|eight|nine|ten)\b")


class PanelGuide(PartnerGuide):
    """What a language model is told in order to be a member, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """What is decided, and on which points."""
        case = CASES[public.case]
        return {"wish": case.wish, "members": case.members, **case.called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a member's, and say the act and nothing else."""
        slot, (mark, point, name, _), _ = describe(cue)
        if fault := fault_of_form(words) or _SAID.fault(words.lower(), "role", "advocate"):
            return fault
        if any(re.search(rf"\b{other.capitalize()}\b", words) for other in MEMBERS if other.capitalize() != name):
            return "Name no other member."
        if words in self.stock(cue):
            return ""
        text = words.lower()
        marks = set(_FIGURE.findall(text))
        if slot in ("tell", "talk"):
            if marks:
                return "Name no mark and no figure."
        elif marks != {str(mark)} or _WORD.search(text):
            return f"Name your mark, {mark}, in figures, and no other figure."
        called = CASES[cue.public.case].called
        named = {one for one in POINTS if called[one].lower() in text}
        if slot == "tell":
            if {called[one] for one in named} != {point} or _SAID.found(text, "denies"):
                return f'Say that you care about "{point}", with these words, and deny nothing.'
            return "Ask for nothing else." if _SAID.found(text, "moves", "decides") else ""
        if any(called[one] != point for one in named) or (named and slot == "talk"):
            return "Say nothing about what you care about."
        return _SAID.fault_of_slot(text, slot)


GUIDE = PanelGuide(VOICE, _SAID)
