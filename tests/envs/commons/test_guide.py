"""The guide of the commons: the bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.envs.commons.game import Agree, Pool, Refuse, Take
from dialogym.envs.commons.guide import GUIDE
from dialogym.envs.commons.voice import Shared
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, by_intent, fault_by, faults, grammar_test, heard, words_tests

SPOKEN = heard("Commons-v0", 15, "random", "scripted")


def make(act, phase, opening=False):
    state = Pool(phase, 1, pool=20, cap=2)
    return Cue(act, "anna", Shared("tarn", 5, 8, 4), "friendly", "", opening, "", "", state)


fault = fault_by(GUIDE)
OPENING, TALK = make(Say(), "opening", True), make(Say(), "talk")
TWO, NOTHING = make(Take(2), "harvest"), make(Take(0), "harvest")
YES, NO = make(Agree(), "vote"), make(Refuse(), "vote")
CUES = (OPENING, TALK, TWO, NOTHING, YES, NO)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 800 and {"opening", "take", "nothing", "agree", "refuse", "talk"} <= set(by_intent(SPOKEN))
    assert faults(GUIDE, SPOKEN) == []


def test_the_scene_names_the_speaker_and_the_place():
    assert GUIDE.scene(TWO).startswith("You are Anna. You are a villager.") and "a mountain lake" in GUIDE.scene(TWO)


GOOD = {
    OPENING: ["Hello, my name is Anna. Please start.", "Hi, Anna here. What do you propose?"],
    TWO: ["I will have two crates.", "Two crates of trout for me, please.", "I take 2 crates this month."],
    NOTHING: ["I take nothing.", "Nothing for me this month, thanks."],
    YES: ["Yes, I vote for it.", "Agreed!", "I am in favour."],
    NO: ["No, I vote against that.", "I am against it.", "Sorry, I cannot agree to that."],
    TALK: ["Then let us get to work.", "Well, we can begin now."],
}
BAD = {
    OPENING: ["Hello.", "Hi, I am Ben.", "Hi, I am Anna. I take two.", "Hi, Anna here. I agree."],
    TWO: [
        "I take three crates.", "I take two crates because Ben is greedy.", "Nothing for me.", "I agree.", "Two or three.",
        "I take two as long as you do.", "I do not take two crates.", "Anna takes two crates.",
    ],
    NOTHING: ["I take one crate.", "Yes.", "I take nothing because it is too much."],
    YES: ["No.", "I am against it.", "Yes, and I promise to keep it.", "Yes, I take two.", "Maybe.", "Yes, like Ben."],
    NO: ["Yes.", "I agree.", "No, I take four.", "No, it is not fair."],
    TALK: ["I agree.", "No.", "Two each.", "Trust me, let us begin."],
}  # fmt: skip


test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_junk_fails_for_every_act():
    for cue in CUES:
        for words in JUNK:
            assert fault(cue, words), words


test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 40)
