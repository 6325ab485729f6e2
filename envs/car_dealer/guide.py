"""A language model as a buyer of a car: what it is told, and what its words must hold.

A refusal tells why and nothing else: no other car, no sum, nothing of what would be paid. In doubt words fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_address, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .lots import HOUSES
from .voice import NAMES, VOICE

_SAID = Wording(__file__)
_FIGURE = re.compile(r"\d[\d,.]*|[$€£%]")
_LEVELS = ("low", "middle", "high")


class CarDealerGuide(PartnerGuide):
    """What a language model is told in order to buy a car, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name and the house."""
        return {"name": public.name, "house": HOUSES[public.house].called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a buyer's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        text = words.lower()
        for said in (facts["house"], facts["car"], facts["price"]):
            text = text.replace(said.lower(), "it") if said else text
        fault = _SAID.fault(text, "role", "dealer", "bids", "vague") or fault_of_names(words, facts["name"], NAMES)
        if fault := fault or fault_of_address(words, facts["name"]):
            return fault
        if slot != "opening" and facts["name"] in words:
            return f"You are {facts['name']}; do not talk to yourself."
        if slot == "opening" and facts["name"] not in words:
            return f"Say that you are {facts['name']}."
        if _FIGURE.search(text) or _SAID.found(text, "sums"):
            return "Name no sum, and no number."
        cars = [name for house in HOUSES.values() for name in house.cars if name != facts["car"]]
        if any(re.search(rf"\b{name}\b", words) for name in cars):
            return "Name no other car."
        if slot == "tells":
            kinds = [kind for kind in ("sedan", "suv", "luxury") if _SAID.found(text, kind)]
            wanted = facts["kind"].split()[1].lower()
            return (
                "" if kinds == [wanted] and not _SAID.found(text, "denies") else f"Say that you want {facts['kind']}."
            )
        if slot != "kind" and _SAID.found(text, "sedan", "suv", "luxury"):
            return "Say nothing of the kind of car that you want."
        if slot != "kind" and slot not in _LEVELS and _SAID.found(text, *_LEVELS):
            return "Say nothing of how much you can spend."
        return _SAID.fault_of_slot(text, slot)


GUIDE = CarDealerGuide(VOICE, _SAID)
