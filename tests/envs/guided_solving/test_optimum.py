"""Guided solving: its optimum, what lambda does to it, and the published claims."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from dialogym.core.solver import Solution
from dialogym.envs.guided_solving.family import GuidedSolving
from dialogym.envs.guided_solving.game import GuidedSteps, Try
from dialogym.envs.guided_solving.mind import POPULATIONS, Learner
from dialogym.envs.guided_solving.policies import HEURISTICS, RULES, sweep
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.evaluation.pareto import expected_metrics
from dialogym.policies.collect import play

from .test_family import ENV, IDS, family_of

# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", list(POPULATIONS))
@pytest.mark.parametrize(("leak", "leak_weight"), [("graded", 0.0), ("graded", 0.1), ("graded", 0.5), ("hard", 0.3)])
def test_solver_against_unpruned_brute_force(population, leak, leak_weight):
    """The brute force also talks and wastes turns."""
    game = GuidedSteps(steps=2, turns=4, leak=leak, leak_weight=leak_weight)
    mind = Learner(game, population)
    assert Solution(game, mind, "tutor", game.candidates).start_value() == pytest.approx(
        brute_force(game, mind, "tutor"), abs=1e-12
    )


@pytest.mark.parametrize(
    "settings", [{}, {"leak": "hard", "leak_weight": 0.3}, {"turn_cost": 0.0}, {"leak_weight": 0.05}]
)
def test_pruned_candidates_lose_nothing(settings):
    game = GuidedSteps(turns=6, **settings)
    mind = Learner(game, "default")
    pruned, full = Solution(game, mind, "tutor", game.candidates), Solution(game, mind, "tutor")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


@pytest.mark.parametrize("leak_weight", [0.0, 0.3, 0.6, 3.0])
def test_one_turn_about_one_step_in_closed_form(leak_weight):
    """A student stuck at the only step does not understand it, so the value of one act can be written down."""
    game = GuidedSteps(steps=1, turns=1, turn_cost=0.02, leak_weight=leak_weight)
    right, wrong, kinds = 1.0 - game.slip, game.guess, POPULATIONS["default"].values()

    def alone(field):
        p = sum(kind.share * getattr(kind, field) for kind in kinds)
        return p * right + (1.0 - p) * wrong

    def recalled(p):
        return p + (1.0 - p) * game.recall

    by_hand = max(
        wrong,
        alone("nudge") - 0.02,
        alone("hint") - leak_weight * game.hint_leak - 0.02,
        recalled(alone("show")) - leak_weight - 0.02,
        recalled(wrong) - leak_weight - 0.02,
    )
    assert Solution(game, Learner(game), "tutor").start_value() == pytest.approx(by_hand, abs=1e-12)


def test_two_turns_of_tries_in_closed_form():
    """Nudge, then try: a right try is worth nothing by itself, because the student solves the same step alone later."""
    game = GuidedSteps(steps=1, turns=2, turn_cost=0.0, leak_weight=10.0)
    solution = Solution(game, Learner(game), "tutor")
    understood = sum(kind.share * kind.nudge for kind in POPULATIONS["default"].values())
    assert solution.start_value() == pytest.approx(understood * 0.95 + (1.0 - understood) * 0.15, abs=1e-12)


@pytest.mark.parametrize("env_id", IDS)
def test_the_optimum_is_what_its_policy_gets(env_id):
    family = family_of(env_id)
    best = optimum(family)
    assert expected_return(family, "optimal") == pytest.approx(best, abs=1e-9)
    assert expected_metrics(family)["payoff"] == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("env_id", IDS)
def test_no_rule_beats_the_optimum(env_id):
    family = family_of(env_id)
    best = optimum(family)
    for name, rule in {**RULES, **sweep()}.items():
        assert (
            expected_metrics(family, lambda setting, state, belief, rule=rule: rule(setting.game, state))["payoff"]
            <= best + 1e-12
        ), name


def test_rules_and_heuristics_are_the_same():
    family = GuidedSolving(turns=5)
    for name, rule in RULES.items():
        by_state = expected_metrics(family, lambda setting, state, belief, rule=rule: rule(setting.game, state))[
            "payoff"
        ]
        assert expected_return(family, name) == pytest.approx(by_state, abs=1e-12), name


def test_simulation_agrees_with_the_sum():
    for name in ("contingent", "help-then-show"):
        payoffs = [d.steps[-1].payoff for d in play(ENV, name, range(3000))]
        error = np.std(payoffs) / len(payoffs) ** 0.5
        assert np.mean(payoffs) == pytest.approx(expected_return(GuidedSolving(), name), abs=4 * error)


@pytest.mark.long
def test_planning_and_listening_matter():
    """The published claims about the default settings, exactly: see docs/guided_solving.md."""
    family = GuidedSolving()
    best = optimum(family)
    assert best == pytest.approx(0.2547, abs=5e-5)
    assert max(expected_return(family, name) for name in ("myopic", "lookahead")) <= 0.1 * best
    assert max(expected_return(family, name) for name in HEURISTICS) <= 0.8 * best
    assert known_value(family) >= 1.2 * best
    game = GuidedSteps()
    deaf = Solution(
        game,
        Learner(game),
        "tutor",
        lambda state, support: [act for act in game.candidates(state) if not isinstance(act, Try)],
    )
    assert deaf.start_value() <= 0.4 * best


def test_the_rules_were_chosen_by_the_sweep():
    family = GuidedSolving()
    values = {
        name: expected_metrics(family, lambda setting, state, belief, rule=rule: rule(setting.game, state))["payoff"]
        for name, rule in sweep().items()
    }
    assert max(values, key=values.__getitem__) == "ladder(nudge,hint,stop,fade)"
    assert max((name for name in values if "fade" not in name), key=values.__getitem__) == "ladder(hint,hint,show)"


def test_easy_is_easier_and_hard_is_harder():
    hard, default, easy = (
        optimum(family_of(env_id)) for env_id in ("GuidedSolvingHard-v0", ENV, "GuidedSolvingEasy-v0")
    )
    assert 0.1 < hard < 0.7 * default < 0.7 * 0.7 * easy
    family = family_of("GuidedSolvingHard-v0")
    assert max(expected_return(family, name) for name in HEURISTICS) <= 0.8 * hard


# ---- what lambda does ------------------------------------------------------------------------------------------------


def test_without_a_weight_the_tutor_tells_as_it_likes():
    free = expected_metrics(GuidedSolving(leak_weight=0.0))
    assert free["leaked_answer"] == pytest.approx(1.0) and free["solve"] > 0.6


def test_a_large_weight_never_leaks():
    dear = expected_metrics(GuidedSolving(leak_weight=50.0))
    assert dear["leak"] == 0.0 and dear["leaked_answer"] == 0.0 and dear["solve"] > 0.1


def test_leak_and_solve_fall_as_the_weight_rises():
    """The leak by theory (without turn costs also the solve probability), whichever optimal policy is followed."""
    found = [
        expected_metrics(GuidedSolving(turns=5, turn_cost=0.0, leak_weight=weight))
        for weight in (0.01, 0.1, 0.37, 0.38, 0.41, 0.5, 1.0, 2.0, 5.0)
    ]
    for name in ("leak", "solve"):
        values = [metrics[name] for metrics in found]
        assert all(low >= high - 1e-12 for low, high in pairwise(values)), name
        assert values[0] > values[-1] + 0.1


def test_the_hard_mode_never_gives_the_answer_away():
    found = expected_metrics(family_of("GuidedSolvingHard-v0"))
    assert found["leaked_answer"] == 0.0 < found["leak"]
