"""People who play repeated games, as their page says; written for `test_numbers` alone."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.repeated.game import MatrixGame, Play, Promise


class Playmate:
    """A hidden state is kind and count."""

    def __init__(self, game, weights):
        self.game, self.weights = game, weights

    def prior(self):
        return Belief(((kind, 0), weight) for kind, weight in self.weights)

    def choice(self, kind, count, state):
        """Place of its option, and what it counts then."""
        you, own = state.last or (None, None)
        honest = not state.broken and state.mine is not None
        count = {
            "two-tats": min(2, count + 1) if you == 1 else 0,
            "grim": max(count, you == 1),
            "averager": count if you is None else min(3, max(-3, count + (1 if you == 0 else -1))),
        }.get(kind, 0)
        again = own if you == own else 1 - (own or 0)
        option = {
            "cooperator": 0,
            "alternator": (state.round + 1) % 2,
            "yielding": state.round < 2,
            "two-tats": count == 2,
            "grim": count,
            "averager": count < 2,
            "keeper": state.mine if honest else 1,
            "listener": state.mine if honest else 1,
            "pavlov": you != own,
            "stayer": 1 if you is None else again,
            "tit-for-tat": you or 0,
            "late": 1 if self.game.rounds - state.round < 3 else you or 0,
            "suspicious": 1 if you is None else you,
            "copycat": 1 if you is None else you,
        }.get(kind, 1)
        return int(option), int(count)

    def react(self, hidden, state):
        kind, count = hidden
        if state.phase == "greet":
            return Belief.certain((hidden, Say()))
        names = self.game.options
        if state.phase == "answer":
            told = 0 if kind == "con" else state.mine if kind in ("keeper", "listener") and not state.broken else None
            return Belief.certain((hidden, Say() if told is None else Promise(names[told])))
        option, count = self.choice(kind, count, state)
        return Belief.certain(((kind, count), Play(names[option])))


class Habitual:
    """Who plays rock, paper, scissors by habit; a hidden state is the kind."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        return Belief(self.n["POPULATIONS"]["hands"])

    def react(self, kind, state):
        if state.phase == "greet":
            return Belief.certain((kind, Say()))
        a, b, c = self.game.options
        shares = dict.fromkeys((a, b, c), 0.0)
        if kind == "favourite" or state.last is None:
            lead = self.n["FAVOURS" if kind == "favourite" else "LEAD"]
            shares = {a: lead, b: (1 - lead) / 2, c: (1 - lead) / 2}
        else:
            you, own = (self.game.options[place] for place in state.last)
            up, down = {a: b, b: c, c: a}, {a: c, b: a, c: b}
            if kind == "restless":
                shares[up[own]] = shares[down[own]] = 0.5
            else:
                if kind == "stay-or-shift":
                    meant = own if down[own] == you else up[own]
                else:
                    meant = {"upward": up[own], "downward": down[own], "copycat": you, "avenger": up[you]}[kind]
                shares[meant] += self.n["SURE"]
                shares[up[own] if meant == own else own] += 1 - self.n["SURE"]
        return Belief(((kind, Play(option)), p) for option, p in shares.items())


def repeated(n):
    """The games that a variant is made of, alike."""
    if n["setting.game"] == "hands":
        game = MatrixGame("hands", n["setting.rounds"], False, ("first", "second", "third"))
        return Solution(game, Habitual(game, n), "you").start_value()
    names = ("dilemma", "battle", "stag", "chicken") if n["setting.game"] == "mixed" else (n["setting.game"],)
    games = [MatrixGame(name, n["setting.rounds"]) for name in names]
    found = [Solution(game, Playmate(game, n["POPULATIONS"][game.game]), "you").start_value() for game in games]
    return sum(found) / len(found)
