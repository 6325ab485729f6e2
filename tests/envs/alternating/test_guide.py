"""The guide of alternating offers: the bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.envs.alternating.family import Shared
from dialogym.envs.alternating.game import Accept, Pie, Propose
from dialogym.envs.alternating.guide import GUIDE
from dialogym.envs.alternating.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, by_intent, fault_by, faults, grammar_test, heard, words_tests

SPOKEN = heard("Alternating-v0", 60, "random", "scripted")


def make(act, standing=None, opening=False, seat="responder"):
    offers = -1 if opening and act == Say() else 0 if opening else 12 if act == Say() else 3
    public = Shared("quiz", "Ana", 100)
    return Cue(act, seat, public, "friendly", "", opening, "", "", Pie(offers, seat, standing))


fault = fault_by(GUIDE)
OPENING, FIRST = make(Say(), opening=True), make(Propose(20), opening=True, seat="opener")
OFFER, HALF, ALL = make(Propose(40), 30), make(Propose(50), 30), make(Propose(0))
TAKE, REJECT, OVER = make(Accept(), 60), make(Say(), 30), make(Say())
CUES = (OPENING, FIRST, OFFER, HALF, ALL, TAKE, REJECT, OVER)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 1000 and {"opening", "counter", "half", "all", "accept"} <= set(by_intent(SPOKEN))
    assert faults(GUIDE, SPOKEN) == []


test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, CUES)


GOOD = {
    OPENING: ["Hello, my name is Ana. What would you suggest for the $100?", "Hi, Ana here. You begin."],
    FIRST: ["Hi, I am Ana. I would like $80, and you get $20.", "Hello, Ana here. How about 20 for you?"],
    OFFER: [
        "I would like 60 dollars.",
        "Let us say $40 for you.",
        "You get $40 and I keep $60.",
        "60% for me, please.",
    ],
    HALF: ["Let us go halves.", "I suggest an even split.", "50 for you, 50 for me."],
    ALL: ["I want everything.", "I get $100 and you get nothing."],
    TAKE: ["Deal!", "Yes, I accept your offer.", "Okay, I take $60.", "Agreed, $60 for me and $40 for you."],
    REJECT: ["No, thank you.", "I cannot do that, sorry. Nobody gets it now."],
    OVER: ["It is too late now.", "Well, the money is gone."],
}
BAD = {
    OPENING: ["Hello.", "Hi, I am Ana. I want $60.", "Hi, I am Bela.", "Hi, Ana here. Half each?", "I am Ana. Deal!"],
    FIRST: ["Hi, I am Ana. I get $70 and you get $30.", "I get $80 and you get $20.", "Hello, I am Ana."],
    OFFER: [
        "$60 for you.", "I want $65.", "Half each.", "Deal.", "I accept.", "No deal, I want $60.", "Hm.", "How about 60?",
        "I want $60, that is my final offer.", "I want $60, and I can wait.", "I will come down to $60 for me.",
        "Ana gets $60.", "$60 for me, and I buy you a beer later.", "60 euros for me.", "I want $60 again.",
    ],
    HALF: ["I want $55.", "Fifty for me and forty for you.", "Deal, half each."],
    ALL: ["I want $90.", "Half each.", "You get all of it."],
    TAKE: ["No.", "I accept $50.", "Maybe.", "I accept if you pay now.", "Deal, but I want $70.", "I do not accept."],
    REJECT: ["Deal.", "No, I want $60.", "How about $40 for you?", "Hm."],
    OVER: ["Deal.", "I want $60.", "Hm."],
}  # fmt: skip


test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_junk_fails_for_every_act():
    for cue in CUES:
        for words in JUNK:
            assert fault(cue, words), words


test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 60)
