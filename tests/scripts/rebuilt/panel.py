"""Panel, made of the numbers of its page."""

from __future__ import annotations

from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.panel.game import Hearing, Move, Tell


def panel(n):
    game = Hearing(
        *(n[f"setting.{name}"] for name in ("turns", "needed", "argue", "probe", "civil", "decisive")),
        scale=n["game.scale"],
    )
    return FactoredSolution(game, People(game, {name: Sitting(n) for name in n["game.names"]}), "you").start_value()


class Sitting:
    """As the page says; written for this test alone. A hidden state is a point and a temper."""

    def __init__(self, n):
        self.n = n

    def prior(self):
        points = ("need", "proof", "plan")
        return Belief(((point, temper), weight) for point in points for temper, weight in self.n["tempers"])

    def react(self, hidden, state):
        point, temper = hidden
        won, proud, resents = (self.n[name] for name in ("won", "proud", "resents"))
        own = state.todo[0]
        others = [member.won for place, member in enumerate(state.members) if place != own]
        if state.asked == "talk":
            act = Say()
        elif state.asked == "probe":
            act = Move(-resents) if temper == "proud" else Tell(point)
        elif state.asked == "":
            act = Move(won * (temper == "follower" and point in state.members[own].heard))
        elif state.asked == point:
            act = {
                "open": Move(won),
                "proud": Move(proud),
                "follower": Move(won * any(others)),
                "contrarian": Move(won * (not any(others))),
            }[temper]
        else:
            act = Move(-resents * (temper == "proud"))
        return Belief.certain((hidden, act))
