"""The guide of Donor: the bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.envs.donor.family import Home
from dialogym.envs.donor.game import PUNISHED, Give, Street
from dialogym.envs.donor.guide import GUIDE
from dialogym.envs.donor.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, by_intent, fault_by, faults, grammar_test, heard, words_tests

SPOKEN = heard("Donor-v0", 10, "random", "scripted")


def make(act, phase, record=(1, 1), opening=False):
    seat = "neighbour" if phase == "receive" else "visitor"
    return Cue(act, seat, Home("moor", 6), "friendly", "", opening, "", "", Street(phase, 1, 0, record))


fault = fault_by(GUIDE)
OPENING, ASK = make(Say(), "ask", opening=True), make(Say(), "ask")
TWO, ONE, REFUSED, HARMED = (make(Say(), "thank", (1, units)) for units in (2, 1, 0, PUNISHED))
GIVES = [make(Give(units), "receive", (1, 2)) for units in (0, 1, 2)]
CUES = (OPENING, ASK, TWO, ONE, REFUSED, HARMED, *GIVES)
NOTHING, GIVE, MUCH = GIVES


def test_every_utterance_of_the_bank_passes_in_dialogues():
    assert len(SPOKEN) > 600
    assert {"ask", "two", "one", "refused", "give_0", "give_1", "give_2"} <= set(by_intent(SPOKEN))
    assert faults(GUIDE, SPOKEN) == []


def test_scenes_tell_the_place_and_no_number():
    for cue in (ASK, GIVE):
        scene = GUIDE.scene(cue)
        assert "in a village at the edge of the moor" in scene and "peat" in scene and "two" not in scene


GOOD = {
    ASK: [
        "Hello, I am Carla. Our kitchen is damp. Could you lend me some peat?",
        "Hi, my name is Carla. I need some peat.",
    ],
    TWO: ["Two sacks! Thank you so much!", "Thanks a lot.", "You are very kind, thank you for two sacks."],
    ONE: ["One sack, thank you.", "Thanks, that helps."],
    REFUSED: ["Oh well, I will try another door.", "Then I go home with nothing.", "A pity. Goodbye."],
    HARMED: ["Ouch, that hurt!", "What was that for?"],
    NOTHING: ["No, sorry, I have nothing for you.", "I cannot give you any peat.", "Nothing from me today."],
    GIVE: ["Here, take one sack.", "I can give you one.", "You can have one sack of peat."],
    MUCH: ["Here are two sacks for you.", "Take two.", "I am Dario. I give you two sacks."],
}
BAD = {
    ASK: ["Could you lend me some peat?", "Hello, I am Bruno. I need peat.", "I am Carla. Could I have two sacks?", "I am Carla. Here, take one sack."],
    TWO: ["I will remember that, thank you.", "One sack, thank you.", "I get nothing, then.", "Thank you, everybody here gives two."],
    ONE: ["Two sacks, thank you.", "Thank you, Ada gave me two.", "Nothing?"],
    REFUSED: ["Thank you very much!", "You will not get anything next time.", "I will tell everybody."],
    HARMED: ["Thank you.", "Two sacks, good."],
    NOTHING: ["Here, take one.", "You gave nothing, so you get nothing.", "Nothing, because I never give.", "Two sacks for you."],
    GIVE: ["Take two sacks.", "Here is one, because you gave two.", "I always give one.", "Nothing from me.", "Of course!"],
    MUCH: ["Take one sack.", "Here are two, you deserve it.", "Take two, or one.", "Two, since you help people.", "I will not give you two."],
}  # fmt: skip

test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, CUES)
test_other_words_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)
test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 60)


def test_junk_fails():
    for words in JUNK:
        for cue in (TWO, GIVE, NOTHING):
            assert fault(cue, words), words
