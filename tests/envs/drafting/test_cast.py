"""The cast of drafting: what keeps to what a user wants, and what the best assistant can expect of such a user."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.drafting.family import Order
from dialogym.envs.drafting.game import Accept, Ask, Draft, Edit, Leave, Reject, Unsure, Want, Work
from dialogym.envs.drafting.mind import Wish
from dialogym.envs.make import load_family
from dialogym.envs.registration import lookup
from dialogym.evaluation.exact import optimum
from dialogym.simulated_users.cast import FAILED, MET, OPEN, Moment


def moment(env_id="Drafting-v0", kind="stylist", spec=(2, 0, 1), scenario=None, **state):
    family = load_family(*lookup(env_id))
    scenario = scenario or Order("letter", "heating")
    here = Work(**{"turn": 1, "mover": "user", **state})
    return family.cast, Moment(family.setting(scenario), scenario.public, Wish(spec, kind), "user", here, ())


def test_a_user_says_what_is_true_or_that_it_cannot_say():
    cast, here = moment(topic=Ask("tone"))
    assert set(cast.acts(here)) == {Want("tone", "firm"), Unsure("tone")}
    assert not cast.admissible(here, Unsure("tone")) and not cast.admissible(here, Want("tone", "firm"))
    assert "not what you want" in cast.admissible(here, Want("tone", "formal"))
    assert "not yet time" in cast.admissible(here, Leave())
    assert "tone firm, length short, layout points" in cast.facts(here) and "heating" in cast.facts(here)


def test_a_right_draft_is_taken_and_a_wrong_one_answered_in_the_way_of_the_kind():
    cast, right = moment(topic=Draft("firm-short-points"))
    assert cast.acts(right) == [Accept()]
    wrong = Draft("firm-long-points")
    for kind, act in (("stylist", Reject()), ("editor", Edit("length", "short"))):
        cast, here = moment(kind=kind, topic=wrong)
        assert set(cast.acts(here)) == {act, Leave()} and cast.admissible(here, Accept())
        assert "wrong in this: length" in cast.situation(here)


def test_goals():
    cast, here = moment(topic=None)
    assert [goal.status for goal in cast.goals(here)] == [MET, MET, OPEN]
    lie = here._replace(past=(("assistant", Ask("tone")), ("user", Want("tone", "formal"))))
    assert [goal.status for goal in cast.goals(lie)] == [FAILED, MET, OPEN]
    past = (("assistant", Draft("firm-long-points")), ("user", Accept()))
    ended = here._replace(past=past, state=Work(1, None, final=(2, 1, 1), ending="accepted"))
    assert [goal.status for goal in cast.goals(ended)] == [MET, FAILED, FAILED]


def test_a_rambler_may_come_out_with_its_wish():
    trip = Order("trip", "malta")
    cast, here = moment("DraftingTrip-v0", "rambler", (1, 0, 0), trip, told=0)
    assert set(cast.acts(here)) == {Want("stay", "cabin"), Say()}
    assert "let talk" in cast.facts(here)


@pytest.mark.parametrize(
    ("env_id", "low", "high"),
    [
        ("Drafting-v0", 0.121, 1.0),
        pytest.param("DraftingGraded-v0", 0.121 + 0.5 * (0.5 - 0.121), 1.0, marks=pytest.mark.long),
        pytest.param("DraftingTrip-v0", 0.8 * 0.121, 0.85, marks=pytest.mark.long),
    ],
)
def test_bounds(env_id, low, high):
    family = load_family(*lookup(env_id))
    found = family.cast.bounds(family.setting(family.scenarios()[0]), None)
    assert found == pytest.approx((low, high)) and low < optimum(family) < high
