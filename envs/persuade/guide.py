"""Persuade for a language model: what traveller or expert is told to say, and how its words are held to that.

A traveller says whether it goes, and may say whether the last word of the expert was true, which all know. It says
nothing of how much it trusts, or of what the hotel is like: it has not been there. An expert recommends a hotel or
warns of it, and says nothing of how it knows, whether it is honest, or other hotels. In doubt the words fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .tours import TOURS
from .voice import NAMES, VOICE

_SAID = Wording(__file__)
_WAS = {"kept": "right", "broken": "wrong"}


class PersuadeGuide(PartnerGuide):
    """What a language model is told in order to be a traveller, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and the tour."""
        return {"name": public.name, "tour": TOURS[public.tour].called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a traveller's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        name = facts["name"]
        if fault := fault_of_names(words, name, NAMES):
            return fault
        if cue.seat == "expert":
            text = _without(words.lower(), facts)
            return _SAID.fault(text, "role", "vows", *(("bye",) if slot != "farewell" else ())) or (
                _SAID.fault_of_slot(text, slot)
            )
        if cue.opening != bool(re.search(rf"\b{name}\b", words)):
            return f"Say that you are {name}." if cue.opening else f"You are {name}; do not talk to yourself."
        text = _without(words.lower(), facts)
        if fault := _SAID.fault(text, "role", "trust", "judges", "bye") or _SAID.fault_of_slot(text, slot):
            return fault
        past = slot.partition("_")[2]
        return (
            f"Say that the expert was {_WAS[past]} about the last hotel."
            if past and not _SAID.found(text, past)
            else ""
        )


def _without(text: str, facts: Any) -> str:
    """Without names of places, which may hold any word."""
    for said in (facts["hotel"], facts["town"], facts["tour"]):
        text = text.replace(said.lower(), "there")
    return text


GUIDE = PersuadeGuide(VOICE, _SAID)
