"""The guide of a hearing: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.panel.cases import CASES
from dialogym.envs.panel.family import Matter
from dialogym.envs.panel.game import Member, Move, Table, Tell
from dialogym.envs.panel.guide import GUIDE
from dialogym.envs.panel.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, fault_by, words_tests


def make(act, asked, at=1, case="deposit", persona="friendly"):
    before = Table((Member(), Member(), Member()), at, asked, (1,))
    return Cue(act, "ben", Matter(case), persona, "", False, "", "", before)


fault = fault_by(GUIDE)
WON, COLD, ANNOYED = (make(Move(by), "proof") for by in (2, 0, -1))
RESENT, TOLD, TALK = make(Move(-1), "probe"), make(Tell("plan"), "probe"), make(Say(), "talk")
JOIN, KEEP = make(Move(2), "", at=2), make(Move(0), "", at=2)
PLAN = "the offer to share the cost of paint"

GOOD = {
    WON: ["I am convinced and go up to 6.", "The photos from the day of moving out convince me: 6.", "Agreed, 6 from me."],
    COLD: ["I keep my 4.", "Thank you, it stays at 4.", "My mark is still 4, whatever you show me."],
    ANNOYED: ["That annoys me. I go down to 3.", "Do not show me the photos from the day of moving out. My mark drops to 3."],
    RESENT: ["How rude to ask me that! I go down to 3.", "I lower my mark to 3."],
    TOLD: [f"Well, it is {PLAN} that I care about.", f"I would like to know more about {PLAN}."],
    TALK: ["Please continue.", "What would you like to say?"],
    JOIN: ["I agree with Cleo and go up to 6.", "If Cleo says so, I join in: 6."],
    KEEP: ["Cleo may think so, my mark stays at 4.", "I remain at 4."],
}  # fmt: skip
BAD = {
    WON: ["I am convinced.", "I am convinced: 7.", "I stay at 6.", "I go down to 6.", f"I go up to 6, and I care about {PLAN}.", "I go up from 4 to 6.", "Anna and I go up to 6.", "I go up to 6. You have won, goodbye."],
    COLD: ["I stay.", "I go up to 4.", "I go down to 4.", "I stay at 5.", "It stays at 4, because nobody is with you yet.", f"I stay at 4. Tell me about {PLAN}.", "Cleo and I stay at 4."],
    ANNOYED: ["I go up to 3.", "It stays at 3.", "I go down to 2.", "That annoys me."],
    RESENT: ["I go up to 3.", "No.", "It stays at 3.", f"I care about {PLAN}, and go down to 3."],
    TOLD: ["I care about the photos from the day of moving out.", f"I do not care about {PLAN}.", "I care about something.", f"I care about {PLAN}, and I go up to 6.", f"I care about {PLAN} and the hardship that it means."],
    TALK: ["I stay at 4.", "I am convinced.", f"Tell me about {PLAN}.", "The decision is made.", "What matters to me is something else."],
    JOIN: ["I go along with Cleo.", "I stay at 6 with Cleo.", "Like Anna I go up to 6.", "I go up to 5 with Cleo."],
    KEEP: ["I go up to 4.", "Cleo is wrong.", "I keep 5.", "I stay at 4, since I care about other things."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_every_sentence_of_the_bank_passes_for_its_act_and_for_no_other():
    alike = ({COLD, KEEP}, {WON, JOIN}, {ANNOYED, RESENT})  # what is said of the mark is the same
    for case in CASES:
        for cue in GOOD:
            for persona in VOICE.personas:
                told = cue._replace(persona=persona, public=Matter(case))
                for words in VOICE.possible(told)[1]:
                    assert fault(told, words) == "", (persona, words, fault(told, words))
                    if case in ("deposit", "bees"):
                        for other in GOOD:
                            same = other is cue or {cue, other} in alike
                            assert same or fault(other._replace(public=Matter(case)), words), (words, other.act)


@pytest.mark.parametrize("said", ["I rest my case.", "What would convince you?", "Please accept my paper.", *JUNK[3:9]])
def test_nobody_speaks_for_the_other_side(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    lost = TALK._replace(problem="illegal", reason="Ben has heard that point.")
    assert fault(lost, "Sorry? Ben has heard that point. Please go on.") == ""
    assert fault(lost, "Please go on.") and fault(lost, "Ben has heard that point. I go up to 6.")


def test_the_scene_is_the_same_in_all_turns_and_tells_nothing():
    assert len({GUIDE.scene(cue) for cue in GOOD}) == 1
    assert "Ben" in GUIDE.scene(WON) and "lay judges" in GUIDE.scene(WON)
