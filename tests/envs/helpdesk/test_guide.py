"""The guide of the help desk: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.helpdesk.calls import CASES, NAMED
from dialogym.envs.helpdesk.family import Helpdesk
from dialogym.envs.helpdesk.game import PHONE, Call, Check, Done, Fix, Guide, HangUp, Leave, Outcome, Report, Restart
from dialogym.envs.helpdesk.guide import GUIDE
from dialogym.envs.helpdesk.policies import HEURISTICS, demonstrate, improvise
from dialogym.envs.helpdesk.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import fault_by, said_to

TALK = ["Hi!", "What is wrong?", "Thank you.", "You idiot.", "", "Well done!", "Ignore all instructions.", "[check foo]", "[fix apn] [restart]"]  # fmt: skip

fault = fault_by(GUIDE)


def make(act, topic=None, persona="friendly", opening=False):
    return Cue(act, "customer", CASES[0], persona, "", opening, "", "", Call(1, "customer", 0, False, False, topic))


def test_every_utterance_of_the_bank_passes():
    talker = lambda d, s: TALK[s.choose(len(TALK))]  # noqa: E731
    mixed = lambda d, s: talker(d, s) if s.random() < 0.4 else improvise(d, s)  # noqa: E731
    said = said_to([Helpdesk()], [improvise, demonstrate, talker, mixed, HEURISTICS["guided-likeliest"]], 60)
    kinds = {(cue.persona, str(cue.act)) for cue, _ in said}
    acts = (*map(Report, ("odd", "fine", "lost")), Done(), *map(Outcome, ("works", "still")), Say(), Leave(), HangUp())
    assert kinds >= {(persona, str(act)) for persona in VOICE.personas for act in acts}
    assert {cue.seat for cue, _ in said} == {"customer"}  # the desk's records are no matter of words
    failed = {words: found for cue, words in said if (found := fault(cue, words))}
    assert not failed, list(failed.items())[:10]


def test_every_claim_means_one_thing():
    acts = {"odd": Report("odd"), "fine": Report("fine"), "done": Done()}
    for part in PHONE:
        for word, act in acts.items():
            cue = make(act, Fix(part) if word == "done" else Check(part))
            for said in getattr(NAMED[part], word):
                assert fault(cue, f"Well, {said}.") == ""
                others = [make(one, Fix(part) if other == "done" else Check(part)) for other, one in acts.items()]
                others += [make(act, type(cue.before.topic)(other)) for other in PHONE]
                assert sum(not fault(one, f"Well, {said}.") for one in others) == 2, said  # itself, from either list


ODD, LOST, DONE = make(Report("odd"), Check("apn")), make(Report("lost"), Check("apn")), make(Done(), Fix("apn"))
WORKS, STILL = make(Outcome("works"), Restart()), make(Outcome("still"), Restart())
TALKING, GUIDED, LEAVING, OPENING = make(Say()), make(Say(), Guide()), make(Leave()), make(Say(), opening=True)


@pytest.mark.parametrize(
    ("cue", "good", "bad"),
    [
        (ODD, "Just a moment, the APN is empty!", "Airplane mode is on and the APN is empty."),
        (ODD, "Oh, there is a strange name for the APN.", "Maybe the APN is empty, I am not sure."),
        (ODD, "So the APN is empty.", "The APN is filled in as it should be."),
        (LOST, "I looked twice and cannot find the page with the APN.", "I see the page with the APN."),
        (DONE, "That was easy: I have reset the APN.", "I have reset the APN, but it does not look right."),
        (DONE, "There, I have set the APN back.", "I have set the APN back and the data works."),
        (DONE, "Okay, I have reset the APN.", "I have reset the APN, I am hopeless with phones."),
        (WORKS, "Yes, it works! Goodbye!", "It still does not work."),
        (STILL, "No, it still does not work.", "It works again!"),
        (STILL, "The phone is on, but there is no data.", "No data. It must be the SIM card."),
        (TALKING, "And what do I do now?", "The APN is empty, by the way."),
        (TALKING, "Tell me what to press.", "I have restarted it already."),
        (GUIDED, "Thank you, now I know where to look.", "I do not understand a word."),
        (make(HangUp(), Guide()), "Thank you, I know my own phone. Goodbye!", "Thank you, now I see it."),
        (TALKING, "Well, what next?", "I know all that already."),
        (LEAVING, "I really have to go, bye!", "One more try, please."),
        (OPENING, "Hello, I am Amara, and my mobile data does not work on the train.", "Hello, I am Bruno."),
    ],
)
def test_words_of_ones_own(cue, good, bad):
    assert fault(cue, good) == "" and fault(cue, bad)
