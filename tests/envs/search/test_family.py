"""Search: its optimum, its users, nDCG by hand, and the exploits that are closed."""

from __future__ import annotations

import math

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.make import load_family
from dialogym.envs.registration import TABLE
from dialogym.envs.search.game import (
    FACETS,
    PAGES,
    UNSURE,
    Clarify,
    Confirm,
    Correct,
    Desk,
    Explain,
    Leave,
    Search,
    Show,
    Stop,
    Tell,
    gain,
    ndcg,
    ranked,
)
from dialogym.envs.search.mind import Need, Searcher
from dialogym.envs.search.policies import HEURISTICS, sweep
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

NEED = Need(("2", "pictures", "brief"), "ready")


def make(env_id="Search-v0", **settings):
    path, registered = TABLE[env_id]
    return load_family(path, {**registered, **settings})


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("turns", "impatient"), [(2, 0.4), (3, 0.4), (3, 1.0)])
def test_solver_against_unpruned_brute_force(turns, impatient):
    game = Desk(turns)
    mind = Searcher(game, impatient)
    exact = Solution(game, mind, "assistant", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "assistant"), abs=1e-12)
    assert exact > 0.2


def test_pruned_candidates_lose_nothing():
    """Talk and searches for what is ruled out included."""
    game = Desk(4)
    mind = Searcher(game, 0.4)
    pruned, full = Solution(game, mind, "assistant", mind.candidates), Solution(game, mind, "assistant")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


def test_all_queries_share_one_solution():
    assert len(classes(make())) == 1
    assert len({scenario.query for scenario in make().scenarios()}) == 24 and len(make().scenarios()) == 48


def test_no_question_in_closed_form():
    """Search for the likeliest meaning, show its three likeliest pages; nobody who is right leaves."""
    family = make()
    mind = family.parts(family.scenarios()[0])[1]
    shown = ranked(("", "", ""), 1)
    assert shown == (("1", "history", "brief"), ("1", "history", "thorough"), ("1", "pictures", "brief"))
    worth = sum(p * ndcg(shown, need.page) for need, p in mind.prior()) - 0.05
    game = family.parts(family.scenarios()[0])[0]
    state = game.apply(game.start(), "user", Say())
    found = game.apply(game.apply(state, "assistant", Search(1)), "user", Say())
    blind = sum(p * game.payoff(game.apply(found, "assistant", Show()), "assistant", need) for need, p in mind.prior())
    assert blind == pytest.approx(worth) and 0.3 < worth < expected_return(family, "no-question")


def test_planning_matters():
    family = make()
    best = optimum(family)
    assert expected_return(family, "optimal") == pytest.approx(best, abs=1e-9)
    assert expected_return(family, "lookahead") <= 0.8 * best and expected_return(family, "myopic") <= 0.5 * best
    for name in HEURISTICS:
        assert expected_return(family, name) <= 0.88 * best, name
    assert known_value(family) >= 1.3 * best


def test_a_plan_for_this_game_comes_close():
    """As the page says: to explain as soon as a question is not answered is nearly all there is to find."""
    family, best = make(), optimum(make())
    grid = sweep()
    for name, low, high in (
        ("unsure(meaning, search, aspect+depth)", 0.98, 1.0),
        ("never(aspect, search, meaning)", 0.84, 0.9),
    ):
        assert low * best < expected_return(family, FunctionPolicy(name, grid[name])) < high * best


def test_patient_users_need_no_planning():
    family = make("SearchPatient-v0")
    assert expected_return(family, "by-importance") >= 0.98 * optimum(family)
    assert {need.kind for need, _ in family.setting(family.scenarios()[0]).prior} == {"ready"}


# ---- users -----------------------------------------------------------------------------------------------------------


def outcomes(kind, topic, explained=False):
    family = make()
    game, mind = family.parts(family.scenarios()[0])
    state = game.apply(game.start(), "user", Say())._replace(explained=explained)
    state = game.apply(state, "assistant", topic)
    return {act: p for (_, act), p in mind.react(NEED._replace(kind=kind), state)}


@pytest.mark.parametrize(
    ("kind", "explained", "answers", "asked", "reacts", "misled"),
    [
        ("ready", False, 0.95, 0, 0.6, 0),
        ("impatient", False, 0.3, 0.3, 0.2, 0.1),
        ("impatient", True, 0.95, 0, 0.6, 0),
        ("stubborn", True, 0.3, 0.3, 0.2, 0.1),
    ],
)
def test_users_do_what_the_page_says(kind, explained, answers, asked, reacts, misled):
    said = outcomes(kind, Clarify("aspect"), explained)
    assert said[Tell("pictures")] == pytest.approx((1 - asked) * answers)
    assert said[Tell(UNSURE)] == pytest.approx((1 - asked) * (1 - answers)) and said.get(Leave(), 0) == pytest.approx(
        asked
    )
    right, wrong = outcomes(kind, Search(2), explained), outcomes(kind, Search(1), explained)
    assert right[Confirm()] == pytest.approx(reacts) and Leave() not in right
    assert wrong.get(Leave(), 0) == pytest.approx(misled) and wrong[Correct(2)] == pytest.approx((1 - misled) * reacts)


def test_an_explanation():
    assert outcomes("ready", Explain())[Leave()] == pytest.approx(0.4) and Leave() not in outcomes(
        "impatient", Explain()
    )
    shares = make().setting(make().scenarios()[0]).prior.map(lambda need: need.kind)
    assert [shares.probability(kind) for kind in ("ready", "impatient", "stubborn")] == pytest.approx([0.6, 0.36, 0.04])
    game = Desk()
    state = game.apply(game.start(), "user", Say())
    state = game.apply(game.apply(state, "assistant", Clarify("depth")), "user", Tell(UNSURE))
    assert Clarify("depth") not in game.choices(state, "assistant")
    assert Clarify("depth") in game.choices(
        game.apply(game.apply(state, "assistant", Explain()), "user", Say()), "assistant"
    )


# ---- nDCG ------------------------------------------------------------------------------------------------------------


def test_gains_by_hand():
    wanted = ("1", "news", "brief")
    assert gain(wanted, ("2", "news", "brief")) == 0.0 and gain(wanted, wanted) == pytest.approx(7.0)
    assert gain(wanted, ("1", "news", "thorough")) == pytest.approx(2 ** (3 * 1.7 / 2.1) - 1)
    assert gain(wanted, ("1", "history", "brief")) == pytest.approx(3.0)  # grade 1.4 * 3 / 2.1 = 2
    assert gain(wanted, ("1", "history", "thorough")) == pytest.approx(2 ** (3 / 2.1) - 1)


def test_ndcg_by_hand():
    wanted = ("1", "news", "brief")
    second = 2 ** (3 * 1.7 / 2.1) - 1
    ideal = 7 + second / math.log2(3) + 3 / 2
    assert ndcg(ranked(wanted, 1), wanted) == pytest.approx(1.0)
    assert ndcg((("2", "news", "brief"), wanted, ("3", "news", "brief")), wanted) == pytest.approx(
        7 / math.log2(3) / ideal
    )
    assert ndcg(ranked(wanted, 2), wanted) == 0.0
    assert all(ndcg(ranked(page, int(page[0])), page) == pytest.approx(1.0) for page in PAGES)


# ---- the environment -------------------------------------------------------------------------------------------------


def run(texts, hidden=NEED, seed=0, env_id="SearchPatient-v0"):
    env = gym.make(env_id)
    env.reset(seed=seed, options={"scenario": {"query": "jaguar", "user": "Ana"}, "hidden": hidden})
    for text in texts:
        _, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info["outcome"], info
    raise AssertionError("not over")


def test_what_a_dialogue_pays_and_counts():
    for seed in range(40):  # until every question is answered
        reward, outcome, info = run(
            ["Do you mean the car?", "[clarify aspect]", "[clarify depth]", "[search 2]", "Here is what I found."],
            seed=seed,
        )
        if outcome["importance"] == 1.0:
            break
    assert reward == pytest.approx(1 - 3 * 0.03 - 0.05) and outcome["success"] and outcome["ndcg"] == pytest.approx(1.0)
    assert (outcome["questions"], outcome["searches"], outcome["vague"], outcome["turns"], outcome["ending"]) == (
        3,
        1,
        0,
        5,
        "shown",
    )
    assert info["hidden"] == {"page": "the car, pictures, brief", "kind": "ready"}


def test_exploits_are_closed():
    reward, outcome, _ = run(["[show]", "[clarify depth]", "[clarify depth]", "[stop]"])
    assert (
        reward == pytest.approx(-0.03) and outcome["illegal"] == 2 and outcome["ending"] == "stopped"
    )  # no show without a search
    reward, _, _ = run(["Hm."] * 6)
    assert reward == 0.0  # to wait gains nothing
    game = Desk()
    state = game.apply(game.apply(game.apply(game.start(), "user", Say()), "assistant", Search(1)), "user", Say())
    with pytest.raises(IllegalAct, match="just searched"):
        game.apply(state, "assistant", Search(1))
    with pytest.raises(IllegalAct, match="are 1, 2 and 3"):
        game.apply(state, "assistant", Search(4))
    explained = game.apply(game.apply(state, "assistant", Explain()), "user", Say())
    with pytest.raises(IllegalAct, match="told me that"):
        game.apply(explained, "assistant", Explain())
    assert Stop() in game.choices(state, "assistant") and len(FACETS) == 3


def test_the_human_like_assistant_is_between():
    mean = {
        name: np.mean([d.steps[-1].payoff for d in play("Search-v0", name, range(600))])
        for name in ("random", "scripted")
    }
    best = optimum(make())
    assert mean["random"] < 0.4 * best < 0.7 * best < mean["scripted"] < 0.98 * best, mean


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"turns": 3}, "turns must be a whole number from 4 to 7"),
        ({"impatient": 2}, "impatient must be a number from 0 to 1"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Search-v0", **settings)


def test_wrong_reset_options():
    with pytest.raises(ValueError, match="query must be one of jaguar"):
        gym.make("Search-v0").reset(options={"scenario": {"query": "cat"}})
