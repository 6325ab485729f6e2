"""Coaching for a language model: what the client is told to say, and how its words are held to that.

An answer may be one of the claims that the phrase bank makes, which are known to mean yes or no, or it may be put in
other words. Those have to say yes or no outright, and nothing in them may point the other way. No words may tell the
coach of anything that was not asked about. In doubt the words fail.
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
from .domains import DOMAINS
from .game import Answer, Ask, Leave
from .voice import NAMES, VOICE

_IT = "this thing"  # stands for what was suggested while words are read
_SAID = Wording(__file__, it=_IT)
_SENTENCE = re.compile(r"[^.!?]+[.!?]*")


class CoachingGuide(PartnerGuide):
    """What a language model is told in order to be a client, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, and what the client wants."""
        return {"name": public.name, "goal": DOMAINS[public.domain].goal}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """The question and all claims for its answer, too."""
        slot, facts = super().facts(cue)
        if slot in ("yes", "no"):
            topic = DOMAINS[cue.public.domain].topics[cue.before.topic.attribute]
            facts |= {"question": topic.question, "claims": topic.yes if slot == "yes" else topic.no}
        return slot, facts

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a client's, and say the act and nothing else."""
        text, name = words.lower(), cue.public.name
        if fault := fault_of_form(words) or _SAID.fault(text, "figures"):
            return fault
        if fault := fault_of_names(words, name, NAMES) or fault_of_address(words, name):
            return fault
        if fault := _SAID.fault(text, "coach"):
            return fault
        if isinstance(cue.act, Answer):
            return _fault_of_answer(cue, cue.act.word, text)
        if isinstance(cue.act, Leave):
            goodbye = "" if _SAID.found(text, "bye") else "Say that you have to go, and say goodbye."
            return _fault_of_talk(cue, text) or goodbye
        if fault := _SAID.fault(text, "bye"):
            return fault
        goal = DOMAINS[cue.public.domain].goal
        wish = _SAID.text["wish"].get(cue.public.domain, goal)
        if cue.opening and (wish not in text or _SAID.found(text, "yours")):
            return f"Say that you want to {goal}."
        return _fault_of_talk(cue, text)


GUIDE = CoachingGuide(VOICE, _SAID)


class _Known(NamedTuple):
    """A domain's words, made once."""

    attributes: dict[str, re.Pattern[str]]
    strategies: dict[str, re.Pattern[str]]
    claims: tuple[tuple[str, str], ...]


@cache
def _known(domain: str) -> _Known:
    topics, strategies = DOMAINS[domain].topics.items(), DOMAINS[domain].strategies
    return _Known(
        {name: whole_words([topic.pattern]) for name, topic in topics},
        {name: whole_words([_SAID.text["strategies"].get(name, name)]) for name in strategies},
        tuple((name, said.lower()) for name, topic in topics for said in topic.yes + topic.no),
    )


def _clauses(text: str) -> list[str]:
    return [clause for part in _SAID["clause"].split(text) if (clause := part.strip())]


def _without(text: str, phrases: Iterable[str]) -> str:
    """`text` with a comma in the place of each of `phrases`; both in lower case."""
    for phrase in sorted(phrases, key=len, reverse=True):
        text = re.sub(rf"\b{re.escape(phrase.lower())}\b", ", ", text)
    return text


def _fault_of_answer(cue: Cue, word: str, text: str) -> str:
    """Whether the words are the yes or the no that is meant, about what was asked and nothing else."""
    yes, topic, domain = word == "yes", cue.before.topic, DOMAINS[cue.public.domain]
    known = _known(cue.public.domain)
    name, claimed, pattern = "", False, re.compile(_IT)
    if isinstance(topic, Ask):
        name, words = topic.attribute, domain.topics[topic.attribute]
        pattern = known.attributes[name]
        right, wrong = (words.yes, words.no) if yes else (words.no, words.yes)
        rest = _without(text, right)
        claimed = rest != text
        if _without(rest, wrong) != rest:
            return f"Your answer is {word}; you say the opposite."
    else:
        doing = domain.strategies[topic.strategy].lower()
        rest = re.sub(rf"\b{re.escape(doing)}\b", _IT, text)
        rest = known.strategies[topic.strategy].sub(_IT, rest)
    if fault := _fault_of_telling(rest, cue.public.domain, name) or _SAID.fault(rest, "bye"):
        return fault
    sentences = _SENTENCE.findall(rest)
    asked_back = any("?" in sentence and pattern.search(sentence) for sentence in sentences)
    if (name and (asked_back or _SAID.found(rest, "unsure"))) or _SAID.found(rest, "wavers"):
        return f"Answer with a plain {word}."
    stated = " ".join(sentence for sentence in sentences if "?" not in sentence)
    return _fault_of_yes(stated, claimed, not name) if yes else _fault_of_no(stated, claimed, pattern, not name)


def _fault_of_yes(stated: str, claimed: bool, suggested: bool) -> str:
    plain = stated.replace("why not", "")
    if _SAID.found(plain, "no", "against"):
        return "Your answer is yes; say nothing that denies it."
    said = claimed or _SAID.found(plain, "yes") or any(map(_SAID["short_yes"].fullmatch, _clauses(plain)))
    return "" if said or (suggested and _SAID.found(plain, "likes_it")) else "Your answer is yes; say so."


def _fault_of_no(stated: str, claimed: bool, pattern: re.Pattern[str], suggested: bool) -> str:
    if _SAID.found(stated, "yes", "turned"):
        return "Your answer is no; say nothing that affirms it."
    clauses = _clauses(stated)
    about = [clause for clause in clauses if pattern.search(clause)]
    if not all(_SAID.found(clause, "no", "against") for clause in about):
        return "Your answer is no; what you say after it sounds like yes."
    denied = any(_SAID.found(clause, "no" if suggested else "first_no") for clause in about)
    not_me = suggested and any(map(_SAID["not_me"].search, clauses))
    if claimed or denied or not_me or any(map(_SAID["outright_no"].fullmatch, clauses)):
        return ""
    return "Your answer is no; say so."


def _fault_of_telling(rest: str, domain: str, name: str) -> str:
    """What is told of the client beyond the attribute `name`."""
    known = _known(domain)
    told = [other for other, pattern in known.attributes.items() if other != name and pattern.search(rest)]
    told += [other for other, said in known.claims if other != name and said in rest]
    told += [strategy for strategy, pattern in known.strategies.items() if pattern.search(rest)]
    return f"Say nothing about {told[0]}." if told else _SAID.fault(rest, "sides")


def _fault_of_talk(cue: Cue, text: str) -> str:
    """What must not be said where nothing was asked: anything about the client, and any answer."""
    domain = cue.public.domain
    rest = _without(text, (DOMAINS[domain].goal,))
    if fault := _fault_of_telling(rest, domain, ""):
        return fault
    if not cue.opening and any(map(_SAID["answers"].match, _clauses(rest))):
        return "Answer nothing."
    return _SAID.fault(rest, "self")
