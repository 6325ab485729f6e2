"""Mafia's company, as its page says; written for `test_numbers` alone."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.mafia.game import Call, Company, Explain, Falter, Follow, Missing, Search, Suspect, Unsure


class Table:
    """Everybody; a hidden state is who did it."""

    def __init__(self, game, n):
        self.game, self.n = game, n

    def prior(self):
        return Belief.uniform(self.game.names)

    def react(self, guilty, state):
        return Belief([((guilty, act), p) for act, p in self.acts(guilty, state)])

    def acts(self, guilty, state):
        names, n = self.game.names, self.n
        there = [name for i, name in enumerate(names) if state.here[i]]
        top = [i for i, count in enumerate(state.voices) if count == max(state.voices)]
        ahead = top[0] if len(top) == 1 and max(state.voices) else None
        if state.phase == "call":
            return [(Call(name), n["quiet"] if name == guilty else 1.0) for name in there]
        if state.phase == "night":
            return [(Missing(name), 1.0) for name in there if name != guilty]
        if state.phase == "search":
            if ahead is None or max(state.voices) < n["setting.needed"]:
                return [(Search("nobody"), 1.0)]
            return [(Search("guilty" if names[ahead] == guilty else "clean"), 1.0)]
        if state.phase == "opening":
            return [(Say(), 1.0)]
        speaker = names[state.at]
        if state.phase == "answer":
            innocent, culprit = n["convinces"]
            p = culprit if speaker == guilty else innocent
            return [(Explain(), p), (Falter(), 1.0 - p)]
        others = [name for name in there if name != speaker]
        total = n["keen"] + len(others) - 1 if speaker != guilty else len(others)
        if ahead is not None and names[ahead] != speaker:
            first, share = Follow(names[ahead]), n["setting.follows"]
        else:
            first, share = Unsure(), n["unsure"]
        weights = [(name, n["keen"] if name == guilty else 1.0) for name in others]
        return [(first, share)] + [(Suspect(name), (1 - share) * weight / total) for name, weight in weights]


def mafia(n):
    """The optimum of the bystander."""
    game = Company(*(n[f"setting.{name}"] for name in ("first", "second", "needed", "cost", "late")))
    mind = Table(game, n)
    return FactoredSolution(
        game, People(game, dict.fromkeys(game.seats[1:], mind), [game.seats[1:]]), "you"
    ).start_value()
