"""Guided solving by a language model: what is said means the act, whoever words it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.guided_solving.family import GuidedSolving
from dialogym.envs.guided_solving.game import Attempt, Guidance, Hint, Nudge, Show, Try
from dialogym.envs.guided_solving.guide import GUIDE
from dialogym.envs.guided_solving.problems import PROBLEMS
from dialogym.simulated_users.user import Cue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..bank import JUNK, by_intent, constrained, faults, heard, swapped

SPOKEN = heard("GuidedSolving-v0", 110, "random", "scripted")
INTENTS = by_intent(SPOKEN)
NAMED = {problem.name: problem for problem in PROBLEMS}
TRIES, QUIET = ("right", "solved", "wrong"), ("opening", "shown", "shown last", "nudged", "hinted", "talk", "lost")


def cue_for(act, given=None, step=0, about="fruit", **rest):
    facts = {"persona": "terse", "heard": "", "opening": False, "problem": "", "reason": "", **rest}
    return Cue(act, "student", NAMED[about], before=Guidance(1, "student", step, given=given or Say()), **facts)


def fault(cue, said, seed=0):
    return GUIDE.check(cue, GUIDE.line(cue, Stream(np.random.default_rng(seed))), said)


RIGHT, WRONG, SOLVED = (
    cue_for(Attempt("right"), Try()),
    cue_for(Attempt("wrong"), Try()),
    cue_for(Attempt("right"), Try(), 2),
)
OPENING, TALK = cue_for(Say(), opening=True), cue_for(Say())
NUDGED, HINTED, SHOWN, LAST = (
    cue_for(Say(), Nudge()),
    cue_for(Say(), Hint()),
    cue_for(Say(), Show()),
    cue_for(Say(), Show(), 2),
)


@pytest.mark.long
def test_all_that_the_phrase_bank_says_passes():
    assert len(SPOKEN) > 3500 and set(INTENTS) == {*TRIES, *QUIET}
    assert {cue.persona for cue, _, _ in SPOKEN} == set(GuidedSolving().voice.personas)
    assert faults(GUIDE, SPOKEN) == []


@pytest.mark.parametrize("one", TRIES)
def test_a_try_passes_for_no_other_act(one):
    for other in (*TRIES, *QUIET):
        if other != one:
            assert swapped(GUIDE, INTENTS[one], INTENTS[other]) == []
            assert swapped(GUIDE, INTENTS[other], INTENTS[one]) == []


@pytest.mark.parametrize("one", TRIES)
def test_a_try_passes_for_no_other_result(one):
    for order, words in swapped(GUIDE, INTENTS[one], INTENTS[one], 2000):
        result = re.search(r'result is "([^"]+)"', order)[1]
        assert result in words, (order, words)


def test_every_result_of_every_step_can_be_said_and_no_other():
    for problem in PROBLEMS:
        for place, step in enumerate(problem.steps):
            for outcome, results in (("right", (step.result,)), ("wrong", step.wrong)):
                for seed in range(4):
                    cue = cue_for(Attempt(outcome), Try(), place, problem.name)
                    line = GUIDE.line(cue, Stream(np.random.default_rng(seed)))
                    meant = next(result for result in results if f'"{result}"' in line.order)
                    said = "Well, I get {}, and the sheet says " + outcome + "."
                    assert not GUIDE.check(cue, line, said.format(meant)), (
                        line.order,
                        said.format(meant),
                        GUIDE.check(cue, line, said.format(meant)),
                    )
                    for other in {step.result, *step.wrong} - {meant}:
                        assert GUIDE.check(cue, line, said.format(other)), (line.order, other)
                        assert GUIDE.check(cue, line, f"{said.format(meant)} Or {other}."), (line.order, other)
                    assert GUIDE.check(
                        cue, line, said.format(meant).replace(outcome, {"right": "wrong", "wrong": "right"}[outcome])
                    )
                    assert GUIDE.check(cue, line, f"I get {meant}."), "the mark is missing"


def test_orders_hold_what_is_to_be_said_and_scenes_no_result():
    for cue, line, _ in SPOKEN:
        step = cue.public.steps[cue.before.step]
        if line.intent == "wrong":
            assert f'"{step.result}"' not in line.order
        if line.intent not in TRIES and not cue.problem:
            assert not re.search(r'"', line.order)
    for problem in PROBLEMS:
        scene = GUIDE.scene(cue_for(Say(), about=problem.name, opening=True))
        assert problem.text in scene and problem.steps[-1].hint not in scene and problem.steps[-1].worked not in scene


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        (RIGHT, "I get 15 dollars, and that's right!"), (RIGHT, "15 dollars. The sheet says correct. On to step two."), (RIGHT, "I wrote 15 dollars — right, it says."),
        (SOLVED, "27 dollars, and it is right. We are done!"), (SHOWN, "Thanks, so 15 dollars. Next I have to find what everything costs."), (SHOWN, "Copied, thank you."),
        (LAST, "I copied it. That was the last step."), (NUDGED, "Let me have a think about that."), (HINTED, "Okay, I have written that down."), (TALK, "Fine. I am on step 1."),
        (OPENING, "Hey, I'm stuck on this arithmetic problem. Can you help me?"),
    ],
)  # fmt: skip
def test_other_words_pass(cue, said):
    assert not fault(cue, said), fault(cue, said)


@pytest.mark.parametrize(
    ("cue", "said"),
    [
        (RIGHT, "15. That is right."), (RIGHT, "I get 15 dollars. Step 3 comes next."), (RIGHT, "I get 15 dollars. Right. All done."), (RIGHT, "Not 15 dollars, right?"),
        (RIGHT, "115 dollars. Right."), (RIGHT, "15 dollars, no, 16 dollars. Right."), (RIGHT, "15 dollars. Right. I understand it now."), (RIGHT, "15 dollars is not right."),
        (RIGHT, "15 dollars. Right. Now find the change."), (RIGHT, "15 dollars, right. Then 23 dollars."), (RIGHT, "5 times 3 is 15 dollars. Right."), (SOLVED, "I get it: 27 dollars, right."),
        (RIGHT, "That's right, I noted 15 dollars."), (WRONG, "It should be 15 dollars, marked wrong."), (SHOWN, "15 dollars, marked right."), (SHOWN, "We are done."), (SHOWN, "I am on step 1."),
        (NUDGED, "The apples cost 15 dollars."), (NUDGED, "Fifteen!"), (NUDGED, "I copied it. Step 2: find what everything costs."), (HINTED, "That makes sense now."), (HINTED, "I get it."),
        (HINTED, "Now I understand."), (HINTED, "I multiply 5 by 3."), (HINTED, "Can you show me the step?"), (TALK, "I am on step 2."), (TALK, "I have to find the change."),
        (TALK, "Tell me the answer."), (TALK, "Give me a hint."), (TALK, "I am stuck."), (OPENING, "Noted."), (OPENING, "Stuck on this problem. Is it 27 dollars?"),
        (HINTED, "Ah, of course!"), (LAST, "I still have no clue, this is hard."), (SHOWN, "What? I don't know what that is."), (SHOWN, "Hm, a nice day."), (TALK, "I'm just a little bit lost."), (HINTED, "That was wrong."), (TALK, "The problem is solved, we are done."),
    ],
)  # fmt: skip
def test_other_words_fail(cue, said):
    assert fault(cue, said), said


def test_results_that_are_common_words_count_where_they_are_given():
    cue = cue_for(Attempt("right"), Try(), 2, "largest")
    assert (
        not fault(cue, "It must be if. The sheet says right.")
        and fault(cue, "I wonder if it is right.")
        and fault(cue, "If I say else, it is right.")
    )
    quiet = cue_for(Say(), Nudge(), 2, "largest")
    assert (
        fault(quiet, "Else?") and fault(quiet, "I say while.") and not fault(quiet, "Let me think a while about that.")
    )


@pytest.mark.parametrize("said", JUNK)
def test_junk_never_passes(said):
    for cue in (OPENING, NUDGED, HINTED, SHOWN, LAST, TALK, RIGHT, WRONG, SOLVED):
        assert fault(cue, said), said
    assert len(said) < 6 or fault(RIGHT, f"15 dollars. Right. {said}")


def test_a_lost_turn_is_told_with_its_reason():
    cue = cue_for(Say(), problem="illegal", reason="The idea of this step was given already. You can stop, or talk.")
    assert cue.reason in GUIDE.line(cue, Stream(np.random.default_rng(0))).order
    assert not fault(cue, f"Oh, sorry. {cue.reason} I'm at step 1.") and not fault(cue, cue.reason)
    for said in (
        "Sorry?",
        "The idea of this step was given.",
        f"{cue.reason} I am at step 3.",
        f"15 dollars. {cue.reason}",
        f"{cue.reason} I get it now.",
    ):
        assert fault(cue, said), said


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_grammars_hold_the_answers(regular, data):
    """All words that a grammar allows; the free ones among them may still be wrong for another reason."""
    utterance = data.draw(st.sampled_from([u for intent in TRIES for u in INTENTS[intent]][:200]))
    assert not constrained(GUIDE, utterance, regular, data).startswith("Say that your result")
