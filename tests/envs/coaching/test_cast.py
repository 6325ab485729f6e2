"""The cast of coaching: which answers keep to what a client is like, and what the best coach can expect of such a client."""

from __future__ import annotations

import pytest
from dialogym.envs.coaching.game import Answer, Ask, Session, Suggest
from dialogym.envs.make import load_family
from dialogym.envs.registration import lookup
from dialogym.simulated_users.cast import FAILED, MET, OPEN, Moment


def test_a_client_answers_as_it_is():
    family = load_family(*lookup("Coaching-v0"))
    setting = family.setting(family.scenarios()[0])
    moment = Moment(
        setting, family.scenarios()[0].public, "yoga", "client", Session(1, "client", topic=Ask("clubs")), ()
    )
    assert family.cast.admissible(moment, Answer("yes")) and not family.cast.admissible(moment, Answer("no"))
    rivals = moment._replace(state=Session(1, "client", topic=Ask("rivals")))  # whoever does yoga, rivals do not matter
    assert not family.cast.admissible(rivals, Answer("yes")) and not family.cast.admissible(rivals, Answer("no"))
    assert "no: friends, clubs" in family.cast.facts(moment)
    wrong = moment._replace(past=(("coach", Ask("clubs")), ("client", Answer("yes"))))
    assert [goal.status for goal in family.cast.goals(wrong)] == [MET, FAILED, MET, OPEN]


def test_a_suggestible_client_may_agree_but_not_deny_what_suits_it():
    family = load_family(*lookup("CoachingSuggestible-v0"))
    scenario = family.scenarios()[0]
    setting = family.setting(scenario)
    one, other = setting.game.strategies
    moment = Moment(setting, scenario.public, one, "client", Session(1, "client", topic=Suggest(one)), ())
    assert family.cast.admissible(moment, Answer("no"))
    led = moment._replace(state=Session(1, "client", topic=Suggest(other)))
    assert not family.cast.admissible(led, Answer("yes")) and not family.cast.admissible(led, Answer("no"))


def bounds(env_id, **settings):
    path, registered = lookup(env_id)
    family = load_family(path, {**registered, **settings})
    return family.cast.bounds(family.setting(family.scenarios()[0]), None)


def test_bounds():
    # three questions tell eight clients apart, no fewer do
    assert bounds("Coaching-v0") == pytest.approx((1 - 3 * 0.02, 1 - 3 * 0.02))
    assert bounds("CoachingSmall-v0") == pytest.approx((1 - 2 * 0.03, 1 - 2 * 0.03))
    assert bounds("CoachingSuggestible-v0") == pytest.approx((1 - 0.02, 1 - 0.02))
    # two questions: four groups of two, and the second of each may be near
    low, high = bounds("Coaching-v0", turns=3)
    assert low <= high == pytest.approx((1 + 0.2) / 2 - 2 * 0.02) and low >= (1 + 0.2) / 2 - 2 * 0.02 - 1e-9
