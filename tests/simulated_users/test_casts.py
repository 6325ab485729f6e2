"""Casts: which acts keep to a person's facts, and what the best learner can expect of such a person."""

from __future__ import annotations

import dialogym  # noqa: F401 - registers the environments
import pytest
from dialogym.core.acts import Say
from dialogym.envs.coaching.game import Answer, Ask, Session, Suggest
from dialogym.envs.make import load_family
from dialogym.envs.negotiation.game import Accept, Haggle, Offer, Walk
from dialogym.envs.negotiation.mind import Bargainer
from dialogym.envs.registration import lookup
from dialogym.simulated_users.cast import FAILED, MET, OPEN, Moment


def bargain(role="buyer", **state):
    family = load_family(*lookup("Negotiation-v0")[:1], {**lookup("Negotiation-v0")[1], "role": role})
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


def test_bounds():
    family = load_family(*lookup("Negotiation-v0"))
    scenario = next(s for s in family.scenarios() if (s.list_price, s.value) == (240, 204))
    assert family.cast.bounds(family.setting(scenario), Bargainer(9, "linear")) == (
        0.0,
        pytest.approx((204 - 108) / 240),
    )
    assert family.cast.bounds(family.setting(scenario), Bargainer(17, "linear")) == (0.0, 0.0)
    bounds = {}
    for name in ("Coaching-v0", "CoachingSmall-v0", "CoachingSuggestible-v0"):
        family = load_family(*lookup(name))
        bounds[name] = family.cast.bounds(family.setting(family.scenarios()[0]), None)
    assert bounds["Coaching-v0"] == (
        pytest.approx(1 - 3 * 0.02),
        pytest.approx(1 - 3 * 0.02),
    )  # three questions tell eight clients apart, no fewer do
    assert bounds["CoachingSmall-v0"] == (pytest.approx(1 - 2 * 0.03), pytest.approx(1 - 2 * 0.03))
    assert bounds["CoachingSuggestible-v0"] == (pytest.approx(1 - 0.02), pytest.approx(1 - 0.02))
    family = load_family(
        lookup("Coaching-v0")[0], {"turns": 3}
    )  # two questions: four groups of two, and the second of each may be near
    low, high = family.cast.bounds(family.setting(family.scenarios()[0]), None)
    assert low <= high == pytest.approx((1 + 0.2) / 2 - 2 * 0.02) and low >= (1 + 0.2) / 2 - 2 * 0.02 - 1e-9
