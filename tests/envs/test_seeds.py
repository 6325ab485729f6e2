"""Seeds: no two uses share one, for any run, and whoever asks for too many is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from dialogym.envs import seeds

RUNS = (*range(120), 949, 950, 1000, 12345)


def test_no_two_uses_share_a_seed():
    """At the most that each may have."""
    areas = [use(1_000_000) for use in (seeds.scorecard, seeds.trials, seeds.test, seeds.validation)]
    areas += [seeds.demonstrations(run, 100_000) for run in RUNS]
    areas += [seeds.train(run, 99_000_000) for run in RUNS]
    for one, other in pairwise(sorted(areas, key=lambda area: area.start)):
        assert one.stop <= other.start, (one, other)


def test_where_they_have_always_been():
    assert seeds.test(500) == range(5_000_000, 5_000_500)
    assert [seeds.demonstrations(run, 4000).start for run in range(10)] == [100_000 * run for run in range(10)]
    assert seeds.train(0, 8) == range(100_000_000, 100_000_008)
    assert seeds.train(2, 8, 16) == range(300_000_016, 300_000_024)
    assert {
        "train": range(100_000_000, 199_000_000),
        "validation": range(6_000_000, 7_000_000),
        "test": range(5_000_000, 6_000_000),
    } == seeds.SPLITS


@pytest.mark.parametrize(
    "ask",
    [
        lambda: seeds.demonstrations(3, 100_001),
        lambda: seeds.demonstrations(50, 100_001),
        lambda: seeds.train(0, 2, 98_999_999),
        lambda: seeds.test(1_000_001),
        lambda: seeds.validation(-1),
    ],
)
def test_too_many_are_refused(ask):
    with pytest.raises(ValueError, match="there are seeds for"):
        ask()


def test_runs_are_counted_from_zero():
    for use in (seeds.demonstrations, seeds.train):
        with pytest.raises(ValueError, match="the seed of a run must be at least 0, got -1"):
            use(-1, 1)
