"""The guide of persuasion: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.persuasion.family import Encounter
from dialogym.envs.persuasion.game import Appeal, Inquire, Leave, Plea, Propose, React
from dialogym.envs.persuasion.guide import GUIDE
from dialogym.envs.persuasion.voice import VOICE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, bank_test, by_intent, constrained, fault_by, faults, heard, swapped, words_tests

SPOKEN = heard("Persuasion-v0", 110, "random", "scripted")
INTENTS = by_intent(SPOKEN)
TELLING = ("reason", "feeling", "trust", "yes", "enough", "no")
SLOTS = {"opening", "nod", "shrug", "talk", "leave", *TELLING}


def make(act, topic=None, opening=False, problem="", reason=""):
    public = Encounter("orchard", "Ana")
    return Cue(act, "persuadee", public, "friendly", "", opening, problem, reason, Plea(1, "persuadee", topic=topic))


fault = fault_by(GUIDE)
NOD, SHRUG = make(React("nod"), Appeal("reason")), make(React("shrug"), Appeal("reason"))
REASON, FEELING, TRUST = (make(React(kind), Inquire()) for kind in ("reason", "feeling", "trust"))
YES, MORE = make(React("yes"), Propose(50)), make(React("yes"), Propose(100))
ENOUGH, NO = make(React("enough"), Propose(50)), make(React("no"), Propose(50))
LEAVE, TALK, OPENING = make(Leave()), make(Say()), make(Say(), opening=True)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 2000 and set(INTENTS) >= SLOTS
    assert {cue.persona for cue, _, _ in SPOKEN} == set(VOICE.personas)
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", TELLING)
def test_what_tells_something_passes_for_nothing_else(one):
    for other in SLOTS - {one}:
        assert swapped(GUIDE, INTENTS[one], INTENTS[other]) == []
        assert swapped(GUIDE, INTENTS[other], INTENTS[one]) == []


test_every_sentence_of_the_bank_passes = bank_test(
    GUIDE, VOICE, [NOD, SHRUG, REASON, FEELING, TRUST, YES, MORE, ENOUGH, NO, LEAVE, TALK, OPENING]
)


GOOD = {
    NOD: ["Oh, that is great to hear.", "I like that.", "That is interesting!"],
    SHRUG: ["Hm, I do not know what to say.", "If you say so.", "Well, okay."],
    REASON: ["I look at the results.", "Give me facts and figures.", "I want to know what a dollar does."],
    FEELING: ["I like stories about people.", "It must touch my heart."],
    TRUST: ["I do not trust charities easily.", "How do I know that it arrives?", "I don't know you."],
    YES: ["Yes, I'll give 50 cents.", "Okay, 50 cents.", "Sure, you can have 50 cents!"],
    MORE: ["Yes, a dollar, with pleasure.", "A dollar it is!", "All right, I will give a dollar."],
    ENOUGH: ["Okay, 50 cents, but that is all.", "50 cents, and not more. Bye.", "Yes, 50 cents. Goodbye!"],
    NO: ["No, thank you.", "Sorry, I do not want to give 50 cents. Bye.", "I would rather not.", "No. Goodbye."],
    LEAVE: ["I have to go now. Goodbye!", "My time is up, sorry."],
    TALK: ["Go on, please.", "What is it about?", "I am listening."],
    OPENING: ["Hi, I am Ana.", "Hello, Ana here. What is it?"],
}  # fmt: skip
BAD = {
    NOD: ["Hm.", "Good, I will give a dollar.", "Good, but I trust nobody.", "That is not good.", "Good. Goodbye!", "I like facts.", "That touches me, good.", "Good point, 5 of 5."],
    SHRUG: ["That is good.", "No, I will not give.", "I do not trust you.", "Hm, I like stories.", "Well, bye.", "Hm, okay, here are 50 cents.", "I love it.", "Blue."],
    REASON: ["I need to trust you.", "A story, please.", "Facts, and I have to trust you.", "Hm.", "Facts. Goodbye.", "I want figures, and 50 cents is what I have."],
    FEELING: ["I like figures.", "Stories and facts.", "I do not know you.", "Hm."],
    TRUST: ["It has to touch me.", "I need facts.", "I have to trust you and see results.", "Okay."],
    YES: ["No.", "Yes.", "A dollar.", "Yes, a dollar.", "Yes, 50 cents, and that is all.", "50 cents?", "Not 50 cents.", "50 cents, maybe later.", "Yes, 50 cents and a dollar.", "Yes, 50 cents. Bye."],
    MORE: ["Yes, 50 cents.", "A dollar? No.", "Yes, a dollar tomorrow.", "I will not give a dollar."],
    ENOUGH: ["Yes, 50 cents.", "No, goodbye.", "A dollar, and that is all.", "That is all. Goodbye."],
    NO: ["Yes, 50 cents.", "50 cents, no more.", "Hm.", "Not yet.", "Goodbye.", "Maybe later, no.", "No problem, 50 cents it is.", "No, but a dollar later."],
    LEAVE: ["Go on.", "No, I give nothing.", "I have to go, here is a dollar.", "Bye, I need facts."],
    TALK: ["Yes.", "No, thanks.", "I like stories.", "Goodbye.", "I will give 50 cents.", "That is good.", "I do not trust you."],
    OPENING: ["Hello.", "Hi, I am Bela.", "I am Ana, and I like facts.", "I am Ana. Here is a dollar.", "I am Ana. Goodbye."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


@pytest.mark.parametrize(
    "said", ["Would you give a dollar?", "Our accounts are open.", "As your volunteer I thank you.", *JUNK[3:9]]
)
def test_nobody_speaks_for_the_other_side(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    reason = "You have told me both of these facts."
    lost = TALK._replace(problem="illegal", reason=reason)
    assert reason in GUIDE.line(lost, Stream(np.random.default_rng(0))).order
    assert fault(lost, f"Oh, sorry. {reason} What is it about?") == ""
    assert fault(lost, "What is it about?") and fault(lost, f"{reason} I like facts.")


def test_the_scene_is_the_same_in_all_turns_and_tells_nothing():
    assert len({GUIDE.scene(cue) for cue in BAD}) == 1
    assert "Ana" in GUIDE.scene(NOD) and "Orchard for All" in GUIDE.scene(NOD)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_grammar_allows_passes(regular, data):
    utterance = data.draw(st.sampled_from([u for slot in SLOTS for u in INTENTS[slot][:8]]))
    assert constrained(GUIDE, utterance, regular, data) == ""
