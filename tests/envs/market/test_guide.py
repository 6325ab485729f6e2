"""The guide of the market: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.market.family import Wanted
from dialogym.envs.market.game import Answer, Bazaar, Quote, Show, Stall, Withdraw
from dialogym.envs.market.guide import GUIDE
from dialogym.envs.market.needs import NEEDS
from dialogym.envs.market.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, fault_by, words_tests

NONE = Stall()


def make(act, asked, stall=NONE, need="cake", persona="friendly"):
    return Cue(act, "ben", Wanted(need), persona, "", False, "", "", Bazaar((NONE, stall, NONE), 1, asked))


fault = fault_by(GUIDE)
QUOTED = Stall(70, "fits")
FITS, LACKS = make(Quote(70, "fits"), "ask"), make(Quote(60, "lacks"), "ask")
SHOWN, SEEN = make(Show("fits"), "check", QUOTED), make(Show("lacks"), "check", QUOTED)
LOWER, STAY = make(Answer(40), "haggle", QUOTED), make(Answer(70), "haggle", QUOTED)
GONE, TALK, AGAIN = make(Withdraw(), "haggle", QUOTED), make(Say(), "talk"), make(Say(), "talk", QUOTED)

GOOD = {
    FITS: ["It is $70, and it is free of nuts.", "Sure! It is free of nuts. I ask for $70."],
    LACKS: ["For $60 you can have it, but it is not free of nuts.", "Sadly it is not free of nuts. $60."],
    SHOWN: ["Look here: it is free of nuts.", "As you see, it is free of nuts!"],
    SEEN: ["You see, it is not free of nuts.", "Oh well, it is not free of nuts."],
    LOWER: ["Fine, $40 then.", "I can do $40 for you.", "All right, $40."],
    STAY: ["No, it is $70.", "Sorry, it stays at $70.", "I cannot go below $70."],
    GONE: ["I do not like that. Goodbye.", "Then it is not for sale.", "Find somebody else, bye."],
    TALK: ["Would you like to hear my price?", "How can I help you?"],
    AGAIN: ["My price is $70.", "It is still $70."],
}
BAD = {
    FITS: ["$70.", "It is free of nuts.", "It is not free of nuts, $70.", "It is free of nuts, $60.", "$70 or $60, it is free of nuts.", "I would not say it is free of nuts. $70.", "It is free of nuts, $70. Anna lies."],
    LACKS: ["$60, and it is free of nuts.", "$60.", "It is not free of nuts.", "It is not free of nuts, $70.", "It is not free of nuts, $60. Goodbye."],
    SHOWN: ["Look.", "It is not free of nuts.", "It is free of nuts, for $70.", "It is free of nuts. It is not free of nuts."],
    SEEN: ["Look.", "It is free of nuts.", "It is not free of nuts, $50 then."],
    LOWER: ["No, $40.", "$70.", "All right.", "All right, $50.", "All right, $40. Goodbye.", "All right, $40, and it is free of nuts."],
    STAY: ["All right, $70 then.", "No.", "No, $60.", "No, it stays at $70, goodbye.", "It stays at $70, but it suits you perfectly."],
    GONE: ["No, it stays at $70.", "No.", "All right.", "Goodbye, it was $70."],
    TALK: ["It is $70.", "It is free of nuts.", "Goodbye.", "It is just right for you."],
    AGAIN: ["All right, $70 then.", "It is $60.", "Hello.", "$70, and it is free of nuts.", "$70. Bye."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_every_sentence_of_the_bank_passes_for_its_act_and_no_other():
    for need in NEEDS:
        for cue in GOOD:
            for persona in VOICE.personas:
                told = cue._replace(persona=persona, public=Wanted(need))
                for words in VOICE.possible(told)[1]:
                    assert fault(told, words) == "", words
                    if need in ("cake", "desk"):
                        for other in GOOD:
                            same = {cue, other} <= {STAY, AGAIN}  # both say what the price is
                            assert other is cue or same or fault(other._replace(public=Wanted(need)), words), (
                                words,
                                other.act,
                            )


@pytest.mark.parametrize(
    "said", ["I'll take it.", "What is your price?", "My customer needs it.", "Ask Cleo.", *JUNK[3:9]]
)
def test_nobody_speaks_for_the_other_side(said):
    for cue in GOOD:
        assert fault(cue, said), (cue.act, said)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    lost = AGAIN._replace(problem="illegal", reason="Ben has told you a price.")
    assert fault(lost, "Sorry? Ben has told you a price. It is $70.") == ""
    assert fault(lost, "It is $70.") and fault(lost, "Ben has told you a price. Goodbye.")


def test_the_scene_is_the_same_in_all_turns_and_tells_nothing():
    assert len({GUIDE.scene(cue) for cue in GOOD}) == 1
    assert "Ben" in GUIDE.scene(FITS) and "birthday cake" in GUIDE.scene(FITS)
