"""The bootstrap intervals cover, are reproducible, and respect pairing."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.evaluation.statistics import (
    few_runs,
    mean_interval,
    normalised_score,
    paired_difference,
    score_interval,
    student,
)
from dialogym.policies.collect import play


def test_mean_interval_is_close_to_the_normal_one() -> None:
    values = np.random.default_rng(1).normal(2.0, 3.0, 400)
    low, high = mean_interval(values)
    half = 1.96 * values.std() / np.sqrt(values.size)
    assert low == pytest.approx(values.mean() - half, abs=0.03)
    assert high == pytest.approx(values.mean() + half, abs=0.03)


def test_mean_interval_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(200):
        low, high = mean_interval(rng.exponential(1.0, 60), level=0.9, resamples=400)
        hits += low <= 1.0 <= high
    assert 0.82 <= hits / 200 <= 0.95


def test_score_interval_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        scenario = rng.uniform(0.0, 1.0, 80)
        random, optimal = scenario + rng.normal(0.0, 0.2, 80), 2.0 * scenario + 0.5 + rng.normal(0.0, 0.2, 80)
        returns = scenario + 0.6 * (scenario + 0.5) + rng.normal(0.0, 0.2, 80)
        interval = score_interval(returns, random, optimal, level=0.9, resamples=400)
        assert interval is not None
        hits += interval.low <= 0.6 <= interval.high
    assert 0.82 <= hits / 200 <= 0.96


def test_score_of_the_references_is_exact() -> None:
    rng = np.random.default_rng(4)
    random, optimal = rng.normal(0.0, 1.0, 50), rng.normal(1.0, 1.0, 50)
    assert normalised_score(random, random, optimal) == 0.0
    assert normalised_score(optimal, random, optimal) == 1.0
    assert score_interval(random, random, optimal) == (0.0, 0.0)
    assert score_interval(optimal, random, optimal) == (1.0, 1.0)


def test_score_needs_an_optimum_that_beats_random() -> None:
    assert normalised_score([1.0, 2.0], [1.0, 1.0], [1.0, 1.0]) is None
    assert score_interval([1.0, 2.0], [1.0, 1.0], [1.0, 1.0]) is None


def test_pairing_removes_what_both_share() -> None:
    rng = np.random.default_rng(5)
    luck = rng.normal(0.0, 10.0, 300)
    mean, (low, high) = paired_difference(luck + 0.5, luck)
    assert mean == pytest.approx(0.5)
    assert high - low < 1e-9
    _, (low, high) = paired_difference(luck + 0.5 + rng.normal(0.0, 0.1, 300), luck)
    assert 0.4 < low < high < 0.6


def test_same_seed_same_interval_whatever_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(6).normal(size=101)
    whole = mean_interval(values, resamples=500)
    assert mean_interval(values, resamples=500) == whole
    assert mean_interval(values, resamples=500, seed=1) != whole
    monkeypatch.setattr("dialogym.evaluation.statistics._CELLS", 1000)
    assert mean_interval(values, resamples=500) == whole


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]], [1.0, float("nan")]])
def test_bad_values_are_named(values: list) -> None:
    with pytest.raises(ValueError, match="values must be a non-empty row"):
        mean_interval(values)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="level must be between 0 and 1"):
        mean_interval([1.0, 2.0], level=95)
    with pytest.raises(ValueError, match="resamples must be at least 1"):
        mean_interval([1.0, 2.0], resamples=0)
    with pytest.raises(ValueError, match="got lengths 2, 1"):
        paired_difference([1.0, 2.0], [1.0])


def test_few_runs_have_students_interval():
    """By hand: mean 2, deviation 1, and 4.303 / sqrt(3) = 2.484."""
    assert few_runs([1.0, 2.0, 3.0]) == "2.000 ± 2.484"
    assert few_runs([0.5]) == "0.500" and few_runs([]) == "" and few_runs([0.25], sign="+") == "+0.250"
    assert few_runs([-1.0, -1.0], sign="+") == "-1.000 ± 0.000"


def coverage(sample, truth, n, interval, times=1000):
    """How often an interval of `n` draws holds the truth."""
    rng = np.random.default_rng(n)
    return np.mean([low <= truth <= high for low, high in (interval(sample(rng, n)) for _ in range(times))])


@pytest.mark.parametrize("n", [3, 5, 10, 29])
def test_intervals_of_few_episodes_cover(n):
    """The bootstrap's hold the mean of 5 normal values 83 times in 100; these 95 times."""
    assert 0.93 < coverage(lambda rng, n: rng.normal(size=n), 0.0, n, mean_interval) < 0.97
    percentile = lambda values: np.quantile(np.random.default_rng(0).choice(values, (300, n)).mean(1), [0.025, 0.975])  # noqa: E731
    if n < 10:
        assert coverage(lambda rng, n: rng.normal(size=n), 0.0, n, percentile) < 0.87


@pytest.mark.parametrize("n", [5, 10, 29])
def test_intervals_of_scores_of_few_episodes_cover(n):
    """A policy that is as good as 0.6, the luck of the scenarios being shared, where the gap is known to be there."""

    def sample(rng, n):
        luck = rng.normal(size=n)
        return (
            luck + 0.6 + rng.normal(0.0, 0.5, n),
            luck + rng.normal(0.0, 0.3, n),
            luck + 1.0 + rng.normal(0.0, 0.3, n),
        )

    assert 0.92 < coverage(sample, 0.6, n, lambda columns: score_interval(*columns)) < 0.98


def test_intervals_of_payoffs_cover():
    """Payoffs are no normal values: many are alike. From 10 on the intervals hold all the same, those of 5 nearly."""
    payoffs = np.array([d.steps[-1].payoff for d in play("Tutoring-v0", "scripted", range(2000))])
    found = {
        n: coverage(lambda rng, n: rng.choice(payoffs, n), payoffs.mean(), n, mean_interval, 500) for n in (5, 10, 29)
    }
    assert found[5] > 0.88 and found[10] > 0.92 and found[29] > 0.92, found


def test_students_quantiles():
    """Of a printed table, at 97.5%."""
    table = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 28: 2.048}
    assert {n: round(student(n), 3) for n in table} == table
    assert student(4, 0.9) == pytest.approx(2.1318, abs=1e-4)


def test_a_single_value_has_no_interval():
    assert mean_interval([0.25]) == (0.25, 0.25)
