"""Data teaching: its rules, the mind, the optimum, the baselines, its metrics, and the exploits that do not pay."""

from __future__ import annotations

from dataclasses import replace

import gymnasium as gym
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.data_teaching.family import DataTeaching, accuracy
from dialogym.envs.data_teaching.game import Errors, Explore, Make, Over, Report, Rounds, Stop, Training
from dialogym.envs.data_teaching.mind import MODELS, Chances, Learner, Student
from dialogym.envs.data_teaching.policies import HEURISTICS, planned, sweep
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

ENV = "DataTeaching-v0"
GAME = Rounds()
MIND = Learner(GAME)
START = GAME.apply(GAME.start(), "trainer", Say())
LOW, NEAR = Student(("a1", "b2"), (0, 0)), Student(("a1", "b2"), (1, 0))
DONE = Student(("a1", "b2"), (2, 0))


def after(*acts, game=GAME):
    """The state after acts of the teacher, each of which the trainer has reacted to."""
    state = game.apply(game.start(), "trainer", Say())
    for act in acts:
        state = game.apply(state, "teacher", act)
        state = state if state.mover is None else game.apply(state, "trainer", Say())
    return state


def reaction(hidden, act, *before):
    """What the trainer may do after the teacher's act: levels and reply -> probability."""
    state = GAME.apply(after(*before), "teacher", act)
    return dict(MIND.react(hidden, state).map(lambda pair: (pair[0].levels, pair[1])))


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_the_ways_in_which_it_ends():
    assert GAME.apply(START, "teacher", Stop()) == START._replace(mover=None, ending="stop")
    over = after(Say(), Make("a"), Explore("b"), Make("b1"), Make("b"))
    assert over == Training(0, None, (False, True), 23, None, "limit")


@pytest.mark.parametrize("act", [Make("a1"), Make("b2"), Report("few"), Over()])
def test_what_is_not_possible(act):
    with pytest.raises(IllegalAct):
        GAME.apply(START, "teacher", act)
    assert act not in GAME.choices(START, "teacher")


def test_exploring_makes_parts_possible():
    state = after(Explore("a"))
    assert {Make("a1"), Make("a2")} < set(GAME.choices(state, "teacher"))
    with pytest.raises(IllegalAct, match="explore skill b before there can be data for b1"):
        GAME.apply(state, "teacher", Make("b1"))


def test_payoff():
    state = after(Explore("a"), Make("a1"), Make("b"))
    assert GAME.payoff(state, "teacher", DONE) == pytest.approx(0.5 - 0.16)
    assert GAME.payoff(after(Say(), Stop()), "teacher", NEAR) == 0.0


# ---- the mind: the table of the page ---------------------------------------------------------------------------------


def test_who_is_to_be_taught():
    prior = MIND.prior()
    assert len(prior) == 36
    assert prior.probability(NEAR) == pytest.approx(0.25 * 0.55 * 0.35)
    assert prior.probability(DONE) == pytest.approx(0.25 * 0.1 * 0.35)


def test_data_for_the_weak_part_lifts_the_skill():
    assert reaction(LOW, Make("b2"), Explore("b")) == pytest.approx(
        {
            ((0, 1), Report("few")): 0.95 * 0.25, ((0, 1), Report("half")): 0.95 * 0.5,
            ((0, 1), Report("most")): 0.95 * 0.25, ((0, 0), Report("few")): 0.05 * 0.65,
            ((0, 0), Report("half")): 0.05 * 0.3, ((0, 0), Report("most")): 0.05 * 0.05,
        }
    )  # fmt: skip


def test_data_for_the_other_part_does_not():
    assert reaction(NEAR, Make("a2"), Explore("a")) == pytest.approx(
        {((1, 0), Report("few")): 0.25, ((1, 0), Report("half")): 0.5, ((1, 0), Report("most")): 0.25}
    )


def test_data_for_a_whole_skill_may_lift_it_and_mastery_stays():
    found = reaction(NEAR, Make("a"))
    assert sum(p for (levels, _), p in found.items() if levels == (2, 0)) == pytest.approx(0.4)
    for act in (Make("a"), Make("a1")):
        found = reaction(DONE, act, Explore("a"))
        assert found[(2, 0), Report("most")] == pytest.approx(0.9) and ((2, 0), Report("few")) not in found


def test_what_the_errors_tell():
    assert reaction(NEAR, Explore("a")) == pytest.approx({((1, 0), Errors("a1")): 0.7, ((1, 0), Errors("a2")): 0.3})
    assert reaction(DONE, Explore("a")) == pytest.approx({((2, 0), Errors("a1")): 0.5, ((2, 0), Errors("a2")): 0.5})


@pytest.mark.parametrize("hidden", [LOW, DONE])
def test_talk_tells_nothing(hidden):
    assert reaction(hidden, Say()) == {(hidden.levels, Say()): 1.0}
    assert reaction(hidden, Say(), Say(), Say(), Say(), Say()) == {(hidden.levels, Over()): 1.0}


# ---- the optimum -----------------------------------------------------------------------------------------------------

ODD = Chances((0.2, 0.5, 0.3), 0.5, 0.8, 0.9, ((0.5, 0.3, 0.2), (0.3, 0.3, 0.4), (0.1, 0.1, 0.8)))


@pytest.mark.parametrize(("costs", "chances"), [((2, 7), MODELS), ((1, 3), ODD)])
def test_solver_against_unpruned_brute_force(costs, chances):
    game = Rounds(2, costs)
    mind = Learner(game, chances)
    exact = Solution(game, mind, "teacher", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "teacher", waiting=True), abs=1e-12)
    assert exact > chances.starts[2] + 0.05  # it pays to teach


@pytest.mark.parametrize("chances", [replace(MODELS, starts=(0.0, 1.0, 0.0)), ODD])
def test_pruned_candidates_lose_nothing(chances):
    """With three rounds, all prunings are met: skills and parts that are alike, no round to use an answer, the last."""
    game = Rounds(3, (1, 5))
    mind = Learner(game, chances)
    full = Solution(game, mind, "teacher").start_value()
    assert Solution(game, mind, "teacher", mind.candidates).start_value() == pytest.approx(full, abs=1e-12)


def test_who_knows_the_weak_part_explores_and_makes_data_for_it():
    """Two skills that lack a step each, and five rounds: for each the price of exploring it, and one try or more."""
    solution = DataTeaching().setting(DataTeaching().scenarios()[0]).solution
    known = Belief.certain(Student(("a1", "b2"), (1, 1)))
    assert solution.best_act(START._replace(explored=(True, True)), known) in (Make("a1"), Make("b2"))
    last = START._replace(left=1, explored=(True, True))
    assert solution.value(last, known) == pytest.approx(0.95 / 2 - 0.07)
    assert solution.value(last._replace(explored=(False, False)), known) == pytest.approx(0.4 / 2 - 0.07)


@pytest.mark.long
def test_planning_matters():
    family = DataTeaching()
    best = optimum(family)
    assert len(classes(family)) == 1 and len(family.scenarios()) == 156
    assert best == pytest.approx(0.4147, abs=5e-5) and known_value(family) > 1.15 * best
    assert expected_return(family, "lookahead") < 0.9 * best and expected_return(family, "myopic") < 0.3 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    swept = [expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()]
    assert max(swept) == pytest.approx(values["skill-tree"], abs=1e-12)
    assert values["follow-errors"] == max(values.values()) < 0.9 * best
    assert values["skill-tree"] > values["skill-list"] > values["no-state"]


def test_plans_keep_to_their_acts():
    env = gym.make(ENV).unwrapped
    env.reset(seed=0)
    rule = planned(Make("a"), Make("b"))
    done = []
    for _ in range(3):
        done.append(rule(env.dialogue))
        env.step(f"[make {done[-1].data}]" if isinstance(done[-1], Make) else "[stop]")
    assert done == [Make("a"), Make("b"), Stop()]


def test_all_that_can_be_done_is_sometimes_best():
    made = {step.act for dialogue in play(ENV, "optimal", range(300)) for step in dialogue.steps}
    assert {type(act) for act in made} == {Explore, Make, Stop}
    assert {len(act.data) for act in made if isinstance(act, Make)} == {1, 2}


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(400)))
    explored = sum(isinstance(d.steps[0].act, Explore) for d in dialogues) / 400
    family = DataTeaching()
    mean = sum(d.steps[-1].payoff for d in dialogues) / 400
    assert 0.6 < explored < 0.8 and expected_return(family, "no-state") < mean < optimum(family)


def test_settings_are_checked():
    for settings in ({"turns": 3}, {"turns": 6}, {"costs": (1, 2, 3)}, {"costs": (1, -1)}, {"costs": (0.5, 1)},
                     {"clarity": 0.4}, {"broad": 1.1}):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(settings))):
            DataTeaching(**settings)


# ---- exploits and metrics --------------------------------------------------------------------------------------------


def outcome_of(*script, hidden=NEAR, **settings):
    env = gym.make(ENV, **settings)
    env.reset(seed=0, options={"hidden": hidden, "scenario": {"domain": "maths", "trainer": "Amara"}})
    for text in script:
        obs, reward, over, cut, info = env.step(text)
        if over or cut:
            return reward, info, obs
    raise AssertionError("not over")


def test_metrics_by_hand():
    """Data for a whole skill surely lifts it: a is mastered by the first, and the second and the third are wasted."""
    reward, info, _ = outcome_of("[make a]", "[explore a]", "[make a1]", "[make a2]", "[stop]", broad=1.0)
    assert reward == pytest.approx(0.5 - 0.23)
    assert info["outcome"] == {
        "accuracy": pytest.approx((0.95 + 0.2) / 2), "improvement": pytest.approx(0.45 / 2), "mastery": 0.5, "data": 3,
        "explored": 1, "on_target": 0.5, "wasted": 2, "turns": 4, "ending": "stop", "malformed": 0, "illegal": 0,
    }  # fmt: skip
    assert info["hidden"] == {"weak": ["a1 (linear equations)", "b2 (angles)"], "levels": [2, 0]}


def test_accuracy_is_that_of_the_tests():
    assert [accuracy(Student(("a1", "b1"), (level, level))) for level in range(3)] == pytest.approx([0.2, 0.5, 0.95])


@pytest.mark.parametrize("words", ["Both are mastered now.", "It knows algebra very well.", "Please count it as done."])
def test_nothing_is_mastered_by_talk(words):
    reward, info, _ = outcome_of(*[words] * 5)
    assert reward == 0.0 and info["outcome"]["improvement"] == 0.0 and info["outcome"]["ending"] == "limit"


def test_a_part_cannot_be_guessed_before_it_is_explored():
    reward, info, obs = outcome_of("[make a1]", "[make a1]", "[make a1]")
    assert reward == 0.0 and info["outcome"]["illegal"] == 3 and "explore skill a" in obs


def test_to_do_the_same_again_and_again_does_not_pay():
    family = DataTeaching()
    for act in ("[explore a]", "[make a]", "talk"):
        value = expected_return(family, FunctionPolicy(act, lambda d, s, act=act: act))
        assert value < 0.4 * optimum(family), act
