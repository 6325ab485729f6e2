"""A story goes round, as the page of Rumour says: for `test_numbers`."""

from __future__ import annotations

from dialogym.envs.rumour.game import Moderation
from dialogym.envs.rumour.law import Law
from dialogym.envs.rumour.mind import Crowd, Tales, TownSolution


def rumour(n):
    """The moderator's optimum, from the numbers of the page."""
    costs = [n[f"setting.{name}"] for name in ("check", "letter", "wrong")]
    game = Moderation(n["setting.days"], *(_tuples(n[f"game.{name}"]) for name in ("weights", "alone", "harm")), *costs)
    told = {name: _tuples(n[f"tales.{name}"]) for name in ("virulences", "first", "true", "levels")}
    law = Law(*(n[f"law.{name}"] for name in ("label", "forget", "letter")))
    mind = Crowd(game, n["setting.size"], Tales(**told, clarity=n["setting.clarity"]), law)
    return TownSolution(game, mind, "moderator").start_value()


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
