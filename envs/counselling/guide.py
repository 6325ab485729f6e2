"""Counselling for a language model: what the client is told to say, and how its words are held to that.

A motive is told in the sentence of the habit, and a plan in the words of the phrase bank. Other replies may be
sentences of the phrase bank, which are known to say the act, or be put in other words. Those have to say the act
outright, with nothing in them that says another, and nothing may tell of a motive, a doubt, or how far the client has
come. In doubt the words fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .changes import HABITS
from .voice import NAMES, VOICE

_SAID = Wording(__file__)
_LITERAL = {"opening": "says", "evoked": "Told", "propose": "plan"}
"""Slot -> the field whose sentence has to be said word for word."""


class CounsellingGuide(PartnerGuide):
    """What a language model is told in order to be a client, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and what the client comes with."""
        habit = HABITS[public.habit]
        return {"name": public.name, "says": habit.says, "doing": habit.doing}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a client's, and say the act and nothing else."""
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
                return f'Say this word for word: "{sentence}".'
            rest = rest.replace(sentence.lower(), ", ")
        if not cue.opening and re.search(rf"\b{name}\b", words):
            return f"You are {name}; do not talk to yourself."
        if fault := _SAID.fault(rest, "counsellor", "hidden", "motives", "bye"):
            return fault
        return _SAID.fault_of_slot(rest, slot)


GUIDE = CounsellingGuide(VOICE, _SAID)
