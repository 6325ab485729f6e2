"""A member of a panel: the point that it cares about, and its temper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import POINTS, Move, Point, Table, Tell

TEMPERS = (("open", 1.0), ("proud", 1.0), ("follower", 1.0), ("contrarian", 2.0))


class Judge(NamedTuple):
    """Hidden state of a member.

    Attributes:
        cares: The point that wins it over.
        temper: ``"open"``; ``"proud"``: resents to be asked, and to hear another point; ``"follower"``: moves once
            somebody else was won over; ``"contrarian"``: moves only as long as nobody else was.
    """

    cares: str
    temper: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """The mind of a member.

    Asked what it cares about, it tells the truth, unless it is proud. A follower that has heard its point thinks again
    when somebody is won over. Nothing of it changes.

    Args:
        won: Marks that its point is worth to it.
        proud: The same of who is proud.
        resents: Marks that it costs to irritate one.
        tempers: What members are like, with weights.
    """

    won: int = 2
    proud: int = 3
    resents: int = 1
    tempers: tuple[tuple[str, float], ...] = TEMPERS

    def prior(self) -> Belief[Judge]:
        """All points are equally likely, whatever the temper."""
        return Belief((Judge(point, temper), weight) for point in POINTS for temper, weight in self.tempers)

    def react(self, hidden: Judge, state: Table) -> Belief[tuple[Judge, Act]]:
        """What it answers; always the same."""
        return Belief.certain((hidden, self._answer(hidden, state)))

    def _answer(self, hidden: Judge, state: Any) -> Act:
        asked, proud, [place] = state.asked, hidden.temper == "proud", state.todo
        company = any(one.won for other, one in enumerate(state.members) if other != place)
        if asked == "talk":
            return Say()
        if asked == "probe":
            return Move(-self.resents) if proud else Tell(cast(Point, hidden.cares))
        if not asked:  # somebody else was won over
            return Move(self.won if hidden.temper == "follower" and hidden.cares in state.members[place].heard else 0)
        if asked != hidden.cares:
            return Move(-self.resents if proud else 0)
        moves = {"follower": company, "contrarian": not company}.get(hidden.temper, True)
        return Move((self.proud if proud else self.won) if moves else 0)
