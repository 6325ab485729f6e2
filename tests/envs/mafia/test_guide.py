"""The guide of Mafia: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.envs.mafia.game import Circle, Explain, Falter, Follow, Suspect, Unsure
from dialogym.envs.mafia.guide import GUIDE
from dialogym.envs.mafia.voice import VOICE, Affair, describe
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, fault_by, grammar_test, words_tests


def make(act, phase, voices=(0, 0, 0, 0), opening=False):
    state = Circle(phase, 0, 1, 1, voices, (True,) * 4)
    return Cue(act, "ben", Affair("cake", 3), "friendly", "", opening, "", "", state)


fault = fault_by(GUIDE)
OPENING, UNSURE = make(Say(), "opening", opening=True), make(Unsure(), "speak")
SUSPECT, FOLLOW = make(Suspect("cleo"), "speak"), make(Follow("dan"), "speak", (0, 0, 0, 1))
DENY, EXPLAIN, FALTER = make(Unsure(), "speak", (0, 2, 0, 0)), make(Explain(), "answer"), make(Falter(), "answer")
CUES = (OPENING, UNSURE, SUSPECT, FOLLOW, DENY, EXPLAIN, FALTER)
CLUE, ALIBI = describe(SUSPECT)[1][6], describe(EXPLAIN)[1][5]

GOOD = {
    OPENING: [
        "Listen, one of us ate the birthday cake before the party.",
        "So who ate the birthday cake before the party?",
    ],
    SUSPECT: [f"I think of Cleo: Cleo {CLUE}.", f"Well, Cleo {CLUE}, so I name Cleo."],
    FOLLOW: ["I am against Dan, too.", "Then it was Dan, I say."],
    UNSURE: ["I do not know yet.", "It is too early, I name nobody."],
    DENY: ["No, it was not me.", "I did not do it!"],
    EXPLAIN: [f"I {ALIBI}.", f"Sure, I {ALIBI}, as everybody knows."],
    FALTER: ["I do not remember.", "Um, somewhere, I guess."],
}
BAD = {
    OPENING: ["Hello.", "Ben ate the birthday cake before the party.", "It was me who ate the birthday cake before the party."],
    SUSPECT: ["I suspect Cleo.", f"Dan {CLUE}.", f"Cleo {CLUE}, but I doubt it was Cleo.", f"Cleo {CLUE}, and Dan too.", "It was me."],
    FOLLOW: ["I am against Anna, too.", "Not Dan.", f"Dan {CLUE}.", "Me too.", "Dan, because I saw it."],
    UNSURE: ["It was Cleo.", "I am sure.", "I know who it was.", "I did it."],
    DENY: ["I did it.", "It was Dan, not me.", "Hm.", "It was not me, I am sure it was somebody else who did it."],
    EXPLAIN: ["I was at home.", f"I {ALIBI}, I think, I do not remember.", f"I {ALIBI}. Ask Anna.", "I did it."],
    FALTER: [f"I {ALIBI}.", "I was at home.", "It was me.", "I do not remember, ask Dan."],
}  # fmt: skip

test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)
test_the_bank_passes = bank_test(GUIDE, VOICE, CUES)
test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 30)


def test_junk_fails_for_every_act():
    for cue in CUES:
        for words in JUNK:
            assert fault(cue, words), (cue.act, words)


def test_the_scene_names_the_speaker_and_what_was_done():
    assert GUIDE.scene(UNSURE).startswith("You are Ben. Somebody in the office ate the birthday cake")
