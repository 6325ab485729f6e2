"""NegotiationPeople, rebuilt from the numbers of its page."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.negotiation.game import Accept, Offer, Walk
from dialogym.envs.negotiation_people.game import StandingAsk


def negotiation_people(n):
    """The mean over what the item may be worth; prices are in ticks."""
    total = 0.0
    for value in n["setting.values"]:
        game = StandingAsk(20, n["game.opener"], (value, None), n["setting.rounds"], n["setting.discount"])
        total += Solution(game, Answering(game, n), "buyer", game.candidates).start_value()
    return total / len(n["setting.values"])


class Answering:
    """As the page says; written for this test alone. A hidden state is floor, share kept, counters left, leaves."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        gone = self.n["setting.leaves"]
        return Belief(
            ((floor, keeps, counters, leaves), weight * share)
            for floor, keeps, counters, weight in self.n["types"]
            for leaves, share in ((True, gone), (False, 1 - gone))
        )

    def react(self, hidden, state):
        floor, keeps, counters, leaves = hidden
        offer, ask = state.standing, state.ask
        if state.round < 0:
            return Belief.certain((hidden, Offer(20)))
        if offer is not None and leaves and offer < self.n["LOWBALL"]:
            return Belief.certain((hidden, Walk()))
        talk = offer is None or offer < self.n["LOWEST"] or (offer < ask and offer < state.best)
        if state.round + 1 == self.game.rounds:
            return Belief.certain((hidden, Walk() if talk or offer < floor else Accept()))
        met = state.best if talk else offer
        price = max(floor, met + int((keeps or 0) * (ask - met) + 1e-9))
        less = (floor, keeps if counters > 1 else None, counters - 1, leaves)  # who is firm is alike, whatever it kept
        if talk:
            if not state.best or not counters:
                return Belief.certain((hidden, Say()))
            again = ((less, Offer(min(ask, max(met + 1, price)))), self.n["again"])
            return Belief([again, ((hidden, Say()), 1 - self.n["again"])])
        takes = offer >= ask or (offer >= floor if not counters else price <= offer)
        act = (hidden, Accept()) if takes else (less, Offer(min(price, ask))) if counters else (hidden, Offer(ask))
        return Belief([(act, 1 - self.n["silent"]), ((hidden, Say()), self.n["silent"])])
