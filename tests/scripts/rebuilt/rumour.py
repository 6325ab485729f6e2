"""A story goes round, as the page of Rumour says: for `test_numbers`."""

from __future__ import annotations

from dialogym.envs.rumour.game import Moderation
from dialogym.envs.rumour.law import Law
from dialogym.envs.rumour.mind import Crowd, Tales, TownSolution
from dialogym.envs.rumour.towns import Places, Townspeople


def rumour(n):
    """The moderator's optimum, from the numbers of the page."""
    costs = [n[f"setting.{name}"] for name in ("check", "letter", "wrong")]
    game = Moderation(n["setting.days"], *(_tuples(n[f"game.{name}"]) for name in ("weights", "alone", "harm")), *costs)
    told = {name: _tuples(n[f"tales.{name}"]) for name in ("virulences", "first", "true", "levels")}
    tales = Tales(**told, clarity=n["setting.clarity"])
    if "places.people" in n:
        places = {name: _tuples(n[f"places.{name}"]) for name in ("people", "links", "rewired", "shares")}
        mind = Townspeople(game, Places(**places, law=_law(n, "places.law")), tales)
    else:
        mind = Crowd(game, n["setting.size"], tales, _law(n, "law"))
    return TownSolution(game, mind, "moderator").start_value()


def _law(n, where):
    return Law(*(n[f"{where}.{name}"] for name in ("label", "forget", "letter")))


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
