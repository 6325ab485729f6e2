"""A language model as the student of tutoring: what it is told, and what its words must hold."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from ...core.stream import Stream
from ...simulated_users import student
from ...simulated_users.guide import Line
from ...simulated_users.speech import literal, manner
from ...simulated_users.user import Cue
from .curricula import CURRICULA
from .curricula.curriculum import Exercise, Skill
from .game import Answer
from .voice import answered, posed

_REQUEST = re.compile(r"\b(?:explain|explanations?|examples?)\b|\b(?:quiz|exercise|test) me on\b")
_OWN_ANSWER = re.compile(r"\b(?:my answer|the answer|answer is|the result|i (?:say|get|got|put) \w+\.)")
_HEARD = re.compile(r"\A(?:right|understood)\. ")  # of what the tutor has said; after a lesson it would be a claim
_NAME = re.compile(r"\b(?:my name is|call me|my name's) (\w+)")


class TutoringGuide(student.StudentGuide):
    """A student who is taught.

    It says nothing of what it has understood, because the mind, which alone knows, gives that away in answers only. An
    answer is given without a word on whether it is right: the model is not told, and sounds the same for both.
    """

    def scene(self, cue: Cue) -> str:
        """Name, subject and manner."""
        facts = cue.public
        return (
            f"You are {facts.student}, a student. A tutor teaches you {facts.subject} and sometimes gives you an "
            "exercise. You never say whether you have understood something, and you never judge an answer. "
            f"{manner(cue.persona)}"
        )

    def order(self, cue: Cue, stream: Stream) -> Line:
        """What to say; an answer stands between its exercise and its mark."""
        facts, last = cue.public, cue.before.last
        if type(cue.act) is Answer:
            before, given, after = answered(cue, stream)
            order = f'Give your answer to the exercise in one short sentence. The answer is "{given}". '
            return Line(f"{order}Say no other number.", before, after, "answer")
        if cue.opening:
            order = f"Greet the tutor. Say that your name is {facts.student} and that it is about {facts.subject}."
            return Line(order, intent="opening")
        if last is None:
            order = "React to the tutor in a few words, and leave it to the tutor what comes next."
            return Line(order, intent="talk")
        title = _skill(facts.curriculum, last[1]).title
        if last[0] == "explain":
            order = f"The tutor has explained {title}. Say in a few words that you have listened or taken notes."
            return Line(f"{order} Say no number.", intent="explained")
        order = f"The tutor has shown an example of {title}. Say in a few words that you have watched or copied it."
        return Line(f"{order} Say no number.", intent="shown")

    def judge(self, cue: Cue, line: Line, words: str) -> str:
        """What is wrong with `words`, or ``""``."""
        facts = cue.public
        given = _given(cue, line) if type(cue.act) is Answer else ""
        if given:
            words = student.mark(words, [given], student.GIVEN)
            if student.GIVEN not in words:
                return f'Give the answer "{given}", written like that.'
        titles = (skill.title for skill in CURRICULA[facts.curriculum].skills)
        words = student.mark(words, (facts.subject, *titles), student.NAMED)
        if cue.before.last is None:
            words = _HEARD.sub("", words)
        if fault := student.adrift(words) or student.numbered(words) or student.claimed(cue, words):
            return fault
        if not cue.opening and (_NAME.search(words) or re.search(rf"\b{re.escape(facts.student.lower())}\b", words)):
            return "Say only your own words; your name is known."
        if student.GRADED.search(words):
            return "Do not say whether an answer is right or wrong."
        if _vocabulary().search(words):
            return "Name no answer that you were not told to give."
        if given:
            return student.denied(words)
        if cue.opening:
            return _introduced(words, facts)
        if _OWN_ANSWER.search(words):
            return "There is no exercise to be answered now."
        allowed = {"explain": "expla", "example": "examp"}.get((cue.before.last or ("",))[0], "-")
        if any(not request[0].startswith(allowed) for request in _REQUEST.finditer(words)):
            return "Do not ask for an explanation, an example or an exercise."
        return ""

    def shape(self, cue: Cue, line: Line) -> str:
        """An answer stands alone or ends its sentence; other words hold no number."""
        if type(cue.act) is Answer:
            return student.giving(_given(cue, line), "")
        if not cue.opening:
            return student.reacting()
        name, subject = cue.public.student, literal(f" {cue.public.subject}")
        own = f"{literal(f'I am {name}')} | {literal(f'My name is {name}')}"
        return (
            f'root ::= (start [.!] " ")? ({own}) (next{{0,5}} {subject} | [.!] " " start {subject}) [.!?]'
            f"{student.WORDS}"
        )


def _skill(curriculum: str, number: int) -> Skill:
    return CURRICULA[curriculum].skills[number - 1]


def _given(cue: Cue, line: Line) -> str:
    """The answer that a line orders."""
    act: Any = cue.act
    exercise = _posed(cue.public.curriculum, act.skill)[line.before]
    answers = [exercise.answer] if act.right else [wrong.answer for wrong in exercise.wrong]
    return next(answer for answer in answers if f'"{answer}"' in line.order)


@cache
def _posed(curriculum: str, number: int) -> dict[str, Exercise]:
    """The exercises of a skill, by the words in which they are set."""
    return {posed(exercise): exercise for exercise in _skill(curriculum, number).exercises}


@cache
def _vocabulary() -> re.Pattern[str]:
    """Words that only answers hold, such as the names of salts."""
    exercises = [
        exercise for curriculum in CURRICULA.values() for skill in curriculum.skills for exercise in skill.exercises
    ]
    texts = [text for exercise in exercises for text in (exercise.answer, *(wrong.answer for wrong in exercise.wrong))]
    words = sorted({word for text in texts for word in re.findall(r"[a-z]{3,}", text)})
    return re.compile(rf"\b(?:{'|'.join(words)})\b")


def _introduced(words: str, facts: Any) -> str:
    """What is wrong with the first words of a dialogue: they hold the student's name and the subject."""
    name = facts.student.lower()
    if not re.search(rf"\b{re.escape(name)}\b(?! ?:)", words) or any(named != name for named in _NAME.findall(words)):
        return f"Say that your name is {facts.student}."
    keys = [word for word in facts.subject.lower().split() if len(word) > 4]
    if student.NAMED not in words and not any(key in words for key in keys):
        return f"Say that it is about {facts.subject}."
    return ""


GUIDE = TutoringGuide()
