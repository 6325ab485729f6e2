"""A language model as a seller: what it is told, and what its words must hold.

A price is named where the act names one, and no other figure. Whether the offer fits is said in the words of the need,
where the act says so, and nowhere else.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form
from ...simulated_users.user import Cue
from .game import SELLERS
from .needs import NEEDS
from .voice import VOICE, describe

_SAID = Wording(__file__)
_FIGURE = re.compile(r"\d+|[$%]")
_PRICED = ("quote_fits", "quote_lacks", "lower", "stay", "again")


class MarketGuide(PartnerGuide):
    """What a language model is told in order to be a seller, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """What is looked for, and what it has to do."""
        need = NEEDS[public.need]
        called = need.called[:1].upper() + need.called[1:]
        return {"called": need.called, "does": need.does, "lacks": need.lacks, "Called": called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a seller's, and say the act and nothing else."""
        slot, values, _ = describe(cue)
        if fault := fault_of_form(words) or _SAID.fault(words.lower(), "role", "shopper"):
            return fault
        if any(re.search(rf"\b{name.capitalize()}\b", words) for name in SELLERS if name != cue.seat):
            return "Name no other seller."
        if words in self.stock(cue):
            return ""
        need = NEEDS[cue.public.need]
        text = words.lower().replace(need.called.lower(), "that")
        price, told = values[0], slot.partition("_")[2]
        if fault := _fault_of_price(text, price if slot in _PRICED else None):
            return fault
        said = {word for word, phrase in (("fits", need.does), ("lacks", need.lacks)) if phrase.lower() in text}
        rest = text.replace(need.lacks.lower(), " ").replace(need.does.lower(), " ")
        if told:
            wanted = need.does if told == "fits" else need.lacks
            if said != {told} or _SAID.found(rest, "denies", "free"):
                return f'Say "it {wanted}", and nothing that denies it.'
            return "You go on selling." if _SAID.found(rest, "going") else ""
        if said or _SAID.found(text, "claims"):
            return "Say nothing about what your offer is or does."
        return _fault_of_answer(slot, rest)


def _fault_of_price(text: str, price: int | None) -> str:
    """Whether exactly that price is named, or no figure at all."""
    figures = set(_FIGURE.findall(text)) - {"$"}
    if price is None:
        return "Name no price and no figure." if figures or "$" in text else ""
    return "" if figures == {str(price)} else f"Name ${price}, in figures, and no other figure."


def _fault_of_answer(slot: str, text: str) -> str:
    """Whether an answer goes down, stays, or ends it, as it is meant."""
    going, yields, holds = (_SAID.found(text, name) for name in ("going", "yields", "holds"))
    if slot == "withdraw":
        return "" if going else "Say that you do not sell any more."
    if going or _SAID.found(text, "free"):
        return "You go on selling, at your price, and promise nothing."
    if slot == "lower":
        return "" if yields and not holds else "Say plainly that you come down to that price."
    if slot == "stay":
        return "" if holds and not yields else "Say plainly that the price stays as it is."
    return "" if not yields else "Do not say that you come down."


GUIDE = MarketGuide(VOICE, _SAID)
