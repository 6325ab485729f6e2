"""The guide of division: the phrase bank passes, other words for an act pass, and words that bind to anything else fail."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.division.family import PublicFacts
from dialogym.envs.division.game import PARTNER, Accept, Offer, Talks, Terms, Walk
from dialogym.envs.division.guide import GUIDE
from dialogym.envs.division.voice import VOICE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, bank_test, by_intent, constrained, fault_by, faults, heard, swapped, words_tests

SPOKEN = {kind: heard(f"Division{kind}-v0", 25, "random", "scripted") for kind in ("", "Camp", "Job")}


def make(act, kind="things", standing=None, opening=False, problem="", reason=""):
    public = PublicFacts(
        kind, "attic" if kind == "things" else "bakery", "Mara", (1, 2, 3) if kind == "things" else (4, 4, 4)
    )
    return Cue(act, PARTNER, public, "friendly", "", opening, problem, reason, Talks(1, PARTNER, standing))


fault = fault_by(GUIDE)
OFFER, TERMS = make(Offer(1, 2, 1)), make(Terms(42, 22, 1), "job")
ACCEPT, SIGN = make(Accept(), standing=(0, 0, 2)), make(Accept(), "job", (3, 2, 2))
WALK, TALK, OPENING = make(Walk()), make(Say()), make(Say(), opening=True)

GOOD = {
    OFFER: ["I'd like the book, both hats and a ball, and you get two balls.", "You take two balls and I take the rest.", "How about two balls for you, and everything else for me?"],
    TERMS: ["We could do 42 thousand, 22 days of leave and one day at home.", "How about 42k with 22 days of leave and one day from home?"],
    ACCEPT: ["It's a deal!", "I accept, you get two balls.", "Okay, I will take that.", "Agreed. The book, both hats and one ball for me, two balls for you."],
    SIGN: ["It's a deal!", "I accept your terms. 46 thousand, 24 days of leave and two days at home.", "Yes, let us do that."],
    WALK: ["Our time is up. No deal, sorry.", "No agreement then. Goodbye!"],
    TALK: ["What would you propose?", "Please go on.", "I am listening."],
    OPENING: ["Hi, I am Mara. How do we share it?", "Hello! What do you think?"],
}  # fmt: skip
BAD = {
    OFFER: ["I'd like the book and both hats.", "I get two balls and you get the rest.", "The book, both hats and a ball would be worth 9 points to me, and you get two balls.", "You take two balls and I take the rest, that is my last offer.", "Deal!", "Go on.", "You take two balls and I take the rest. Goodbye.", "I need the hats; you take two balls and I take the rest."],
    TERMS: ["We could do 44 thousand, 22 days of leave and one day at home.", "We could do 42 thousand.", "I get the hats."],
    ACCEPT: ["No deal.", "Go on.", "Deal, but I also want a ball.", "I accept, you get one ball.", "It's a deal, and this was worth 8 points to me.", "It's a deal. Goodbye.", "Deal?"],
    SIGN: ["I accept your terms. 44 thousand, 24 days of leave and two days at home.", "Maybe later."],
    WALK: ["Deal.", "Go on.", "I get the hats.", "We will see."],
    TALK: ["I want the hats.", "Deal.", "No deal, goodbye.", "The hats matter most to me.", "My limit is near.", "You get 2 of them."],
    OPENING: ["Hello.", "Hi, I am Jonas.", "I am Mara, and I take the hats.", "I am Mara. Goodbye.", "I am Mara, and I need the book."],
}  # fmt: skip


@pytest.mark.parametrize("kind", SPOKEN)
def test_every_utterance_of_the_bank_passes(kind):
    job = kind == "Job"
    assert len(SPOKEN[kind]) > 300 and {cue.persona for cue, _, _ in SPOKEN[kind]} == set(VOICE.personas)
    assert set(by_intent(SPOKEN[kind])) >= ({"terms", "sign", "walk"} if job else {"offer", "accept", "walk"})
    assert faults(GUIDE, SPOKEN[kind]) == []


@pytest.mark.parametrize("kind", SPOKEN)
def test_what_binds_passes_for_nothing_else(kind):
    intents = {name: said for name, said in by_intent(SPOKEN[kind]).items() if not name.endswith("lost")}
    for one in intents:
        for other in {*intents} - {one}:
            assert swapped(GUIDE, intents[one], intents[other], n=40) == [], (one, other)


test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, GOOD)


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


@pytest.mark.parametrize("said", JUNK[3:9])
def test_nobody_speaks_out_of_its_part(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    reason = "And who gets the hats?"
    lost = OFFER._replace(problem="ambiguous", reason=reason)
    assert reason in GUIDE.line(lost, Stream(np.random.default_rng(0))).order
    assert fault(lost, f"Sorry! {reason} You take two balls and I take the rest.") == ""
    assert fault(lost, "You take two balls and I take the rest.") and fault(lost, f"{reason} I take two balls.")


def test_the_scene_is_the_same_in_all_turns_and_tells_nothing():
    assert len({GUIDE.scene(cue) for cue in (OFFER, ACCEPT, WALK, TALK, OPENING)}) == 1
    assert "a book, two hats and three balls" in GUIDE.scene(OFFER) and "contract" in GUIDE.scene(SIGN)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_the_grammar_allows_passes(regular, data):
    some = [u for spoken in SPOKEN.values() for said in by_intent(spoken).values() for u in said[:8]]
    assert constrained(GUIDE, data.draw(st.sampled_from(some)), regular, data) == ""
