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
from dialogym.envs.search.mind import TIRING, Need, Searcher
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


@pytest.mark.parametrize(("turns", "impatient", "browsing"), [(2, 0.5, 0.25), (3, 0.5, 0.25), (3, 0.3, 0.7)])
def test_solver_against_unpruned_brute_force(turns, impatient, browsing):
    game = Desk(turns)
    mind = Searcher(game, impatient, browsing)
    exact = Solution(game, mind, "assistant", mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "assistant"), abs=1e-12)
    assert exact > 0.1


def test_pruned_candidates_lose_nothing():
    """Talk, searches for what is ruled out, and what comes too late to be used included."""
    game = Desk(4)
    mind = Searcher(game, 0.5, 0.25)
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
    worth = sum(p * ndcg(shown, need.page) for need, p in mind.prior()) - 0.2
    game = family.parts(family.scenarios()[0])[0]
    state = game.apply(game.start(), "user", Say())
    found = game.apply(game.apply(state, "assistant", Search(1)), "user", Say())
    blind = sum(p * game.payoff(game.apply(found, "assistant", Show()), "assistant", need) for need, p in mind.prior())
    assert blind == pytest.approx(worth) and 0.1 < worth < expected_return(family, "no-question")


@pytest.mark.long
def test_planning_matters():
    family = make()
    best = optimum(family)
    assert expected_return(family, "optimal") == pytest.approx(best, abs=1e-9)
    assert expected_return(family, "lookahead") <= 0.7 * best and expected_return(family, "myopic") <= 0.75 * best
    for name in HEURISTICS:
        assert expected_return(family, name) <= 0.88 * best, name
    assert known_value(family) >= 1.3 * best


def test_no_plan_comes_close():
    """Of plans that adapt to what was heard, too: the best kinds of the page's table, and the other ways to explain."""
    family, best = make(), optimum(make())
    plans = {name: speak for name, speak in sweep().items() if "-on(nothing, search, " in name}
    kept = {name: expected_return(family, FunctionPolicy(name, speak)) / best for name, speak in plans.items()}
    assert len(plans) > 90 and max(kept, key=kept.__getitem__) == "either-on(nothing, search, aspect+meaning)"
    assert 0.85 < max(kept.values()) < 0.88


def test_ready_users_need_no_planning():
    family = make("SearchPatient-v0")
    plan = sweep()["unsure-on(meaning, search, aspect)"]
    assert expected_return(family, FunctionPolicy("plan", plan)) == pytest.approx(optimum(family), abs=1e-9)
    assert {need.kind for need, _ in family.setting(family.scenarios()[0]).prior} == {"ready"}


# ---- users -----------------------------------------------------------------------------------------------------------


def outcomes(kind, topic, turn=0, **before):
    family = make()
    game, mind = family.parts(family.scenarios()[0])
    state = game.apply(game.start(), "user", Say())._replace(turn=turn, **before)
    state = game.apply(state, "assistant", topic)
    return {act: p for (_, act), p in mind.react(NEED._replace(kind=kind), state)}


@pytest.mark.parametrize(
    ("kind", "before", "meaning", "detail", "asked", "confirms", "corrects", "misled"),
    [
        ("ready", {}, 1, 1, 0, 0.8, 0.8, 0.1),
        ("impatient", {}, 0.5, 0.1, 0.5, 0.6, 0, 0.1),
        ("impatient", {"sought": 3}, 0.5, 0.1, 0.5, 0.6, 0, 0.1),
        ("impatient", {"explained": True}, 1, 1, 0, 0.6, 0, 0.1),
        ("browsing", {}, 0.4, 0.3, 0.4, 0.8, 0.8, 0),
        ("browsing", {"explained": True}, 0.4, 0.3, 0.4, 0.8, 0.8, 0),
        ("browsing", {"sought": 3}, 1, 1, 0, 0.8, 0.8, 0),
    ],
)
def test_users_do_what_the_page_says(kind, before, meaning, detail, asked, confirms, corrects, misled):
    for facet, value, answers in (("meaning", "2", meaning), ("aspect", "pictures", detail)):
        said = outcomes(kind, Clarify(facet), **before)
        assert said[Tell(value)] == pytest.approx((1 - asked) * answers)
        assert said.get(Tell(UNSURE), 0) == pytest.approx((1 - asked) * (1 - answers))
        assert said.get(Leave(), 0) == pytest.approx(asked)
    right, wrong = outcomes(kind, Search(2), **before), outcomes(kind, Search(1), **before)
    assert right[Confirm()] == pytest.approx(confirms) and not right.get(Leave(), 0)
    assert wrong.get(Leave(), 0) == pytest.approx(misled)
    assert wrong.get(Correct(2), 0) == pytest.approx((1 - misled) * corrects)


@pytest.mark.parametrize(("kind", "tires"), [("ready", 0.3), ("impatient", 0), ("browsing", 0.4)])
def test_users_tire(kind, tires):
    assert not outcomes(kind, Explain(), TIRING - 2).get(Leave(), 0)
    assert outcomes(kind, Explain(), TIRING - 1).get(Leave(), 0) == pytest.approx(tires)


def test_what_was_not_answered_can_be_asked_again():
    shares = make().setting(make().scenarios()[0]).prior.map(lambda need: need.kind)
    assert [shares.probability(kind) for kind in ("ready", "impatient", "browsing")] == pytest.approx([0.25, 0.5, 0.25])
    game = Desk()
    state = game.apply(game.start(), "user", Say())
    state = game.apply(game.apply(state, "assistant", Clarify("depth")), "user", Tell(UNSURE))
    assert Clarify("depth") not in game.choices(state, "assistant")
    for act in (Explain(), Search(2)):
        after = game.apply(game.apply(state, "assistant", act), "user", Say())
        assert Clarify("depth") in game.choices(after, "assistant")


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
    for seed in range(40):  # until the user does not tire
        reward, outcome, info = run(
            ["Do you mean the car?", "[clarify aspect]", "[clarify depth]", "[search 2]", "Here is what I found."],
            seed=seed,
        )
        if outcome["retained"]:
            break
    assert reward == pytest.approx(1 - 3 * 0.06 - 0.2) and outcome["success"] and outcome["ndcg"] == pytest.approx(1.0)
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
        reward == pytest.approx(-0.06) and outcome["illegal"] == 2 and outcome["ending"] == "stopped"
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
    assert mean["random"] < 0 < 0.4 * best < mean["scripted"] < 0.75 * best, mean


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"turns": 3}, "turns must be a whole number from 4 to 7"),
        ({"impatient": 2}, "impatient must be a number from 0 to 1"),
        ({"impatient": 0.6, "browsing": 0.6}, "impatient and browsing must be at most 1 together"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make("Search-v0", **settings)


def test_wrong_reset_options():
    with pytest.raises(ValueError, match="query must be one of jaguar"):
        gym.make("Search-v0").reset(options={"scenario": {"query": "cat"}})
