"""Spaced repetition: its optimum and its bound, and the published claims."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from dialogym.core.belief import Belief
from dialogym.core.solver import ShortSighted, Solution
from dialogym.envs.spacing.bounds import Bound, PricedCard, bound
from dialogym.envs.spacing.family import Spacing
from dialogym.envs.spacing.game import Calendar, Rest, Review, recall
from dialogym.envs.spacing.mind import MEMORIES, Memory
from dialogym.envs.spacing.optimum import Plan, SpacingSolution
from dialogym.envs.spacing.policies import HEURISTICS
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.scripts.pages.spacing import best_fixed_plan

from .test_family import PLAIN, SMALL, TINY, lesson

# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", list(MEMORIES))
@pytest.mark.parametrize(
    ("calendar", "cards"), [(Calendar(1, 3, 3, 6, 5), 2), (Calendar(3, 1, 4, 9, 12), 2), (Calendar(1, 2, 1, 4, 3), 3)]
)
def test_solver_against_unpruned_brute_force(memory, calendar, cards):
    game, mind = lesson(calendar, cards, memory=MEMORIES[memory])
    assert SpacingSolution(game, mind).start_value() == pytest.approx(brute_force(game, mind, "coach"), abs=1e-12)


@pytest.mark.parametrize("memory", list(MEMORIES))
def test_solver_agrees_with_the_solver_of_core_everywhere(memory):
    """Values, act values, branches and what the secret is worth: the joint enumeration of `Solution` comes to the same along a dialogue."""
    game, mind = lesson(memory=MEMORIES[memory])
    ours, joint = SpacingSolution(game, mind), Solution(game, mind, "coach")
    assert ours.known_value() == pytest.approx(joint.known_value(), abs=1e-12)
    rng = np.random.default_rng(0)
    for _ in range(6):
        state, belief = game.start(), mind.prior()
        while game.mover(state) is not None:
            plain = Belief(list(belief))
            expected = joint.act_values(state, plain)
            assert ours.value(state, belief) == pytest.approx(joint.value(state, plain), abs=1e-12)
            assert {act: pytest.approx(value, abs=1e-12) for act, value in expected.items()} == ours.act_values(
                state, belief
            )
            assert ours.act_value(state, belief, ours.best_act(state, belief)) == pytest.approx(
                ours.value(state, belief), abs=1e-12
            )
            branches = ours.branches(state, belief, list(expected)[rng.integers(len(expected))])
            assert math.fsum(p for p, _, _ in branches) == pytest.approx(1.0)
            _, state, belief = branches[rng.integers(len(branches))]


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_short_sight_is_the_best_of_what_the_next_turns_add(horizon):
    """Against a lesson that really ends there: the test is at the same time, and nothing is reviewed in the turns cut off."""
    calendar = Calendar(1, 4, 1, 7, 5)
    game, mind = lesson(calendar)
    short = Calendar(1, horizon, 1, calendar.test - horizon + 1, calendar.before)
    cut, shorter = lesson(short)
    assert short.test == calendar.test
    seen = SpacingSolution(game, mind).short_sighted(horizon)
    exact = SpacingSolution(cut, shorter)
    assert seen.value(game.start(), mind.prior()) == pytest.approx(exact.start_value(), abs=1e-12)
    assert seen.best_act(game.start(), mind.prior()) == exact.best_act(cut.start(), shorter.prior())
    assert not isinstance(seen, ShortSighted)


def test_one_card_in_one_turn_in_closed_form():
    """Review if recall at the test gains more than it costs: p [u r(2) + (1-u) r(l)] + (1-p) [learn r(1) + (1-learn) r(0)] against r with the old gap."""
    memory = Memory((1.0, 4.0), (0.0, 1.0), (0.0, 1.0), 0.0, (0.5, 0.5), (1.0, 1.0), (0.5, 0.5))
    game, mind = lesson(Calendar(1, 1, 1, 3, 2), 1, 0.02, memory)
    p = 2 ** (-2 / 4)
    reviewed = p * 2 ** (-3 / 4) + (1 - p) * (0.5 * 2 ** (-3 / 4) + 0.5 * 2**-3) - 0.02
    solution = SpacingSolution(game, mind)
    values = solution.act_values(game.start(), mind.prior())
    assert values == {Rest(): pytest.approx(2 ** (-5 / 4)), Review("a"): pytest.approx(reviewed)}
    assert solution.start_value() == pytest.approx(max(reviewed, 2 ** (-5 / 4)))


def test_a_belief_that_ties_cards_together_is_refused():
    game, mind = lesson()
    one, other = mind.prior().support[0], mind.prior().support[-1]
    with pytest.raises(ValueError, match="ProductBelief"):
        SpacingSolution(game, mind).value(game.start(), Belief.uniform([one, other]))
    assert SpacingSolution(game, mind).value(game.start(), Belief.certain(one)) > 0.0


def test_what_is_out_of_reach_says_so():
    family = Spacing()
    solution = family.setting(family.scenarios()[0]).solution
    start, prior = solution.game.start(), solution.mind.prior()
    for ask in (
        solution.start_value,
        solution.known_value,
        lambda: solution.value(start, prior),
        lambda: solution.best_act(start, prior),
    ):
        with pytest.raises(NotImplementedError, match=r"10 cards in 30 turns is out of reach; Spacing\.bound"):
            ask()
    assert isinstance(solution.short_sighted(1).best_act(start, prior), Review | Rest)


# ---- the bound -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("memory", list(MEMORIES))
@pytest.mark.parametrize(
    ("calendar", "cards", "cost"),
    [(TINY, 2, 0.01), (TINY, 3, 0.0), (Calendar(3, 1, 4, 9, 12), 4, 0.02), (Calendar(1, 5, 1, 4, 8), 2, 0.0)],
)
def test_the_bound_is_one_and_finer_grids_are_tighter(memory, calendar, cards, cost):
    game, mind = lesson(calendar, cards, cost, MEMORIES[memory])
    best = SpacingSolution(game, mind).start_value()
    found = [Bound(MEMORIES[memory], calendar, cards, cost, resolution).value for resolution in (1, None)]
    assert best - 1e-9 <= found[1] <= found[0] + 1e-9
    assert found[1] <= 1.25 * best


def test_any_prices_give_a_bound():
    game, mind = lesson(TINY, 3)
    best = SpacingSolution(game, mind).start_value()
    card = PricedCard(PLAIN, TINY, 3, 0.01, 4)
    for seed in range(20):
        prices = np.random.default_rng(seed).random(4) * 0.2
        assert prices.sum() + 3 * card.solve(prices) >= best - 1e-9


def test_the_priced_card_is_its_own_partially_observed_problem():
    """Without a limit on reviews a turn, one card alone: the grid lies above its exact value at every price and comes near it; on free turns it is the optimum."""
    prices = np.array([0.03, 0.0, 0.05, 0.01])

    def exact(turn, seen, belief):
        base = Plan(PLAIN, TINY, 1, 0.01)
        if turn == 4:
            return belief.expectation(lambda trace: recall(trace.half_life, TINY.test - seen))
        now, rest = TINY.times[turn], exact(turn + 1, seen, belief)
        reviewed = sum(
            p * exact(turn + 1, now, base.beliefs[after])
            for p, after, _ in base.review(base.number(belief), now - seen)
        )
        return max(rest, reviewed - 0.01 - prices[turn])

    value = exact(0, -TINY.before, PLAIN.prior)
    gaps = [PricedCard(PLAIN, TINY, 1, 0.01, resolution).solve(prices) - value for resolution in (1, 4, 16)]
    assert gaps[0] >= gaps[1] >= gaps[2] >= -1e-12 and gaps[2] < 0.01
    game, mind = lesson(cards=1)
    assert PricedCard(PLAIN, TINY, 1, 0.01, 16).solve(np.zeros(4)) == pytest.approx(
        SpacingSolution(game, mind).start_value(), abs=0.01
    )


def test_the_slope_of_the_bound_is_the_use_of_the_turns():
    """The subgradient against finite differences, at random prices where the plan does not change."""
    card, step = PricedCard(PLAIN, TINY, 3, 0.01, 6), 1e-7
    prices = np.array([0.031, 0.017, 0.023, 0.011])
    start = card.solve(prices)
    use = card.use()
    for turn in range(4):
        raised = prices.copy()
        raised[turn] += step
        assert (card.solve(raised) - start) / step == pytest.approx(-use[turn], abs=1e-4)


def test_interpolation_keeps_the_mean():
    card = PricedCard(MEMORIES["mixed"], TINY, 2, 0.0, 3)
    beliefs = np.random.default_rng(0).dirichlet(np.full(len(card.traces), 0.4), size=300)
    beliefs = np.vstack([beliefs, np.eye(len(card.traces)), np.full(len(card.traces), 1 / len(card.traces))])
    places, weights = card._interpolate(beliefs)
    np.testing.assert_allclose((weights[..., None] * card.grid[places]).sum(axis=1), beliefs, atol=1e-9)
    assert (weights >= 0.0).all()


@pytest.mark.long
def test_the_registered_bounds():
    """As published: within 6% of the optimum for three cards; for ten, the index policy comes within 5% of the bound."""
    assert optimum(SMALL) <= SMALL.bound(SMALL.scenarios()[0]) <= 1.06 * optimum(SMALL)
    large = Spacing()
    best = large.bound(large.scenarios()[0])
    returns = [dialogue.steps[-1].payoff for dialogue in play("Spacing-v0", "index", range(400))]
    error = np.std(returns) / len(returns) ** 0.5
    assert 0.94 * best <= np.mean(returns) <= best + 2 * error
    seen = bound(PLAIN, large.calendar, large.cards, large.cost, 1)
    assert best < 0.95 * seen.value


# ---- claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_planning_and_listening_matter():
    """The published claims about the small preset, exactly; see docs/spacing.md."""
    best = optimum(SMALL)
    got = {name: expected_return(SMALL, name) / best for name in ("myopic", "lookahead", *HEURISTICS)}
    assert got.pop("index") <= 1.0 + 1e-9  # a planner: it uses the prices of the bound
    assert max(got.values()) <= 0.9
    assert max(got[name] for name in ("round-robin", "cram", "leitner", "sm2")) <= 0.75
    plan, cards = best_fixed_plan(SMALL)
    assert plan <= 0.85 * best and sorted(sum(cards, ())) == sorted(set(sum(cards, ())))


def test_the_best_fixed_plan_is_what_it_is_said_to_be():
    """Played as a policy it gets its value; and no other plan that asks each card as often gets more."""
    family = replace(SMALL, cards=2, sessions=2, turns=2)

    def follow(plan):
        return FunctionPolicy(
            "plan",
            lambda d, s: next(
                (f"[review {d.scenario.cards[i]}]" for i, own in enumerate(plan) if len(d.steps) in own), "[rest]"
            ),
        )

    value, plan = best_fixed_plan(family)
    assert expected_return(family, follow(plan)) == pytest.approx(value, abs=1e-12)
    every = [
        tuple(tuple(t for t in range(4) if choice[t] == card) for card in range(2))
        for choice in itertools.product(range(3), repeat=4)
    ]
    assert max(expected_return(family, follow(other)) for other in every) == pytest.approx(value, abs=1e-12)


def test_index_uses_what_it_knows():
    assert expected_return(SMALL, "index") >= 0.97 * optimum(SMALL)
