"""People: neighbours give by norms of a hidden society; what gossip tells of visitors is chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.people import People
from .game import PUNISHED, DonorGame, Give, Meet, Street

Societies = tuple[tuple[str, tuple[tuple[str, float], ...], float], ...]
"""Name, weight of each norm in it, weight."""
SOCIETIES: Societies = (
    ("image", (("image", 0.8), ("selfish", 0.2)), 2.0),
    ("steady", (("steady", 0.7), ("kind", 0.3)), 2.0),
    ("strict", (("strict", 0.8), ("selfish", 0.2)), 2.0),
    ("standing", (("standing", 0.8), ("selfish", 0.2)), 3.0),
    ("selfish", (("selfish", 0.8), ("image", 0.2)), 3.0),
    ("kind", (("kind", 0.8), ("image", 0.2)), 2.0),
)
"""The places that one may have come to."""
ENFORCING: Societies = (("enforcing", (("enforcer", 0.8), ("selfish", 0.2)), 4.0),)
"""And this one, where people can be punished."""
VISITORS: tuple[tuple[int, float], ...] = ((0, 0.4), (2, 0.6))
"""What a visitor gave last, and how often; the same in all places."""


@dataclass(frozen=True)
class Visitors:
    """Visitors come from elsewhere; they ask and thank, and nothing is hidden in them."""

    def prior(self) -> Belief[None]:
        """Certain."""
        return Belief.certain(None)

    def react(self, hidden: None, state: Street) -> Belief[tuple[None, Act]]:
        """Words."""
        return Belief.certain((None, Say()))


@dataclass(frozen=True)
class Gossip:
    """What a visitor gave last is drawn by chance, whatever has been.

    Args:
        visitors: What was given last, with weights.
    """

    visitors: tuple[tuple[int, float], ...] = VISITORS

    def prior(self) -> Belief[None]:
        """Certain."""
        return Belief.certain(None)

    def react(self, hidden: None, state: Street) -> Belief[tuple[None, Act]]:
        """What it tells of the visitor."""
        return Belief(((hidden, Meet(last)), weight) for last, weight in self.visitors)


@dataclass(frozen=True)
class Neighbours:
    """Each neighbour is somebody else, whose norm is drawn from the society, which is hidden and stays.

    It gives by its norm, and what it gives depends on the learner's record alone.

    Args:
        societies: The places that one may have come to.
    """

    societies: Societies = SOCIETIES

    def prior(self) -> Belief[str]:
        """Which society it may be, by name."""
        return Belief((name, weight) for name, _, weight in self.societies)

    def react(self, hidden: str, state: Street) -> Belief[tuple[str, Act]]:
        """What a neighbour gives."""
        norms = self._norms[hidden]
        return Belief(((hidden, Give(gift(norm, state.record, state.excused))), share) for norm, share in norms)

    @cached_property
    def _norms(self) -> dict[str, tuple[tuple[str, float], ...]]:
        return {name: norms for name, norms, _ in self.societies}


def gift(norm: str, record: tuple[int, int], excused: bool) -> int:
    """What somebody with a norm gives to one who asks.

    Args:
        norm: Its name.
        record: The last two gifts of who asks.
        excused: Whether the last one was nothing, to somebody who had given nothing.
    """
    old, last = (max(0, units) for units in record)
    if norm == "image":
        return last
    if norm == "standing":
        return old if excused else last
    if norm == "steady":
        return min(old, last)
    if norm == "strict":
        return 2 if old == last == 2 else 0
    if norm == "enforcer":
        return 2 if last == 2 or (record[1] == PUNISHED and excused) else 0
    return 1 if norm == "kind" else 0


def everybody(game: DonorGame, societies: Societies | None = None) -> People:
    """All but the learner; the first part of what is hidden is the society.

    Args:
        game: The rules.
        societies: The places that one may have come to; by default those that fit the game.
    """
    some = societies or (SOCIETIES + ENFORCING if game.punish else SOCIETIES)
    return People(game, {"neighbour": Neighbours(some), "visitor": Visitors(), "gossip": Gossip()})
