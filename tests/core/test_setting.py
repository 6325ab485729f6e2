"""What follows an act: what can be drawn, what can be seen, and what a listener makes of it agree."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief, ProductBelief
from dialogym.core.setting import Setting
from dialogym.envs.negotiation.game import Accept, Haggle, Offer

from .test_solver import Noisy, SmallPrices

SETTING = Setting(SmallPrices(20, "seller", (5, None), 3, 0.9), Noisy(0, 3), "buyer")


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (SETTING.game.start(), None),
        (Haggle(0, "buyer", 4), Say()),
        (Haggle(0, "buyer", 4), Offer(2)),
        (Haggle(2, "buyer", 3), Offer(4)),
        (Haggle(0, "buyer", 4), Accept()),
        (Haggle(0, "buyer"), Accept()),  # illegal: counts as talk
    ],
)
def test_what_can_be_seen_is_the_exchange_with_the_hidden_state_summed_out(state, act):
    belief = Belief({0: 0.2, 1: 0.5, 2: 0.3})
    expected = {}
    for hidden, p in belief:
        for exchange, q in SETTING.exchange(state, hidden, act):
            public = exchange._replace(hidden=None, payoff=0.0)
            probability, payoff, mass = expected.setdefault(public, [0.0, 0.0, {}])
            expected[public][:2] = probability + p * q, payoff + p * q * exchange.payoff
            mass[exchange.hidden] = mass.get(exchange.hidden, 0.0) + p * q
    seen = SETTING.seen(state, belief, act)
    assert sum(p for p, _, _ in seen) == pytest.approx(1.0, abs=1e-12)
    assert {exchange._replace(payoff=0.0) for _, exchange, _ in seen} == set(expected) and len(seen) == len(expected)
    for p, exchange, after in seen:
        probability, payoff, mass = expected[exchange._replace(payoff=0.0)]
        assert p == pytest.approx(probability, abs=1e-12)
        assert p * exchange.payoff == pytest.approx(payoff, abs=1e-12)
        listened = SETTING.listen(belief, exchange)
        for hidden in range(3):
            assert after.probability(hidden) == pytest.approx(mass.get(hidden, 0.0) / probability, abs=1e-12)
            assert after.probability(hidden) == pytest.approx(listened.probability(hidden), abs=1e-12)


class Bits:
    """Two hidden bits. The learner asks for one of them, gets a noisy answer, and in the end is paid by their sum."""

    seats = ("asker", "holder")

    def start(self):
        return (0, "asker")

    def mover(self, state):
        return state[1]

    def apply(self, state, seat, act):
        return (act.price, "holder") if seat == "asker" else (act.price, None)

    def payoff(self, state, seat, hidden=None):
        return sum(hidden) + state[0]


class Summed(Bits):
    asked = 0

    def expected_payoff(self, state, seat, factors):
        self.asked += 1
        return sum(factor.expectation(float) for factor in factors) + state[0]


class Holder:
    def prior(self):
        return ProductBelief([Belief({0: 0.3, 1: 0.7}), Belief({0: 0.6, 1: 0.4})])

    def factor(self, state):
        return state[0] - 1

    def react_factor(self, part, state):
        return Belief({(part, Offer(part)): 0.8, (1 - part, Offer(1 - part)): 0.2})

    def react(self, hidden, state):
        place = self.factor(state)
        return self.react_factor(hidden[place], state).map(
            lambda outcome: ((*hidden[:place], outcome[0], *hidden[place + 1 :]), outcome[1])
        )


@pytest.mark.parametrize("place", [1, 2])
def test_a_product_stays_one_and_its_payoff_is_a_sum(place):
    factored, joint = Setting(Summed(), Holder(), "asker"), Setting(Bits(), Holder(), "asker")
    parts = factored.seen((0, "asker"), factored.prior, Offer(place))
    whole = joint.seen((0, "asker"), Belief(factored.prior.items()), Offer(place))
    assert factored.game.asked == len(parts) == len(whole) == 2
    for (p, exchange, belief), (q, other, listed) in zip(sorted(parts, key=str), sorted(whole, key=str), strict=True):
        assert isinstance(belief, ProductBelief)
        assert (p, exchange.payoff) == pytest.approx((q, other.payoff), abs=1e-12)
        assert {hidden: belief.probability(hidden) for hidden in listed.support} == pytest.approx(
            dict(listed), abs=1e-12
        )
        assert exchange.replies == other.replies
