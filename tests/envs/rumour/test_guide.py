"""The guide of rumours: the bank passes, other words for a report pass, words that say anything else fail."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.rumour.family import Talk
from dialogym.envs.rumour.game import Check, Days, Report
from dialogym.envs.rumour.guide import GUIDE
from dialogym.envs.rumour.voice import VOICE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, by_intent, constrained, fault_by, faults, heard, swapped, words_tests

SPOKEN = heard("RumourSmall-v0", 40, "random", "scripted")
INTENTS = by_intent(SPOKEN)
SLOTS = {"opening", "many", "true", "false", "many_last", "true_last", "false_last"}


def make(act, opening=False, problem="", reason=""):
    before = Days(3, "assistant", today=None if opening else Check())
    return Cue(act, "assistant", Talk("swans", "Ines"), "friendly", "", opening, problem, reason, before)


fault = fault_by(GUIDE)
MANY, TRUE, FALSE = (make(Report(1, told, False)) for told in ("none", "true", "false"))
LAST, OPENING = make(Report(2, "none", True)), make(Say(), opening=True)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 600 and set(INTENTS) >= SLOTS
    assert {cue.persona for cue, _, _ in SPOKEN} == set(VOICE.personas)
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", sorted(SLOTS))
def test_what_says_one_thing_passes_for_nothing_else(one):
    for other in SLOTS - {one}:
        assert swapped(GUIDE, INTENTS[one], INTENTS[other], 60) == []


GOOD = {
    MANY: ["By now many people believe it.", "I counted again, and many people believed it tonight."],
    TRUE: ["They found it true, and many people believed it.", "It was confirmed, and many people believe it."],
    FALSE: ["The check came back: it is false. And many people believe it.", "It is made up, they say, and many people fell for it."],
    LAST: ["In the end most people believed it, and that was the last day.", "Most people believe it. No days left!"],
    OPENING: ["Hello, I am Ines, and people say that somebody has sold the swans of the park."],
}  # fmt: skip
BAD = {
    MANY: ["Few people believed it.", "Many people believed it, and it is false.", "Seven believed it.", "7 people believed it.", "Many people or most people believed it.", "Many people did not believe it.", "Many people believed it. It is spreading fast.", "Many people believed it. That was the last day.", "Many people believed it, you should label it."],
    TRUE: ["Many people believed it.", "It is false, and many people believed it.", "It is not true, and many people believed it.", "It is surely true, and many people believed it.", "They found it true."],
    FALSE: ["Many people believed it.", "It is true, and many people believed it.", "It is not false, and many people believed it.", "They found it false."],
    LAST: ["Most people believed it.", "That was the last day.", "Few people believed it, and that was the last day."],
    OPENING: ["Hello, I am Jonas, and people say that somebody has sold the swans of the park.", "Hello, I am Ines.", "I am Ines. It is false that somebody has sold the swans of the park.", "I am Ines. People say that somebody has stolen the swans."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


@pytest.mark.parametrize("said", ["I will check that for them.", "Let us label it.", *JUNK[3:9]])
def test_nobody_speaks_for_the_other_side(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    reason = "It has a label already."
    lost = MANY._replace(problem="illegal", reason=reason)
    assert reason in GUIDE.line(lost, Stream(np.random.default_rng(0))).order
    assert fault(lost, f"Oh, sorry. {reason} This evening many people believed it.") == ""
    assert fault(lost, "This evening many people believed it.") and fault(lost, f"{reason} It is false.")


def test_the_scene_is_the_same_in_all_turns():
    assert len({GUIDE.scene(cue) for cue in BAD}) == 1
    assert "Ines" in GUIDE.scene(MANY) and "swans" in GUIDE.scene(MANY)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_grammar_allows_passes(regular, data):
    utterance = data.draw(st.sampled_from([u for slot in SLOTS for u in INTENTS[slot][:8]]))
    assert constrained(GUIDE, utterance, regular, data) == ""
