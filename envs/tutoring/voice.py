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
from .curricula import CURRICULA
from .curricula.curriculum import Exercise
from .game import ACTS, Answer, Example, Explain, Quiz, Stop
from .phrases import FIELDS, PHRASES, TOPICS

_SYMBOLS = re.compile(r"[^\w\s.,:;!?'()/+=%-]+")
_SENTENCE = re.compile(r"([^.!?;]+)([.!?;]*)")
# What a sentence must begin with to announce an act, after words that commit to nothing.
_LEAD = (
    r"(?:(?:ok|okay|yes|right|good|great|fine|well|so|now|next|then|first|alright|all "
    r"right|today|and|please|hello|hi|very|sorry|no problem|let's see) )*"
    r"(?:(?:let me|let's|let us|i will|i'll|i am going to|i'm going to|i want to|i would like to|i'd like to|we "
    r"will|we'll|it is time to|time to) )?"
    r"(?:(?:now|first|next|just|quickly|also|briefly) )*"
)
_WORKED = r"(?:(?:an?|one|another|one more|the|this) (?:\w+ )?)"
_KINDS: dict[type[Act], re.Pattern[str]] = {
    Explain: re.compile(
        rf"{_LEAD}(?:explain(?:ing)?|teach(?: you)?|introduce|go over|tell you "
        rf"(?:about|how|why|what))\b|{_LEAD}(?:here is|here's) {_WORKED}?explanation\b"
    ),
    Example: re.compile(
        rf"{_LEAD}(?:(?:show you|work through|do|give you|look at|go through|see|take|consider|have|here "
        rf"is|here's|this is) {_WORKED}?|{_WORKED})examples?\b"
        rf"|{_LEAD}show you how\b|{_LEAD}example\b(?! (?:is|was|would|of what))"
    ),
    Quiz: re.compile(
        rf"{_LEAD}(?:quiz|test)(?: you)?\b|{_LEAD}(?:ask you|give you|set you|do|try|solve|have|here is|here's|this "
        rf"is) {_WORKED}?(?:exercise|question|problem|quiz|task)\b"
        rf"|{_LEAD}(?:can|could|would|will) you (?:please )?(?:try|solve|do|answer) "
        rf"{_WORKED}?(?:exercise|question|problem|quiz|task)\b"
        rf"|{_LEAD}how about {_WORKED}?(?:exercise|question|problem|quiz|task)\b"
    ),
}
_STOP = re.compile(
    rf"{_LEAD}(?:stop|finish|end)(?: (?:here|now|there|for today|the lesson|this lesson|it here))*\Z"
    rf"|{_LEAD}(?:that's|that is|this is|that was|we are|we're|i am|i'm) (?:all|it|enough|done|finished)(?: (?:for "
    r"(?:today|now)|here|now|with the lesson))?\Z"
    rf"|{_LEAD}(?:good ?bye|bye)\b|{_LEAD}the lesson is over\Z"
)
_UNSURE = re.compile(
    r"n't\b|\b(?:not|never|no need|if|unless|before|until|when|after|once|instead of|rather "
    r"than|later|tomorrow|yesterday|maybe|perhaps|might|should i|shall i"
    r"|do you|would you like|already|wish)\b"
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
        kind = next((kind for kind, pattern in _KINDS.items() if pattern.match(sentence)), None)
        if kind is not None and ("?" not in end or kind is Quiz):
            skills = _mentioned(sentence, names) or mentioned
            acts |= dict.fromkeys(kind(skill) for skill in skills)  # type: ignore[call-arg]
            missing = missing or not skills
        elif kind is None and "?" not in end and _STOP.match(sentence):
            acts[Stop()] = None
    if len(acts) > 1:
        return Heard(
            Say(), "ambiguous", f"Do you want to {_either([_told(act) for act in acts])}? One thing at a time, please."
        )
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
    found = [(match.start(), match.end(), name) for name, pattern in names for match in pattern.finditer(words)]
    kept = [
        name
        for start, end, name in found
        if not any(s <= start and end <= e and (s, e) != (start, end) for s, e, _ in found)
    ]
    return list(dict.fromkeys(kept))


def _told(act: Act) -> str:
    if isinstance(act, Stop):
        return "stop"
    verb = {Explain: "explain", Example: "show an example of", Quiz: "quiz me on"}[type(act)]  # type: ignore[index]
    return f"{verb} {act.skill}"  # type: ignore[attr-defined]


def _either(words: list[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


class TutoringVoice:
    """A student's words.

    A quiz gets an exercise of the skill, the student's answer to it, and perhaps the mark of the answer sheet.

    The mind only says whether the answer is right. The exercise, and which of its wrong answers is given, are drawn
    from the dialogue's random numbers.
    """

    def __init__(self) -> None:
        self._phrases = PhraseVoice(PHRASES, FIELDS, _describe, TOPICS)
        self.personas = self._phrases.personas

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """One utterance for each cue."""
        return list(map(self._utter, cues, streams))

    def topic(self, heard: str) -> str:
        """The slot of the topic that the tutor's words touch on; ``""`` if there is none."""
        return self._phrases.topic(heard)

    def _utter(self, cue: Cue, stream: Stream) -> str:
        act = cue.act
        if type(act) is not Answer:
            return self._phrases.say((cue,), (stream,))[0]
        before, given, after = answered(cue, stream)
        words = self._phrases.say((cue._replace(act=_Written(act.skill, given)),), (stream,))[0]
        return f"{before} {words} {after}" if after else f"{before} {words}"


def answered(cue: Cue, stream: Stream) -> tuple[str, str, str]:
    """What stands before the words of an `Answer` (the exercise), the answer that they give, and what stands after them (its mark, or ``""``)."""
    act: Any = cue.act
    exercises = CURRICULA[cue.public.curriculum].skills[act.skill - 1].exercises
    exercise = exercises[stream.choose(len(exercises))]
    wrong = exercise.wrong[
        stream.choose(len(exercise.wrong))
    ].answer  # drawn in any case, so that what is said next depends on the mark alone
    mark = exercise.answer_sheet[not act.right] if cue.public.marked else ""
    return posed(exercise), exercise.answer if act.right else wrong, mark


def posed(exercise: Exercise) -> str:
    """An exercise as it stands before the student's words."""
    return f"(exercise: {exercise.question})"


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of `FIELDS`, and small talk if the tutor has only talked."""
    act, public, last = cue.act, cue.public, cue.before.last
    if cue.opening:
        return "opening", (public.student, public.subject, "", "", ""), ""
    if last is None:
        return "talk", (public.student, public.subject, "", "", ""), "chat"
    kind, number = last
    title = CURRICULA[public.curriculum].skills[number - 1].title
    if type(act) is _Written:
        return (
            "answer",
            (public.student, public.subject, title, act.answer, act.answer[:1].upper() + act.answer[1:]),
            "",
        )
    return "explained" if kind == "explain" else "shown", (public.student, public.subject, title, "", ""), ""


GRAMMAR = Grammar(ACTS, understand)
VOICE = TutoringVoice()
