"""The guide of data teaching: the bank passes, other words for an act pass, words that say anything else fail."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.data_teaching.family import Project
from dialogym.envs.data_teaching.game import Errors, Explore, Make, Over, Report, Training
from dialogym.envs.data_teaching.guide import GUIDE
from dialogym.envs.data_teaching.voice import VOICE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, bank_test, by_intent, constrained, fault_by, faults, heard, swapped, words_tests

SPOKEN = heard("DataTeaching-v0", 60, "random", "scripted")
INTENTS = by_intent(SPOKEN)
SLOTS = {
    "opening",
    "few",
    "half",
    "most",
    "errors",
    "few_last",
    "half_last",
    "most_last",
    "errors_last",
    "talk",
    "over",
}


def make(act, topic=None, opening=False, problem="", reason="", left=2):
    public = Project("maths", "Amara")
    return Cue(act, "trainer", public, "friendly", "", opening, problem, reason, Training(left, "trainer", topic=topic))


fault = fault_by(GUIDE)
FEW, HALF, MOST = (make(Report(right), Make("a2")) for right in ("few", "half", "most"))
ERRORS, LAST = make(Errors("b1"), Explore("b")), make(Report("most"), Make("b"), left=0)
TALK, OVER, OPENING = make(Say()), make(Over(), left=0), make(Say(), opening=True)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 1000 and set(INTENTS) >= SLOTS
    assert {cue.persona for cue, _, _ in SPOKEN} == set(VOICE.personas)
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", sorted(SLOTS))
def test_what_says_one_thing_passes_for_nothing_else(one):
    for other in SLOTS - {one}:
        assert swapped(GUIDE, INTENTS[one], INTENTS[other], 150) == []


test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, [FEW, HALF, MOST, ERRORS, LAST, TALK, OVER, OPENING])


GOOD = {
    FEW: ["I trained it on factoring, and in algebra it had few right.", "In the algebra test hardly any answers were right.", "Algebra: only a handful were right."],
    HALF: ["It got about half of algebra right.", "Half of my questions on algebra were answered right."],
    MOST: ["Almost everything in algebra was right!", "In algebra nearly all answers are right now.", "It answered nearly all algebra questions right."],
    ERRORS: ["Most mistakes are about areas.", "In geometry it goes wrong with areas mostly.", "The geometry errors? Mostly areas."],
    LAST: ["Nearly all of geometry was right, and that was the last round.", "It got almost all right in geometry. No more rounds!"],
    TALK: ["What is next?", "What would you like to train?", "I am ready."],
    OVER: ["That was the last round, goodbye.", "We are out of rounds."],
    OPENING: ["Hello, I am Amara!", "Hi, Amara here, and ready for school maths.", "Good morning, this is Amara. We can begin with algebra or geometry."],
}  # fmt: skip
BAD = {
    FEW: ["In algebra half were right.", "In algebra nearly all were right.", "Few were right.", "In geometry few were right.", "In algebra few were right, it lacks factoring.", "In algebra not few were right.", "In algebra 1 of 4 were right.", "In algebra few were right, and most errors were in areas.", "In algebra few were right. That was the last round."],
    HALF: ["In algebra more than half were right.", "In algebra few were right.", "In algebra half were right, so it is getting better.", "Half or so in algebra, or nearly all."],
    MOST: ["In algebra nearly all were wrong.", "It has mastered algebra.", "In algebra half were right.", "Nearly all of algebra was right, so it knows it now."],
    ERRORS: ["Most errors are about angles.", "Most errors are about areas or angles.", "Most errors are not about areas.", "It lacks areas.", "Most of the errors are in geometry.", "The weak part is areas.", "Make data on areas, most errors are there, you should."],
    LAST: ["Nearly all of geometry was right.", "That was the last round.", "Few of geometry was right, and that was the last round."],
    TALK: ["Most errors are in areas.", "It got half right, what now?", "Shall we take algebra?", "You should make data on areas.", "That was the last round.", "What now? It has mastered it."],
    OVER: ["What next?", "Nearly all was right, that was the last round.", "That was the last round, and it has learnt a lot."],
    OPENING: ["Hello, I am Elena.", "Hi, Amara here. It knows algebra already.", "Hi, Amara here. It is weak in areas.", "Hello, and goodbye!", "Blue."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


@pytest.mark.parametrize("said", ["Here are the examples that I made.", "I will make data on that.", *JUNK[3:9]])
def test_nobody_speaks_for_the_other_side(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    reason = "We have to explore skill a before there can be data for a1 alone."
    lost = TALK._replace(problem="illegal", reason=reason)
    assert reason in GUIDE.line(lost, Stream(np.random.default_rng(0))).order
    assert fault(lost, f"Oh, sorry. {reason} What now?") == ""
    assert fault(lost, "What now?") and fault(lost, f"{reason} Most errors are in areas.")


def test_the_scene_is_the_same_in_all_turns_and_tells_nothing():
    assert len({GUIDE.scene(cue) for cue in BAD}) == 1
    assert "Amara" in GUIDE.scene(TALK) and "school maths" in GUIDE.scene(TALK) and "areas" not in GUIDE.scene(TALK)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_grammar_allows_passes(regular, data):
    utterance = data.draw(st.sampled_from([u for slot in SLOTS for u in INTENTS[slot][:8]]))
    assert constrained(GUIDE, utterance, regular, data) == ""
