"""The guide of support: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.support.game import Better, Cool, Disclose, Inform, Question, Reflect, Suggest, Tell, Warm, Worse
from dialogym.envs.support.guide import GUIDE
from dialogym.envs.support.situations import SITUATIONS
from dialogym.envs.support.voice import VOICE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, by_intent, constrained, fault_by, faults, heard
from .test_words import cue

SPOKEN = heard("Support-v0", 60, "random", "scripted")
INTENTS = by_intent(SPOKEN)
OPENING = cue(Say(), opening=True, heard="")
WARM, COOL, TALK = cue(Warm(), Reflect()), cue(Cool(), Reflect()), cue(Say(), None)
KINDRED, DISTANT = cue(Warm(), Disclose()), cue(Cool(), Disclose())
EVADE, TELL = cue(Cool(), Question()), cue(Tell("conflict"), Question())
UNMOVED, BETTER = cue(Cool(), Inform()), cue(Better(1), Inform())
PLAN = Suggest("settle")
DECLINE, PARTLY, TAKEN, WORSE = (cue(act, PLAN) for act in (Cool(), Better(1), Better(2), Worse()))
ALL = (OPENING, WARM, COOL, TALK, KINDRED, DISTANT, EVADE, TELL, UNMOVED, BETTER, DECLINE, PARTLY, TAKEN, WORSE)
GROUPS = ((WARM, COOL), (KINDRED, DISTANT), (EVADE, TELL), (UNMOVED, BETTER), (DECLINE, PARTLY, TAKEN, WORSE))
TOLD = SITUATIONS["move"].causes["conflict"]

fault = fault_by(GUIDE)


def test_all_that_the_phrase_bank_says_passes():
    assert len(SPOKEN) > 1200 and {one.persona for one, _, _ in SPOKEN} == set(VOICE.personas)
    assert {slot.split()[0] for slot in INTENTS} >= {
        "opening", "warm", "cool", "kindred", "distant", "evade", "tell", "again", "unmoved", "better", "decline", "partly", "taken", "worse", "talk",
    }  # fmt: skip
    assert faults(GUIDE, SPOKEN) == []


def test_no_sentence_passes_for_another_reply_to_the_same_act():
    for group in GROUPS:
        for one in group:
            for other in group:
                slot = VOICE.describe(other)[0]
                for persona in VOICE.personas:
                    for fill in VOICE.choices(persona, slot, "seeker"):
                        words = fill(*VOICE.describe(other)[1])
                        assert bool(fault(one, words)) == (one is not other), (VOICE.describe(one)[0], words)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (OPENING, "Good evening, I am Ana. I feel strange in my own flat since we moved here."),
        (WARM, "Oh yes, that is exactly how it feels."),
        (COOL, "It could be, I suppose."),
        (KINDRED, "So you know how it is. That makes it easier to talk."),
        (DISTANT, "I see. It was quite different with you, though."),
        (EVADE, "I would rather not talk about that now."),
        (TELL, f"Well, I will tell you. {TOLD}."),
        (UNMOVED, "That is kind, but it does not help me."),
        (BETTER, "Thank you, that really helps, I feel lighter."),
        (DECLINE, "I will think about it, thank you."),
        (PARTLY, "I could try a little of it."),
        (TAKEN, "Yes, I am going to do that this week."),
        (WORSE, "No, that is not it, and it makes me feel worse."),
        (TALK, "I do not know what to say."),
    ],
)
def test_other_words_pass(one, said):
    assert fault(one, said) == ""


@pytest.mark.parametrize("one", ALL, ids=[VOICE.describe(one)[0] for one in ALL])
@pytest.mark.parametrize(
    "said",
    [
        "My boss gives me too much work.", "I miss our old house.", "We quarrel all the time.", "I trust you now.", "I am a rational person.", "I need facts.",
        "You should make a list.", "How do you feel?", "Goodbye, I have to go.", "I feel 50% better.", "Bela, that is how it is.", "It is because I lost somebody.",
    ],
)  # fmt: skip
def test_nothing_more_is_told(one, said):
    assert fault(one, said)
    words = VOICE.choices("shy", VOICE.describe(one)[0], "seeker")[0](*VOICE.describe(one)[1])
    assert not fault(one, words) and fault(one, f"{words} {said}"), words


def test_a_cause_is_told_word_for_word():
    assert fault(TELL, "My partner wanted to move and I did not.") and fault(
        TELL, f"{SITUATIONS['move'].causes['loss']}."
    )
    assert fault(TELL, f"{TOLD}. {SITUATIONS['move'].causes['loss']}.") and not fault(TELL, f"{TOLD.upper()}.")


@pytest.mark.parametrize("said", JUNK)
def test_junk_never_passes(said):
    for one in ALL:
        assert fault(one, said), said


def test_a_lost_turn_is_told_with_its_reason():
    one = cue(Say(), None, problem="illegal", reason="You have told me the facts already.")
    assert not fault(one, f"Sorry, that will not do. {one.reason} Please go on.")
    assert fault(one, "Sorry, that will not do.") and fault(one, f"{one.reason} I feel better.")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_grammars_allow_passes(regular, data):
    """Where the act is said; what surrounds a lost turn is free."""
    told = [spoken for name, some in INTENTS.items() if not name.endswith("lost") for spoken in some[:30]]
    assert constrained(GUIDE, data.draw(st.sampled_from(told)), regular, data) == ""
