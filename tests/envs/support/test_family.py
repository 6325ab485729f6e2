"""Support: the mind, its optimum, its rules as an environment, its baselines."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.make import load_family
from dialogym.envs.registration import TABLE
from dialogym.envs.support.family import Support
from dialogym.envs.support.game import (
    CAUSES,
    PLAN_FOR,
    Better,
    Cool,
    Disclose,
    Inform,
    Question,
    Reassure,
    Reflect,
    Restate,
    Session,
    Suggest,
    Talk,
    Tell,
    Warm,
    Worse,
)
from dialogym.envs.support.mind import Person, Seeker
from dialogym.envs.support.policies import HEURISTICS, sweep
from dialogym.envs.support.situations import SITUATIONS
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

ENV = "Support-v0"


def after(act, cause="loss", kind="feeling", trust=1, **person):
    """What a seeker does in answer to `act`: (trust then, reply) -> probability."""
    mind = Person(Session(), **person)
    return {
        (then.trust, said): p for (then, said), p in mind.react(Seeker(cause, kind, trust), Talk(1, "seeker", last=act))
    }


# ---- the mind: the table of the page ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "kind", "own"), [(Reflect(), "feeling", True), (Reflect(), "thinking", False), (Restate(), "thinking", True), (Restate(), "feeling", False)])  # fmt: skip
def test_listening(act, kind, own):
    grows, warm = (0.7, 0.75) if own else (0.1, 0.35)
    assert after(act, kind=kind, trust=0) == pytest.approx(
        {
            (1, Warm()): grows * warm,
            (1, Cool()): grows * (1 - warm),
            (0, Warm()): (1 - grows) * warm,
            (0, Cool()): (1 - grows) * (1 - warm),
        }
    )
    assert after(act, kind=kind, trust=2) == pytest.approx({(2, Warm()): warm, (2, Cool()): 1 - warm})


@pytest.mark.parametrize("cause", CAUSES)
def test_a_question_is_answered_where_there_is_trust(cause):
    assert after(Question(), cause, trust=0) == {(0, Cool()): 1.0}
    for trust in (1, 2):
        assert after(Question(), cause, trust=trust) == {(trust, Tell(cause)): 1.0}


def test_a_disclosure_shows_whether_it_was_taken_well():
    assert after(Disclose(), trust=0) == {(0, Cool()): 1.0}
    assert after(Disclose(), trust=1) == pytest.approx({(2, Warm()): 0.8, (1, Cool()): 0.2})


@pytest.mark.parametrize(("act", "own", "other"), [(Reassure(), "feeling", "thinking"), (Inform(), "thinking", "feeling")])  # fmt: skip
def test_comfort(act, own, other):
    assert after(act, kind=own, trust=0) == {(0, Cool()): 1.0}
    assert after(act, kind=own, trust=2) == {(2, Better(1)): 1.0}
    assert after(act, kind=other, trust=2) == {(1, Cool()): 1.0}
    assert after(act, kind=other, trust=0) == {(0, Cool()): 1.0}
    assert after(act, kind=other, trust=2, hurts=0.25) == pytest.approx({(1, Cool()): 0.25, (2, Cool()): 0.75})


@pytest.mark.parametrize("cause", CAUSES)
def test_a_plan_relieves_as_far_as_trust_goes(cause):
    for plan in PLAN_FOR.values():
        for trust, said in enumerate((Cool(), Better(1), Better(2))):
            right = plan == PLAN_FOR[cause]
            assert after(Suggest(plan), cause, trust=trust) == {(trust, said if right else Worse()): 1.0}


def test_the_prior_is_the_one_of_the_page():
    prior = Support().setting(Support().scenarios()[0]).prior
    assert dict(prior.map(lambda h: h.cause)) == pytest.approx({"overload": 0.4, "conflict": 0.35, "loss": 0.25})
    assert dict(prior.map(lambda h: h.kind)) == pytest.approx({"feeling": 0.5, "thinking": 0.5})
    assert dict(prior.map(lambda h: h.trust)) == pytest.approx({0: 0.6, 1: 0.4})


# ---- the optimum -----------------------------------------------------------------------------------------------------

ODD = {"hurts": 0.6, "disclosed": 0.5, "trust": (0.4, 0.3, 0.3), "grows": (0.2, 0.5), "warm": (0.4, 0.9)}


@pytest.mark.parametrize("settings", [{}, ODD])
def test_solver_against_unpruned_brute_force(settings):
    game = Session(3, 0.02)
    mind = Person(game, **settings)
    exact = Solution(game, mind, "supporter", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "supporter"), abs=1e-12) and exact > 0.05


@pytest.mark.parametrize("settings", [{}, ODD, {**ODD, "causes": (1.0, 0.0, 0.0)}])
def test_pruned_candidates_lose_nothing(settings):
    setting = Support(turns=4, **settings).setting(Support().scenarios()[0])
    full = Solution(setting.game, setting.mind, "supporter")
    assert setting.solution.start_value() == pytest.approx(full.start_value(), abs=1e-12)


@pytest.mark.parametrize(
    ("hidden", "worth"),
    [
        (Seeker("loss", "feeling", 2), 1.0 - 2 * 0.02),  # reassure, and the plan
        (Seeker("loss", "thinking", 2), 1.0 - 2 * 0.02),
        (Seeker("loss", "feeling", 1), 1.0 - 3 * 0.02),  # listen first, where that is sure to work
        (Seeker("loss", "thinking", 0), 1.0 - 4 * 0.02),
    ],
)
def test_without_uncertainty_it_is_a_count_of_turns(hidden, worth):
    setting = Support(grows=(0.0, 1.0)).setting(Support().scenarios()[0])
    value = setting.solution.value(Talk(mover="supporter"), Belief.certain(hidden))
    assert value == pytest.approx(worth, abs=1e-12)


def test_all_scenarios_share_one_solution():
    assert len(classes(Support())) == 1 and len(Support().scenarios()) == 200


@pytest.mark.long
def test_planning_matters():
    family = Support()
    best = optimum(family)
    assert best == pytest.approx(0.6218, abs=5e-5)
    assert expected_return(family, "lookahead") <= 0.9 * best and expected_return(family, "myopic") <= 0.5 * best
    assert known_value(family) >= 1.15 * best
    swept = {name: expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()}
    for kind in ("stages", "gate"):
        highest = max(value for name, value in swept.items() if name.startswith(kind))
        assert highest <= 0.9 * best
        assert expected_return(family, kind) == pytest.approx(highest, abs=1e-12)


def test_every_strategy_is_sometimes_best():
    made = {type(step.act) for dialogue in play(ENV, "optimal", range(400)) for step in dialogue.steps}
    assert made >= {Question, Reflect, Restate, Disclose, Reassure, Inform, Suggest}


# ---- as an environment -----------------------------------------------------------------------------------------------


def outcome_of(script, hidden=Seeker("loss", "feeling", 1), **settings):
    env = gym.make(ENV, **settings)
    env.reset(seed=0, options={"hidden": hidden, "scenario": {"situation": "move", "name": "Ana"}})
    for text in script:
        obs, reward, over, cut, info = env.step(text)
        if over or cut:
            return reward, info, obs
    raise AssertionError("not over")


def test_metrics_by_hand():
    """Two steps of three relieved, in four turns: the plan at trust 1 and the comfort are worth a step each."""
    reward, info, _ = outcome_of(["[reassure]", "[question]", "[restate]", "[suggest remember]"], grows=(0.0, 0.0))
    assert reward == pytest.approx(2 / 3 - 4 * 0.02)
    assert info["outcome"] == {
        "solved": False, "turns": 4, "relief": pytest.approx(2 / 3), "told": True, "advice_too_early": True, "right_plan": True,
        "comforting": 2, "questions": 1, "ending": "suggested", "malformed": 0, "illegal": 0,
    }  # fmt: skip
    assert info["hidden"] == {"cause": "loss", "kind": "feeling", "trust": 1}


def test_solved_by_full_trust():
    reward, info, _ = outcome_of(["[reflect]", "[reassure]", "[suggest remember]"], grows=(0.0, 1.0))
    assert reward == pytest.approx(1.0 - 3 * 0.02)
    assert info["outcome"]["solved"] and not info["outcome"]["advice_too_early"] and not info["outcome"]["told"]


def test_a_wrong_plan_costs_a_step():
    reward, info, _ = outcome_of(["[suggest lighten]"])
    assert reward == pytest.approx(-1 / 3 - 0.02) and info["outcome"]["relief"] == pytest.approx(-1 / 3)
    assert not info["outcome"]["right_plan"]


@pytest.mark.parametrize("words", ["All is well now, is it not?", "Thank you, you are better now.", "Yes."])
def test_nobody_is_talked_into_relief(words):
    reward, info, _ = outcome_of([words, words, "[close]"])
    assert reward == pytest.approx(-2 * 0.02) and info["outcome"]["ending"] == "closed"


@pytest.mark.parametrize("tag", ["[reassure]", "[inform]", "[disclose]"])
def test_what_helps_once_is_refused_twice(tag):
    env = gym.make(ENV)
    env.reset(seed=0, options={"hidden": Seeker("loss", "feeling", 1)})
    env.step(tag)
    obs, *_ = env.step(tag)
    assert "already" in obs
    assert env.step("[close]")[4]["outcome"]["illegal"] == 1


def test_to_leave_at_once_pays_nothing():
    reward, info, obs = outcome_of(["[close]"])
    assert reward == 0.0 and obs == "" and info["outcome"]["turns"] == 0


def test_the_last_turn_is_answered():
    reward, info, obs = outcome_of(["Hm."] * 6)
    assert info["outcome"]["ending"] == "limit" and obs and reward == pytest.approx(-0.12)


def test_first_words_do_not_depend_on_what_is_behind_it():
    for situation in SITUATIONS.values():
        assert set(situation.causes) == set(CAUSES)
    env, seen = gym.make(ENV), set()
    for cause in CAUSES:
        for kind in ("feeling", "thinking"):
            seen.add(env.reset(seed=5, options={"hidden": Seeker(cause, kind, 1)})[0])
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"turns": 3}, "turns must be a whole number from 4 to 7, got 3"),
        ({"grows": (0.1,)}, "grows must be 2 numbers from 0 to 1"),
        ({"warm": "no"}, "warm must be 2 numbers from 0 to 1"),
        ({"trust": (0.0, 0.0, 0.0)}, "trust must hold a weight above 0"),
        ({"causes": (1.0, 2.0, 0.0)}, "causes must be 3 numbers from 0 to 1"),
        ({"hurts": -0.1}, "hurts must be a number from 0 to 1"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make(ENV, **settings)


def test_wrong_situation():
    with pytest.raises(ValueError, match=r"situation must be one of new-job, .*; got 'war'"):
        gym.make(ENV).reset(options={"scenario": {"situation": "war"}})


# ---- baselines -------------------------------------------------------------------------------------------------------


def test_what_baselines_are_worth():
    payoffs = {}
    for name in ("random", "scripted", "optimal"):
        played = list(play(ENV, name, range(300)))
        payoffs[name] = sum(d.steps[-1].payoff for d in played) / len(played)
    assert payoffs["random"] < 0.0 < 0.3 * payoffs["optimal"] < payoffs["scripted"] < 0.8 * payoffs["optimal"]


def test_the_demonstrator_plays_like_a_person():
    """It listens before it advises, makes every act, and does not do always the same."""
    played = list(play(ENV, "scripted", range(300)))
    made = {type(step.act) for dialogue in played for step in dialogue.steps}
    assert made >= {Question, Reflect, Restate, Disclose, Reassure, Inform, Suggest}
    assert not any(step.problem for dialogue in played for step in dialogue.steps)
    early = sum(isinstance(dialogue.steps[0].act, Suggest) for dialogue in played)
    assert 0 < early < 60


def test_rules_do_what_they_say():
    first = {name: str(next(iter(play(ENV, name, [0]))).steps[0].act) for name in HEURISTICS}
    assert first["close"] == "Close()" and first["advise"] == "Suggest(plan='lighten')"
    assert first["stages"] == "Reflect()" and first["gate"] in ("Reflect()", "Restate()")
    for dialogue in play(ENV, "soothe", range(50)):
        assert not any(isinstance(step.act, (Suggest, Question)) for step in dialogue.steps)
        assert not any(step.act == Say() for step in dialogue.steps)


@pytest.mark.long
def test_variants_are_as_hard_as_they_are_called():
    shares = {}
    for env_id in ("SupportEasy-v0", ENV):
        family = load_family(*TABLE[env_id])
        shares[env_id] = (optimum(family), expected_return(family, "lookahead") / optimum(family))
    assert shares["SupportEasy-v0"] > shares[ENV]
