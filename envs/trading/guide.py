"""A language model as a dealer: what it is told, and what its words must hold.

Prices bind, so that every figure is checked: words may hold the size and the price that the dealer names, and no other
number. Nothing may be said of a position, of a limit, or of room in a price. In doubt words fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_address, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .papers import PAPERS
from .voice import NAMES, VOICE

_SAID = Wording(__file__)
_FIGURE = re.compile(r"\d[\d,.]*\d|\d|[$€£%]")
_PRICED = {"price": ("price",), "better": ("price",), "firm": ("price",), "done": ("price",), "both": ("bid", "offer")}


class TradingGuide(PartnerGuide):
    """What a language model is told in order to quote prices, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name and what is traded."""
        return {"name": public.name, "paper": PAPERS[public.paper].called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a dealer's, and say the act and nothing else."""
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        slot, facts = self.facts(cue)
        text = words.lower().replace(facts["paper"].lower(), "it")
        if fault := _SAID.fault(text, "role", "client", "tells", "vague") or fault_of_names(
            words, facts["name"], NAMES
        ):
            return fault
        if fault := fault_of_address(words, facts["name"]):
            return fault
        if slot != "opening" and facts["name"] in words:
            return f"You are {facts['name']}; do not talk to yourself."
        if slot == "opening" and facts["name"] not in words:
            return f"Say that you are {facts['name']}."
        for name in _PRICED.get(slot, ()):
            if len(re.findall(rf"(?<![\d.,]){re.escape(facts[name])}(?!\d|[.,]\d)", text)) != 1:
                return f"Say the price {facts[name]} once, as it is."
        if slot == "both" and text.index(facts["bid"]) > text.index(facts["offer"]):
            return "Say the bid first, then the offer."
        size = facts["size"].split()[0] if slot in _PRICED and slot != "better" else ""
        said = {size, *(facts[name] for name in _PRICED.get(slot, ()))}
        if any(figure not in said for figure in _FIGURE.findall(text)) or _SAID.found(text, "sums"):
            return "Name no other number."
        if slot in ("price", "both", "done") and size and facts["size"] not in words:
            return f"Say the size, {facts['size']}."
        wrong = "sell" if facts["does"] == "buy" else "buy"
        if _SAID.found(text, f"you {wrong}") or (slot != "both" and _SAID.found(text, f"my {wrong}")):
            return f"The client wants to {facts['does']}."
        return _SAID.fault_of_slot(text, slot)


GUIDE = TradingGuide(VOICE, _SAID)
