"""Finite distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dialogym.core.belief import Belief, ProductBelief
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


# ---- products --------------------------------------------------------------------------------------------------------

factors = st.lists(weights.map(Belief), min_size=1, max_size=3)


def listed(product):
    """The same distribution with every outcome written out."""
    return Belief(list(product))


@given(factors)
def test_a_product_is_the_joint_distribution_of_its_factors(parts):
    product, joint = ProductBelief(parts), {(): 1.0}
    for part in parts:
        joint = {(*outcome, x): p * q for outcome, p in joint.items() for x, q in part}
    assert len(product) == len(joint) and set(product.support) == set(joint)
    for place, (outcome, p) in enumerate(joint.items()):
        assert product.probability(outcome) == pytest.approx(p)
        assert (
            product.support[place] == outcome and product.support.index(outcome) == place and outcome in product.support
        )
    assert product.entropy == pytest.approx(listed(product).entropy, abs=1e-9)
    assert product.expectation(lambda xs: xs[-1] % 7) == pytest.approx(parts[-1].expectation(lambda x: x % 7), abs=1e-9)
    assert {x: pytest.approx(p) for x, p in parts[0]} == dict(product.map(lambda xs: xs[0]))
    after, expected = product.update(lambda xs: 1.0 + sum(xs) % 2), listed(product).update(lambda xs: 1.0 + sum(xs) % 2)
    assert all(after.probability(xs) == pytest.approx(p) for xs, p in expected)


def test_a_product_too_large_to_list_still_answers_what_its_factors_know():
    product = ProductBelief([Belief({"a": 1, "b": 3})] * 60)
    everyone = ("b",) * 60
    assert (
        len(product) == 2**60
        and product.probability(everyone) == pytest.approx(0.75**60)
        and product.entropy == pytest.approx(60 * 0.8112781)
    )
    assert (
        product.support[2**60 - 1] == product.support[-1] == everyone and product.support.index(everyone) == 2**60 - 1
    )
    assert product.support[:: 2**59] == (("a",) * 60, ("b", *("a",) * 59))
    assert next(iter(product.support)) == ("a",) * 60 and ("c",) * 60 not in product.support
    for refused in (
        product.items,
        lambda: list(product),
        lambda: product.map(len),
        lambda: product.expectation(len),
        lambda: product.update(len),
    ):
        with pytest.raises(NotImplementedError, match="too many to list"):
            refused()
    rng = np.random.default_rng(0)
    drawn = [product.sample(rng) for _ in range(100)]
    assert np.mean([x == "b" for one in drawn for x in one]) == pytest.approx(0.75, abs=0.02)
    changed = product.replace(3, Belief.certain("a"))
    assert changed.factors[3] == Belief.certain("a") and changed.probability(everyone) == 0.0 and changed != product
    assert product == ProductBelief([Belief({"a": 1, "b": 3})] * 60) and hash(product) == hash(
        ProductBelief(product.factors)
    )


@pytest.mark.parametrize("stranger", [("a",), "ab", ("a", "a", "a"), None])
def test_what_is_no_outcome_of_a_product_has_probability_zero(stranger):
    product = ProductBelief([Belief.uniform("ab")] * 2)
    assert product.probability(stranger) == 0.0 and stranger not in product.support
    with pytest.raises(ValueError, match="not in the support"):
        product.support.index(stranger)


def test_a_product_needs_factors_and_certain_is_no_product():
    with pytest.raises(ValueError, match="at least one factor"):
        ProductBelief([])
    assert (
        ProductBelief.certain(("a", "b")) == Belief.certain(("a", "b")) and type(ProductBelief.uniform("ab")) is Belief
    )
    with pytest.raises(IndexError):
        ProductBelief([Belief.uniform("ab")]).support[2]


def test_relabelling_keeps_probabilities_and_draws():
    belief = Belief({1: 1, 2: 3, 5: 6})
    renamed = belief.relabel(str)
    assert renamed == belief.map(str)
    assert [renamed.sample(np.random.default_rng(seed)) for seed in range(50)] == [
        str(belief.sample(np.random.default_rng(seed))) for seed in range(50)
    ]
