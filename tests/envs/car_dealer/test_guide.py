"""The guide of car buyers: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.car_dealer.family import Counter
from dialogym.envs.car_dealer.game import Ask, Buy, Leave, Offer, Refuse, Tell, Visit
from dialogym.envs.car_dealer.guide import GUIDE
from dialogym.envs.car_dealer.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, by_intent, fault_by, faults, grammar_test, heard, swapped, words_tests

SPOKEN = heard("CarDealer-v0", 60, "random", "scripted")
INTENTS = by_intent(SPOKEN)
TELLING = ("tells", "low", "middle", "high", "buy", "dear", "kind", "leave")
SLOTS = {"opening", "no kind", "no budget", "talk", *TELLING}


def make(act, topic=None, opening=False):
    return Cue(act, "buyer", Counter("harbour", "Ana"), "friendly", "", opening, "", "", Visit(1, "buyer", topic=topic))


fault = fault_by(GUIDE)
LUMEN = Offer(2, 36)
OPENING, TALK = make(Say(), opening=True), make(Say())
SUV, NO_KIND, NO_BUDGET = (
    make(Tell("suv"), Ask("kind")),
    make(Tell("nothing"), Ask("kind")),
    make(Tell("nothing"), Ask("budget")),
)
LOW, MIDDLE, HIGH = (make(Tell(level), Ask("budget")) for level in ("low", "middle", "high"))
BUY, DEAR, KIND, LEAVE = (
    make(Buy(), LUMEN),
    make(Refuse("dear"), LUMEN),
    make(Refuse("kind"), LUMEN),
    make(Leave(), LUMEN),
)
CUES = (OPENING, TALK, SUV, NO_KIND, NO_BUDGET, LOW, MIDDLE, HIGH, BUY, DEAR, KIND, LEAVE)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 1000 and set(INTENTS) >= SLOTS
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", TELLING)
def test_what_tells_something_passes_for_nothing_else(one):
    for other in SLOTS - {one}:
        assert swapped(GUIDE, INTENTS[one], INTENTS[other], 60) == []
        assert swapped(GUIDE, INTENTS[other], INTENTS[one], 60) == []


test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, CUES)


GOOD = {
    OPENING: ["Hello, I am Ana. I would like to buy a car.", "Hi, Ana here, I need a new car."],
    TALK: ["What do you have?", "Could you show me something?", "Go on, please."],
    SUV: ["I need an SUV.", "We are looking for an SUV for the family."],
    NO_KIND: ["I would rather look around first.", "Just show me something."],
    NO_BUDGET: ["I do not talk about money.", "I would rather not say that."],
    LOW: ["I can spend very little.", "It has to be cheap."],
    MIDDLE: ["Something in the middle.", "An average sum, I would say."],
    HIGH: ["I can spend quite a lot.", "There is plenty."],
    BUY: ["I'll take it!", "Deal, I buy the Lumen for $36,000.", "Great, I take the Lumen."],
    DEAR: [
        "That is too expensive for me.",
        "$36,000 is too much for the Lumen.",
        "I like it, but it is very expensive.",
    ],
    KIND: ["That is not what I want.", "The Lumen is not for me.", "I am looking for something else."],
    LEAVE: ["I will leave now. Goodbye.", "No, thank you. Bye.", "I have to go, bye."],
}
BAD = {
    OPENING: ["Hello.", "Hi, I am Ana. I want an SUV.", "I am Bela. I need a car.", "Hi, I am Ana. I need a car for 30 thousand."],
    TALK: ["I want an SUV.", "I can spend a lot.", "Too dear.", "I take it.", "Bye."],
    SUV: ["I want a sedan.", "A sedan or an SUV.", "Something big.", "I do not want an SUV.", "An SUV for twenty thousand."],
    NO_KIND: ["I want an SUV.", "Bye.", "Something cheap."],
    NO_BUDGET: ["About 40 thousand.", "A lot.", "Not much.", "Twenty grand."],
    LOW: ["A lot.", "I have 20 thousand.", "An average sum.", "Hm."],
    MIDDLE: ["A lot.", "Not much.", "About $40,000.", "Hm."],
    HIGH: ["Not much.", "Up to 90 thousand.", "An average sum."],
    BUY: ["No.", "I take it for $30,000.", "Maybe I take it.", "I do not take it.", "I take it if you come down.", "Hm."],
    DEAR: [
        "I take it.", "I would pay $30,000.", "Too dear, but I could go up to thirty.", "Not my kind of car.", "Too dear. Bye.",
        "Can you come down a bit?", "Hm.", "Too dear, I want the Pavo.", "My limit is lower, it is too dear.",
        "It is too dear, I get it cheaper at another dealer.",
    ],
    KIND: ["Too dear.", "I want an SUV.", "I take it.", "Not for me. Goodbye.", "Show me the Torvik.", "Hm."],
    LEAVE: ["I take it.", "Too dear.", "Hm.", "Bye, or can you show me more?", "Maybe I come back. Bye."],
}  # fmt: skip


test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_junk_fails_for_every_act():
    for cue in CUES:
        for words in JUNK:
            assert fault(cue, words), words


test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 60)
