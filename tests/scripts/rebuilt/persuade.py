"""Persuade, rebuilt from the numbers of its page."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.persuade.game import Deal, Go, Hotel, Stay, Trips


def persuade(n):
    stock = tuple((name, Hotel(h["mean"], tuple(h["scores"]), h["share"])) for name, h in n["game.stock"])
    game = Trips(n["setting.rounds"], stock, n["setting.reviews"])
    return Solution(game, Trusting(game, n), "expert").start_value()


class Trusting:
    """As the page says; written for this test alone. A hidden state is the least score, the price of a lie, the wish."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        return Belief(((least, again, start), weight) for least, start, again, weight in self.n["population"])

    def react(self, hidden, state):
        if state.mover == "office":
            return Belief(((hidden, Deal(name)), hotel.share) for name, hotel in self.game.stock)
        if state.round < 0:
            return Belief.certain((hidden, Say()))
        least, again, wants = hidden
        if state.honest is not None:
            wants = again if not state.honest else wants if wants == self.n["NEVER"] else max(wants - 1, 0)
        goes = state.shown is not None and state.shown >= least and wants == 0
        return Belief.certain(((least, again, wants), Go() if goes else Stay()))
