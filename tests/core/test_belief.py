"""Finite distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dialogym.core.belief import Belief
from hypothesis import given
from hypothesis import strategies as st

weights = st.dictionaries(st.integers(), st.floats(0.001, 10), min_size=1, max_size=8)


@given(weights)
def test_normalised(given_weights):
    assert math.fsum(p for _, p in Belief(given_weights)) == pytest.approx(1.0)


@given(weights, st.dictionaries(st.integers(), st.floats(0.01, 1)))
def test_bayes_rule(given_weights, likelihoods):
    belief = Belief(given_weights)
    after = belief.update(lambda x: likelihoods.get(x, 0.5))
    evidence = belief.expectation(lambda x: likelihoods.get(x, 0.5))
    for outcome, p in belief:
        assert after.probability(outcome) == pytest.approx(p * likelihoods.get(outcome, 0.5) / evidence)


def test_entropy_is_in_bits():
    assert Belief.uniform(range(8)).entropy == pytest.approx(3.0)
    assert Belief.certain("x").entropy == 0.0


def test_sampling_frequencies():
    belief, rng = Belief({"a": 1, "b": 3}), np.random.default_rng(0)
    share = sum(belief.sample(rng) == "b" for _ in range(4000)) / 4000
    assert share == pytest.approx(0.75, abs=0.03)


def test_marginal():
    assert Belief({(0, "x"): 1, (1, "x"): 1, (1, "y"): 2}).map(lambda pair: pair[1]) == Belief({"x": 1, "y": 1})


@pytest.mark.parametrize("bad", [{}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {"a": float("inf")}])
def test_bad_weights(bad):
    with pytest.raises(ValueError, match="weight"):
        Belief(bad)


def test_impossible_evidence():
    with pytest.raises(ValueError, match="positive weight"):
        Belief({"a": 1}).update(lambda _: 0.0)
