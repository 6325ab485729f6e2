"""Rumour for a language model: what an assistant is told to say, and how its words are held to that.

A report has to give how many believe the story, and what a check has found, and nothing may be said of what is hidden.
Sentences of the phrase bank are known to say the act; other words have to say it outright. In doubt they fail.
"""

from __future__ import annotations

from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_address, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .game import Report
from .stories import STORIES
from .voice import COUNTS, NAMES, VOICE

_SAID = Wording(__file__)


class RumourGuide(PartnerGuide):
    """What a language model is told in order to be an assistant, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The assistant's name, and the story."""
        told = STORIES[public.story]
        return {"assistant": public.assistant, "called": told["called"], "says": told["says"]}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are an assistant's, and say the act and nothing else."""
        slot, facts = self.facts(cue)
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        name = cue.public.assistant
        if fault := fault_of_names(words, name, NAMES) or fault_of_address(words, name):
            return fault
        if slot == "opening":
            if name not in words:
                return f"Say that you are {name}."
            if facts["says"] not in words:
                return f'Say word for word that "{facts["says"]}".'
        text = words.replace(facts["says"], "so").lower()
        if fault := _SAID.fault(text, "figures", "moderator", "judges"):
            return fault
        if isinstance(cue.act, Report):
            needed = COUNTS[cue.act.level]
            if needed not in text:
                return f'Say "{needed}".'
            if any(count in text for count in COUNTS if count != needed):
                return f'Say "{needed}", and no other number of people.'
        if slot.endswith("_last"):
            if not _SAID.found(text, "over"):
                return "Say as well that this was the last day."
        elif _SAID.found(text, "over", "bye"):
            return "There are days left; do not end it."
        return _SAID.fault_of_slot(text, slot.removesuffix("_last"))


GUIDE = RumourGuide(VOICE, _SAID)
