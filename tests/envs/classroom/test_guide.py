"""The guide of the classroom: the bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.classroom.family import Timetable
from dialogym.envs.classroom.game import Answer, Bell, Call, Exercise, Lecture, Lesson, Pair
from dialogym.envs.classroom.guide import GUIDE
from dialogym.envs.classroom.voice import VOICE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, bank_test, by_intent, constrained, fault_by, faults, heard, swapped, words_tests

SPOKEN = heard("Classroom-v0", 110, "random", "scripted")
INTENTS = by_intent(SPOKEN)
TELLING = ("listening", "doing")
SLOTS = {"opening", "lectured", "tried", "paired", "talk", "bell", *TELLING}


def make(act, topic=None, opening=False, problem="", reason=""):
    public = Timetable("rivers", "Ms Adler")
    return Cue(act, "class", public, "friendly", "", opening, problem, reason, Lesson(1, "class", topic=topic))


fault = fault_by(GUIDE)
RIGHT, WRONG = (make(Answer(word, "doing"), Call("ben")) for word in ("right", "wrong"))
HEAR = make(Answer("right", "listening"), Call("ben"))
LECTURED, TRIED, PAIRED = make(Say(), Lecture()), make(Say(), Exercise()), make(Say(), Pair("ada", "cleo"))
TALK, BELL, OPENING = make(Say()), make(Bell(), Lecture()), make(Say(), opening=True)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 1000 and set(INTENTS) >= SLOTS
    assert {cue.persona for cue, _, _ in SPOKEN} == set(VOICE.personas)
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", sorted(SLOTS))
def test_what_says_one_thing_passes_for_nothing_else(one):
    for other in SLOTS - {one}:
        assert swapped(GUIDE, INTENTS[one], INTENTS[other]) == []


test_every_sentence_of_the_bank_passes = bank_test(
    GUIDE, VOICE, [RIGHT, WRONG, HEAR, LECTURED, TRIED, PAIRED, TALK, BELL, OPENING]
)


GOOD = {
    RIGHT: ["Ben says: The outer side. It helps us when we try it.", "Ben thinks that it is the outer side, and we need to practise."],
    WRONG: ["Ben says: The inner side! We should have a go ourselves."],
    HEAR: ["Ben says: I think it is the outer side. Please explain it to us.", "The outer side, says Ben. We need to hear it."],
    LECTURED: ["We took notes.", "We were listening.", "All right, we have listened to you."],
    TRIED: ["We are finished.", "Everyone has handed it in.", "We are done with the task."],
    PAIRED: ["Ada and Cleo have talked it over.", "Cleo and Ada are back.", "Ada and Cleo are done."],
    TALK: ["What shall we do?", "What is next for us?", "We are ready."],
    BELL: ["That is the bell. Goodbye!", "Time is up, see you!"],
    OPENING: ["Good morning, Ms Adler!", "Hello, Ms Adler!", "Good morning, Ms Adler! We are here for rivers."],
}  # fmt: skip
BAD = {
    RIGHT: ["Ben says: The inner side. It helps to try it.", "The outer side. We need to try it.", "Ben says: The outer side.", "Ada says: The outer side. We need to try it.", "Ben says: The outer side. Explain it to us.", "Ben says: The outer side or the inner side. We need to try it.", "Ben says: Not the outer side. We need to try it.", "Ben says: The outer side. We need to try it, and Ada can do it."],
    WRONG: ["Ben says: The outer side. We need to try it.", "Ben says: The inner side. We need to try it, and to hear it explained."],
    HEAR: ["Ben says: The outer side. We need to do it.", "Ben says: No idea. Explain it.", "We need to hear it."],
    LECTURED: ["We understood it.", "That helped a lot, we took notes.", "We listened, and it was clear.", "We took notes, but got lost.", "Ben listened.", "The outer side.", "We want to try it.", "Goodbye.", "We are done."],
    TRIED: ["We are done, it was easy.", "We finished, but did not get it.", "We took notes.", "Ada is done.", "It was too hard."],
    PAIRED: ["Ada and Cleo got it now.", "Ada and Ben are done.", "Ada is done.", "Ada helped Cleo, they are done.", "Cleo and Ada are done, it is the outer side."],
    TALK: ["We know it.", "Explain it, please.", "We want to try it.", "Ben can do it.", "Goodbye.", "We took notes.", "Now what? It is the outer side."],
    BELL: ["What now?", "We understood it. The bell!", "We have listened.", "The bell. We need an exercise."],
    OPENING: ["Good morning, Mr Brandt!", "Hello, we can all do it.", "Hello, we need an explanation.", "Hello, and goodbye!", "Ada is here, good morning.", "Blue."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


@pytest.mark.parametrize(
    "said", ["Now listen, please.", "My students, good morning.", "Let me explain that.", *JUNK[3:9]]
)
def test_nobody_speaks_for_the_other_side(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    reason = "It takes two to work in a pair."
    lost = TALK._replace(problem="illegal", reason=reason)
    assert reason in GUIDE.line(lost, Stream(np.random.default_rng(0))).order
    assert fault(lost, f"Oh, sorry. {reason} What now?") == ""
    assert fault(lost, "What now?") and fault(lost, f"{reason} We want to try it.")


def test_the_scene_is_the_same_in_all_turns_and_tells_nothing():
    assert len({GUIDE.scene(cue) for cue in BAD}) == 1
    assert "Ms Adler" in GUIDE.scene(TALK) and "rivers" in GUIDE.scene(TALK) and "side" not in GUIDE.scene(TALK)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_grammar_allows_passes(regular, data):
    utterance = data.draw(st.sampled_from([u for slot in SLOTS for u in INTENTS[slot][:8]]))
    assert constrained(GUIDE, utterance, regular, data) == ""
