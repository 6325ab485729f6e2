"""Service for a language model: what the customer is told to say, and how its words are held to that.

A customer names an order only when it says which one it means, an action only when it says what it wants, and an
address only when it is asked who it is. In doubt the words fail. What the desk returns comes from no model.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, whole_words
from ...simulated_users.user import Cue
from .domains import DOMAINS
from .voice import NAMES, VOICE

_SAID = Wording(__file__)
_MUST = {
    "curt": ("haste", "Say that you are in a hurry."),
    "nobody": ("nobody", "Say that you do not know the address."),
    "unsure": ("unsure", "Say that you do not know which one it is."),
    "nothing": ("nothing", "Say that you want nothing else."),
    "yes": ("yes", "Say yes."),
    "no": ("no", "Say no."),
    "hangup": ("bye", "Say goodbye."),
}
"""Slot -> a pattern that its words must hold, and what is wrong if they do not."""
_MUST_NOT = {
    "email": ("haste", "You are not in a hurry."),
    "yes": ("no", "Your answer is yes; say nothing that denies it."),
    "no": ("consent", "Your answer is no; say nothing that affirms it."),
}


class ServiceGuide(PartnerGuide):
    """What a language model is told in order to be a customer, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """Who calls whom about what."""
        domain = DOMAINS[public.domain]
        return {"name": public.name, "place": public.place} | {
            "one": domain.one,
            "thing": domain.thing,
            "things": domain.things,
        }

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a customer's, and say the act and nothing else."""
        slot, facts = self.facts(cue)
        text, public = words.lower(), cue.public
        if fault := fault_of_form(words) or _SAID.fault(text, "agent"):
            return fault
        others = "|".join(other for name in NAMES if name != public.name for other in name.split())
        if re.search(rf"\b(?:{others})\b", words):
            return f"Your name is {public.name}; name nobody else."
        if slot in ("email", "curt") and facts["email"] not in text:
            return f"Give your address: {facts['email']}."
        rest = text.replace(facts["email"], "") if slot in ("email", "curt") else text
        if fault := _fault_of_naming(cue, slot, facts, rest):
            return fault
        if slot == "opening" and facts["thing"] not in text:
            return f"Say that you call about {facts['one']}."
        pattern, fault = _MUST.get(slot, ("", ""))
        if pattern and not _SAID.found(rest, pattern):
            return fault
        pattern, fault = _MUST_NOT.get(slot, ("", ""))
        if pattern and _SAID.found(rest.replace("why not", ""), pattern):
            return fault
        return "Do not hang up." if slot != "hangup" and _SAID.found(rest, "leaves") else ""


GUIDE = ServiceGuide(VOICE, _SAID)


def _fault_of_naming(cue: Cue, slot: str, facts: dict[str, Any], text: str) -> str:
    """What is named that must not be: an order, an action, an address or a figure; or what is not named."""
    public, word = cue.public, getattr(cue.act, "word", "")
    named = [
        place
        for place, (item, number) in enumerate(zip(public.items, public.numbers, strict=True), 1)
        if re.search(rf"\b(?:{re.escape(item.lower())}|{number})\b", text)
    ]
    if slot == "which":
        if str(named) != f"[{word}]":
            return f"Name the {facts['item']}, and nothing else."
        text = text.replace(facts["number"], "")
    elif named:
        return f"Do not say which {facts['thing']} it is."
    if any(character.isdigit() for character in text) or "mail.example" in text:
        return "Use no figures and no address."
    wanted = [word] if slot in ("wish", "instead") else []
    patterns = _actions(public.domain)
    if [action for action in patterns if patterns[action].search(text)] != wanted:
        return f"Say that you want to {facts['doing']}, and nothing else." if wanted else "Do not say what you want."
    return ""


@cache
def _actions(domain: str) -> dict[str, re.Pattern[str]]:
    """What names each action."""
    stated = {action: _SAID.text["actions"][action] for action in DOMAINS[domain].actions}
    return {action: whole_words(one.replace("(", "(?:") for one in called) for action, called in stated.items()}
