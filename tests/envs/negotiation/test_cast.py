"""The cast of price bargaining: which acts keep to a person's facts, and what the best learner can expect of such a person."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.negotiation.game import Accept, Haggle, Offer, Walk
from dialogym.envs.negotiation.mind import Bargainer
from dialogym.simulated_users.cast import Moment


def bargain(role="buyer", **state):
    family = Negotiation(role=role)
    scenario = next(s for s in family.scenarios() if s.list_price == 240)
    setting = family.setting(scenario)
    return family.cast, Moment(setting, scenario.public, Bargainer(9, "linear"), family.partner, Haggle(**state), ())


@pytest.mark.parametrize(
    ("role", "act", "standing", "last", "problem"),
    [
        ("buyer", Offer(108), None, 240, ""),  # 9 ticks of $12
        ("buyer", Offer(107), None, 240, "less than $108"),
        ("buyer", Accept(), 108, 240, ""),
        ("buyer", Accept(), 107, 240, "less than $108"),
        ("buyer", Offer(150), 150, 200, "They offer $150 already"),
        ("buyer", Offer(201), 150, 200, "You said $200 before"),
        ("buyer", Offer(200), 150, 200, ""),
        ("buyer", Walk(), None, 240, "time left"),
        ("buyer", Say(), None, 240, ""),
        ("seller", Offer(276), None, 144, ""),  # the mirror: (32 - 9) ticks
        ("seller", Offer(277), None, 144, "more than $276"),
        ("seller", Accept(), 277, 144, "more than $276"),
        ("seller", Accept(), 276, 144, ""),
        ("seller", Offer(150), 150, 144, "They offer $150 already"),
        ("seller", Offer(140), 200, 144, "You said $144 before"),
    ],
)
def test_a_bargainer_keeps_to_its_limit_and_its_word(role, act, standing, last, problem):
    cast, moment = bargain(role, round=2, mover="seller" if role == "buyer" else "buyer", standing=standing)
    moment = moment._replace(past=((moment.seat, Offer(last)),))
    said = cast.admissible(moment, act)
    assert problem in said and bool(said) == bool(problem)


@pytest.mark.parametrize(
    ("standing", "right", "wrong"), [(150, Accept(), Walk()), (100, Walk(), Accept()), (None, Walk(), Offer(200))]
)
def test_in_the_last_round_there_is_one_thing_to_do(standing, right, wrong):
    cast, moment = bargain(round=7, mover="seller", standing=standing)
    moment = moment._replace(past=(("seller", Offer(240)),))
    assert cast.admissible(moment, right) == "" and cast.admissible(moment, wrong) and cast.admissible(moment, Say())
    assert "last round" in cast.situation(moment)


def test_nobody_stalls_twice():
    cast, moment = bargain(round=2, mover="seller")
    assert cast.admissible(moment._replace(past=(("seller", Say()), ("buyer", Offer(9)))), Say())


def test_bounds():
    family = Negotiation()
    scenario = next(s for s in family.scenarios() if (s.list_price, s.value) == (240, 204))
    low, high = family.cast.bounds(family.setting(scenario), Bargainer(9, "linear"))
    assert low == 0.0 and high == pytest.approx((204 - 108) / 240)
    assert family.cast.bounds(family.setting(scenario), Bargainer(17, "linear")) == (0.0, 0.0)
