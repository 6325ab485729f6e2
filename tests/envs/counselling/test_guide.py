"""The guide of counselling: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.counselling.changes import HABITS
from dialogym.envs.counselling.game import (
    Advise,
    Affirm,
    Agree,
    Change,
    Closed,
    Decline,
    Elicit,
    Evoked,
    Explore,
    Propose,
    Reflect,
    Sustain,
)
from dialogym.envs.counselling.guide import GUIDE
from dialogym.envs.counselling.voice import VOICE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, by_intent, constrained, fault_by, faults, heard
from .test_words import cue

SPOKEN = heard("Counselling-v0", 60, "random", "scripted")
INTENTS = by_intent(SPOKEN)
OPENING, TALK = cue(Say(), opening=True, heard=""), cue(Say(), None)
CLOSED, SUSTAIN, CHANGE = (cue(act, Reflect()) for act in (Closed(), Sustain(), Change()))
EVOKED, BESIDE = cue(Evoked("energy"), Explore("energy")), cue(Sustain(), Explore("energy"))
MOVED, UNMOVED = cue(Change(), Affirm()), cue(Sustain(), Affirm())
PROPOSE, UNREADY = cue(Propose("company"), Elicit()), cue(Sustain(), Elicit())
AGREE, DECLINE, RESIST = (cue(act, Advise("dates")) for act in (Agree(), Decline(), Sustain()))
ALL = (OPENING, TALK, CLOSED, SUSTAIN, CHANGE, EVOKED, BESIDE, MOVED, PROPOSE, UNREADY, AGREE, DECLINE, RESIST)
GROUPS = ((CLOSED, SUSTAIN, CHANGE), (EVOKED, BESIDE, CLOSED), (MOVED, UNMOVED, CLOSED), (PROPOSE, UNREADY, CLOSED), (AGREE, DECLINE, RESIST, CLOSED))  # fmt: skip
TOLD = HABITS["phone"].motives["energy"]
PLAN = VOICE.describe(PROPOSE)[1][2]

fault = fault_by(GUIDE)


def test_all_that_the_phrase_bank_says_passes():
    assert len(SPOKEN) > 1200 and {one.persona for one, _, _ in SPOKEN} == set(VOICE.personas)
    assert {slot.split()[0] for slot in INTENTS} >= {VOICE.describe(one)[0] for one in ALL}
    assert faults(GUIDE, SPOKEN) == []


def test_no_sentence_passes_for_another_reply_to_the_same_act():
    for group in GROUPS:
        for one in group:
            for other in group:
                slot, values, _ = VOICE.describe(other)
                for persona in VOICE.personas:
                    for fill in VOICE.choices(persona, slot, "client"):
                        words = fill(*values)
                        assert bool(fault(one, words)) == (one is not other), (VOICE.describe(one)[0], words)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (OPENING, "Good evening, I am Ana. My sister says that I spend too much time on my phone."),
        (CLOSED, "I would rather talk about something else now."),
        (SUSTAIN, "You know, it is fine as it is."),
        (CHANGE, "Well, sometimes I wish it were different."),
        (EVOKED, f"Well, I will tell you. {TOLD}."),
        (BESIDE, "Hm, that is not what it is about for me."),
        (MOVED, "Yes, I want to do it now!"),
        (PROPOSE, f"I think I would {PLAN}."),
        (UNREADY, "Oh, I have not got that far."),
        (AGREE, "Yes, that is my plan, and I will do that."),
        (DECLINE, "I do want to do it, but not in that way."),
        (RESIST, "No, that would not work for me."),
        (TALK, "I do not know what to say."),
    ],
)
def test_other_words_pass(one, said):
    assert fault(one, said) == ""


@pytest.mark.parametrize("one", ALL, ids=[VOICE.describe(one)[0] for one in ALL])
@pytest.mark.parametrize(
    "said",
    [
        "My children would like it.", "I am always tired.", "I am ashamed of it.", "I do not think that I can.", "It is not that important.", "I am in the second stage.",
        "You should try it with a friend.", "How do you feel?", "Goodbye, I have to go.", "I would do it in 30 days.", "Bela, that is how it is.", "I lack confidence.",
    ],
)  # fmt: skip
def test_nothing_more_is_told(one, said):
    assert fault(one, said)
    slot, values, _ = VOICE.describe(one)
    words = VOICE.choices("shy", slot, "client")[0](*values)
    assert not fault(one, words) and fault(one, f"{words} {said}"), words


def test_a_motive_and_a_plan_are_told_word_for_word():
    assert fault(EVOKED, "I am tired because of it.") and fault(EVOKED, f"{HABITS['phone'].motives['pride']}.")
    assert fault(EVOKED, f"{TOLD}. {HABITS['phone'].motives['family']}.") and not fault(EVOKED, f"{TOLD.upper()}.")
    assert fault(PROPOSE, "I would put it in my calendar.") and fault(
        PROPOSE, f"I would {PLAN}, or begin with something small."
    )


@pytest.mark.parametrize("said", JUNK)
def test_junk_never_passes(said):
    for one in ALL:
        assert fault(one, said), said


def test_a_lost_turn_is_told_with_its_reason():
    one = cue(Say(), None, problem="illegal", reason="I have said that this plan is not for me.")
    assert not fault(one, f"Sorry, that will not do. {one.reason} Please go on.")
    assert fault(one, "Sorry, that will not do.") and fault(one, f"{one.reason} I want to do it now.")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_grammars_allow_passes(regular, data):
    """Where the act is said; what surrounds a lost turn is free."""
    told = [spoken for name, some in INTENTS.items() if not name.endswith("lost") for spoken in some[:30]]
    assert constrained(GUIDE, data.draw(st.sampled_from(told)), regular, data) == ""
