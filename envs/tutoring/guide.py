"""A language model as the student of tutoring: what it is told, and what its words must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ...core.stream import Stream
from ...simulated_users import student
from ...simulated_users.guide import Line
from ...simulated_users.speech import Wording, fill, whole_words
from ...simulated_users.user import Cue
from .curricula import CURRICULA
from .curricula.curriculum import Exercise
from .game import Answer
from .voice import VOICE, answered, posed

_SAID = Wording(__file__, **student.MARKS)


class TutoringGuide(student.StudentGuide):
    """A student who is taught.

    It says nothing of what it has understood, because the mind, which alone knows, gives that away in answers only. An
    answer is given without a word on whether it is right: the model is not told, and sounds the same for both.
    """

    def known(self, public: Any) -> dict[str, Any]:
        """Name and subject."""
        return {"name": public.student, "subject": public.subject}

    def facts(self, cue: Cue) -> tuple[str, dict[str, Any]]:
        """An answer is drawn with its exercise."""
        slot, facts = super().facts(cue)
        return ("answer" if type(cue.act) is Answer else slot), facts

    def order(self, cue: Cue, stream: Stream) -> Line:
        """What to say; an answer stands between its exercise and its mark."""
        if type(cue.act) is not Answer:
            return super().order(cue, stream)
        before, given, after = answered(cue, stream)
        return Line(fill(_SAID.text["orders"]["answer"], {"given": given}), before, after, "answer")

    def given(self, cue: Cue, line: Line) -> str:
        """The answer to an exercise."""
        act: Any = cue.act
        if type(act) is not Answer:
            return ""
        exercise = _posed(cue.public.curriculum, act.skill)[line.before]
        answers = [exercise.answer] if act.right else [wrong.answer for wrong in exercise.wrong]
        return next(answer for answer in answers if f'"{answer}"' in line.order)

    def mistakes(self, cue: Cue, line: Line) -> tuple[str, Mapping[str, str]]:
        """The wrong answers to the exercise, each with its misconception, which a student keeps in that skill."""
        act: Any = cue.act
        if type(act) is not Answer or act.right:
            return "", {}
        exercise = _posed(cue.public.curriculum, act.skill)[line.before]
        return f"skill {act.skill}", {wrong.answer: wrong.misconception for wrong in exercise.wrong}

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with `words`, or ``""``."""
        facts, given = cue.public, self.given(cue, line)
        if given:
            words = student.mark(words, [given], student.GIVEN)
            if student.GIVEN not in words:
                return f'Give the answer "{given}", written like that.'
        titles = (skill.title for skill in CURRICULA[facts.curriculum].skills)
        words = student.mark(words, (facts.subject, *titles), student.NAMED)
        if cue.before.last is None:
            words = _SAID["heard"].sub("", words)
        if fault := student.adrift(words) or student.numbered(words) or student.claimed(cue, words):
            return fault
        named = _SAID.found(words, "name") or re.search(rf"\b{re.escape(facts.student.lower())}\b", words)
        if named and not cue.opening:
            return "Say only your own words; your name is known."
        if fault := student.SAID.fault(words, "graded"):
            return fault
        if _vocabulary().search(words):
            return "Name no answer that you were not told to give."
        if given:
            return student.denied(words)
        if cue.opening:
            return _introduced(words, facts)
        if fault := _SAID.fault(words, "own_answer"):
            return fault
        allowed = {"explain": "expla", "example": "examp"}.get((cue.before.last or ("",))[0], "-")
        if any(not request[0].startswith(allowed) for request in _SAID["request"].finditer(words)):
            return "Do not ask for an explanation, an example or an exercise."
        return ""


@cache
def _posed(curriculum: str, number: int) -> dict[str, Exercise]:
    """The exercises of a skill, by the words in which they are set."""
    return {posed(exercise): exercise for exercise in CURRICULA[curriculum].skills[number - 1].exercises}


@cache
def _vocabulary() -> re.Pattern[str]:
    """Words that only answers hold, such as the names of salts."""
    skills = [skill for curriculum in CURRICULA.values() for skill in curriculum.skills]
    texts = [said.answer for skill in skills for exercise in skill.exercises for said in (exercise, *exercise.wrong)]
    return whole_words(sorted({word for text in texts for word in re.findall(r"[a-z]{3,}", text)}))


def _introduced(words: str, facts: Any) -> str:
    """What is wrong with the first words of a dialogue: they hold the student's name and the subject."""
    name = facts.student.lower()
    if not re.search(rf"\b{re.escape(name)}\b(?! ?:)", words) or any(
        named != name for named in _SAID["name"].findall(words)
    ):
        return f"Say that your name is {facts.student}."
    keys = [word for word in facts.subject.lower().split() if len(word) > 4]
    if student.NAMED not in words and not any(key in words for key in keys):
        return f"Say that it is about {facts.subject}."
    return ""


GUIDE = TutoringGuide(VOICE, _SAID)
