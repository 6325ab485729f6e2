"""The traveller, whose trust is hidden, and the office, which deals hotels by chance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import GOOD, Book, Deal, Pass, Trips, Visit

NEVER = 99
"""More true words than there are rounds: who wants as many after a lie forgives none."""

Kinds = tuple[tuple[float, int, int, float], ...]
"""Least score, true words wanted at first, and after a lie, weight."""
POPULATION: Kinds = (
    (8.0, 0, 0, 1.0),
    (8.0, 0, 3, 4.0),
    (8.0, 0, NEVER, 2.0),
    (8.0, 2, 0, 2.0),
    (8.0, 3, 0, 1.0),
    (8.0, 3, 1, 4.0),
    (8.0, 3, 3, 3.0),
    (8.0, 3, NEVER, 2.0),
)
"""Where hotels are recommended or not."""
READERS: Kinds = (
    (7.0, 0, 0, 1.0),
    (9.0, 0, 1, 1.0),
    (8.0, 0, 3, 3.0),
    (8.0, 0, NEVER, 2.0),
    (8.0, 2, 0, 2.0),
    (9.0, 3, 0, 1.0),
    (8.0, 3, 1, 4.0),
    (8.0, 3, 3, 3.0),
    (8.0, 3, NEVER, 3.0),
)
"""Where reviews are shown."""


@replaceable
class Trust(NamedTuple):
    """What is hidden in a traveller.

    Attributes:
        least: The least score for which it goes.
        start: True words in a row that it wanted at first.
        again: True words in a row that it wants after a lie.
        wants: How many it still wants.
    """

    least: float
    start: int
    again: int
    wants: int


@dataclass(frozen=True)
class Guest:
    """A traveller and the office.

    The traveller goes if no honest word is wanting and what it is shown is good enough for it. It learns of the last
    hotel before it answers about the next one. Nothing said is nothing learned.

    Args:
        game: The rules.
        population: Who may come.
    """

    game: Trips
    population: Kinds = POPULATION

    def prior(self) -> Belief[Trust]:
        """Who may come."""
        return Belief((Trust(least, start, again, start), weight) for least, start, again, weight in self.population)

    def react(self, hidden: Trust, state: Visit) -> Belief[tuple[Trust, Act]]:
        """What the traveller does and how its trust is then; or the next hotel, whoever the traveller is."""
        if state.mover == "office":
            return self._next.relabel(lambda act: (hidden, act))
        seen = self.game.view(state, "traveller")
        if seen.round < 0:
            return Belief.certain((hidden, Say()))
        wants = trusting(hidden, seen.honest)
        goes = not wants and seen.shown is not None and seen.shown >= hidden.least
        return Belief.certain((hidden._replace(wants=wants), Book() if goes else Pass()))

    @cached_property
    def _next(self) -> Belief[Act]:
        return Belief((Deal(name), hotel.share) for name, hotel in self.game.stock)


def trusting(hidden: Trust, honest: bool | None) -> int:
    """How many true words a traveller still wants after what it has learned of the last hotel."""
    if honest is False:
        return hidden.again
    return hidden.wants - 1 if honest and 0 < hidden.wants < NEVER else hidden.wants


@dataclass(frozen=True)
class Accountant:
    """A traveller who keeps a record: it goes to a recommended hotel while enough of the recommendations were true.

    It stands for the literature's commitment: against it the share of rounds sold tends to chance / share with the
    rounds (Kamenica and Gentzkow 2011). In nobody's default population.

    Args:
        game: The rules.
        share: Of the recommendations, how many must have been true.
    """

    game: Trips
    share: float = 0.5

    def prior(self) -> Belief[tuple[int, int]]:
        """Recommendations, and true ones, so far."""
        return Belief.certain((0, 0))

    def react(self, hidden: tuple[int, int], state: Visit) -> Belief[tuple[tuple[int, int], Act]]:
        """As of `Guest`."""
        if state.mover == "office":
            return Belief(((hidden, Deal(name)), hotel.share) for name, hotel in self.game.stock)
        claims, true = hidden
        if state.honest is not None and state.honest == state.good:  # it was praised
            claims, true = claims + 1, true + bool(state.good)
        goes = state.shown is not None and state.shown >= GOOD and true >= self.share * claims
        return Belief.certain(((claims, true), Say() if state.round < 0 else Book() if goes else Pass()))
