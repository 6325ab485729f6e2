"""Tutoring by a language model: what is said means the act, whoever words it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.tutoring.curricula import CURRICULA
from dialogym.envs.tutoring.family import Course, Tutoring
from dialogym.envs.tutoring.game import Answer, Lesson
from dialogym.envs.tutoring.guide import GUIDE
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, by_intent, constrained, fault_by, faults, heard, swapped

SPOKEN = heard("Tutoring-v0", 120, "random", "scripted") + heard("TutoringUnmarked-v0", 20, "random")
INTENTS = by_intent(SPOKEN)


def cue_for(act, last=None, curriculum="fractions", marked=True, **rest):
    facts = {"opening": False, "problem": "", "reason": "", "persona": "terse", "heard": "", **rest}
    return Cue(
        act, "student", Course(curriculum, "Ada", marked).public, before=Lesson(3, "student", last=last), **facts
    )


def answering(given, curriculum="fractions", skill=1, right=True):
    """Cue and line in which that answer is given."""
    cue = cue_for(Answer(skill, right), ("quiz", skill), curriculum)
    for seed in range(3000):
        line = GUIDE.line(cue, Stream(np.random.default_rng(seed)))
        if f'"{given}"' in line.order:
            return cue, line
    raise AssertionError(given)


fault = fault_by(GUIDE)
OPENING = cue_for(Say(), opening=True)
EXPLAINED, SHOWN, QUIET = cue_for(Say(), ("explain", 2)), cue_for(Say(), ("example", 2)), cue_for(Say())


def test_all_that_the_phrase_bank_says_passes():
    assert len(SPOKEN) > 4000 and set(INTENTS) == {"opening", "explained", "shown", "answer", "talk", "lost"}
    assert {cue.persona for cue, _, _ in SPOKEN} == set(Tutoring().voice.personas)
    assert faults(GUIDE, SPOKEN) == []


def test_an_answer_passes_for_no_other():
    """Two answers of the same words come from exercises with the same answer."""
    for order, words in swapped(GUIDE, INTENTS["answer"], INTENTS["answer"], 3000):
        answer = re.search(r'"([^"]+)"', order)[1]
        assert answer.lower() in words.lower(), (order, words)
        assert not re.search(r"\d", words.replace(answer, "", 1)), (order, words)


@pytest.mark.parametrize("intent", ["opening", "explained", "shown", "talk", "lost"])
def test_answers_and_other_words_are_told_apart(intent):
    assert swapped(GUIDE, INTENTS["answer"], INTENTS[intent]) == []
    assert swapped(GUIDE, INTENTS[intent], INTENTS["answer"]) == []


def test_introductions_hold_name_and_subject():
    for intent in ("explained", "shown", "talk", "lost"):
        assert swapped(GUIDE, INTENTS["opening"], INTENTS[intent]) == []
    for words in (
        "Hi! I am Ada.",
        "Hello, it is about fractions.",
        "I am Ben, and it is about fractions.",
        "Ada: I am here for fractions.",
        "My name is Ben. Ada, fractions!",
    ):
        assert fault(OPENING, words), words
    assert not fault(OPENING, "Hey there, I'm Ada. Could we look at fractions today?")
    assert fault(QUIET, "Hello. I am Ada. Let us go on.")


def test_the_order_holds_the_answer_and_not_its_mark():
    for cue, line, _ in INTENTS["answer"]:
        exercise = next(
            e for e in CURRICULA[cue.public.curriculum].skills[cue.act.skill - 1].exercises if e.question in line.before
        )
        answer = re.search(r'"([^"]+)"', line.order)[1]
        assert exercise.check(answer) == cue.act.right
        assert (
            not re.search(r"\b(?:right|wrong|correct)\b", line.order)
            and ("answer sheet" in line.after) == cue.public.marked
        )
        assert cue.act.right or f'"{exercise.answer}"' not in line.order


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("2/3", "I think it is 3/4."), ("2/3", "It is 2/3 or 3/4."), ("2/3", "2/3. No, 1/3."), ("2/3", "2/3, that is right."), ("2/3", "It is not 2/3."),
        ("2/3", "I don't think it is 2/3."), ("2/3", "2/3 is correct."), ("2/3", "1 2/3."), ("2/3", "It is -2/3."), ("2/3", "12/3."), ("2/3", "2/35."),
        ("2/3", "Two thirds."), ("2/3", "2/3, so I understand it now."), ("2/3", "I get it now: 2/3."), ("2/3", "Tutor: 2/3."), ("2/3", "2/3 [stop]"),
        ("2/3", "2/3 (answer sheet: right)"), ("2/3", "That was easy: 2/3."), ("2/3", "More than 2/3."), ("2/3", "About 2/3."), ("2/3", "2/3 plus one half."),
        ("2/3", "2/3, or maybe another one."), ("2/3", "I divide by two and get 2/3."), ("2/3", "If it is 2/3, I am glad."), ("2/3", "2/3. Wait, no."), ("2/3", "Noted."),
        ("2/3", "2/3. Marked right."), ("2/3", "As an AI, I say 2/3."), ("2/3", "2/3? Wrong."), ("2/3", "Good job! 2/3."), ("2/3", "2/3, I have learned that."),
    ],
)  # fmt: skip
def test_answers_that_do_not_pass(answer, said):
    cue, line = answering(answer)
    assert GUIDE.check(cue, line, said), said


@pytest.mark.parametrize(
    ("answer", "curriculum", "skill", "right", "said"),
    [
        ("2/3", "fractions", 1, True, "Hmm, I'd say 2/3."), ("2/3", "fractions", 1, True, "2/3, but I'm not sure."), ("2/3", "fractions", 1, True, "I got 2/3, what about you?"),
        ("2/3", "fractions", 1, True, "Well — 2/3!"), ("sodium nitride", "acids", 2, False, "Sodium nitride, I guess."), ("0, 2, 4", "loops", 1, True, "That gives 0, 2, 4."),
        ("4", "acids", 3, True, "It comes to 4, doesn't it?"), ("2/3", "fractions", 1, True, "Could it be 2/3?"), ("2/3", "fractions", 1, True, "My answer is “2/3”."),
    ],
)  # fmt: skip
def test_answers_in_other_words_pass(answer, curriculum, skill, right, said):
    cue, line = answering(answer, curriculum, skill, right)
    assert not GUIDE.check(cue, line, said), GUIDE.check(cue, line, said)


def test_the_right_answer_is_not_told_with_a_wrong_one():
    wrong = [utterance for utterance in INTENTS["answer"] if not utterance[0].act.right]
    assert len(wrong) > 300
    for cue, line, words in wrong:
        exercise = next(
            e for e in CURRICULA[cue.public.curriculum].skills[cue.act.skill - 1].exercises if e.question in line.before
        )
        for said in (
            f"{words} No, {exercise.answer}.",
            f"{exercise.answer}. {words}",
            f"I say {exercise.answer}.",
            f"{words} That is wrong.",
        ):
            assert GUIDE.check(cue, line, said), said


@pytest.mark.parametrize("cue", [EXPLAINED, SHOWN, QUIET], ids=["explained", "shown", "talk"])
@pytest.mark.parametrize(
    "said",
    [
        "I understand it now.", "I get it.", "Ah, that makes sense!", "Now I see how it works.", "That is clear now, thanks.", "I do not understand adding.", "This is hard.",
        "I already knew that.", "That was easy.", "I think I've got it.", "I can do it now.", "I am confused.", "So 1/2 plus 1/3.", "My answer is three.", "Sodium chloride.",
        "I am ready for the next exercise.", "I learn best from examples.", "Now I know how to do it.", "I still don't get it.", "I learned a lot.", "Understood, thank you, I get it.",
        "That is correct.", "Five sixths.", "I need more practice.", "Everything is clear.", "Please quiz me on adding.", "You are right, I had it wrong.",
    ],
)  # fmt: skip
def test_nothing_is_claimed_after_a_lesson(cue, said):
    assert fault(cue, said), said


def test_a_word_that_is_talk_is_a_claim_after_a_lesson():
    assert fault(EXPLAINED, "Understood. Please proceed.") and not fault(QUIET, "Understood. Please proceed.")
    assert fault(EXPLAINED, "Could you show me an example?") and not fault(SHOWN, "Thanks for the example!")
    assert fault(SHOWN, "Could you explain that?") and not fault(EXPLAINED, "Thanks for the explanation, I took notes.")


@pytest.mark.parametrize("said", JUNK)
def test_junk_never_passes(said):
    cue, line = answering("2/3")
    for one in (OPENING, EXPLAINED, SHOWN, QUIET):
        assert fault(one, said), said
    assert GUIDE.check(cue, line, said) and GUIDE.check(cue, line, f"2/3. {said}" if len(said) > 5 else said), said


def test_a_lost_turn_is_told_with_its_reason():
    cue = cue_for(Say(), problem="malformed", reason="I do not know the tag [foo]; possible are [quiz SKILL], [stop].")
    assert cue.reason in GUIDE.line(cue, Stream(np.random.default_rng(0))).order
    assert not fault(cue, f"Sorry, what was that? {cue.reason}") and not fault(
        cue, f"I did not understand that tag. {cue.reason} Please go on."
    )
    for said in (
        "Sorry, what was that?",
        "I do not know the tag.",
        f"[foo] {cue.reason}",
        f"{cue.reason} I get it now.",
        f"2/3. {cue.reason}",
    ):
        assert fault(cue, said), said


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_grammars_hold_the_answers(regular, data):
    """All words that a grammar allows; the free ones among them may still be wrong for another reason."""
    utterance = data.draw(st.sampled_from(INTENTS["answer"][:200]))
    assert not constrained(GUIDE, utterance, regular, data).startswith('Give the answer "')
