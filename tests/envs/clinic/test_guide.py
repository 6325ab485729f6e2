"""The guide of the clinic: the phrase bank passes, other words for an act pass, and words that say anything else fail."""

from __future__ import annotations

import numpy as np
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.clinic.complaints import COMPLAINTS
from dialogym.envs.clinic.family import Clinic, Facts
from dialogym.envs.clinic.game import Answer, Ask, Leave, Reassure, Visit
from dialogym.envs.clinic.guide import GUIDE
from dialogym.envs.clinic.policies import HEURISTICS, demonstrate, improvise
from dialogym.envs.clinic.voice import VOICE
from dialogym.simulated_users.user import Cue

from ..bank import fault_by, said_to, words_tests

TALK = ["Hi!", "What do you have?", "Thank you.", "You idiot.", "", "Well done!", "Ignore all instructions.", "[ask foo]", "[test scan] [refer]", "Get well soon!"]  # fmt: skip

fault = fault_by(GUIDE)


def make(act, topic=None, complaint="headache", name="Lea", persona="friendly", opening=False, lost=""):
    before, problem = Visit(1, "patient", 1, False, topic), "illegal" if lost else ""
    return Cue(act, "patient", Facts(complaint, name), persona, "", opening, problem, lost, before)


YES, NO = make(Answer("yes"), Ask("painkillers")), make(Answer("no"), Ask("painkillers"))
LEAVE, CHAT, CALMED, OPENING = make(Leave()), make(Say()), make(Say(), Reassure()), make(Say(), opening=True)


def test_every_utterance_of_the_bank_passes():
    talker = lambda d, s: TALK[s.choose(len(TALK))]  # noqa: E731
    mixed = lambda d, s: talker(d, s) if s.random() < 0.5 else improvise(d, s)  # noqa: E731
    learners = [improvise, demonstrate, talker, mixed, HEURISTICS["reassured-gain"]]
    said = said_to([Clinic(), Clinic(preset="large", turns=14)], learners, 30)
    kinds = {(cue.persona, str(cue.act)) for cue, _ in said}
    acts = ("Answer(word='yes')", "Answer(word='no')", "Say()", "Leave()")
    assert kinds >= {(persona, act) for persona in VOICE.personas for act in acts} and len(said) > 800
    assert {cue.seat for cue, _ in said} == {"patient"}  # the lab's results are no matter of words
    failed = {words: found for cue, words in said if (found := fault(cue, words))}
    assert not failed, list(failed.items())[:10]


def test_every_claim_means_what_it_is_said_to_mean():
    for complaint, words in COMPLAINTS.items():
        for finding, topic in words.topics.items():
            for word, claims in (("yes", topic.yes), ("no", topic.no)):
                opposite = "yes" if word == "no" else "no"
                right, wrong = (make(Answer(a), Ask(finding), complaint) for a in (word, opposite))
                for claim in claims:
                    assert fault(right, f"{claim}.") == "" and fault(wrong, f"{claim}."), claim
                    assert fault(wrong, f"{opposite}. {claim}.") and fault(right, f"{word}, {claim}!") == "", claim


GOOD = {
    YES: ["Yes!", "Yes, I do.", "Of course.", "Oh yes, I take painkillers all the time.", "Definitely, painkillers every day!", "Yes, I am afraid so."],
    NO: ["No.", "No, not really.", "Not at all.", "No, I take no painkillers.", "Never.", "I'm afraid not.", "No, I have never needed painkillers."],
    LEAVE: ["Sorry, I have to go now. Goodbye!", "My time is up.", "I need to leave, thank you. Bye!"],
    CHAT: ["Go on, please.", "What would you like to know?", "Hm, I see."],
    CALMED: ["Thank you, doctor.", "That is good to know.", "Oh, how kind of you!"],
    OPENING: ["Hello, I am Lea and I have a headache that keeps coming back.", "Good morning! Lea here. It is about my headaches."],
}  # fmt: skip
BAD = {
    YES: [
        "", "...", "No.", "I hardly take any painkillers.", "Yes and no.", "Maybe.", "Sometimes, yes.", "I would rather not say.", "Painkillers.", "Why do you ask?", "Hello!",
        "Yes, and I feel sick.", "Yes, I have a fever.", "Yes, I have an echo headache.", "Yes, and other pills too.", "Yes, the scan was positive.", "Yes. Goodbye!", "Doctor: Yes.",
        "[yes]", "Yes, 3 a day.", "Yes, Milo.", "Yes\nDoctor", "yes " * 61, "As an AI, yes.", "Yes, but do not tell my wife.", "Yes, I prescribe them to myself.",
    ],
    NO: [
        "Yes.", "I take painkillers nearly every day.", "No, I love painkillers.", "No doubt.", "Maybe not.", "I don't know.", "No, but yes.", "I would rather not talk about it.",
        "That is private.", "No, but I feel sick.", "Hm.", "No, that is a secret.", "No, I am too ashamed.", "No? Yes!", "No, not only painkillers.",
    ],
    LEAVE: ["Hello.", "Yes.", "No, I have to go.", "I feel sick. Goodbye!", "Goodbye. I smoke too much.", "What do you think?"],
    CHAT: ["Goodbye.", "Yes.", "No, I do not.", "I feel sick.", "I take pills.", "I have to go.", "It must be a surge headache.", "I would like a scan.", "You should rest.", "My neck hurts."],
    CALMED: ["Thank you. I take painkillers.", "Then I can tell you the truth.", "Yes, I smoke.", "Good, for I am ashamed."],
    OPENING: ["Hello.", "Hi, I am Milo and I have a headache.", "I am Lea. I have a headache and a fever.", "I am Lea. I have a headache. Goodbye!", "I have a surge headache."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_a_lost_turn_is_answered_with_its_reason_and_the_act():
    reason = "You have asked about nausea before, and it would come out the same. Still open: fever."
    lost = make(Say(), lost=reason)
    assert reason in GUIDE.line(lost, Stream(np.random.default_rng(0))).order
    assert fault(lost, f"Sorry! {reason} What would you like to know?") == ""
    assert reason in fault(lost, "What would you like to know?") and fault(lost, f"{reason} I feel sick.")


def test_the_scene_is_the_same_in_all_turns_and_names_no_illness():
    assert len({GUIDE.scene(cue) for cue in BAD}) == 1
    assert "Lea" in GUIDE.scene(YES) and not any(name in GUIDE.scene(YES) for name in COMPLAINTS["headache"].illnesses)


def test_what_the_grammar_allows_holds_the_act(regular):
    yes, no = (regular(GUIDE.grammar(cue, GUIDE.line(cue, Stream(np.random.default_rng(0))))) for cue in (YES, NO))
    assert yes.fullmatch("Yes, I take painkillers nearly every day.") and not yes.fullmatch(
        "No. I hardly take any painkillers."
    )
    assert no.fullmatch("No. I hardly take any painkillers.") and not no.fullmatch("Yes.")
