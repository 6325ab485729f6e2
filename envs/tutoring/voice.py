"""Tutoring in plain English: how a tutor is understood without tags, and how a student speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ...core.acts import Act, Say
from ...core.grammar import TALK, Grammar, Heard
from ...core.stream import Stream
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .curricula import CURRICULA
from .curricula.curriculum import Exercise
from .game import ACTS, KINDS, Answer, Example, Explain, Quiz, Stop, Teaching

WORDS = content(__file__, "phrases.toml")

_SYMBOLS = re.compile(r"[^\w\s.,:;!?'()/+=%-]+")
_SENTENCE = re.compile(r"([^.!?;]+)([.!?;]*)")
# What a sentence must begin with to announce an act, after words that commit to nothing.
_LEAD = (
    r"(?:(?:ok|okay|yes|right|good|great|fine|well|so|now|next|then|first|alright|all right|today|and|please|hello|hi"
    r"|very|sorry|no problem|let's see) )*"
    r"(?:(?:let me|let's|let us|i will|i'll|i am going to|i'm going to|i want to|i would like to|i'd like to|we will"
    r"|we'll|it is time to|time to) )?"
    r"(?:(?:now|first|next|just|quickly|also|briefly) )*"
)
_WORKED = r"(?:(?:an?|one|another|one more|the|this) (?:\w+ )?)"
_SET = rf"{_WORKED}?(?:exercise|question|problem|quiz|task)\b"
_ANNOUNCED: dict[type[Teaching], re.Pattern[str]] = {
    Explain: re.compile(
        rf"{_LEAD}(?:explain(?:ing)?|teach(?: you)?|introduce|go over|tell you (?:about|how|why|what))\b"
        rf"|{_LEAD}(?:here is|here's) {_WORKED}?explanation\b"
    ),
    Example: re.compile(
        rf"{_LEAD}(?:(?:show you|work through|do|give you|look at|go through|see|take|consider|have|here is|here's"
        rf"|this is) {_WORKED}?|{_WORKED})examples?\b"
        rf"|{_LEAD}show you how\b|{_LEAD}example\b(?! (?:is|was|would|of what))"
    ),
    Quiz: re.compile(
        rf"{_LEAD}(?:quiz|test)(?: you)?\b"
        rf"|{_LEAD}(?:ask you|give you|set you|do|try|solve|have|here is|here's|this is) {_SET}"
        rf"|{_LEAD}(?:can|could|would|will) you (?:please )?(?:try|solve|do|answer) {_SET}"
        rf"|{_LEAD}how about {_SET}"
    ),
}
_STOP = re.compile(
    rf"{_LEAD}(?:stop|finish|end)(?: (?:here|now|there|for today|the lesson|this lesson|it here))*\Z"
    rf"|{_LEAD}(?:that's|that is|this is|that was|we are|we're|i am|i'm) (?:all|it|enough|done|finished)"
    r"(?: (?:for (?:today|now)|here|now|with the lesson))?\Z"
    rf"|{_LEAD}(?:good ?bye|bye)\b|{_LEAD}the lesson is over\Z"
)
_UNSURE = re.compile(
    r"n't\b|\b(?:not|never|no need|if|unless|before|until|when|after|once|instead of|rather than|later|tomorrow"
    r"|yesterday|maybe|perhaps|might|should i|shall i|do you|would you like|already|wish)\b"
)


@dataclass(frozen=True, slots=True)
class _Written(Act):
    """An answer in figures, for the phrase bank."""

    skill: int
    answer: str


def understand(text: str, context: tuple[str, int]) -> Heard:
    """Read an utterance without a tag. Deterministic, linear in the text, and never raises.

    1. A sentence that begins by announcing it explains ("let me explain mixed numbers", "I will teach you adding"),
       shows an example ("here is an example of adding", "let us work through one example of equations") or sets a quiz
       ("now try an exercise on adding", "quiz: adding", "can you solve a problem on adding?"). The skill is named by
       its name or other words for it, in the same sentence; if it is not, by the only one that the utterance names.
    2. A sentence stops that says no more than that ("let us stop here", "that is all for today", "goodbye").
    3. What is denied, conditional, put off or asked ("shall I explain adding?") is talk.
    4. One act binds. Two are ambiguous, and so is an act without a skill or with two. Everything else is talk: when in
       doubt, nothing binds.

    Args:
        text: Any string.
        context: The curriculum, and how many of its skills are taught.
    """
    names = _vocabulary(*context)
    plain = _SYMBOLS.sub(", ", " ".join(text.lower().replace("’", "'").split()))
    mentioned = _mentioned(plain, names)
    acts: dict[Act, None] = {}
    missing = False
    for sentence, end in _SENTENCE.findall(plain):
        sentence = " ".join(sentence.replace(",", " ").replace(":", " ").split())
        if _UNSURE.search(sentence):
            continue
        kind = next((kind for kind, pattern in _ANNOUNCED.items() if pattern.match(sentence)), None)
        if kind is not None and ("?" not in end or kind is Quiz):
            skills = _mentioned(sentence, names) or mentioned
            acts |= dict.fromkeys(map(kind, skills))
            missing = missing or not skills
        elif kind is None and "?" not in end and _STOP.match(sentence):
            acts[Stop()] = None
    if len(acts) > 1:
        wanted = _either([_told(act) for act in acts])
        return Heard(Say(), "ambiguous", f"Do you want to {wanted}? One thing at a time, please.")
    if missing and not acts:
        return Heard(Say(), "ambiguous", f"Which skill do you mean: {_either([name for name, _ in names])}?")
    return Heard(next(iter(acts))) if acts else TALK


@cache
def _vocabulary(curriculum: str, skills: int) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Name of each skill, with a pattern for all that it is called."""
    taught = CURRICULA[curriculum].skills[:skills]
    return tuple(
        (skill.name, re.compile(rf"\b(?:{skill.name}|{re.escape(skill.title)}|{skill.also})(?!\w)")) for skill in taught
    )


def _mentioned(words: str, names: Sequence[tuple[str, re.Pattern[str]]]) -> list[str]:
    """The skills that are named.

    Where one name lies within another ("adding" in "adding mixed numbers"), the longer counts.
    """
    places: dict[tuple[int, int], list[str]] = {}
    for name, pattern in names:
        for match in pattern.finditer(words):
            places.setdefault((match.start(), -match.end()), []).append(name)
    kept, reach = set(), 0
    for start, end in sorted(places):  # so a place within another comes after it
        if -end > reach:
            kept.update(places[start, end])
            reach = -end
    return [name for name, _ in names if name in kept]


def _told(act: Act) -> str:
    if not isinstance(act, Teaching):
        return "stop"
    verb = {"explain": "explain", "example": "show an example of", "quiz": "quiz me on"}[KINDS[type(act)]]
    return f"{verb} {act.skill}"


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


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
