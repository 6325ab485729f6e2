"""Classroom for a language model: what the class is told to say, and how its words are held to that.

An answer has to give what the student was told to say and what helps the class, and nothing else. After a lecture, an
exercise or pair work nothing may tell whether it has helped. Sentences of the phrase bank are known to say the act;
other words have to say it outright. In doubt they fail.
"""

from __future__ import annotations

import re
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form
from ...simulated_users.user import Cue
from .subjects import SUBJECTS
from .voice import NAMES, STUDENTS, VOICE

_SAID = Wording(__file__)
_WAYS = ("listening", "doing")


class ClassroomGuide(PartnerGuide):
    """What a language model is told in order to be a class, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The teacher, and what is taught."""
        return {"teacher": public.teacher, "subject": SUBJECTS[public.subject].called}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a class's, and say the act and nothing else."""
        slot, facts = self.facts(cue)
        if fault := fault_of_form(words):
            return fault
        if words in self.stock(cue):
            return ""
        text = words.lower().replace(facts["subject"].lower(), "the subject")
        if fault := _SAID.fault(text, "figures", "teacher"):
            return fault
        if any(other in words for other in NAMES if other != cue.public.teacher):
            return f"Your teacher is {cue.public.teacher}."
        named = {name.capitalize() for name in STUDENTS if re.search(rf"\b{name}\b", text)}
        if extra := named - {facts["student"], facts["first"], facts["second"]}:
            return f"Do not name {sorted(extra)[0]}."
        if slot in _WAYS:
            return _fault_of_answer(slot, facts, text, cue.public.subject)
        if _SAID.found(text, *_WAYS, "knows") or _tells(text, cue.public.subject):
            return "Say nothing of who can do it, of the answer, or of what would help."
        if slot == "paired" and named != {facts["first"], facts["second"]}:
            return f"Name {facts['first']} and {facts['second']}."
        if slot == "opening" and cue.public.teacher not in words:
            return f"Greet {cue.public.teacher} by name."
        return _SAID.fault_of_slot(text, slot)


GUIDE = ClassroomGuide(VOICE, _SAID)


def _tells(text: str, subject: str) -> bool:
    """Whether an answer to the question is named."""
    return any(answer.lower() in text for answer in (SUBJECTS[subject].right, SUBJECTS[subject].wrong))


def _fault_of_answer(way: str, facts: dict[str, Any], text: str, subject: str) -> str:
    """Whether the student gives the answer that it was told to give, and says what helps the class."""
    said, student = facts["said"].lower(), facts["student"]
    if student.lower() not in text or said not in text:
        return f"Name {student}, who answers word for word: {facts['said']}."
    rest = text.replace(said, "so")
    other = _WAYS[1 - _WAYS.index(way)]
    if _tells(rest, subject) or _SAID.found(rest, "knows", "denied"):
        return f"The answer is {facts['said']}; say nothing else about it."
    if not _SAID.found(rest, way) or _SAID.found(rest, other):
        return f"Say that {_SAID.text['helps'][way]} helps the class, and nothing else."
    return "Do not leave yet." if _SAID.found(rest, "bye") else ""
