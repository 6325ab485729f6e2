"""Donor for a language model: what visitors and neighbours are told to say, and how their words are held to that.

A gift names its number and no other. A neighbour may say what all know of the learner, but not why it gives what it
gives, nor what others do: the voice does not know the norm behind it. In doubt the words fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...core.acts import Say
from ...core.reading import plain
from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .game import Give
from .villages import NAMES, PLACES
from .voice import VOCABULARY, VOICE, understand

_SAID = Wording(__file__)
_NAMED = ("ask",)


class DonorGuide(PartnerGuide):
    """What a language model is told in order to be somebody there, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The place, and what people ask for."""
        place = PLACES[public.place]
        return {"about": place.about, "of": place.of}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are theirs, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        name = facts["name"]
        if fault := fault_of_names(words, name, NAMES):
            return fault
        named = bool(re.search(rf"\b{name}\b", words))
        if slot in _NAMED and not named:
            return f"Say that you are {name}."
        if named and not _SAID.found(words.lower(), "myself"):
            return f"You are {name}; do not talk to yourself."
        text = words.lower().replace(facts["why"].lower(), "")
        if fault := _SAID.fault(text, "role", "norms", "others") or _SAID.fault_of_slot(text, slot):
            return fault
        numbers = {mention.value for mention in VOCABULARY.mark(plain(text))[1]} - {0}
        if isinstance(cue.act, Give):
            clear = numbers <= {cue.act.units} and understand(text, False).act == cue.act
            if not clear or understand(text, False).problem:
                return f"Say that you give {facts['said']}, and nothing else."
            return ""
        right = {"one": 1, "two": 2}.get(slot, 0)
        if numbers - {right} or any(character.isdigit() for character in text):
            return "Name no number." if not right else f"Name no other number than {facts['said']}."
        return "" if understand(text, False).act == Say() or slot != "ask" else "You ask; you give nothing."


GUIDE = DonorGuide(VOICE, _SAID)
