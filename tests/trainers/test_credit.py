"""Credit assignment against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.trainers.credit import CREDITS, make_credit, scaled, trajectory, turn

GROUP = [[0.0, 0.0, 4.0], [1.0, 1.0]]  # returns 4 and 2


def test_trajectory_is_the_return_less_the_mean_of_the_group():
    advantages = trajectory([*GROUP, [5.0], [7.0]], 2)
    assert [list(a) for a in advantages] == [[1.0, 1.0, 1.0], [-1.0, -1.0], [-1.0], [1.0]]


def test_turn_leaves_out_what_came_before():
    first, second = turn(GROUP, 2)
    # to go: 4 4 4 and 2 1; the third turn stands alone: 4 against the mean return 3 less the 0 it got before
    assert list(first) == [1.0, 1.5, 1.0]
    assert list(second) == [-1.0, -1.5]


def test_turn_without_dense_rewards_and_of_equal_length_is_trajectory():
    group = [[0.0, 0.0, 1.0], [0.0, 0.0, 3.0], [0.0, 0.0, 2.0]]
    for ours, other in zip(turn(group, 3), trajectory(group, 3), strict=True):
        np.testing.assert_allclose(ours, other)


@pytest.mark.parametrize("credit", CREDITS.values(), ids=list(CREDITS))
def test_a_failed_episode_counts_for_nothing(credit):
    advantages = credit([[1.0], None, [3.0]], 3)
    assert [list(a) for a in advantages] == [[-1.0], [], [1.0]]
    assert [list(a) for a in credit([None, None], 2)] == [[], []]


def test_scales():
    advantages = [np.array([1.0, 1.0]), np.array([-1.0]), np.array([2.0]), np.array([-4.0])]
    assert [list(a) for a in scaled(advantages, 2, "none")] == [[1.0, 1.0], [-1.0], [2.0], [-4.0]]
    batch = np.concatenate(scaled(advantages, 2, "batch"))
    assert batch.std() == pytest.approx(1.0, abs=1e-3)
    assert np.concatenate(scaled(advantages, 2, "group")[2:]).std() == pytest.approx(1.0, abs=1e-3)
    assert list(np.concatenate(scaled([np.zeros(2), np.zeros(1)], 2, "group"))) == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="scale must be one of group, batch, none; got 'token'"):
        scaled(advantages, 2, "token")


def test_a_discount_by_hand():
    """Two episodes of two turns: to come are 1 + .5 * 4 = 3 and 4, against 0 + .5 * 2 = 1 and 2."""
    first, second = make_credit("turn(discount=0.5)")([[1.0, 4.0], [0.0, 2.0]], 2)
    assert list(first) == [1.0, 1.0] and list(second) == [-1.0, -1.0]
    alone, other = make_credit("turn(discount=0.5)")([[1.0, 4.0], [1.0]], 2)
    assert list(alone) == [1.0, 4.0 - 2.0] and list(other) == [-1.0]


def test_shaping_without_discount_is_a_baseline_and_with_it_more():
    """Potentials 0, 2, 5, then the end (0): undiscounted, each turn's return is the payoff less its potential; two episodes that differ in luck keep their gap."""
    potentials, payoff = [0.0, 2.0, 5.0], 7.0
    shaped = [(*potentials[1:], 0.0)[k] - potentials[k] + (payoff if k == 2 else 0.0) for k in range(3)]
    plain = [0.0, 0.0, payoff]
    lucky = [0.0, 0.0, payoff + 1]
    with_terms = turn([shaped, [r + (k == 2) for k, r in enumerate(shaped)]], 2)
    without = turn([plain, lucky], 2)
    for a, b in zip(with_terms, without, strict=True):
        assert list(a) == pytest.approx(list(b))


@pytest.mark.parametrize(
    "spec", ["nobody", "turn(discount=0)", "turn(discount=2)", "turn(discount=x)", "turn(speed=1)", "trajectory(discount=0.5)", "turn(0.5)"]
)
def test_wrong_credits(spec):
    with pytest.raises(ValueError, match="credit"):
        make_credit(spec)
