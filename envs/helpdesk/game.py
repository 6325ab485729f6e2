"""Helpdesk: look, put right, restart. The agent guides, only the customer can touch the phone. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("agent", "customer", "desk")
Part = Literal["airplane", "sim", "apn", "plan"]
PHONE: tuple[Part, ...] = ("airplane", "sim", "apn")
"""What only the customer can touch."""
PLAN: Part = "plan"
"""What is kept at the desk, where the agent has tools of its own."""
PARTS: tuple[Part, ...] = (*PHONE, PLAN)
BITS = {part: 1 << place for place, part in enumerate(PARTS)}


@dataclass(frozen=True, slots=True)
class Check(Act):
    """Have the customer look at a part of the phone, or look up the plan at the desk."""

    part: Part


@dataclass(frozen=True, slots=True)
class Fix(Act):
    """Have the customer put a part of the phone right, or put the plan right at the desk."""

    part: Part


@dataclass(frozen=True, slots=True)
class Guide(Act):
    """Explain step by step where things are on the phone: who stays on the line is sure of hand from then on."""


@dataclass(frozen=True, slots=True)
class Restart(Act):
    """Have the customer switch the phone off and on again and try: it takes two turns, and shows if all is right."""


@dataclass(frozen=True, slots=True)
class Escalate(Act):
    """Hand the customer over to a technician; it ends the call."""


@dataclass(frozen=True, slots=True)
class Report(Act):
    """What the customer saw: all in order, something wrong, or it did not find the place."""

    word: Literal["fine", "odd", "lost"]


@dataclass(frozen=True, slots=True)
class Done(Act):
    """The customer has done something, or believes so."""


@dataclass(frozen=True, slots=True)
class Outcome(Act):
    """Whether the mobile data works after a restart."""

    word: Literal["works", "still"]


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The customer's time is up."""


@dataclass(frozen=True, slots=True)
class HangUp(Act):
    """The customer, told what it knows, has had enough."""


@dataclass(frozen=True, slots=True)
class Record(Act):
    """What the desk shows of the plan, or has done with it."""

    value: Literal["active", "suspended", "resumed", "charged"]


ACTS = (Check, Fix, Guide, Restart, Escalate)
RESTART = 2
"""Turns that a restart takes."""
_SAY, _GUIDE, _RESTART, _ESCALATE = Say(), Guide(), Restart(), Escalate()


class Call(NamedTuple):
    """Public state of a call.

    Attributes:
        turn: Turns that have passed; a restart takes two.
        mover: Whose turn it is; ``None`` when the call is over.
        checked: What was looked at since it was last put right, as a bit mask over `PARTS`.
        guided: Whether the agent has explained where things are; from then on the customer is sure of hand.
        charged: Whether the customer was charged for a plan that was in order.
        topic: What the customer or the desk has to answer now, if anything.
        ending: ``""`` while it goes on, then ``"solved"``, ``"escalated"``,
            ``"hung-up"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "customer"
    checked: int = 0
    guided: bool = False
    charged: bool = False
    topic: Act | None = None
    ending: str = ""


@dataclass(frozen=True)
class Line:
    """The rules of a call.

    Args:
        turns: Turns of the agent, the end included.
        cost: Price of a turn.
        guide_cost: Price of explaining, on top of the turn.
        charge: Loss by putting a plan right that was in order.
        escalate: Worth of a handover.
    """

    turns: int = 7
    cost: float = 0.03
    guide_cost: float = 0.1
    charge: float = 0.4
    escalate: float = 0.2

    seats = SEATS

    def start(self) -> Call:
        """Nobody has spoken; the customer is to open."""
        return Call()

    def mover(self, state: Call) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Call, seat: str, act: Act) -> Call:
        """The state after `act`.

        Raises:
            IllegalAct: If it was looked at or explained before, if there is no time for a restart, or if there is no
                such act.
        """
        turn, mover, checked, guided, charged, _, _ = state
        if seat != mover:
            raise IllegalAct("It is not your turn.")
        if seat != "agent":
            if act == Outcome("works"):
                return Call(turn, None, checked, guided, charged, None, "solved")
            charged = charged or act == Record("charged")
            if isinstance(act, HangUp):
                return Call(turn, None, checked, guided, charged, None, "hung-up")
            over = turn >= self.turns
            return Call(turn, None if over else "agent", checked, guided, charged, None, "limit" if over else "")
        turn += 1
        if isinstance(act, Say):
            return Call(turn, "customer", checked, guided, charged)
        if isinstance(act, (Check, Fix)):
            bit, other = BITS[act.part], "desk" if act.part == PLAN else "customer"
            if isinstance(act, Fix):
                return Call(turn, other, checked & ~bit, guided, charged, act)
            if checked & bit:
                raise IllegalAct("We have looked at that, and nothing there has changed since.")
            return Call(turn, other, checked | bit, guided, charged, act)
        if isinstance(act, Guide):
            if guided:
                raise IllegalAct("You have explained that, and I can find things now.")
            return Call(turn, "customer", checked & BITS[PLAN], True, charged, _GUIDE)
        if isinstance(act, Restart):
            if not self.in_time(state):
                raise IllegalAct("A restart takes longer than the time I have left.")
            return Call(turn + RESTART - 1, "customer", checked, guided, charged, _RESTART)
        if isinstance(act, Escalate):
            return Call(turn, None, checked, guided, charged, None, "escalated")
        raise IllegalAct(
            "You can check or fix a part, explain where things are, have me restart, hand me over, or talk."
        )

    def in_time(self, state: Call) -> bool:
        """Whether there is time for a restart."""
        return state.turn + RESTART <= self.turns

    def choices(self, state: Call, seat: str) -> Iterator[Act]:
        """To hand over, to restart while there is time, every part to look at and to put right, to explain, talk."""
        yield _ESCALATE
        if self.in_time(state):
            yield _RESTART
        yield from (Check(part) for part in PARTS if not state.checked & BITS[part])
        yield from map(Fix, PARTS)
        if not state.guided:
            yield _GUIDE
        yield _SAY

    def payoff(self, state: Call, seat: str, hidden: Any = None) -> float:
        """What the end is worth, less what the call has cost."""
        worth = {"solved": 1.0, "escalated": self.escalate}.get(state.ending, 0.0)
        return worth - self.spent(state)

    def spent(self, state: Call) -> float:
        """The cost so far; the handover costs no turn."""
        turns = state.turn - (state.ending == "escalated")
        return self.cost * turns + self.guide_cost * state.guided + self.charge * state.charged
