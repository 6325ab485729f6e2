"""Tutoring in plain English: how a tutor is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import Grammar, Heard
from ...core.reading import Clause, Patterns, Vocabulary, bind, by_sentence, clauses, plain
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .curricula import CURRICULA
from .curricula.curriculum import Exercise, Skill
from .game import ACTS, KINDS, Answer, Stop, Teaching

WORDS = content(__file__, "phrases.toml")

PATTERNS = Patterns(content(__file__, "reading.toml"), ("skill", "task"))
"""What a tutor's plain words bind to."""
_NEEDS_QUESTION = ", with a question mark"
_TEACHING = {KINDS[act]: act for act in KINDS}


@dataclass(frozen=True, slots=True)
class _Written(Act):
    """An answer in figures, for the phrase bank."""

    skill: int
    answer: str


def understand(text: str, context: tuple[str, int]) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    An act that names no skill is about the only one in its sentence, else in the utterance; else it is ambiguous.

    Args:
        text: Any string.
        context: The curriculum, and how many of its skills are taught.
    """
    marked, mentions = _vocabulary(*context).mark(plain(text))
    heard = clauses(marked, mentions)
    near = {sentence: _named(part) for sentence, part in by_sentence(heard).items()}
    everywhere = _named(heard)
    acts: dict[Act, str] = {}
    missing = False
    for found, clause, _ in PATTERNS.find(heard):
        kind = found.removesuffix(_NEEDS_QUESTION)
        if kind != found and not clause.asked:
            continue
        if kind == "stop":
            acts[Stop()] = "stop"
            continue
        skills = _named([clause]) or near[clause.sentence] or everywhere
        acts |= {act: _told(act) for act in map(_TEACHING[kind], skills)}
        missing = missing or not skills
    if missing and not acts:
        taught = [skill.name for skill in _taught(*context)]
        return Heard(Say(), "ambiguous", f"Which skill do you mean: {', '.join(taught[:-1])} or {taught[-1]}?")
    return bind(acts)


def _taught(curriculum: str, skills: int) -> tuple[Skill, ...]:
    return CURRICULA[curriculum].skills[:skills]


@cache
def _vocabulary(curriculum: str, skills: int) -> Vocabulary:
    """What each skill is called, and its exercises that may be written out."""
    taught = _taught(curriculum, skills)
    return Vocabulary(
        {
            "skill": {skill.name: f"{re.escape(skill.title)}|{skill.also}|{skill.name}" for skill in taught},
            "task": {skill.name: skill.task for skill in taught if skill.task},
        }
    )


def _named(heard: Sequence[Clause]) -> list[str]:
    """The skills that are named, each once."""
    return list(dict.fromkeys(mention.value for clause in heard for mention in clause.mentions))


def _told(act: Teaching) -> str:
    verb = {"explain": "explain", "example": "show an example of", "quiz": "quiz me on"}[KINDS[type(act)]]
    return f"{verb} {act.skill}"


class TutoringVoice(PhraseVoice):
    """A student's words.

    A quiz gets an exercise of the skill, the student's answer to it, and perhaps the mark of the answer sheet.

    The mind only says whether the answer is right. The exercise, and which of its wrong answers is given, are drawn
    from the dialogue's random numbers.
    """

    def _utter(self, cue: Cue, stream: Stream) -> str:
        act = cue.act
        if type(act) is not Answer:
            return super()._utter(cue, stream)
        before, given, after = answered(cue, stream)
        words = super()._utter(cue._replace(act=_Written(act.skill, given)), stream)
        return f"{before} {words} {after}" if after else f"{before} {words}"


def answered(cue: Cue, stream: Stream) -> tuple[str, str, str]:
    """The exercise before the words of an `Answer`, the answer in them, and the mark after them, if there is one."""
    act: Any = cue.act
    exercises = CURRICULA[cue.public.curriculum].skills[act.skill - 1].exercises
    exercise = exercises[stream.choose(len(exercises))]
    # A wrong answer is drawn in any case, so that what is said next depends on the mark alone.
    wrong = exercise.wrong[stream.choose(len(exercise.wrong))].answer
    mark = exercise.answer_sheet[not act.right] if cue.public.marked else ""
    return posed(exercise), exercise.answer if act.right else wrong, mark


def posed(exercise: Exercise) -> str:
    """An exercise as it stands before the student's words."""
    return f"(exercise: {exercise.question})"


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the fields, and small talk if the tutor has only talked."""
    act, public, last = cue.act, cue.public, cue.before.last
    if last is None:
        slot = "opening" if cue.opening else "talk"
        return slot, (public.student, public.subject, "", "", ""), "" if cue.opening else "chat"
    kind, number = last
    title = CURRICULA[public.curriculum].skills[number - 1].title
    answer = act.answer if type(act) is _Written else ""
    slot = "answer" if answer else "explained" if kind == "explain" else "shown"
    return slot, (public.student, public.subject, title, answer, answer[:1].upper() + answer[1:]), ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = TutoringVoice(WORDS["bank"], WORDS["fields"], _describe, WORDS["topics"])
