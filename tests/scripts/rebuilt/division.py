"""Division's optimum, from the numbers of its page alone; for `test_numbers`."""

from __future__ import annotations

import math
from itertools import permutations, product
from operator import itemgetter

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.division.game import PARTNER, YOU, Accept, Division, Walk


class Partner:
    """As the page says; written for this test alone. A hidden state is values, tactic, floor and demand."""

    def __init__(self, game, n):
        self.game, self.n, self.stance = game, n, n["STANCES"][game.kind]

    def worth(self, values, package):
        (a, b, c), (i, j, k), (x, y, z) = values, self.game.counts, package
        return a * (i - x) + b * (j - y) + c * (k - z)

    def prior(self):
        own, counts = self.game.values, self.game.counts
        if self.game.kind == "things":
            some = [
                values
                for values in product(range(11), repeat=3)
                if sum(c * v for c, v in zip(counts, values, strict=True)) == 10
                and all(a + b for a, b in zip(own, values, strict=True))
                and any(a * b for a, b in zip(own, values, strict=True))
            ]
        else:
            some = permutations(own)
        people = product(some, self.n["TACTICS"].items(), self.stance["floors"])
        return Belief(((values, tactic, floor, self.stance["opening"]), p) for values, (tactic, p), floor in people)

    def least(self, hidden, number, conceded):
        """What it settles for in a round, and its hidden state then."""
        (values, tactic, floor, demand), top, last = hidden, self.stance["opening"], self.game.rounds - 1
        if tactic == "holder":
            return hidden, floor if number >= last else top
        if tactic == "reciprocator":
            demand = max(floor, demand - self.stance["step"]) if conceded else demand
            return (values, tactic, floor, demand), demand
        fallen = (min(number + 1, last) / last) ** (1.0 / self.n["FARATIN"][tactic]) * (top - floor)
        return hidden, math.ceil(top - fallen - 1e-9)

    def react(self, hidden, state):
        if state.round < 0:
            return Belief.certain((hidden, Say()))
        hidden, least = self.least(hidden, state.round, state.conceded)
        if state.standing is not None and self.worth(hidden[0], state.standing) >= least:
            return Belief.certain((hidden, Accept()))
        if state.round + 1 >= self.game.rounds:
            return Belief.certain((hidden, Walk()))
        left, values = [0, 0, 0], hidden[0]
        for issue in sorted(range(3), key=lambda i: (values[i], self.game.counts[i])):
            while left[issue] < self.game.counts[issue] and self.worth(values, left) - values[issue] >= least:
                left[issue] += 1
        return Belief.certain((hidden, self.game.offers[PARTNER][tuple(left)]))

    def candidates(self, state, support):
        """Of the offers that leave as many units and that the same people take, the best."""
        best, all_of_them = {}, sum(self.game.counts)
        asked = {more: [self.least(hidden, state.round, more)[1] for hidden in support] for more in (False, True)}
        for package, act in self.game.offers[YOU].items():
            units = max(state.given, all_of_them - sum(package))
            takers = tuple([
                self.worth(hidden[0], package) >= least
                for hidden, least in zip(support, asked[units > state.given], strict=True)
            ])  # fmt: skip
            best[units, takers] = max(
                best.get((units, takers), (-1, 0)), (self.game.mine(package), units, act), key=itemgetter(0)
            )
        yield from (Say(), Walk(), *([Accept()] if state.standing else ()))
        yield from (act for *_, act in best.values())


def division(n):
    """The mean over what things are worth; the names of things mean nothing."""
    kind, values = n["setting.kind"], []
    for counts, own in n["VALUES"][kind]:
        game = Division(kind, tuple(counts), tuple(own), n["setting.rounds"], n["setting.discount"])
        mind = Partner(game, n)
        values.append(Solution(game, mind, YOU, mind.candidates).start_value())
    return sum(values) / len(values)
