"""The guide of dealers: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.trading.family import Line
from dialogym.envs.trading.game import Both, Call, Close, Counter, Deal, Done, Firm, Oneway, Price, Pull, Twoway
from dialogym.envs.trading.guide import GUIDE
from dialogym.envs.trading.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, by_intent, fault_by, faults, grammar_test, heard, swapped, words_tests

SPOKEN = heard("Trading-v0", 40, "random", "scripted")
INTENTS = by_intent(SPOKEN)
TELLING = ("price", "both", "better", "done", "firm", "pull", "close")
SLOTS = {"opening", "talk", *TELLING}


def make(act, topic=None, opening=False, side="buy"):
    state = Call(1, "dealer", 4, topic=topic, size=2 if topic else 0, cost=4 if topic else 0)
    return Cue(act, "dealer", Line("northmark10", side, "Ana"), "friendly", "", opening, "", "", state)


fault = fault_by(GUIDE)
OPENING, TALK, CLOSE = make(Say(), opening=True), make(Say()), make(Close())
PRICE, BOTH, SELLING = make(Price(4), Oneway(2)), make(Both(6, 6), Twoway(2)), make(Price(4), Oneway(2), side="sell")
BETTER, FIRM, PULL = make(Price(3), Counter(2)), make(Firm(), Counter(2)), make(Pull(), Counter(2))
DONE, TAKEN, SOLD = make(Done(), Deal()), make(Done(), Counter(2)), make(Done(), Deal(), side="sell")
CUES = (OPENING, TALK, CLOSE, PRICE, BOTH, SELLING, BETTER, FIRM, PULL, DONE, TAKEN, SOLD)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 400 and set(INTENTS) >= SLOTS
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", TELLING)
def test_what_tells_something_passes_for_nothing_else(one):
    for other in SLOTS - {one}:
        assert swapped(GUIDE, INTENTS[one], INTENTS[other], 40) == []
        assert swapped(GUIDE, INTENTS[other], INTENTS[one], 40) == []


test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, CUES)


GOOD = {
    OPENING: ["Hello, I am Ana. What can I do for you?", "Hi, Ana here, what do you need?"],
    TALK: ["What do you need?", "Tell me what you need.", "Go on, please."],
    CLOSE: ["I have to go now. Goodbye.", "Sorry, I must run. Bye."],
    PRICE: ["For 10 million I am at 98.44.", "My offer is 98.44 in 10 million.", "You can have 10 million at 98.44."],
    SELLING: ["My bid is 98.36 for 10 million.", "98.36 for your 10 million."],
    BOTH: ["98.34 bid, 98.46 offered for 10 million.", "In 10 million I am 98.34 to 98.46."],
    BETTER: ["All right, 98.43.", "I can come down to 98.43.", "Then let us say 98.43."],
    FIRM: ["No, 98.44 is my offer.", "Sorry, I stay at 98.44.", "It stays at 98.44."],
    PULL: ["No. My offer is gone.", "Sorry, I take my offer back.", "I am off that price."],
    DONE: ["Done, you buy 10 million at 98.44.", "Agreed, 10 million at 98.44.", "It is a deal: 10 million at 98.44."],
    TAKEN: ["Done, 10 million at 98.42.", "Agreed. You buy 10 million at 98.42."],
    SOLD: ["Done, you sell 10 million at 98.36.", "That is done, 10 million at 98.36."],
}
BAD = {
    OPENING: ["Hello.", "I am Bela. How can I help?", "I am Ana. What do you need? I am at 98.40.", "I am Ana and I am long. What do you need?"],
    TALK: ["98.44.", "Done.", "My offer is gone.", "What do you need? I am short.", "Bye."],
    CLOSE: ["Done.", "Goodbye, or do you want more?", "Hm.", "Bye at 98.44.", "Maybe later. Bye."],
    PRICE: [
        "98.43 for 10 million.", "98.44.", "98.44 for 20 million.", "My bid is 98.44 for 10 million.", "About 98.44 for 10 million.",
        "98.44 for 10 million, and I could go lower.", "98.44 for 10 million is my best.", "Done, 10 million at 98.44.",
        "98.44 for 10 million, one tick less for more.", "98.440 for 10 million.", "10 million at 98.44 because I am short.",
    ],
    SELLING: ["98.44 for 10 million.", "My offer is 98.36 for 10 million."],
    BOTH: ["98.46 bid, 98.34 offered for 10 million.", "98.34 for 10 million.", "98.34 to 98.46.", "98.34 to 98.47 for 10 million."],
    BETTER: ["98.44.", "98.42.", "98.43 is my limit.", "Done at 98.43.", "No, 98.43 stays.", "Hm.", "Maybe 98.43."],
    FIRM: ["98.43.", "98.44, done.", "No.", "My offer is gone.", "98.44 stays, but make me an offer.", "98.44 stays for now, ask again later."],
    PULL: ["98.44 stays.", "Done.", "My offer is gone, bye.", "My offer at 98.44 is gone.", "My bid is gone.", "Hm."],
    DONE: ["Done.", "Done, 10 million at 98.43.", "You sell 10 million at 98.44, done.", "Maybe done, 10 million at 98.44.", "Not done, 10 million at 98.44.", "10 million at 98.44."],
    TAKEN: ["Done, 10 million at 98.44.", "Done, 5 million at 98.42."],
    SOLD: ["Done, you buy 10 million at 98.36.", "Done, 10 million at 98.44."],
}  # fmt: skip


test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_junk_fails_for_every_act():
    for cue in CUES:
        for words in JUNK:
            assert fault(cue, words), words


test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 40)
