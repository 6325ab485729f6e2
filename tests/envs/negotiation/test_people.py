"""How far the default population is from the published figures of dialogues between people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from dialogym.policies.policy import FunctionPolicy
from dialogym.scripts.pages.negotiation_beside_people import (
    FIRST_AGAINST_FINAL,
    PEOPLE,
    compare_with_people,
    concession_deviation,
)


@pytest.fixture(scope="module")
def rows():
    return {row.measure: row for row in compare_with_people(episodes=2000)}


@pytest.mark.parametrize("measure", [measure for measure in PEOPLE if measure != "turns"])
def test_further_from_people_than_people_are_but_within_reach(rows, measure):
    """Normal values with the published moments stand for people. Two populations without overlap have a ratio above 10."""
    row = rows[measure]
    assert (row.people, row.people_deviation) == PEOPLE[measure]
    assert row.count > 1000
    assert abs(row.ours - row.people) < row.people_deviation
    assert 1.0 < row.ratio < 8.0


def test_no_ratio_without_a_deviation(rows):
    assert rows["turns"].ratio is None


def test_both_sides_concede(rows):
    for measure, row in rows.items():
        if measure.startswith("concession"):
            assert 0.0 < row.ours < 0.15, measure


def test_deviation_of_a_concession():
    """People whose moves are known exactly: two equal concessions between a first offer and a final price that are correlated as published."""
    stream = np.random.default_rng(0)
    first = stream.normal(0.6, 0.1, 200_000)
    noise = stream.normal(0.0, 0.1, 200_000)
    final = 0.8 + FIRST_AGAINST_FINAL * (first - 0.6) + math.sqrt(1 - FIRST_AGAINST_FINAL**2) * noise
    concessions = (final - first) / 2
    assert concession_deviation((0.6, 0.1), (0.8, 0.1), 0.1) == pytest.approx(concessions.std(), rel=0.01)


def test_measures_are_of_what_was_said():
    """A buyer who offers half of the list price, then three quarters, against a seller whose offers are read from the dialogues themselves."""

    def speak(dialogue, stream):
        price = dialogue.scenario.list_price * (2 + min(len(dialogue.steps), 1)) // 4
        return f"[offer {price}]" if len(dialogue.steps) < 2 else "[walk]"

    rows = {row.measure: row for row in compare_with_people(policy=FunctionPolicy("two offers", speak), episodes=200)}
    assert (
        rows["first buyer offer"].ours == pytest.approx(0.5, abs=0.01)
        and rows["first buyer offer"].ours_deviation < 0.01
    )
    assert rows["concession an offer, buyer"].ours == pytest.approx(0.25, abs=0.01)
    assert rows["first seller counter"].ours <= 1.0
    assert rows["turns"].ours <= 6.0


def test_talk_is_no_offer():
    quiet = {
        row.measure: row.count
        for row in compare_with_people(policy=FunctionPolicy("quiet", lambda dialogue, stream: "Hm."), episodes=20)
    }
    assert quiet["first buyer offer"] == 0 and quiet["first seller counter"] == 20
