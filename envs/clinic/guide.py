"""Clinic for a language model: what the patient is told to say, and how its words are held to that.

An answer may be one of the claims that the phrase bank makes, which are known to mean yes or no, or it may be put in
other words. Those have to say yes or no outright, and nothing in them may point the other way. No words may tell the
doctor of anything that was not asked about, and none may show that something is concealed. In doubt the words fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_address, fault_of_form, fault_of_names, whole_words
from ...simulated_users.user import Cue
from .complaints import COMPLAINTS
from .game import Answer, Leave, Reassure
from .voice import NAMES, VOICE

_SAID = Wording(__file__)


class ClinicGuide(PartnerGuide):
    """What a language model is told in order to be a patient, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and what the patient has come with."""
        complaint = COMPLAINTS[public.complaint]
        return {"name": public.name, "trouble": complaint.trouble, "about": complaint.about}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """The question and all claims for its answer, too."""
        slot, facts = super().facts(cue)
        if slot in ("yes", "no"):
            topic = COMPLAINTS[cue.public.complaint].topics[cue.before.topic.finding]
            facts |= {"question": topic.question, "claims": topic.yes if slot == "yes" else topic.no}
        return slot, facts

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a patient's, and say the act and nothing else."""
        text, name = words.lower(), cue.public.name
        if fault := fault_of_form(words) or _SAID.fault(text, "figures"):
            return fault
        if fault := fault_of_names(words, name, NAMES) or fault_of_address(words, name):
            return fault
        if fault := _SAID.fault(text, "doctor"):
            return fault
        if isinstance(cue.act, Answer):
            return _fault_of_answer(cue, cue.act.word, text)
        if isinstance(cue.act, Leave):
            goodbye = "" if _SAID.found(text, "bye") else "Say that you have to go, and say goodbye."
            return _fault_of_talk(cue, text) or goodbye
        if fault := _SAID.fault(text, "bye"):
            return fault
        if cue.opening and _SAID.text["wish"][cue.public.complaint] not in text:
            return f"Say that you have {COMPLAINTS[cue.public.complaint].trouble}."
        return _fault_of_talk(cue, text)


GUIDE = ClinicGuide(VOICE, _SAID)


class _Known(NamedTuple):
    """A complaint's words, made once."""

    topics: dict[str, re.Pattern[str]]
    names: re.Pattern[str]
    claims: tuple[tuple[str, str], ...]


@cache
def _known(complaint: str) -> _Known:
    words = COMPLAINTS[complaint]
    return _Known(
        {name: whole_words([topic.pattern]) for name, topic in words.topics.items()},
        whole_words([*words.illnesses.values(), *(exam.pattern for exam in words.tests.values())]),
        tuple((name, said.lower()) for name, topic in words.topics.items() for said in topic.yes + topic.no),
    )


@cache
def _spoken(complaint: str) -> tuple[str, ...]:
    """What the phrase bank says besides claims, in lower case; it is true of anybody."""
    words = COMPLAINTS[complaint]
    return tuple(said.lower() for said in (words.trouble, words.about, "good morning"))


def _clauses(text: str) -> list[str]:
    return [clause for part in _SAID["clause"].split(text) if (clause := part.strip())]


def _without(text: str, phrases: Iterable[str]) -> str:
    """`text` with a comma in the place of each of `phrases`; both in lower case."""
    for phrase in sorted(phrases, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(phrase.lower())}\b", ", ", text)
    return text


def _fault_of_answer(cue: Cue, word: str, text: str) -> str:
    """Whether the words are the yes or the no that is meant, about what was asked and nothing else."""
    name, complaint = cue.before.topic.finding, cue.public.complaint
    topic, pattern = COMPLAINTS[complaint].topics[name], _known(complaint).topics[name]
    right, wrong = (topic.yes, topic.no) if word == "yes" else (topic.no, topic.yes)
    rest = _without(text, right)
    claimed = rest != text
    if _without(rest, wrong) != rest:
        return f"Your answer is {word}; you say the opposite."
    if fault := _fault_of_telling(rest, complaint, name) or _SAID.fault(rest, "bye", "hides"):
        return fault
    if _SAID.found(rest, "unsure") or "?" in rest:
        return f"Answer with a plain {word}."
    if word == "yes":
        if _SAID.found(rest, "no"):
            return "Your answer is yes; say nothing that denies it."
        return "" if claimed or _SAID.found(rest, "yes") else "Your answer is yes; say so."
    if _SAID.found(rest, "yes", "turned"):
        return "Your answer is no; say nothing that affirms it."
    clauses = _clauses(rest)
    if not all(_SAID.found(clause, "no") for clause in clauses if pattern.search(clause)):
        return "Your answer is no; what you say after it sounds like yes."
    return "" if claimed or any(map(_SAID["outright_no"].fullmatch, clauses)) else "Your answer is no; say so."


def _fault_of_telling(rest: str, complaint: str, name: str) -> str:
    """What is told of the patient beyond the finding `name`."""
    known = _known(complaint)
    told = [other for other, pattern in known.topics.items() if other != name and pattern.search(rest)]
    told += [other for other, said in known.claims if other != name and said in rest]
    if told:
        return f"Say nothing about {told[0]}."
    return _SAID.fault(rest, "names") or ("Name no illness, no drug and no test." if known.names.search(rest) else "")


def _fault_of_talk(cue: Cue, text: str) -> str:
    """What must not be said where nothing was asked: anything about the patient, and any answer."""
    complaint = cue.public.complaint
    rest = _without(text, _spoken(complaint))
    if fault := _fault_of_telling(rest, complaint, ""):
        return fault
    thanks = isinstance(cue.before.topic, Reassure)
    if not cue.opening and not thanks and any(map(_SAID["answers"].match, _clauses(rest))):
        return "Answer nothing."
    return _SAID.fault(rest, "self", "hides")
