"""Policies and kinds of people: what is played, and how far two kinds agree."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.belief import OutOfReach
from dialogym.evaluation.transfer import Transfer, transfer

POLICIES = ("random", "scripted", "patient=split-difference")


@pytest.fixture(scope="module")
def found():
    return transfer(
        "Negotiation-v0", POLICIES, ("scripted", "population=hard", "NegotiationEasy-v0"), 40, seed=7, prices="relative"
    )


def test_every_policy_plays_every_person_on_the_same_seeds(found):
    assert found.policies == ("random", "scripted", "patient") and found.seed == 7
    assert found.persons == ("scripted", "population=hard", "NegotiationEasy-v0")
    again = transfer("Negotiation-v0", ("patient=split-difference", "random"), {"a": {}, "b": {"population": "hard"}}, 40,
                     seed=7, prices="relative")  # fmt: skip
    for policy in again.policies:
        assert np.array_equal(again.payoffs["a"][policy], found.payoffs["scripted"][policy])
        assert np.array_equal(again.payoffs["b"][policy], found.payoffs["population=hard"][policy])
    assert not np.array_equal(found.payoffs["scripted"]["patient"], found.payoffs["population=hard"]["patient"])
    assert found.cell("random", "scripted")[0] < found.cell("patient", "scripted")[0]


def test_agreement_by_hand():
    ones = np.ones(20)
    same = Transfer("X-v0", 0, {
        "a": {"p": 1 * ones, "q": 2 * ones, "r": 3 * ones},
        "b": {"p": 5 * ones, "q": 6 * ones, "r": 9 * ones},
        "c": {"p": 3 * ones, "q": 2 * ones, "r": 1 * ones},
        "d": {"p": 1 * ones, "q": 3 * ones, "r": np.array([2.0, np.nan] * 10)},
    })  # fmt: skip
    assert same.agreement("a", "b") == (1.0, (1.0, 1.0))
    assert same.agreement("a", "c")[0] == -1.0 and same.agreement("a", "d")[0] == pytest.approx(0.5)
    assert same.cell("r", "d")[0] == 2.0 and same.episodes("d") == 20
    noisy = Transfer("X-v0", 0, {
        "a": dict(same.payoffs["a"]),
        "b": {"p": np.array([0.0, 10.0] * 10), "q": np.array([0.0, 11.0] * 10), "r": 6 * ones},
    })  # fmt: skip
    value, (low, high) = noisy.agreement("a", "b")
    assert value == 1.0 and low < 0.6 and high == 1.0


def test_tables(found):
    text = found.to_markdown()
    assert "| patient |" in text and "NegotiationEasy-v0 (40)" in text and text.count(" *") == 3
    told = found.to_json()
    assert told["episodes"] == dict.fromkeys(found.persons, 40) and len(told["rank_correlation"]) == 3
    assert told["payoffs"]["scripted"]["random"][0] == found.cell("random", "scripted")[0]
    assert "rank correlation over 3 policies" in str(found)


@pytest.mark.parametrize(
    ("policies", "persons", "fault"),
    [
        (["random"], ["scripted", "population=hard"], "policies must be two or more"),
        (["random", "x=scripted", "x=random"], ["scripted", "population=hard"], "each be there once"),
        (["random", "scripted"], ["scripted"], "persons must be two or more, each once .such as --on scripted"),
        (["random", "scripted"], ["scripted", "nobody"], "a person must be 'scripted', a registered id or settings"),
        (["random", "scripted"], ["scripted", "Coaching-v0"], "persons must play the same game"),
    ],
)
def test_what_cannot_be_compared_is_refused(policies, persons, fault):
    with pytest.raises(ValueError, match=fault):
        transfer("Negotiation-v0", policies, persons, 2)


def test_a_wrong_person_is_refused_before_anything_is_played():
    told = []
    with pytest.raises(ValueError, match="population must be"):
        transfer("Negotiation-v0", ["random", "scripted"], ["scripted", "population=none"], 2, progress=told.append)
    assert told == []


def test_by_default_all_of_the_family_who_can_be_planned_for():
    told = []
    found = transfer("Clinic-v0", ["scripted", "optimal"], episodes=2, progress=told.append)
    assert found.persons == ("Clinic-v0", "ClinicEasy-v0", "ClinicHard-v0")
    assert told[0].startswith("without ClinicLarge-v0: ") and len(told) == 1 + 3 * 2
    assert transfer("Clinic-v0", ["scripted", "random"], episodes=2).persons == (*found.persons, "ClinicLarge-v0")


def test_an_optimum_out_of_reach_is_said_before_anything_is_played():
    told = []
    with pytest.raises(OutOfReach):
        transfer("Clinic-v0", ["scripted", "optimal"], ["scripted", "ClinicLarge-v0"], 2, progress=told.append)
    assert told == []
