"""Market, made of the numbers of its page."""

from __future__ import annotations

from typing import NamedTuple

from dialogym.core.belief import Belief
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.market.game import Answer, Market, Quote, Show, Withdraw


def market(n):
    game = Market(*(n[f"setting.{name}"] for name in ("ask", "check", "haggle")), n["game.value"], n["game.poor"])
    return FactoredSolution(game, People(game, {name: Seller(n) for name in n["game.names"]}), "you").start_value()


class Kind(NamedTuple):
    fits: bool
    floor: int
    honest: bool
    temper: str


class Seller:
    """As the page says; written for this test alone."""

    def __init__(self, n):
        self.n = n

    def prior(self):
        n = self.n
        return Belief(
            (Kind(fits, floor, honest, temper), p * q * r * s)
            for fits, p in ((True, n["fit"]), (False, 1 - n["fit"]))
            for floor, q in n["floors"]
            for honest, r in ((True, n["setting.honest"]), (False, 1 - n["setting.honest"]))
            for temper, s in n["tempers"]
        )

    def react(self, hidden, state):
        fits, floor, honest, temper = hidden
        if state.asked == "ask":
            claims = fits or not honest
            price = floor + self.n["claimed" if claims else "admitted"]
            return Belief.certain((hidden, Quote(price, "fits" if claims else "lacks")))
        if state.asked == "check":
            return Belief.certain((hidden, Show("fits" if fits else "lacks")))
        price = {"soft": floor, "firm": state.stalls[state.at].price, "touchy": 0}[temper]
        return Belief.certain((hidden, Answer(price) if price else Withdraw()))
