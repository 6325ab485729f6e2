"""The villagers of Commons, as their page states them; written for `test_numbers` alone."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.commons.game import Agree, CommonPool, Refuse, Take


class Norm:
    """Votes and takes by the table of the page."""

    def __init__(self, n):
        self.n, self.most, self.share = n, n["game.most"], n["SHARE"]

    def prior(self):
        return Belief(self.n["norms"])

    def react(self, norm, state):
        act = Say()
        if state.phase == "vote":
            yes = norm == "hypocrite" or (norm == "pledger" and not state.broken)
            yes |= norm in ("fair", "reciprocal") and state.cap <= self.share
            act = Agree() if yes else Refuse()
        elif state.phase == "harvest":
            bound = state.agreed and not state.broken
            part = state.pool // 2 // self.n["people"]
            angry = self.most if state.over else part
            catch = {"fair": part, "reciprocal": angry, "pledger": state.cap if bound else self.share + 1}
            act = Take(catch.get(norm, self.most))
        return Belief.certain((norm, act))


class Count:
    """The warden."""

    def prior(self):
        return Belief.certain(None)

    def react(self, hidden, state):
        return Belief.certain((None, Say()))


def commons(n):
    """The optimum of the chair."""
    game = CommonPool(n["setting.villagers"], n["setting.months"], n["setting.every"], n["game.most"])
    people = {seat: Norm(n) for seat in game.seats[1:-1]}
    return FactoredSolution(game, People(game, {**people, "warden": Count()}), "you").start_value()
