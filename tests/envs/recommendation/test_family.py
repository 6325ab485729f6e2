"""Recommendation: its optimum, its guests, its bound, its metrics, and the exploits that are closed."""

from __future__ import annotations

import math

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import OutOfReach, Solution
from dialogym.envs.make import load_family
from dialogym.envs.recommendation.bounds import free_answers
from dialogym.envs.recommendation.family import REWARDS, Recommendation, hdcg
from dialogym.envs.recommendation.game import ANY, Ask, Criticise, Leave, Refuse, Shelf, Show, Stop, Take, Tell
from dialogym.envs.recommendation.mind import PEOPLE, TAIL, Guest, Wanted
from dialogym.envs.recommendation.places import TOWNS, catalogue
from dialogym.envs.recommendation.policies import HEURISTICS, sweep
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

SCENARIO = {"where": "Saltmere", "guest": "Ana"}


def make(env_id="Recommendation-v0", **settings):
    path, registered = TABLE[env_id]
    return load_family(path, {**registered, **settings})


def shelf(turns, rewards="sale", teaches=True, houses=6, attributes=2, length=1):
    rows = tuple(row[:attributes] for row in catalogue("Saltmere").rows)
    return Shelf(
        ("cuisine", "price", "area", "mood")[:attributes],
        tuple(dict.fromkeys(rows))[:houses],
        turns,
        length,
        REWARDS[rewards],
        teaches,
    )


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turns", "rewards", "people", "length"),
    [(2, "sale", "mixed", 1), (3, "sale", "mixed", 1), (3, "unicorn", "plain", 2), (3, "unicorn", "mixed", 1)],
)
def test_solver_against_unpruned_brute_force(turns, rewards, people, length):
    game = shelf(turns, rewards, people == "mixed", 5, 2, length)
    mind = Guest(game, people)
    exact = Solution(game, mind, "recommender", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "recommender"), abs=1e-12)
    assert exact > game.rewards.lost + 0.05


@pytest.mark.parametrize(("turns", "rewards", "people"), [(5, "sale", "mixed"), (6, "unicorn", "plain")])
def test_pruned_candidates_lose_nothing(turns, rewards, people):
    """Talk included: it is never better than to go on at once and to stop a turn earlier."""
    game = shelf(turns, rewards, people == "mixed", 8, 3)
    mind = Guest(game, people)
    pruned, full = Solution(game, mind, "recommender", mind.candidates), Solution(game, mind, "recommender")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


def test_what_is_forgotten_would_not_be_shown():
    """The list is that of a recommender who remembers every refusal."""
    for dialogue in play("Recommendation-v0", "random", range(150)):
        game, refused = dialogue.setting.game, set()
        for step in dialogue.steps:
            for before, _, act in step.exchange.replies:
                refused |= set(before.shown) if isinstance(act, (Refuse, Criticise)) else set()
            after = step.exchange.after
            fits = [
                place
                for place, row in enumerate(game.rows)
                if place not in refused
                and all(fact in ("", ANY, value) for fact, value in zip(after.facts, row, strict=True))
            ]
            assert game.list(after) == tuple(fits[: game.length])


def test_all_towns_share_one_solution():
    assert len(classes(make())) == 1
    assert len({scenario.where for scenario in make().scenarios()}) == len(TOWNS) == 5
    assert len(make().scenarios()) == 50
    assert all(len(set(catalogue(town).rows)) == len(set(catalogue(town).names)) == 24 for town in TOWNS)


def test_only_shows_in_closed_form():
    """Plain guests: the five most popular houses, one after the other."""
    family, best = make("RecommendationClassic-v0"), 0.0
    weights = [1 / (place + TAIL) for place in range(24)]
    for k in range(5):
        best += weights[k] / sum(weights) * (1.0 - 0.1 * k)
    best += (1 - sum(weights[:5]) / sum(weights)) * (-0.1 * 5 - 0.3)
    assert expected_return(family, "abs-greedy") == pytest.approx(best, abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    family = make()
    best = optimum(family)
    assert expected_return(family, "optimal") == pytest.approx(best, abs=1e-9)
    assert expected_return(family, "lookahead") <= 0.75 * best
    assert expected_return(family, "myopic") <= 0.6 * best
    for name in HEURISTICS:
        assert expected_return(family, name) <= 0.8 * best, name
    assert known_value(family) >= 1.5 * best


def test_a_plan_for_this_game_comes_close():
    """As the page says: to look first and then go by the kind of guest is nearly all there is to find."""
    family = make()
    best = optimum(family)
    values = {name: expected_return(family, FunctionPolicy(name, rule)) for name, rule in sweep().items()}
    assert 0.98 * best < max(values.values()) == values["follow(0.6)"] < best
    assert max(value for name, value in values.items() if not name.startswith("follow")) < 0.8 * best


def test_the_classic_setting_is_nearly_solved_by_rules():
    family = make("RecommendationClassic-v0")
    best = optimum(family)
    assert 0.95 * best <= expected_return(family, "max-entropy") < expected_return(family, "optimal") + 1e-12
    assert expected_return(family, "lookahead") >= 0.94 * best


# ---- the bound -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("catalogue_", "turns", "length"),
    [("town", 4, 1), ("town", 5, 2), ("town", 9, 1), pytest.param("region", 4, 3, marks=pytest.mark.long)],
)
def test_the_bound_is_one(catalogue_, turns, length):
    family = Recommendation(catalogue_, "plain", "unicorn", turns, length)
    scenario = family.scenarios()[0]
    game, mind = family.parts(scenario)
    exact = Solution(game, mind, "recommender", mind.candidates).start_value()
    assert exact <= family.bound(scenario) <= game.rewards.taken + 1e-12
    assert optimum(make()) <= make().bound(make().scenarios()[0])


def test_the_bound_by_hand():
    """Two houses that differ in one attribute, and two shows at most, without and with knowing it."""
    game = Shelf(("price",), (("low",), ("high",)), 4, 1, REWARDS["unicorn"], False)
    first = (1 / TAIL) / (1 / TAIL + 1 / (1 + TAIL))
    unknown = first + (1 - first) * 0.9
    assert free_answers(game, 0.2) == pytest.approx(0.8 * 1.0 + 0.2 * unknown)  # no question pays: .8 * .01 < .2 * .1
    assert free_answers(game, 0.0) == pytest.approx(1.0 + 0.01)


def test_the_region_has_no_optimum_but_a_rule_comes_near_the_bound():
    family = make("RecommendationLarge-v0")
    scenario = family.scenarios()[0]
    assert len(family.setting(scenario).game.rows) == 120
    with pytest.raises(OutOfReach, match="bound gives a proven upper bound"):
        optimum(family)
    env = gym.make("RecommendationLarge-v0").unwrapped
    env.reset(seed=0)
    for ask in (env.value, env.best_act, env.act_values):
        with pytest.raises(OutOfReach):
            ask()
    paid = [d.steps[-1].payoff for d in play("RecommendationLarge-v0", "max-entropy", range(200))]
    assert 0.9 * family.bound(scenario) < np.mean(paid) < family.bound(scenario)


# ---- guests ----------------------------------------------------------------------------------------------------------


def outcomes(kind, state, people="mixed", place=3):
    family = make(guests=people)
    mind = family.parts(family.scenarios()[0])[1]
    return {
        type(act).__name__ if isinstance(act, (Leave, Refuse, Criticise)) else act: p
        for (_, act), p in mind.react(Wanted(place, kind), state)
    }


@pytest.mark.parametrize(
    ("kind", "vague", "critique", "refused", "answered", "puzzled"),
    [
        ("plain", (0.2, 0.2), 0.1, (0.3, 0.3), (0, 0), (0, 0)),
        ("unsure", (0.6, 0.2), 0.1, (0, 0.3), (0.1, 0), (0.4, 0)),
        ("critic", (0.7, 0.7), 0.8, (0.1, 0.1), (0.4, 0.4), (0.4, 0.4)),
    ],
)
def test_guests_do_what_the_page_says(kind, vague, critique, refused, answered, puzzled):
    game = make().parts(make().scenarios()[0])[0]
    opened = game.apply(game.start(), "guest", Say())
    for looked in (0, 1):
        state = opened._replace(shows=looked)
        said = outcomes(kind, game.apply(state, "recommender", Ask("cuisine")))
        assert said.get(Tell(ANY), 0) == pytest.approx(vague[looked] * (1 - puzzled[looked]))
        assert said.get(Tell("indian"), 0) == pytest.approx((1 - vague[looked]) * (1 - answered[looked]))
        assert sum(said.values()) == pytest.approx(1)
        said = outcomes(kind, game.apply(state, "recommender", Show()))
        assert said.get("Leave", 0) == pytest.approx(refused[looked])
        assert said["Criticise"] == pytest.approx((1 - refused[looked]) * critique)
    assert outcomes(kind, game.apply(opened, "recommender", Show()), place=0) == {Take(1): 1}
    assert sum(one.share for one in PEOPLE["mixed"]) == pytest.approx(1)


def test_a_critique_names_the_first_difference():
    mind = make().parts(make().scenarios()[0])[1]
    rows = mind.game.rows
    assert rows[0] == ("italian", "middle", "harbour", "lively") and rows[18] == (
        "italian",
        "middle",
        "harbour",
        "quiet",
    )
    assert mind.critique(18, 0) == Criticise("mood", "quiet") and mind.critique(8, 0) == Criticise("cuisine", "indian")


def test_a_first_look_opens_the_questions_that_were_not_answered():
    for guests, again in (("mixed", True), ("plain", False)):
        game = make(guests=guests).parts(make().scenarios()[0])[0]
        state = game.apply(game.start(), "guest", Say())
        for act, answer in ((Ask("mood"), Tell(ANY)), (Ask("price"), Tell("low")), (Show(), Refuse())):
            state = game.apply(game.apply(state, "recommender", act), "guest", answer)
        assert (Ask("mood") in game.choices(state, "recommender")) is again
        assert Ask("price") not in game.choices(state, "recommender")


# ---- the environment -------------------------------------------------------------------------------------------------


def run(texts, hidden, env_id="Recommendation-v0", seed=0, **settings):
    env = gym.make(env_id, **settings)
    env.reset(seed=seed, options={"scenario": SCENARIO, "hidden": hidden})
    for text in texts:
        obs, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info["outcome"], info
    raise AssertionError("not over")


def test_what_a_dialogue_pays_and_counts():
    """Wanted is the second house of the harbour: one question, one refusal, then the right one."""
    for seed in range(20):  # until the guest answers
        reward, outcome, info = run(
            ["[ask cuisine]", "Hm.", "[show]", "[stop]"], Wanted(3, "plain"), "RecommendationClassic-v0", seed
        )
        if outcome["success"]:
            break
    assert outcome["taken"] == "Malabar Pier" == info["hidden"]["place"]
    assert (outcome["turns"], outcome["asks"], outcome["shows"], outcome["vague"], outcome["retained"]) == (
        3,
        1,
        1,
        0,
        True,
    )
    assert outcome["at"] == 3
    assert outcome["hdcg"] == pytest.approx(hdcg(3, 1)) and reward == pytest.approx(1 + 0.01)


def test_stop_pays_what_was_spent_and_no_sale():
    reward, outcome, _ = run(["[show]", "[stop]"], Wanted(9, "unsure"))
    assert reward == pytest.approx(-0.1 - 0.1) and outcome["ending"] == "stopped" and not outcome["success"]
    assert outcome["hdcg"] == 0.0 and outcome["taken"] is None
    assert (outcome["turns"], outcome["at"]) == (2, 5), "the sources' average turn counts a failure with all turns"


def test_hdcg_as_unicorn_computes_it():
    """Its code, for a success in step t from 0 at rank k: 1/log2(t+3) + (1/log2(t+2) - 1/log2(t+3)) / log2(k+1)."""
    assert hdcg(1, 1) == pytest.approx(1.0)
    assert hdcg(2, 1) == pytest.approx(1 / math.log2(3)) and hdcg(2, 3) == pytest.approx(
        0.5 + (1 / math.log2(3) - 0.5) / 2
    )


def test_exploits_are_closed():
    env = gym.make("Recommendation-v0")
    env.reset(seed=3, options={"scenario": SCENARIO, "hidden": Wanted(20, "plain")})
    env.step("[ask mood]")
    assert env.step("[ask mood]")[4]["problem"] == "illegal"  # asked twice
    env.reset(seed=3, options={"scenario": SCENARIO, "hidden": Wanted(20, "plain")})
    assert env.step("How about Chutney Wharf?")[4]["problem"] == "ambiguous"  # wanted, but not the head of the list
    env.step("How about Trattoria Gabbiano?")
    assert env.unwrapped.dialogue.state.shows == 1
    reward, _, _ = run(["Hm."] * 5, Wanted(20, "plain"))
    assert reward == pytest.approx(-0.1)  # to wait gains nothing
    game = make().parts(make().scenarios()[0])[0]
    state = game.apply(game.start(), "guest", Say())
    for attribute, value in zip(game.attributes, ("italian", "low", "centre", "quiet"), strict=True):  # no such house
        state = game.apply(game.apply(state._replace(turn=0), "recommender", Ask(attribute)), "guest", Tell(value))
    assert list(game.choices(state, "recommender")) == [Stop(), Say()]
    with pytest.raises(IllegalAct, match="nothing left"):
        game.apply(state, "recommender", Show())


def test_the_human_like_recommender_is_between():
    for env_id, low in (("Recommendation-v0", 0.4), ("RecommendationClassic-v0", 0.7)):
        mean = {
            name: np.mean([d.steps[-1].payoff for d in play(env_id, name, range(800))])
            for name in ("random", "scripted")
        }
        best = optimum(make(env_id))
        assert mean["random"] < 0.2 * best < low * best < mean["scripted"] < 0.97 * best, mean


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"catalogue": "village"}, "catalogue must be one of town, region; got 'village'"),
        ({"guests": "rude"}, "guests must be one of mixed, plain"),
        ({"rewards": "gold"}, "rewards must be one of sale, unicorn"),
        ({"turns": 3}, "turns must be a whole number from 4 to 40"),
        ({"length": 0}, "length must be"),
        ({"turns": 7}, "turns at most 6 where guests are 'mixed'"),
        ({"catalogue": "region"}, "catalogue must be 'town'"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Recommendation-v0", **settings)


def test_wrong_reset_options():
    with pytest.raises(ValueError, match="where must be one of Saltmere"):
        gym.make("Recommendation-v0").reset(options={"scenario": {"where": "Rome"}})
