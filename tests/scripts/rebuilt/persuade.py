"""Persuade, rebuilt from the numbers of its page."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.persuade.game import Book, Deal, Found, Hotel, Pass, Recommend, Trips, Warn
from dialogym.envs.persuade.nights import Nights


def persuade(n):
    if n["setting.role"] == "traveller":
        game = Nights(n["setting.rounds"], n["setting.loss"])
        return Solution(game, Advising(game, n), "traveller").start_value()
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
        return Belief.certain(((least, again, wants), Book() if goes else Pass()))


class Advising:
    """An expert as the page says; written for this test alone. A hidden state is kind, and whether the hotel is good."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        return Belief(((kind, True), weight) for kind, weight in self.n["population"])

    def react(self, hidden, state):
        kind, good = hidden
        if state.mover == "night":
            return Belief.certain((hidden, Found("good" if good else "poor")))
        if state.round < 0 or state.round == self.game.rounds:
            return Belief.certain((hidden, Say()))
        n = self.n
        lies = {"mixer": n["MIXES"], "committed": n["COMMITS"], "honest": 0, "puffer": 1}.get(kind)
        if kind == "long-con":
            lies = state.round + n["LAST"] >= self.game.rounds
        if kind == "bait":
            lies = n["SPOILED"] * (state.booked >= n["CAUGHT"])
        if kind == "chastened":
            lies = not state.caught
        p = n["setting.chance"]
        told = [(((kind, True), Recommend()), p), (((kind, False), Recommend()), (1 - p) * lies)]
        return Belief([*told, (((kind, False), Warn()), (1 - p) * (1 - lies))])
