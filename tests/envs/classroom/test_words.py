"""Words of the classroom: what a teacher is understood to say without tags, and what a class says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.classroom.family import Timetable
from dialogym.envs.classroom.game import Answer, Bell, Call, Exercise, Lecture, Lesson, Pair
from dialogym.envs.classroom.policies import ATTACKS, PHRASES
from dialogym.envs.classroom.subjects import SUBJECTS
from dialogym.envs.classroom.voice import BANK, GRAMMAR, NAMES, VOICE, describe, understand
from dialogym.envs.content import content
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "ada ben cleo and work together try it explain listen what do you think ? . ! , not if goodbye [ ] $1 "
    "\0 é 漢 \ud800 \n"
)
PAIRS = [
    *((Answer(word, way), Call("ben")) for word in ("right", "wrong") for way in ("listening", "doing")),
    *((Say(), topic) for topic in (Lecture(), Exercise(), Pair("ada", "cleo"), None)),
    (Bell(), Lecture()),
]


def cue(act, topic=None, persona="terse", heard="", opening=False, problem="", reason="", subject="fractions"):
    public = Timetable(subject, "Ms Adler")
    return Cue(act, "class", public, persona, heard, opening, problem, reason, Lesson(1, "class", topic=topic))


def say(*args, seed=0, **rest):
    return VOICE.say([cue(*args, **rest)], [Stream(np.random.default_rng(seed))])[0]


# ---- understanding ---------------------------------------------------------------------------------------------------


def test_what_people_say_is_taken_as_stated():
    for row in SAID:
        heard = understand(row["text"])
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


def test_two_acts_are_ambiguous():
    heard = understand("Let me explain it. Ben, what do you think?")
    assert heard == (Say(), "ambiguous", "Do you want to hear Ben or explain it? One thing at a time, please.")


def test_attacks_are_talk():
    for text in (text for texts in ATTACKS.values() for text in texts):
        assert GRAMMAR.parse(text, None) == (Say(), "", ""), text


@pytest.mark.parametrize(
    "unit", ["ada ", "ada and ", "work together ", "let me explain ", "try it ", "what ", "?", ", "]
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(understand, unit) < LINEAR


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=50).map(" ".join)))
def test_nothing_raises(text):
    heard = understand(text)
    assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", VOICE.personas)
def test_who_is_called_on_answers_by_name(persona):
    for name, subject in SUBJECTS.items():
        for word, said, other in (("right", subject.right, subject.wrong), ("wrong", subject.wrong, subject.right)):
            for seed in range(4):
                text = say(Answer(word, "doing"), Call("cleo"), persona, "[call cleo]", subject=name, seed=seed)
                well_formed(text)
                assert text.startswith("Cleo ") and said in text.lower().replace(said.lower(), said)
                assert other.lower() not in text.lower().replace(said.lower(), "")


@pytest.mark.parametrize("persona", VOICE.personas)
def test_everything_is_worded(persona):
    for act, topic in PAIRS:
        for seed in range(8):
            well_formed(say(act, topic, persona, "[lecture]" if topic else "Hello, how are you?", seed=seed))
    slots = {describe(cue(act, topic))[0] for act, topic in PAIRS} | {"opening"}
    assert slots | set(VOICE.topics) | {"chat", "unclear", "illegal"} == set(BANK[persona])
    assert {"Ada", "Cleo"} <= set(re.findall(r"\w+", say(Say(), Pair("ada", "cleo"), persona, "[pair]")))


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_name_the_teacher(persona):
    opened = {say(Say(), persona=persona, opening=True, seed=seed) for seed in range(20)}
    assert len(opened) >= 4 and all("Ms Adler" in text for text in opened)
    for text in opened:
        well_formed(text)


def test_no_sentence_says_two_things():
    for slots in BANK.values():
        for one, other in (("listening", "doing"), ("lectured", "tried"), ("tried", "paired"), ("talk", "bell")):
            assert not set(slots[one]) & set(slots[other])


def test_subjects():
    assert len(SUBJECTS) >= 20 and len({subject.question for subject in SUBJECTS.values()}) == len(SUBJECTS)
    for subject in SUBJECTS.values():
        assert subject.question[0].isupper() and subject.question[-1] == "?"
        assert subject.right.lower() not in subject.wrong.lower() or subject.right == "how heavy it is for its size"
        for answer in (subject.right, subject.wrong):
            assert answer[-1].isalnum() and not re.search(r"\d", answer)
            assert understand(subject.question).act == Say()  # to read out the question calls on nobody


def test_what_classes_react_to():
    assert VOICE.topic("Good morning, class") == "greeting" and VOICE.topic("") == "silence"
    assert VOICE.topic("Well done, you three") == "praise" and VOICE.topic("[lecture]") == ""
    assert VOICE.topic("Which of you can do it?") == "secret" and VOICE.topic("You lazy lot") == "rude"


def test_demonstrations_hold_one_tag_and_say_the_act():
    assert set(PHRASES) == {"lecture", "exercise", "call", "pair", "stop"}
    for kind, phrases in PHRASES.items():
        for phrase in phrases:
            assert phrase.count("{tag}") == 1
            for subject in SUBJECTS.values():
                words = phrase.format(
                    tag="", subject=subject.called, question=subject.question, student="Ben", first="Ada", second="Cleo"
                )
                heard = GRAMMAR.parse(words.strip(), None)
                assert heard.problem == "" and GRAMMAR.print(heard.act).strip("[]").split(" ")[0] in ("", kind), words


def test_classes_do_not_repeat_each_other():
    dialogues = list(play("Classroom-v0", "scripted", range(400)))
    said = {step.reply for dialogue in dialogues for step in dialogue.steps if step.reply}
    assert len(said) > 400 and len({d.opening for d in dialogues}) > 80
    assert {name for name in NAMES for d in dialogues if name in d.opening} == set(NAMES)
    for text in said:
        well_formed(text)
