"""Data teaching for a language model: what a trainer is told to say, and how its words are held to that.

A report has to give how much of the test was right, and the errors their one part; nothing may tell what the model has
learnt, which a test shows only by chance. Sentences of the phrase bank are known to say the act; other words have to
say it outright. In doubt they fail.
"""

from __future__ import annotations

from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_address, fault_of_form, fault_of_names
from ...simulated_users.user import Cue
from .domains import DOMAINS, vocabulary
from .voice import NAMES, VOICE

_SAID = Wording(__file__)


class DataTeachingGuide(PartnerGuide):
    """What a language model is told in order to be a trainer, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The trainer's name, and what the model is to learn."""
        called = DOMAINS[public.domain]
        return {"trainer": public.trainer, "domain": called["called"], "first": called["a"], "second": called["b"]}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a trainer's, and say the act and nothing else."""
        slot, facts = self.facts(cue)
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        name = cue.public.trainer
        if fault := fault_of_names(words, name, NAMES) or fault_of_address(words, name):
            return fault
        if cue.opening and name not in words:
            return f"Say that you are {name}."
        marked, mentions = vocabulary(cue.public.domain).mark(words.replace(facts["domain"], "the subject"))
        named = {DOMAINS[cue.public.domain][mention.value] for mention in mentions}
        text = marked.lower()
        if fault := _SAID.fault(text, "figures", "teacher", "judges"):
            return fault
        if fault := _fault_of_named(slot, facts, named):
            return fault
        if slot.endswith("_last"):
            if not _SAID.found(text, "over"):
                return "Say as well that this was the last round."
        elif slot != "over" and _SAID.found(text, "rounds", "bye"):
            return "There are rounds left; do not end it."
        return _SAID.fault_of_slot(text, slot.removesuffix("_last"))


GUIDE = DataTeachingGuide(VOICE, _SAID)


def _fault_of_named(slot: str, facts: dict[str, Any], named: set[str]) -> str:
    """Whether the skills and parts that are named are those that have to be."""
    shown = slot.removesuffix("_last")
    needed = {"errors": {facts["part"]}, "few": {facts["skill"]}, "half": {facts["skill"]}, "most": {facts["skill"]}}
    allowed = {facts["skill"], facts["what"], facts["part"]}
    if slot == "opening":
        allowed |= {facts["first"], facts["second"]}
    if extra := named - allowed:
        return f"Say nothing of {min(extra)}."
    if missing := needed.get(shown, set()) - named:
        return f"Name {min(missing)}."
    return ""
