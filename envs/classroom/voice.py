"""Classroom in plain English: how a teacher is understood without tags, and how a class speaks."""

from __future__ import annotations

from itertools import product
from typing import Any

from ...core.acts import Act
from ...core.grammar import Grammar, Heard
from ...core.reading import Patterns, Vocabulary, bind, read
from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from .game import ACTS, Answer, Bell, Call, Exercise, Lecture, Pair, Stop
from .subjects import SUBJECTS

WORDS = content(__file__, "phrases.toml")
"""``bank``: persona -> slot -> templates. ``topics``: slot -> pattern. ``fields``: names of the templates' fields."""
STUDENTS: tuple[str, ...] = WORDS["students"]
"""Who sits in the class, as acts name them."""
NAMES: tuple[str, ...] = WORDS["teachers"]
"""Names of teachers; they mean nothing."""
PATTERNS = Patterns(content(__file__, "reading.toml"), ("student",))
"""What a teacher's plain words bind to."""

_VOCABULARY = Vocabulary({"student": {name: name for name in STUDENTS}})
_SAID = {"lecture": "explain it", "exercise": "have us try it", "stop": "end the lesson"}
_ACTS: dict[str, Act] = {"lecture": Lecture(), "exercise": Exercise(), "stop": Stop()}


def understand(text: str, context: Any = None) -> Heard:
    """Read an utterance without a tag, by the patterns of ``reading.toml``. Linear in the text, and never raises.

    Two students who are addressed are a pair, and so are the one who is praised and the one that it is asked to explain
    it to. What one or two are told to try is no exercise for all.

    Args:
        text: Any string.
        context: Nothing.
    """
    found = list(read(text, PATTERNS, _VOCABULARY))
    chat = {f.clause.sentence for f in found if f.act == "chat"}  # "well done, Ben"
    meant = [f for f in found if f.act in ("call", "pair") or (f.act == "name" and f.clause.sentence not in chat)]
    names = list(dict.fromkeys(name for f in meant for name in f.clause.values("student")))
    acts: dict[Act, str] = {}
    if len(names) == 1 and any(f.act == "pair" for f in found):  # "Well done, Ben. Could you explain it to Cleo?"
        praised = dict.fromkeys(n for f in found if f.act == "name" for n in f.clause.values("student"))
        praised |= dict.fromkeys(n for f in found if f.act == "chat" for n in f.clause.values("student"))
        names += [name for name in praised if name not in names][-1:]
    if len(names) == 2:
        one, other = sorted(names, key=STUDENTS.index)
        acts[Pair(one, other)] = f"have {one.capitalize()} and {other.capitalize()} work together"
    elif all(f.act != "pair" for f in found):
        acts |= {Call(name): f"hear {name.capitalize()}" for name in names}
    for act in dict.fromkeys(f.act for f in found):
        if act in _ACTS and not (act == "exercise" and names):
            acts[_ACTS[act]] = _SAID[act]
    return bind(acts)


def describe(cue: Cue) -> tuple[str, tuple, str]:
    """Slot, values of the templates' fields, and small talk if the teacher has only talked."""
    act, topic, subject = cue.act, cue.before.topic, SUBJECTS[cue.public.subject]
    student = said = ""
    if isinstance(act, Answer):
        slot, said = act.way, subject.right if act.word == "right" else subject.wrong
        student = topic.student.capitalize()
    else:
        slot = "opening" if cue.opening else "bell" if isinstance(act, Bell) else _AFTER.get(type(topic), "talk")
    pair = [name.capitalize() for name in (topic.first, topic.second)] if isinstance(topic, Pair) else ["", ""]
    values = (cue.public.teacher, subject.called, student, said, said[:1].upper() + said[1:], *pair)
    return slot, values, "chat" if topic is None else ""


_AFTER: dict[type, str] = {Lecture: "lectured", Exercise: "tried", Pair: "paired"}
"""What the class has just done -> its slot."""


def _joined(slots: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The slots of a persona, where each of its answers goes with each thing that helps."""
    answers = {
        way: tuple(f"{a} {b}" for a, b in product(slots["answer"], slots[way])) for way in ("listening", "doing")
    }
    return {slot: said for slot, said in slots.items() if slot != "answer"} | answers


GRAMMAR = Grammar(ACTS, understand)
BANK = {persona: _joined(slots) for persona, slots in WORDS["bank"].items()}
VOICE = PhraseVoice(BANK, WORDS["fields"], describe, WORDS["topics"])
