"""The neighbours of Donor, as their page states them; written for `test_numbers` alone."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.donor.game import DonorGame, Give, Meet


class Place:
    """Gossip, visitors and neighbours in one; a hidden state is the name of a society."""

    def __init__(self, n):
        self.n = n
        self.norms = {name: norms for name, norms, _ in n["societies"]}

    def prior(self):
        return Belief((name, weight) for name, _, weight in self.n["societies"])

    def gives(self, norm, state):
        old, last = state.record
        most = self.n["MOST"]
        return {
            "image": last,
            "standing": old if state.excused else last,
            "steady": min(old, last),
            "strict": most * (old == last == most),
            "kind": 1,
            "selfish": 0,
        }[norm]

    def react(self, society, state):
        if state.phase == "gossip":
            return Belief(((society, Meet(last)), weight) for last, weight in self.n["visitors"])
        if state.phase != "receive":
            return Belief.certain((society, Say()))
        return Belief(((society, Give(self.gives(norm, state))), share) for norm, share in self.norms[society])


def donor(n):
    """The optimum of who is new there."""
    game = DonorGame(n["setting.rounds"], n["setting.punish"])
    return Solution(game, Place(n), "you").start_value()
