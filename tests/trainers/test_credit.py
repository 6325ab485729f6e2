"""Credit assignment against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.trainers.credit import CREDITS, scaled, trajectory, turn

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
