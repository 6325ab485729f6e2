"""A language model as a persuadee: what it is told, and what its words must hold.

A reaction to a fact promises and refuses nothing and names nothing that would move the person. An answer to the
personal question names one thing. A yes names the sum, and says that it is all only if it is.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form
from ...simulated_users.user import Cue
from .charities import CHARITIES
from .game import KINDS, Propose
from .voice import NAMES, SUMS, VOICE, describe

_SAID = Wording(__file__)
_SUM = re.compile(r"\b(?:(?:50|fifty) cents|half a dollar|(?:a|one|1) dollar)\b|\$ ?(?:1|0?\.50)\b")
_ASKED = re.compile(r"(?<!\bso)\?")
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")
_FIGURE = re.compile(r"\d|[$%]")


class PersuasionGuide(PartnerGuide):
    """What a language model is told in order to be a persuadee, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and the charity."""
        return {"name": public.name, "charity": CHARITIES[public.charity].called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a persuadee's, and say the act and nothing else."""
        text, slot, name = words.lower(), describe(cue)[0], cue.public.name
        topic = cue.before.topic
        asked = SUMS[topic.cents] if isinstance(topic, Propose) else ""
        if fault := fault_of_form(words) or _SAID.fault(text, "role", "volunteer"):
            return fault
        if any(re.search(rf"\b{other}\b", words) for other in NAMES if other != name or slot != "opening"):
            return f"You are {name}; name nobody else, and your own name only to greet."
        text = text.replace(CHARITIES[cue.public.charity].called.lower(), "the charity")
        rest = re.sub(rf"\b{asked}\b", "that", text) if asked else text
        if slot == "reason":
            rest = re.sub(r"\bwhat (?:a|one|my) dollar does\b", "what it does", rest)
        if _SUM.search(rest) or _FIGURE.search(rest):
            return f"Name no sum{f' but {asked}' if asked else ''} and no figure."
        if slot in KINDS:
            return _fault_of_kind(slot, text)
        if told := [kind for kind in KINDS if _SAID.found(rest, kind)]:
            return f"Say nothing about {told[0]}."
        if asked:
            return _fault_of_answer(slot, asked, text, rest)
        if _SAID.found(text, "money") or (slot != "opening" and _SAID.found(text, "declines")):
            return "Refuse nothing, and say nothing about money."
        if slot == "leave":
            return "" if _SAID.found(text, "leaving") else "Say that you have to go."
        if _SAID.found(text, "bye"):
            return "Do not leave yet."
        if slot == "opening":
            return "" if re.search(rf"\b{name}\b", words) else f"Say that you are {name}."
        praises, asks = _SAID.found(text, "pleased"), bool(_ASKED.search(text))
        if slot == "nod":
            fault = "Say that it is a good point, nothing against it, and ask nothing."
            return "" if praises and not asks and not _SAID.found(text, "cool") else fault
        if slot == "shrug":
            unmoved = _SAID.found(text, "unmoved") and not praises and not asks
            return "" if unmoved else "Say only that it does not say much to you, and ask nothing."
        return "Answer nothing, and praise nothing." if praises or _SAID["answers"].match(text) else ""


def _fault_of_kind(kind: str, text: str) -> str:
    if not _SAID.found(text, kind):
        return f"Say that you are for {kind}."
    if others := [other for other in KINDS if other != kind and _SAID.found(text, other)]:
        return f"Say nothing about {others[0]}."
    return "Do not leave yet." if _SAID.found(text, "bye") else ""


def _fault_of_answer(slot: str, asked: str, text: str, rest: str) -> str:
    """Whether the words are the yes, the yes and no more, or the no that is meant."""
    if fault := _SAID.fault(text, "wavers"):
        return fault
    plain = _SAID["harmless"].sub(" ", rest)
    agrees, declines = _SAID.found(rest, "agrees"), _SAID.found(plain, "declines")
    if slot == "no":
        before = text.partition(asked)[0]  # "not a dollar", but not "a dollar, no more"
        denied = asked not in text or _SAID.found(before, "refuses")
        return "" if declines and denied and not agrees else f"Say plainly that you do not give {asked}."
    stated = any(asked in said and not said.endswith("?") for said in _SENTENCE.findall(text))
    if asked not in text or not (agrees or stated):
        return f"Say yes, and name {asked}."
    if (slot == "enough") != _SAID.found(plain, "done"):
        return "Say that this is all." if slot == "enough" else "Do not say that this is all, and do not leave."
    plain = _SAID["done"].sub(" ", plain)
    return "Your answer is yes; say nothing that denies it." if _SAID.found(plain, "refuses") else ""


GUIDE = PersuasionGuide(VOICE, _SAID)
