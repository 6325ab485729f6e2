"""The guide of repeated games: the bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.envs.repeated.family import Met
from dialogym.envs.repeated.game import Match, Play, Promise
from dialogym.envs.repeated.guide import GUIDE
from dialogym.envs.repeated.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, by_intent, fault_by, faults, grammar_test, heard, words_tests

SPOKEN = heard("Repeated-v0", 24, "random", "scripted")


def make(act, phase, opening=False):
    return Cue(act, "partner", Met("notes", "Ana"), "friendly", "", opening, "", "", Match(3, phase, (0, 1), mine=0))


fault = fault_by(GUIDE)
OPENING, TALK = make(Say(), "greet", True), make(Say(), "answer")
PROMISE, KEEP = make(Promise("share"), "answer"), make(Play("keep"), "reveal")
CUES = (OPENING, TALK, PROMISE, KEEP)


def test_every_utterance_of_the_bank_passes():
    assert len(SPOKEN) > 1000 and {"opening", "promise", "play", "talk"} <= set(by_intent(SPOKEN))
    assert faults(GUIDE, SPOKEN) == []


test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, CUES)


GOOD = {
    OPENING: ["Hello, my name is Ana. So it is about the notes.", "Hi, Ana here. Shall we?"],
    TALK: ["Let us go on.", "I am ready when everybody is.", "This is exciting!"],
    PROMISE: ["I'll share my notes.", "I will definitely share this time.", "You can count on me to share the notes."],
    KEEP: [
        "I keep the notes.",
        "This time I keep my notes.",
        "My choice is keep.",
        "I am going to keep them to myself.",
    ],
}
BAD = {
    OPENING: ["Hello.", "Hi, I am Bela.", "Hi, I am Ana, and I will share the notes."],
    TALK: ["I will share.", "I might share.", "I never keep them.", "If you share, we will see.", "Hi, Ana."],
    PROMISE: [
        "I keep the notes.", "Maybe I will share.", "I will not share.", "Hm.", "I will share if you share.",
        "I will share again.", "I always share.", "I will share, because you kept your word.", "I will share for 8 points.",
        "Ana will share.", "I will share, not keep.", "I will share. You will share, too.",
    ],
    KEEP: ["I share.", "I keep the notes until you share.", "I keep mine, as you did last time.", "Hm.", "I do not keep."],
}  # fmt: skip


test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_junk_fails_where_something_is_to_be_said():
    for cue in (OPENING, PROMISE, KEEP):
        for words in JUNK:
            assert fault(cue, words), words


test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 40)
