"""Support for a language model: what the seeker is told to say, and how its words are held to that.

What is behind the trouble is told in the sentence of the situation, word for word. Other replies may be sentences of
the phrase bank, which are known to say the act, or be put in other words. Those have to say the act outright, with
nothing in them that says another, and nothing may tell what is behind it or what the seeker is like. In doubt the words
fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .situations import SITUATIONS
from .voice import NAMES, VOICE

_SAID = Wording(__file__)
_LITERAL = {"opening": "says", "tell": "Told", "again": "Told"}
"""Slot -> the field whose sentence has to be said word for word."""


class SupportGuide(PartnerGuide):
    """What a language model is told in order to be a seeker, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and what the seeker comes with."""
        situation = SITUATIONS[public.situation]
        return {"name": public.name, "says": situation.says, "about": situation.about}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a seeker's, and say the act and nothing else."""
        slot, facts = self.facts(cue)
        if fault := fault_of_form(words) or _SAID.fault(words.lower(), "figures"):
            return fault
        if words in self.stock(cue):
            return ""
        name = cue.public.name
        if fault := fault_of_names(words, name, NAMES):
            return fault
        rest = words.lower()
        if slot in _LITERAL:
            sentence = facts[_LITERAL[slot]]
            if sentence.lower() not in rest:
                return f'Say this word for word: "{sentence}."'
            rest = rest.replace(sentence.lower(), ", ")
        if not cue.opening and re.search(rf"\b{name}\b", words):
            return f"You are {name}; do not talk to yourself."
        if fault := _SAID.fault(rest, "supporter", "hidden", "causes", "bye"):
            return fault
        return _SAID.fault_of_slot(rest, slot)


GUIDE = SupportGuide(VOICE, _SAID)
