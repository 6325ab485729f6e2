"""Tutoring: its optimum, and the published claims about the registered variants."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.registration import TABLE
from dialogym.envs.tutoring.family import Tutoring
from dialogym.envs.tutoring.game import Example, Explain, Lesson, Quiz
from dialogym.envs.tutoring.mind import Kind
from dialogym.envs.tutoring.optimum import Optimum
from dialogym.envs.tutoring.policies import HEURISTICS, sweep
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

from .test_family import ENV, sides

CHAIN = Tutoring(
    mastery=(0.4, 0.3, 0.2, 0.1), kinds=(("any", 1.0, 0.6, 0.6),), guess=0.1, explain_cost=0.05, example_cost=0.05
)


def anybody(seed, skills=3, turns=4):
    """A population and costs drawn at random, unkind cases included."""
    rng = random.Random(seed)
    kinds = tuple(
        Kind(f"kind{i}", rng.random() + 0.1, rng.choice((0.0, rng.random(), 1.0)), rng.random())
        for i in range(1 + seed % 3)
    )
    mastery = tuple(rng.choice((0.0, rng.random())) + 0.01 * (i == 1) for i in range(skills + 1))
    costs = (rng.random() / 8, rng.random() / 8, rng.choice((0.0, 0.01, 0.05)))
    return sides(
        skills, turns, costs, mastery=mastery, kinds=kinds, slip=rng.choice((0.0, 0.1)), guess=rng.choice((0.0, 0.25))
    )


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_optimum_against_unpruned_brute_force(seed):
    game, mind = anybody(seed, skills=2, turns=3 + (seed == 0))
    assert Optimum(game, mind).start_value() == pytest.approx(brute_force(game, mind, "tutor"), abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_optimum_against_the_general_solver(seed):
    """With every act, talk and late quizzes included."""
    game, mind = anybody(seed)
    assert Optimum(game, mind).start_value() == pytest.approx(Solution(game, mind, "tutor").start_value(), abs=1e-12)


def test_optimum_against_the_general_solver_in_the_middle():
    """At beliefs that good play never leads to, with turns left for the bounds to cut."""
    game, mind = sides(turns=4)
    fast, plain = Optimum(game, mind), Solution(game, mind, "tutor")
    rng = np.random.default_rng(0)
    for _ in range(12):
        belief = Belief(dict(zip(mind.pupils, rng.dirichlet(np.full(len(mind.pupils), 0.4)), strict=True)))
        state = Lesson(int(rng.integers(1, 5)), "tutor", 2, 1, 3)
        assert fast.value(state, belief) == pytest.approx(plain.value(state, belief), abs=1e-12)
        values = plain.act_values(state, belief)
        assert fast.act_values(state, belief) == pytest.approx(values, abs=1e-12)
        assert values[fast.best_act(state, belief)] == pytest.approx(max(values.values()), abs=1e-12)


def test_the_chain_with_one_kind_of_student():
    """Values known from an independent computation (`tests/core/test_solver.py` has the first two by the general solver)."""
    assert optimum(CHAIN) == pytest.approx(0.594, abs=5e-4)
    assert optimum(replace(CHAIN, quiz_cost=2.0)) == pytest.approx(0.529, abs=5e-4)
    assert expected_return(CHAIN, "myopic") == pytest.approx(0.476, abs=5e-4)
    assert CHAIN.setting(CHAIN.scenarios()[0]).solution.base.observed_value() == pytest.approx(0.807, abs=5e-4)
    assert expected_return(CHAIN, "clairvoyant") == pytest.approx(0.807, abs=5e-4)


def test_one_turn_has_a_closed_form():
    """Teach what wins most at once, or stop."""
    game, mind = sides(turns=1)
    prior = {m: 0.5 * p for m, p in enumerate(mind.mastery)}
    wins = [
        prior[m] * (kind0 + kind1) / 3 - cost
        for m in range(3)
        for kind0, kind1, cost in ((0.9, 0.05, 0.07), (0.05, 0.95, 0.09))
    ]
    mean = sum(2 * p * m for m, p in prior.items()) / 3
    assert Optimum(game, mind).start_value() == pytest.approx(mean + max(0.0, *wins), abs=1e-12)


@pytest.mark.parametrize("turns", [1, 2, 4, 6])
def test_without_uncertainty_one_teaches_in_order(turns):
    game, mind = sides(turns=turns, mastery=(1.0, 0.0, 0.0, 0.0), kinds=(Kind("quick", 1.0, 1.0, 0.0),))
    assert Optimum(game, mind).start_value() == pytest.approx(min(turns, 3) * (1 / 3 - 0.07), abs=1e-12)


def test_information_is_worth_something_and_never_hurts():
    game, mind = sides(turns=6)
    solution = Optimum(game, mind)
    assert solution.start_value() < solution.known_value() < solution.observed_value() < 1.0


def test_lessons_that_do_the_same_are_searched_once():
    game, mind = sides(kinds=(Kind("any", 1.0, 0.6, 0.6),))
    acts = {type(move.act) for move in Optimum(game, mind)._moves}
    assert acts == {Explain, Quiz}
    game, mind = sides(kinds=(Kind("any", 1.0, 0.6, 0.6),), costs=(0.09, 0.07, 0.005))
    assert {type(move.act) for move in Optimum(game, mind)._moves} == {Example, Quiz}


def test_all_curricula_and_names_share_one_solution():
    family = Tutoring()
    assert len({id(family.setting(s).solution.base) for s in family.scenarios()}) == 1
    assert (
        family.setting(family.scenarios()[0]).solution.base
        is replace(family, marked=False).setting(family.scenarios()[-1]).solution.base
    )
    for scenario in family.scenarios()[::12]:
        setting = family.setting(scenario)
        own = Optimum(setting.game, setting.mind)
        assert own.start_value() == pytest.approx(setting.solution.start_value(), abs=1e-12)
        state = Lesson(6, "tutor")
        assert setting.solution.best_act(state, setting.prior) == own.best_act(state, setting.prior)


# ---- the claims about the registered variants ------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("env_id", [ENV, "TutoringHard-v0"])
def test_planning_matters(env_id):
    """Exactly: see docs/tutoring.md. What is fixed, short-sighted, or never asks loses at least a tenth."""
    family = Tutoring(**TABLE[env_id][1])
    best = optimum(family)
    assert optimum(replace(family, quiz_cost=2.0)) <= 0.8 * best
    assert expected_return(family, "myopic") <= 0.85 * best
    assert expected_return(family, "lookahead") <= 0.95 * best
    assert max(expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()) <= 0.9 * best
    assert known_value(family) >= 1.2 * best
    assert sum(d.steps[-1].payoff for d in play(env_id, "random", range(400))) / 400 <= 0.55 * best


def test_heuristics_are_the_best_of_their_kind():
    best: dict[str, float] = {}
    for name, speak in sweep().items():
        kind = name.partition("(")[0]
        best[kind] = max(best.get(kind, -1.0), expected_return(Tutoring(), FunctionPolicy(name, speak)))
    assert {name: expected_return(Tutoring(), name) for name in best} == pytest.approx(best, abs=1e-12)
    assert set(HEURISTICS) - set(best) == {"stop-now", "mastery-95"}


def test_both_ways_of_teaching_are_sometimes_best():
    taught = set()
    for dialogue in play(ENV, "optimal", range(150)):
        taught |= {type(step.act) for step in dialogue.steps}
    assert {Explain, Example, Quiz} <= taught


def test_easy_is_easier():
    shares = []
    for env_id in ("TutoringHard-v0", ENV, "TutoringEasy-v0"):
        family = Tutoring(**TABLE[env_id][1])
        shares.append((optimum(family), max(expected_return(family, name) for name in HEURISTICS) / optimum(family)))
    assert shares[0][0] < shares[1][0] < shares[2][0] and shares[1][1] < 0.9 < shares[2][1]
