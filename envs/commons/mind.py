"""The villagers: each has a norm of its own, by which it votes and takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.people import People
from .game import NAMES, SHARE, Agree, CommonPool, Count, Pool, Refuse, Take, fair

VILLAGES: dict[str, dict[str, float]] = {
    "mixed": {"fair": 1.0, "reciprocal": 2.0, "pledger": 3.0, "greedy": 2.0},
    "wary": {"reciprocal": 2.0, "pledger": 2.0, "hypocrite": 1.0},
    "rough": {"reciprocal": 1.0, "pledger": 2.0, "greedy": 2.0},
}
"""Village -> weight of each norm; villagers are drawn from it independently."""


@dataclass(frozen=True)
class Villager:
    """Votes and takes by its norm, which never changes.

    Args:
        people: How many share the pool.
        norms: The norms that it can have, with weights.
    """

    people: int
    norms: tuple[tuple[str, float], ...]

    def prior(self) -> Belief[str]:
        """Of its norm."""
        return Belief(self.norms)

    def react(self, norm: str, state: Pool) -> Belief[tuple[str, Act]]:
        """What it does in `state`; its norm stays."""
        act: Act = Say()
        if state.phase == "vote":
            act = Agree() if agrees(norm, state) else Refuse()
        elif state.phase == "harvest":
            act = Take(takes(norm, state, self.people))
        return Belief.certain((norm, act))


def agrees(norm: str, state: Pool) -> bool:
    """Whether a villager votes for the cap that is proposed."""
    if norm == "pledger":
        return not state.broken
    return norm == "hypocrite" or (norm in ("fair", "reciprocal") and state.cap <= SHARE)


def takes(norm: str, state: Pool, people: int) -> int:
    """How many units a villager takes."""
    if norm in ("greedy", "hypocrite") or (norm == "reciprocal" and state.over):
        return 2 * SHARE
    if norm == "pledger":
        return state.cap if state.agreed and not state.broken else SHARE + 1
    return fair(state.pool, people)


@dataclass(frozen=True)
class Warden:
    """Counts; nothing is hidden in it."""

    def prior(self) -> Belief[None]:
        """Certain."""
        return Belief.certain(None)

    def react(self, hidden: None, state: Pool) -> Belief[tuple[None, Act]]:
        """The count."""
        return Belief.certain((None, Count()))


def village(game: CommonPool, norms: dict[str, float]) -> People:
    """Everybody but the chair."""
    weights = tuple(norms.items())
    minds: dict[str, Any] = {name: Villager(game.people, weights) for name in NAMES[: game.villagers]}
    return People(game, {**minds, "warden": Warden()})
