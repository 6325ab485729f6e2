"""Guessing for a language model: what the thinker is told to say, and how its words are held to that.

An answer says yes, no or what the table holds, and nothing else: no words may name what could be thought of, or touch
on what was not asked. In doubt the words fail.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...simulated_users.guide import Line
from ...simulated_users.partner import PartnerGuide
from ...simulated_users.speech import Wording, fault_of_form, fault_of_names, fill, normal, whole_words
from ...simulated_users.user import Cue
from .game import Ask, Guess, Leave, Reply, Try
from .subjects import NAMES, PRESET, answer, answers, called, questions, story
from .voice import VOICE

_SAID = Wording(__file__)
_NUMBER = re.compile(r"-?\d+")


class GuessingGuide(PartnerGuide):
    """What a language model is told in order to be a thinker, and how its words are checked. See `Guide`."""

    def known(self, public: Any) -> dict[str, Any]:
        """The name, the riddle, and what the thinker does."""
        told = story(public.subject)
        doing = fill(_SAID.text["doing"][PRESET[public.subject]], {"story": told})
        return {"name": public.name, "story": told, "doing": doing}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """Whether the words are a thinker's, and say the act and nothing else."""
        subject, told = cue.public.subject, normal(story(cue.public.subject))
        if cue.opening and told:
            if told not in words:
                return f"Tell the riddle word for word: {told}"
            words = " ".join(words.replace(told, "What has happened?").split())
        text = words.lower()
        if fault := fault_of_form(words):
            return fault
        if fault := fault_of_names(words, cue.public.name, NAMES):
            return fault
        if isinstance(cue.before.topic, Try) and isinstance(cue.act, Reply):
            return _fault_of_value(cue.before.topic, cue.act.word, text)
        if fault := _SAID.fault(text, "figures") or _fault_of_telling(cue, text):
            return fault
        if isinstance(cue.act, Leave):
            said = _SAID.found(text, "bye") and _SAID.found(
                text, "leaving" if PRESET[subject] == "riddle" else "ending"
            )
            return "" if said else line.order
        if fault := _SAID.fault(text, "leave_early"):
            return fault
        if isinstance(cue.act, Reply):
            return "" if _says(cue.act, cue.before.topic, subject, text) else line.order
        if cue.opening:
            return ""
        return "Answer nothing." if any(map(_SAID["answers"].match, re.split(r"[.!?;:] *", text))) else ""


GUIDE = GuessingGuide(VOICE, _SAID)


def _says(act: Reply, topic: Any, subject: str, text: str) -> bool:
    """Whether words say the answer and no other."""
    found = _SAID.found
    if isinstance(topic, Guess):
        if act.word == "right":
            return found(text, "right") and not found(text, "no")
        return found(text, "no") and not found(_SAID["plain_no"].sub("", text), "affirms")
    if act.word not in ("yes", "no", "beside"):
        return answer(act.word).lower() in text and not found(text.replace(answer(act.word).lower(), ""), "no")
    if found(text, "hurry") != (act.manner == "curt"):
        return False
    if act.word == "beside":
        rest = _SAID["beside"].sub("", text)
        return found(text, "beside") and not found(rest, "affirms") and not found(rest, "no")
    if found(text, "beside"):
        return False
    if act.word == "yes":
        return found(text, "yes") and not found(text, "no")
    return found(text, "plain_no") and not found(_SAID["plain_no"].sub("", text), "affirms")


def _fault_of_value(topic: Try, value: str, text: str) -> str:
    """Whether a value is told, with or without what it is the value of."""
    whole = [str(topic.a), str(topic.b), str(topic.c), value]
    return "" if _NUMBER.findall(text) in (whole, [value]) else f"Say that the rule gives {value}, and no other number."


def _fault_of_telling(cue: Cue, text: str) -> str:
    """What is named that was not asked about."""
    subject, topic = cue.public.subject, cue.before.topic
    if cue.opening and PRESET[subject] == "riddle":
        return ""  # the words around a riddle come before any question, and whoever says them knows no solution
    if isinstance(topic, Guess):
        text = _named(subject)[topic.thing].sub("", text)
    if isinstance(cue.act, Reply) and isinstance(topic, Ask):
        text = text.replace(answer(cue.act.word).lower(), "")
    found = next((name for name, pattern in _named(subject).items() if pattern.search(text)), "")
    return f"Do not speak of {found}." if found else ""


@cache
def _named(subject: str) -> dict[str, re.Pattern[str]]:
    """What must not be spoken of: things, cities, answers that are no yes or no, what a riddle's questions name."""
    named = dict(called(subject))
    if PRESET[subject] == "cities":
        named |= {word: re.escape(said.lower()) for word, said in answers().items()}
    if PRESET[subject] == "riddle":
        named |= {name: each.heard for name, each in questions(subject).items() if "-" in name}
    return {name: whole_words([pattern]) for name, pattern in named.items()}
