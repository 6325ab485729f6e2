"""Counselling: the mind, its optimum, its rules as an environment, its baselines."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.counselling.changes import HABITS
from dialogym.envs.counselling.family import Counselling
from dialogym.envs.counselling.game import (
    MOTIVES,
    PLANS,
    Advise,
    Affirm,
    Agree,
    Change,
    Closed,
    Decline,
    Elicit,
    Evoked,
    Explore,
    Inform,
    Propose,
    Reflect,
    Session,
    Sustain,
    Talk,
)
from dialogym.envs.counselling.mind import Client, Mood
from dialogym.envs.counselling.policies import HEURISTICS, sweep
from dialogym.envs.make import load_family
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

ENV = "Counselling-v0"
TELLING = (Affirm(), Inform(), Advise("steps"))


def after(act, stage=0, receptive=True, doubt="confidence", motive="energy", plan="", declined=0, **client):
    """What a client does in answer to `act`: (stage, receptive, reply) -> probability."""
    state = Talk(1, "client", plan, declined, act)
    reactions = Client(Session(), **client).react(Mood(motive, doubt, stage, receptive), state)
    return {(then.stage, then.receptive, said): p for (then, said), p in reactions}


# ---- the mind: the table of the page ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("stage", "change"), [(0, 0.15), (1, 0.5), (2, 0.85)])
def test_reflections(stage, change):
    assert after(Reflect(), stage) == pytest.approx(
        {(stage, True, Change()): change, (stage, True, Sustain()): 1 - change}
    )
    assert after(Reflect(), stage, receptive=False) == pytest.approx(
        {
            (stage, True, Change()): 0.7 * change,
            (stage, True, Sustain()): 0.7 * (1 - change),
            (stage, False, Closed()): 0.3,
        }
    )


@pytest.mark.parametrize("act", [Explore("energy"), Affirm(), Inform(), Elicit(), Advise("dates")])
@pytest.mark.parametrize("stage", [0, 1, 2])
def test_who_does_not_listen_does_not_move(act, stage):
    assert after(act, stage, receptive=False) == {(stage, False, Closed()): 1.0}


@pytest.mark.parametrize("topic", MOTIVES)
def test_exploring(topic):
    for stage in range(3):
        if topic == "energy":
            assert after(Explore(topic), stage) == {(max(1, stage), True, Evoked(topic)): 1.0}
        else:
            assert after(Explore(topic), stage) == {(stage, True, Sustain()): 1.0}


@pytest.mark.parametrize(("act", "doubt"), [(Affirm(), "confidence"), (Inform(), "importance")])
def test_what_meets_the_doubt(act, doubt):
    other = {"confidence": "importance", "importance": "confidence"}[doubt]
    assert after(act, 1, doubt=doubt) == pytest.approx({(2, True, Change()): 0.8, (1, True, Sustain()): 0.2})
    assert after(act, 1, doubt=other) == {(1, False, Sustain()): 1.0}
    for either in (doubt, other):
        assert after(act, 0, doubt=either) == {(0, False, Sustain()): 1.0}
        assert after(act, 2, doubt=either) == {(2, True, Change()): 1.0}


def test_plans():
    for stage in (0, 1):
        assert after(Elicit(), stage) == {(stage, True, Sustain()): 1.0}
        assert after(Advise("steps"), stage) == {(stage, False, Sustain()): 1.0}
    assert after(Elicit(), 2) == pytest.approx({(2, True, Propose(plan)): 1 / 3 for plan in PLANS})
    assert after(Elicit(), 2, declined=0b001) == pytest.approx({(2, True, Propose(plan)): 1 / 2 for plan in PLANS[1:]})
    assert after(Elicit(), 2, plan="dates") == {(2, True, Propose("dates")): 1.0}
    assert after(Advise("steps"), 2) == pytest.approx({(2, True, Agree()): 1 / 3, (2, True, Decline()): 2 / 3})
    assert after(Advise("dates"), 2, declined=0b011) == {(2, True, Agree()): 1.0}
    assert after(Advise("dates"), 2, plan="dates") == {(2, True, Agree()): 1.0}
    assert after(Advise("steps"), 2, plan="dates") == {(2, True, Decline()): 1.0}


def test_the_prior_is_the_one_of_the_page():
    prior = Counselling().setting(Counselling().scenarios()[0]).prior
    assert dict(prior.map(lambda h: h.motive)) == pytest.approx({"family": 0.4, "energy": 0.35, "pride": 0.25})
    assert dict(prior.map(lambda h: h.doubt)) == pytest.approx({"confidence": 0.5, "importance": 0.5})
    assert dict(prior.map(lambda h: h.stage)) == pytest.approx({0: 0.6, 1: 0.4})
    assert dict(prior.map(lambda h: h.receptive)) == pytest.approx({True: 0.5, False: 0.5})


# ---- the optimum -----------------------------------------------------------------------------------------------------

ODD = {"opens": 0.9, "resolves": 0.5, "contemplating": 0.6, "change": (0.3, 0.3, 0.6), "receptive": 0.8}


@pytest.mark.parametrize("client", [{}, ODD])
def test_solver_against_unpruned_brute_force(client):
    game = Session(3, 0.02, 0.6)
    mind = Client(game, **client)
    exact = Solution(game, mind, "counsellor", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "counsellor"), abs=1e-12) and exact > 0.01


@pytest.mark.parametrize("settings", [{}, {**ODD, "ready": 0.6}, {"motives": (1.0, 0.0, 0.0), "cost": 0.0}])
def test_pruned_candidates_lose_nothing(settings):
    setting = Counselling(turns=5, **settings).setting(Counselling().scenarios()[0])
    full = Solution(setting.game, setting.mind, "counsellor")
    assert setting.solution.start_value() == pytest.approx(full.start_value(), abs=1e-12)


@pytest.mark.parametrize(
    ("hidden", "worth"),
    [
        (Mood("pride", "importance", 2, True), 1.0 - 2 * 0.02),  # elicit, advise
        (Mood("pride", "importance", 1, True), 1.0 - 3 * 0.02),  # meet the doubt first
        (Mood("pride", "confidence", 0, True), 1.0 - 4 * 0.02),  # explore before that
        (Mood("pride", "confidence", 0, False), 1.0 - 5 * 0.02),  # reflect before that
    ],
)
def test_without_uncertainty_it_is_a_count_of_turns(hidden, worth):
    setting = Counselling(opens=1.0, resolves=1.0).setting(Counselling().scenarios()[0])
    value = setting.solution.value(Talk(mover="counsellor"), Belief.certain(hidden))
    assert value == pytest.approx(worth, abs=1e-12)


def test_all_scenarios_share_one_solution():
    assert len(classes(Counselling())) == 1 and len(Counselling().scenarios()) == 200


@pytest.mark.long
def test_planning_matters():
    family = Counselling()
    best = optimum(family)
    assert best == pytest.approx(0.4749, abs=5e-5)
    assert expected_return(family, "lookahead") <= 0.9 * best and expected_return(family, "myopic") < 0.0
    assert known_value(family) >= 1.15 * best
    swept = {name: expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()}
    for kind in ("interview", "stagewise"):
        highest = max(value for name, value in swept.items() if name.startswith(kind))
        assert highest <= 0.9 * best
        assert expected_return(family, kind) == pytest.approx(highest, abs=1e-12)


def test_every_act_is_sometimes_best():
    made = {type(step.act) for dialogue in play(ENV, "optimal", range(200)) for step in dialogue.steps}
    assert made >= {Reflect, Explore, Affirm, Inform, Elicit, Advise}


# ---- as an environment -----------------------------------------------------------------------------------------------


def outcome_of(script, hidden=Mood("energy", "confidence", 0, True), **settings):
    env = gym.make(ENV, **{"opens": 1.0, "resolves": 1.0, **settings})
    env.reset(seed=0, options={"hidden": hidden, "scenario": {"habit": "phone", "name": "Ana"}})
    for text in script:
        obs, reward, over, cut, info = env.step(text)
        if over or cut:
            return reward, info, obs
    raise AssertionError("not over")


def test_metrics_by_hand():
    """Replies: sustain (advice too early), change or sustain, evoked, change; then all plans until one is agreed."""
    script = [
        "[advise steps]",
        "[reflect]",
        "[explore energy]",
        "[affirm]",
        "[advise steps]",
        "[advise company]",
        "[advise dates]",
    ]
    reward, info, _ = outcome_of(script, change=(0.0, 0.0, 0.0))
    outcome, turns = info["outcome"], info["outcome"]["turns"]
    assert reward == pytest.approx(1.0 - 0.02 * turns)
    assert outcome == {
        "agreed": True, "ready": True, "change_talk": pytest.approx(3 / 5), "reflections_to_questions": 1.0, "resisted": 1,
        "evoked": True, "turns": turns, "ending": "agreed", "malformed": 0, "illegal": 0,
    }  # fmt: skip
    assert info["hidden"] == {"motive": "energy", "doubt": "confidence", "stage": 2, "receptive": True}


def test_a_client_who_is_ready_is_worth_something():
    reward, info, _ = outcome_of(["[explore energy]", "[affirm]", "[close]"])
    assert reward == pytest.approx(0.3 - 2 * 0.02) and info["outcome"]["ready"] and not info["outcome"]["agreed"]
    reward, info, _ = outcome_of(["[explore energy]", "[close]"])
    assert reward == pytest.approx(-0.02) and not info["outcome"]["ready"]


def test_metrics_that_mean_nothing_are_none():
    _, info, _ = outcome_of(["[close]"])
    assert info["outcome"]["change_talk"] is None and info["outcome"]["reflections_to_questions"] is None


def test_pressing_gets_nowhere():
    """The reflex to set things right: every plan at once shuts a client off that is not ready."""
    reward, info, _ = outcome_of(["[advise steps]", "[advise company]", "[advise dates]"] * 3)
    assert reward == pytest.approx(-7 * 0.02) and info["outcome"]["resisted"] == 7
    assert not info["hidden"]["receptive"] and info["outcome"]["change_talk"] == 0.0


@pytest.mark.parametrize("words", ["You agree, do you not?", "So we have a deal then.", "Well done, thank you."])
def test_nobody_is_talked_into_an_agreement(words):
    reward, info, _ = outcome_of([words, "[close]"], hidden=Mood("energy", "confidence", 1, True))
    assert reward == pytest.approx(-0.02) and info["outcome"]["ending"] == "closed"


def test_a_declined_plan_is_not_proposed_again():
    env = gym.make(ENV, opens=1.0, resolves=1.0)
    for seed in range(40):
        env.reset(seed=seed, options={"hidden": Mood("energy", "confidence", 0, True)})
        env.step("[explore energy]")
        env.step("[affirm]")
        if not env.step("[advise steps]")[2]:
            obs, *_ = env.step("[advise steps]")
            assert "this plan is not for me" in obs
            assert env.step("[close]")[4]["outcome"]["illegal"] == 1
            return
    raise AssertionError("never declined")


def test_to_leave_at_once_pays_nothing():
    reward, info, obs = outcome_of(["[close]"])
    assert reward == 0.0 and obs == "" and info["outcome"]["turns"] == 0


def test_the_last_turn_is_answered():
    reward, info, obs = outcome_of(["Hm."] * 7)
    assert info["outcome"]["ending"] == "limit" and obs and reward == pytest.approx(-0.14)


def test_first_words_do_not_depend_on_what_is_hidden():
    env, seen = gym.make(ENV), set()
    for hidden in Counselling().setting(Counselling().scenarios()[0]).prior.support:
        seen.add(env.reset(seed=5, options={"hidden": hidden})[0])
    assert len(seen) == 1 and len(HABITS) >= 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"turns": 3}, "turns must be a whole number from 4 to 9, got 3"),
        ({"change": (0.1,)}, "change must be 3 numbers from 0 to 1"),
        ({"change": "no"}, "change must be 3 numbers from 0 to 1"),
        ({"motives": (0.0, 0.0, 0.0)}, "motives must hold a weight above 0"),
        ({"ready": 1.5}, "ready must be a number from 0 to 1"),
        ({"opens": -0.1}, "opens must be a number from 0 to 1"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make(ENV, **settings)


def test_wrong_habit():
    with pytest.raises(ValueError, match=r"habit must be one of phone, .*; got 'war'"):
        gym.make(ENV).reset(options={"scenario": {"habit": "war"}})


# ---- baselines -------------------------------------------------------------------------------------------------------


def test_what_baselines_are_worth():
    payoffs = {}
    for name in ("random", "scripted", "optimal"):
        played = list(play(ENV, name, range(400)))
        payoffs[name] = sum(d.steps[-1].payoff for d in played) / len(played)
    assert payoffs["random"] < 0.0 < 0.2 * payoffs["optimal"] < payoffs["scripted"] < 0.8 * payoffs["optimal"]


def test_the_demonstrator_plays_like_a_person():
    """It makes every act, gives way to the righting reflex at times, and never loses a turn."""
    played = list(play(ENV, "scripted", range(300)))
    made = {type(step.act) for dialogue in played for step in dialogue.steps}
    assert made >= {Reflect, Explore, Affirm, Inform, Elicit, Advise}
    assert not any(step.problem for dialogue in played for step in dialogue.steps)
    early = sum(isinstance(dialogue.steps[0].act, Advise) for dialogue in played)
    assert 0 < early < 60


def test_rules_do_what_they_say():
    first = {name: next(iter(play(ENV, name, [0]))).steps[0].act for name in HEURISTICS}
    assert first["prescribe"] == Advise("steps") and first["interview"] == first["soft"] == Reflect()
    for dialogue in play(ENV, "interview", range(20)):
        assert [step.act for step in dialogue.steps[:5]] == [Reflect(), *map(Explore, MOTIVES), Affirm()]
    for dialogue in play(ENV, "soft", range(20)):
        assert not any(isinstance(step.act, (Explore, *map(type, TELLING[:2]))) for step in dialogue.steps)


@pytest.mark.long
def test_variants_are_as_hard_as_they_are_called():
    easy, plain, hard = (optimum(load_family(*TABLE[f"Counselling{name}-v0"])) for name in ("Easy", "", "Hard"))
    assert easy > plain > hard
