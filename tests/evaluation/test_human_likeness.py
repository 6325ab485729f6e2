"""The default population bargains like people: the published figures of human dialogues are met by simulation."""

from __future__ import annotations

import pytest
from dialogym.evaluation.human_likeness import PEOPLE, compare_with_people
from dialogym.policies.policy import FunctionPolicy


@pytest.fixture(scope="module")
def rows():
    return {row.measure: row for row in compare_with_people(episodes=2000)}


@pytest.mark.parametrize("measure", ["first buyer offer", "first seller counter", "final price"])
def test_within_one_standard_deviation_of_people(rows, measure):
    row = rows[measure]
    assert (row.people, row.people_deviation) == PEOPLE[measure]
    assert row.count > 1000
    assert row.distance < 1.0


def test_both_sides_concede(rows):
    for measure, row in rows.items():
        if measure.startswith("concession"):
            assert 0.0 < row.ours < 0.15, measure


def test_measures_are_of_what_was_said():
    """A buyer who offers half of the list price, then three quarters, against a seller whose offers are read from the dialogues themselves."""

    def speak(dialogue, stream):
        price = dialogue.scenario.list_price * (2 + min(len(dialogue.steps), 1)) // 4
        return f"[offer {price}]" if len(dialogue.steps) < 2 else "[walk]"

    rows = {row.measure: row for row in compare_with_people(policy=FunctionPolicy("two offers", speak), episodes=200)}
    assert rows["first buyer offer"].ours == pytest.approx(0.5, abs=0.01) and rows["first buyer offer"].ours_deviation < 0.01
    assert rows["concession an offer, buyer"].ours == pytest.approx(0.25, abs=0.01)
    assert rows["first seller counter"].ours <= 1.0
    assert rows["turns"].ours <= 6.0


def test_talk_is_no_offer():
    quiet = {row.measure: row.count for row in compare_with_people(policy=FunctionPolicy("quiet", lambda dialogue, stream: "Hm."), episodes=20)}
    assert quiet["first buyer offer"] == 0 and quiet["first seller counter"] == 20
