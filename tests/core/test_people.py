"""Several people: their mind, sealed moves, and the solver that keeps a belief about each."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief, ProductBelief
from dialogym.core.factored import FactoredSolution
from dialogym.core.game import is_pending, movers_of
from dialogym.core.people import People
from dialogym.core.setting import Setting
from dialogym.core.solver import Solution
from dialogym.evaluation.brute_force import brute_force
from hypothesis import given, settings
from hypothesis import strategies as st

from ..toy_table import FRIENDS, Ask, Friend, Plate, Rules, Sharing, Take


def people(rules, **minds):
    return People(rules, {name: minds.get(name, Friend()) for name in FRIENDS})


class Plain(Rules):
    """Without what lets the solver know that states are alike."""

    unbank = symmetry = expected_payoff = property()


@pytest.mark.parametrize("rounds", [1, 2])
def test_the_optimum_is_that_of_a_recursion_which_prunes_nothing(rounds):
    rules = Rules(rounds)
    assert FactoredSolution(rules, people(rules), "you").start_value() == pytest.approx(
        brute_force(rules, people(rules), "you"), abs=1e-12
    )


def test_banks_names_and_factors_change_no_value():
    whole, plain = Rules(2), Plain(2)
    solutions = [
        FactoredSolution(whole, people(whole), "you"),
        FactoredSolution(plain, people(plain), "you"),
        Solution(plain, people(plain), "you"),
    ]
    assert [s.start_value() for s in solutions] == pytest.approx([solutions[0].start_value()] * 3, abs=1e-12)
    assert [s.known_value() for s in solutions] == pytest.approx([solutions[0].known_value()] * 3, abs=1e-12)
    for horizon in (1, 2):
        short = [s.short_sighted(horizon).best_act(s.game.start(), s.mind.prior()) for s in solutions[1:]]
        assert short[0] == short[1]
    assert solutions[0].states < solutions[1].states == solutions[2].states


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1), st.floats(0.05, 0.9), st.floats(0.05, 0.9))
def test_the_best_act_is_named_as_people_are_here(asked, p, q):
    rules = Rules(2)
    solution = FactoredSolution(rules, people(rules), "you")
    beliefs = ProductBelief(Belief({"modest": x, "hungry": 1.0 - x}) for x in (p, q))
    state = Plate(asked=(FRIENDS[asked],))
    best = solution.best_act(state, beliefs)
    assert solution.act_value(state, beliefs, best) == pytest.approx(solution.value(state, beliefs), abs=1e-12)
    assert best in rules.choices(state, "you")


def test_only_who_moves_changes_in_what_is_believed():
    rules = Rules(2)
    setting = Setting(rules, people(rules), "you")
    (_, first, belief), *others = setting.seen(rules.start(), setting.prior, Ask("ben"))
    assert isinstance(belief, ProductBelief) and belief.factors[0] == Friend().prior()
    assert len(others) == 1 and first.replies[0][1] == "ben"
    found = setting.solution.branches(rules.start(), setting.prior, Take(2))
    assert math.fsum(p for p, _, _ in found) == pytest.approx(1.0)
    assert all(isinstance(after, ProductBelief) for _, _, after in found)


def test_people_whose_secrets_depend_on_each_other_have_one_part():
    minds = dict.fromkeys(FRIENDS, Friend())
    shared = People(Rules(2), minds, [FRIENDS])
    assert len(shared.parts) == 1 and len(People(Rules(2), minds).parts) == 2
    asking = Rules(2).apply(Rules(2).start(), "you", Ask("ben"))
    assert {len(hidden) for (hidden, _), _ in shared.react(("modest",), asking)} == {1}


def test_nobody_sees_a_sealed_move():
    rules, table = Rules(2), people(Rules(2))
    some, other = (rules.apply(rules.start(), "you", act) for act in (Take(3), Take(0)))
    assert is_pending(rules, some) and movers_of(rules, some) == FRIENDS
    assert movers_of(rules, rules.start()) == ("you", *FRIENDS)
    assert table.react(("copies", "copies"), some) == table.react(("copies", "copies"), other)
    assert movers_of(rules, Plate(mover=None)) == ()


def test_bad_company_is_refused():
    with pytest.raises(ValueError, match="seats you, anna, ben; got cleo"):
        People(Rules(), {"cleo": Friend()})
    with pytest.raises(ValueError, match="at least one"):
        People(Rules(), {})
    with pytest.raises(ValueError, match="decks must hold seats with equal minds"):
        People(Rules(), {"anna": Friend(), "ben": Friend(0.2)}, [FRIENDS])
    alone = People(Rules(), {"ben": Friend()})
    with pytest.raises(ValueError, match="nobody here answers for 'anna'"):
        alone.factor(Rules().apply(Rules().start(), "you", Say()))
    joint = Belief({("modest", "modest"): 0.5, ("hungry", "hungry"): 0.5})
    with pytest.raises(ValueError, match="must be a ProductBelief, or certain"):
        Setting(Rules(2), people(Rules(2)), "you").solution.value(Rules(2).start(), joint)


def test_equal_people_share_a_solution():
    scenarios = Sharing().scenarios()
    settings = [Sharing().setting(scenario) for scenario in scenarios[:2]]
    assert settings[0].mind == settings[1].mind and settings[0].solution is settings[1].solution
    rules = Rules()
    alone = People(rules, {name: Friend() for name in FRIENDS})
    assert alone != People(rules, alone.minds, [FRIENDS])
    assert alone != People(rules, {"anna": Friend(), "ben": Friend(0.2)}) and alone != People(Rules(5), alone.minds)


@pytest.mark.parametrize("kind", [Solution, FactoredSolution])
def test_what_was_solved_goes_with_the_solution(kind):
    """At once: a hundred megabytes that wait for the collector of garbage take it seconds."""
    rules = Rules(2)
    solution = kind(rules, people(rules), "you")
    solution.start_value(), solution.short_sighted(2).start_value(), solution.known_value()
    board = weakref.ref(solution._finder.board)
    gc.disable()
    try:
        del solution
        assert board() is None
    finally:
        gc.enable()


def test_a_rule_is_worth_what_all_its_courses_are_worth_together():
    setting = Sharing().setting(Sharing().scenarios()[0])
    solution = setting.solution
    assert isinstance(solution, FactoredSolution)
    best = solution.value_of(lambda state, mass: solution._solve(state, mass)[1])
    assert best == pytest.approx(solution.start_value(), abs=1e-12)
    for horizon in (1, 2):
        short = solution.short_sighted(horizon)
        by_hand = _followed(setting, setting.game.start(), setting.prior, short.best_act)
        assert solution.planned_value(horizon) == pytest.approx(by_hand, abs=1e-12)


def _followed(setting, state, belief, act):
    """Every history on its own."""
    made = act(state, belief)
    ends = setting.seen(state, belief, made)
    return sum(p * (end.payoff if end.over else _followed(setting, end.after, then, act)) for p, end, then in ends)
