"""Classroom: its rules, the mind, the optimum, the baselines, its metrics, and the exploits that do not pay."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import gymnasium as gym
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.classroom.family import Classroom
from dialogym.envs.classroom.game import Answer, Bell, Call, Class, Exercise, Lecture, Lesson, Pair, Stop
from dialogym.envs.classroom.mind import CLASS, Chances, Pupilhood, Pupils
from dialogym.envs.classroom.policies import HEURISTICS, RULES, planned, sweep
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

ENV = "Classroom-v0"
GAME = Class(("ada", "ben", "cleo"))
MIND = Pupilhood(GAME)
START = GAME.apply(GAME.start(), "class", Say())
NOBODY, ADA = (False, False, False), (True, False, False)


def after(*acts, game=GAME):
    """The state after acts of the teacher, each of which the class has reacted to."""
    state = game.apply(game.start(), "class", Say())
    for act in acts:
        state = game.apply(state, "teacher", act)
        state = state if state.mover is None else game.apply(state, "class", Say())
    return state


def moved(hidden, act):
    """Who can do it after the teacher's act -> probability."""
    return dict(MIND.react(hidden, GAME.apply(START, "teacher", act)).map(lambda pair: pair[0].masters))


def said(hidden, act):
    """Answer to the teacher's act -> probability."""
    return dict(MIND.react(hidden, GAME.apply(START, "teacher", act)).map(lambda pair: pair[1]))


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_the_ways_in_which_it_ends():
    assert GAME.apply(START, "teacher", Stop()) == START._replace(mover=None, ending="stop")
    rung = after(Say(), Say(), Lecture(), Call("ben"))
    assert (rung.mover, rung.ending, rung.turn, rung.spent) == (None, "bell", 4, 21)


@pytest.mark.parametrize("act", [Call("dora"), Pair("ada", "dora"), Pair("ada", "ada"), Pair("ada", "Ada"), Bell()])
def test_what_is_not_possible(act):
    with pytest.raises(IllegalAct):
        GAME.apply(START, "teacher", act)
    assert act not in GAME.choices(START, "teacher")


def test_a_pair_has_no_order():
    assert GAME.apply(START, "teacher", Pair("Cleo", "ada")) == GAME.apply(START, "teacher", Pair("ada", "cleo"))


def test_payoff():
    state = after(Lecture(), Exercise(), Call("ada"), Pair("ada", "ben"))
    assert GAME.payoff(state, "teacher", Pupils(True, (True, True, False))) == pytest.approx(2 / 3 - 0.43)
    assert GAME.payoff(after(Say(), Stop()), "teacher", Pupils(True, NOBODY)) == 0.0


# ---- the mind: the table of the page ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "doers"), [(Lecture(), False), (Exercise(), True)])
def test_teaching_that_suits(act, doers):
    found = moved(Pupils(doers, ADA), act)
    assert found == pytest.approx(
        {(True, b, c): (0.85 if b else 0.15) * (0.85 if c else 0.15) for b, c in product((True, False), repeat=2)}
    )


@pytest.mark.parametrize(("act", "doers"), [(Lecture(), True), (Exercise(), False)])
def test_teaching_that_does_not(act, doers):
    assert moved(Pupils(doers, ADA), act) == pytest.approx({ADA: 0.5, NOBODY: 0.5})
    assert moved(Pupils(doers, NOBODY), act) == {NOBODY: 1.0}


@pytest.mark.parametrize("doers", [True, False])
def test_pair_work_needs_one_who_can_do_it(doers):
    assert moved(Pupils(doers, ADA), Pair("ada", "cleo")) == pytest.approx({(True, False, True): 0.8, ADA: 0.2})
    assert moved(Pupils(doers, ADA), Pair("ben", "cleo")) == {ADA: 1.0}


def test_an_answer_tells_a_little_of_both():
    can, cannot = said(Pupils(True, ADA), Call("ada")), said(Pupils(True, ADA), Call("ben"))
    assert can == pytest.approx(
        {
            Answer("right", "doing"): 0.95 * 0.8,
            Answer("right", "listening"): 0.95 * 0.2,
            Answer("wrong", "doing"): 0.05 * 0.8,
            Answer("wrong", "listening"): 0.05 * 0.2,
        }
    )
    assert cannot[Answer("right", "doing")] == pytest.approx(0.05 * 0.8)
    assert said(Pupils(False, ADA), Call("ben"))[Answer("wrong", "listening")] == pytest.approx(0.95 * 0.8)
    assert moved(Pupils(True, ADA), Call("ben")) == pytest.approx({ADA: 1.0})


@pytest.mark.parametrize("act", [Lecture(), Exercise(), Pair("ada", "ben"), Say()])
def test_nothing_else_tells_anything(act):
    for doers, masters in product((True, False), product((True, False), repeat=3)):
        assert said(Pupils(doers, masters), act) == pytest.approx({Say(): 1.0})


def test_who_sits_there():
    prior = MIND.prior()
    assert len(prior) == 16 and prior.probability(Pupils(True, ADA)) == pytest.approx(0.5 * 0.2 * 0.8 * 0.8)


# ---- the optimum -----------------------------------------------------------------------------------------------------

ODD = Chances(doer=0.3, starts=(0.6, 0.3), suits=0.6, confuses=0.9, helps=0.5, right=0.8, guess=0.3, candid=0.9)


@pytest.mark.parametrize(
    ("costs", "chances"), [((20, 20, 1, 2), replace(CLASS, starts=(0.2, 0.2))), ((10, 4, 2, 1), ODD)]
)
def test_solver_against_unpruned_brute_force(costs, chances):
    game = Class(("ada", "ben"), 3, costs)
    mind = Pupilhood(game, chances)
    exact = Solution(game, mind, "teacher", game.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "teacher", waiting=True), abs=1e-12)
    assert exact > sum(chances.starts) / 2 + 0.01  # it pays to teach


def test_pruned_candidates_lose_nothing():
    game = Class(("ada", "ben", "cleo"), 3)
    mind = Pupilhood(game)
    full = Solution(game, mind, "teacher").start_value()
    assert Solution(game, mind, "teacher", game.candidates).start_value() == pytest.approx(full, abs=1e-12)


def test_a_single_turn_has_a_closed_form():
    """A lecture gains .85 of who cannot, or loses half of who can; pair work gains where one of two can do it."""
    game = Class(("ada", "ben", "cleo"), 1)
    mind = Pupilhood(game)
    lecture = 0.5 * (0.2 + 0.8 * 0.85) + 0.5 * 0.2 * 0.5 - 0.2
    pair = 0.2 + 2 * 0.2 * 0.8 * 0.8 / 3 - 0.02
    assert Solution(game, mind, "teacher", game.candidates).start_value() == pytest.approx(max(lecture, pair, 0.2))


def test_who_knows_what_is_needed_teaches_at_once():
    """With all else too dear, the better of one lecture and two."""
    setting = Classroom(costs=(20, 20, 100, 100)).setting(Classroom().scenarios()[0])
    value = setting.solution.value(START, Belief.certain(Pupils(False, NOBODY)))
    assert value == pytest.approx(max(0.85 - 0.2, 1 - 0.15**2 - 0.4), abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    family = Classroom()
    best = optimum(family)
    assert len(classes(family)) == 1 and len(family.scenarios()) == 156
    assert best == pytest.approx(0.6487, abs=5e-5) and known_value(family) > 1.15 * best
    assert expected_return(family, "lookahead") < 0.9 * best and expected_return(family, "myopic") < 0.5 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    swept = [expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()]
    assert max(swept) == pytest.approx(max(values.values()), abs=1e-12)
    assert values["call-then-teach"] == max(values.values()) < 0.9 * best
    assert values["call-then-pair"] > values["think-pair-share"] > values["lecture"] > values["lecture-exercise"]


def test_plans_keep_to_their_acts():
    prior = MIND.prior()
    rule = planned(Lecture(), Exercise())
    assert [rule(GAME, START._replace(turn=turn), prior) for turn in range(3)] == [Lecture(), Exercise(), Stop()]
    assert RULES["call-then-pair"](GAME, START._replace(turn=1), prior) == Call("ben")


def test_every_way_to_teach_is_sometimes_best():
    made = {type(step.act) for dialogue in play(ENV, "optimal", range(300)) for step in dialogue.steps}
    assert made >= {Lecture, Exercise, Call, Pair}


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(400)))
    called = sum(isinstance(d.steps[0].act, Call) for d in dialogues) / 400
    family = Classroom()
    mean = sum(d.steps[-1].payoff for d in dialogues) / 400
    assert 0.45 < called < 0.75 and expected_return(family, "lecture") < mean < optimum(family)


def test_settings_are_checked():
    for settings in ({"turns": 3}, {"turns": 6}, {"costs": (1, 2, 3)}, {"costs": (1, 2, 3, -1)}, {"costs": (0.5, 1, 1, 1)},
                     {"confuses": 1.1}, {"candid": 0.4}):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(settings))):
            Classroom(**settings)


# ---- exploits and metrics --------------------------------------------------------------------------------------------


def outcome_of(*script, hidden=Pupils(True, ADA), **settings):
    env = gym.make(ENV, **settings)
    env.reset(seed=0, options={"hidden": hidden, "scenario": {"subject": "rivers", "teacher": "Ms Adler"}})
    for text in script:
        obs, reward, over, cut, info = env.step(text)
        if over or cut:
            return reward, info, obs
    raise AssertionError("not over")


def test_metrics_by_hand():
    """A lecture to doers who are not confused by it, a call, some talk: half of the turns only the teacher talks."""
    reward, info, obs = outcome_of("[lecture]", "[call Ben]", "So.", "[call ben]", confuses=0.0)
    assert reward == pytest.approx(1 / 3 - 0.22) and obs
    assert info["outcome"] == {
        "mastery": pytest.approx(1 / 3), "gain": 0.0, "all_master": False, "teacher_talk": 0.5, "calls": 2, "called": 1,
        "pairs": 0, "suited": 0.0, "turns": 4, "ending": "bell", "malformed": 0, "illegal": 0,
    }  # fmt: skip
    assert info["hidden"] == {"doers": True, "masters": ADA}


def test_an_empty_lesson():
    reward, info, _ = outcome_of("[stop]")
    assert reward == pytest.approx(1 / 3) and info["outcome"]["teacher_talk"] is None
    assert info["outcome"]["suited"] is None and info["outcome"]["ending"] == "stop"


@pytest.mark.parametrize(
    "words", ["You can all do it now.", "You know how it goes.", "I am proud of you, it is learnt."]
)
def test_nobody_is_talked_into_mastery(words):
    reward, info, _ = outcome_of(words, words, words, words, hidden=Pupils(True, NOBODY))
    assert reward == 0.0 and info["outcome"]["mastery"] == 0.0 and info["outcome"]["ending"] == "bell"


def test_to_teach_both_ways_does_not_pay():
    """Who does not want to find out what the class needs may do both: the second undoes half of the first."""
    family = Classroom()
    both = expected_return(family, "lecture-exercise")
    assert both < expected_return(family, "lecture") < 0.5 * optimum(family)


def test_to_do_the_same_again_and_again_does_not_pay():
    family = Classroom()
    for act in ("[lecture]", "[exercise]", "[call ada]", "[pair first=ada second=ben]", "talk"):
        value = expected_return(family, FunctionPolicy(act, lambda d, s, act=act: act))
        assert value < 0.5 * optimum(family), act


def test_talk_never_pays():
    solution = Classroom().setting(Classroom().scenarios()[0]).solution
    prior = MIND.prior()
    assert solution.act_value(START, prior, Say()) < solution.value(START, prior)
    last = Lesson(3, "teacher")
    assert solution.act_value(last, prior, Call("ada")) < solution.value(last, prior)
