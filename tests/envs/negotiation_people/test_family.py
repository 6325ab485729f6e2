"""Sellers as people: the mind against its table, the optimum, exploits that were closed, the buyer, likeness."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.mind import listen
from dialogym.core.solver import Solution
from dialogym.envs.negotiation.game import Accept, Offer, Walk
from dialogym.envs.negotiation.voice import understand
from dialogym.envs.negotiation_people.family import NegotiationPeople
from dialogym.envs.negotiation_people.game import StandingAsk, Talks
from dialogym.envs.negotiation_people.human import HUMAN
from dialogym.envs.negotiation_people.mind import People, Seller
from dialogym.envs.negotiation_people.voice import INSULTED, THINKING, VOICE
from dialogym.evaluation.beside_people import compare
from dialogym.evaluation.brute_force import brute_force
from dialogym.policies.collect import play

ENV = "NegotiationPeople-v0"
GAME = StandingAsk(20, "seller", (17, None), 5)
MIND = People(GAME)
FAMILY = NegotiationPeople()


def asked(offer, *, ask=20, best=None, round=1):
    """The state in which a seller answers an offer, or talk."""
    return Talks(round, "seller", offer, ask, max(best or 0, offer or 0))


def answers(hidden, state):
    return {act: (pytest.approx(p), then) for (then, act), p in MIND.react(hidden, state)}


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_what_is_asked_stands_until_another_price_is_named():
    state = GAME.apply(GAME.start(), "seller", Offer(20))
    state = GAME.apply(GAME.apply(state, "buyer", Offer(12)), "seller", Offer(16))
    talked = GAME.apply(GAME.apply(state, "buyer", Say()), "seller", Say())
    assert (talked.standing, talked.round, talked.best) == (16, 2, 12)
    deal = GAME.apply(talked, "buyer", Accept())
    assert (deal.deal, GAME.payoff(deal, "buyer")) == (16, pytest.approx(0.96**2 * 0.05))
    with pytest.raises(IllegalAct):  # what the buyer offered before it talked is gone
        GAME.apply(GAME.apply(state, "buyer", Say()), "seller", Accept())


# ---- the mind --------------------------------------------------------------------------------------------------------


def test_the_types_are_those_that_were_fitted():
    weights = [weight for *_, weight in MIND.types]
    assert len(weights) == 126 and math.fsum(weights) == pytest.approx(1.0, abs=1e-4)
    assert {floor for floor, *_ in MIND.types} == {8, 10, 12, 14, 16, 18, 19}
    assert math.fsum(w for floor, *_, w in MIND.types if floor == 12) == pytest.approx(0.0506, abs=1e-3)
    assert MIND.prior().map(lambda one: one.leaves).probability(True) == pytest.approx(0.25)


ANSWERS = pytest.approx(0.816)  # with a price, or by a deal
HALF = Seller(12, 0.6, 2, False)


@pytest.mark.parametrize(
    ("hidden", "state", "act", "p", "counters"),
    [
        (HALF, asked(12), Offer(16), ANSWERS, 1),  # 12 + int(0.6 * 8)
        (HALF, asked(12, ask=14), Offer(13), ANSWERS, 1),  # 12 + int(0.6 * 2)
        (HALF, asked(12, ask=13), Accept(), ANSWERS, 2),  # what it keeps of one tick is none
        (HALF, asked(10, ask=11), Offer(11), ANSWERS, 1),  # never below its floor, nor above its ask
        (Seller(12, 1.0, 0, False), asked(11, ask=15), Offer(15), ANSWERS, 0),  # firm
        (Seller(12, 1.0, 0, False), asked(12, ask=15), Accept(), ANSWERS, 0),
        (HALF, asked(None, best=12), Offer(16), MIND.again, 1),  # comes back
        (HALF, asked(20), Accept(), ANSWERS, 2),
        (HALF, asked(12, round=4), Accept(), 1.0, 2),
        (HALF, asked(11, round=4), Walk(), 1.0, 2),
    ],
)
def test_an_answer_is_as_the_page_says(hidden, state, act, p, counters):
    found = answers(hidden, state)
    chance, then = found[act]
    assert chance == p and then.counters == counters
    assert set(found) == ({act} if p == 1.0 else {act, Say()})


def test_silence_tells_nothing():
    prior = MIND.prior()
    after = listen(MIND, prior, asked(12), Say())
    assert all(after.probability(hidden) == pytest.approx(p) for hidden, p in prior)


# ---- exploits --------------------------------------------------------------------------------------------------------


def test_a_lowball_loses_those_who_leave_and_nobody_else():
    gone = Seller(8, 0.2, 3, True)
    assert set(answers(gone, asked(9))) == {Walk()}
    assert set(answers(gone, asked(10))) == {Say(), Offer(12)}
    assert set(answers(gone._replace(leaves=False), asked(None)._replace(standing=7))) == {Say()}
    assert set(answers(gone._replace(leaves=False), asked(9))) == {Say(), Offer(11)}


def test_the_optimum_opens_with_a_lowball_only_where_nobody_leaves():
    game = replace(GAME, rounds=3)
    values = {}
    for leaves in (0.0, 0.1, 0.3):
        mind = People(game, leaves)
        solution = Solution(game, mind, "buyer", game.candidates)
        state = game.apply(game.start(), "seller", Offer(20))
        act, values[leaves] = solution.best_act(state, mind.prior()), solution.start_value()
        assert (act.price < 10) == (leaves == 0.0)
    assert values[0.0] > values[0.1] == pytest.approx(values[0.3], abs=1e-12)


@pytest.mark.parametrize("lower", [12, 8, 3])
def test_who_goes_back_is_answered_like_talk(lower):
    for hidden in MIND.prior().support:
        if not hidden.leaves:
            state = asked(lower, ask=18, best=13)
            assert MIND.react(hidden, state) == MIND.react(hidden, state._replace(standing=None))


def test_the_optimum_is_that_of_all_acts():
    game = replace(GAME, rounds=2)
    mind = People(game, 0.25, ((8, 0.2, 1, 0.3), (12, 0.6, 2, 0.3), (14, 0.0, 1, 0.2), (18, 0.8, 3, 0.2)))
    assert Solution(game, mind, "buyer", game.candidates).start_value() == pytest.approx(
        brute_force(game, mind, "buyer"), abs=1e-9
    )


# ---- words, the buyer, metrics ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slot", "act"), [(THINKING, Say()), (INSULTED, Walk())])
def test_words_come_to_the_act(slot, act):
    for persona in VOICE.personas:
        for say in VOICE.choices(persona, slot, "seller"):
            words = say("$12", "lamp", "like new")
            assert (words, understand(words, (200, 80, "seller")).act) == (words, act)


def test_the_buyer_bargains_as_people_do_and_never_loses():
    found = [FAMILY.outcome(dialogue) for dialogue in play(ENV, "scripted", range(200))]
    assert not any(one["false_deal"] or one["illegal"] for one in found)
    first = [one["first_offer"] for one in found if one["first_offer"]]
    assert 0.55 < sum(first) / len(first) < 0.75 and len(first) > 150
    assert sum(one["deal"] for one in found) > 60


def test_metrics_of_a_dialogue():
    (dialogue,) = play(ENV, "fixed-offer", range(1))
    outcome, listed = FAMILY.outcome(dialogue), dialogue.scenario.list_price
    prices = [act.price for step in dialogue.steps for _, _, act in step.exchange.replies if isinstance(act, Offer)]
    assert outcome["first_offer"] == 0.5 and outcome["counters"] == len(prices)
    assert outcome["first_counter"] == (prices[0] / listed if prices else None)


@pytest.mark.parametrize("given", [{"rounds": 3}, {"leaves": 1.5}, {"values": (0,)}])
def test_bad_settings_are_named(given):
    with pytest.raises(ValueError, match=next(iter(given))):
        NegotiationPeople(**given)


# ---- likeness --------------------------------------------------------------------------------------------------------


def test_its_own_dialogues_cost_fewer_bits_than_under_negotiation():
    own = [
        {
            "list_price": dialogue.scenario.list_price,
            "turns": [{"seat": turn.seat, "text": turn.text} for turn in dialogue.turns()],
        }
        for dialogue in play(ENV, "scripted", range(1000, 1060))
    ]
    here, there = (compare(env_id, own, "jsonl", episodes=1, splits=1) for env_id in (ENV, "Negotiation-v0"))
    assert here.bits.value < there.bits.value - 1.0 and here.bits.n >= there.bits.n > 60
    assert here.bits.impossible < 0.1 < there.bits.impossible


def test_the_course_of_people_has_no_deadline():
    talk = HUMAN.formats["jsonl"](
        {"list_price": 200, "turns": [{"seat": s, "text": "Hi."} for s in ("seller", "buyer")]}
    )
    course = HUMAN.course(FAMILY, talk, HUMAN.read(talk))
    assert course.game.rounds == 20 and course.acts == (("buyer", Say()),)
