"""The donor game among strangers (Nowak and Sigmund 1998): acts, public state, rules.

Each round a visitor in need asks the learner, then the learner in need asks a neighbour. Nobody is met twice. What is
known of somebody is what was given last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

MOST = 2
"""Nobody is asked for more."""
FACTOR = 2
"""What a unit is worth to somebody in need; to its giver it is 1."""
FINE = 1
"""What it costs to punish; it takes `FACTOR` times as much."""
PUNISHED = -1
"""Stands in a record for somebody who was punished; as a gift it is nothing."""


@dataclass(frozen=True, slots=True)
class Give(Act):
    """Give so many units to who asks; 0 is to refuse."""

    units: int


@dataclass(frozen=True, slots=True)
class Punish(Act):
    """Give nothing, and pay to harm who asks."""


@dataclass(frozen=True, slots=True)
class Meet(Act):
    """Gossip's: what the visitor is known to have given last."""

    last: int


ACTS = (Give, Punish)


@replaceable
class Street(NamedTuple):
    """Public state.

    Attributes:
        phase: ``"ask"`` (a visitor), ``"gossip"``, ``"give"`` (you), ``"thank"`` (the visitor), ``"receive"`` (a
            neighbour).
        round: Rounds that are over.
        asked: What the visitor before you gave last.
        record: Your last two gifts, the older one first; `PUNISHED` for a punishment.
        excused: Whether your last gift was nothing, or a punishment, and who asked had last given nothing.
        points: Worth of what you got, less what you gave.
    """

    phase: str = "ask"
    round: int = 0
    asked: int = 0
    record: tuple[int, int] = (1, 1)
    excused: bool = False
    points: int = 0


_MOVER = {"ask": "visitor", "gossip": "gossip", "give": "you", "thank": "visitor", "receive": "neighbour"}


@dataclass(frozen=True)
class DonorGame:
    """The rules.

    Args:
        rounds: Visitors, and neighbours.
        punish: Whether you can punish a visitor.
    """

    rounds: int = 6
    punish: bool = False

    seats = ("you", "neighbour", "visitor", "gossip")

    def start(self) -> Street:
        """A visitor is about to ask. In the eyes of all you have given one unit each time so far."""
        return Street()

    def mover(self, state: Street) -> str | None:
        """Whose turn it is."""
        return None if state.round >= self.rounds else _MOVER[state.phase]

    def choices(self, state: Street, seat: str) -> Sequence[Act]:
        """Every gift, and to punish. To talk in place of giving is to give nothing."""
        if state.phase in ("ask", "thank"):
            return [Say()]
        if state.phase == "gossip":
            return [Meet(0), Meet(MOST)]
        gifts: list[Act] = [Give(units) for units in range(MOST + 1)]
        return [*gifts, Punish()] if self.punish and state.phase == "give" else gifts

    def apply(self, state: Street, seat: str, act: Act) -> Street:
        """The state after `act`.

        Raises:
            IllegalAct: If it is not the time for it, or no such gift.
        """
        if seat != self.mover(state):
            raise IllegalAct("It is not your turn.")
        phase = state.phase
        if phase == "gossip":
            assert isinstance(act, Meet)
            return state._replace(phase="give", asked=act.last)
        if phase in ("ask", "thank"):
            return state._replace(phase="gossip" if phase == "ask" else "receive")
        if isinstance(act, Punish) and self.punish and phase == "give":
            units, cost = PUNISHED, FINE
        else:
            units = cost = _units(act)
        if phase == "give":
            excused = units <= 0 and state.asked == 0
            record = (state.record[1], units)
            return Street("thank", state.round, 0, record, excused, state.points - cost)
        return state._replace(phase="ask", round=state.round + 1, points=state.points + FACTOR * units)

    def payoff(self, state: Street, seat: str, hidden: Any = None) -> float:
        """Points, as a share of what each would have if everybody always gave the most."""
        return state.points / (self.rounds * MOST * (FACTOR - 1)) if seat == "you" else 0.0

    def expected_payoff(self, state: Street, seat: str, factors: Sequence[Any]) -> float:
        """As `payoff`: it depends on nothing hidden."""
        return self.payoff(state, seat)

    def unbank(self, state: Street, seat: str) -> tuple[float, Street]:
        """What the points so far add to the payoff, and the same state without them."""
        return self.payoff(state, seat), state._replace(points=0)


def _units(act: Act) -> int:
    if isinstance(act, Say):
        return 0
    if not isinstance(act, Give):
        raise IllegalAct("You can give me something, or nothing.")
    if not 0 <= act.units <= MOST:
        raise IllegalAct(f"Nobody gives more than {MOST} here, or less than nothing.")
    return act.units
