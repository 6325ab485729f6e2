"""Who calls the help desk: people with a phone that has faults, some sure of hand and some not; and the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import (
    BITS,
    PARTS,
    PLAN,
    Call,
    Check,
    Done,
    Escalate,
    Fix,
    Guide,
    HangUp,
    Leave,
    Line,
    Outcome,
    Part,
    Record,
    Report,
    Restart,
)

_SAY, _LEAVE, _HANG_UP, _DONE = Say(), Leave(), HangUp(), Done()
_GUIDE, _RESTART, _ESCALATE = Guide(), Restart(), Escalate()


@replaceable
class Phone(NamedTuple):
    """What is hidden.

    Attributes:
        faults: What is wrong still, in the order of `PARTS`; the mobile data works when nothing is.
        able: Whether the customer is sure of hand; anybody is after an explanation.
    """

    faults: tuple[Part, ...]
    able: bool


Reaction = Belief[tuple[Phone, Act]]


@dataclass(frozen=True)
class Caller:
    """The customer with the phone, and the desk that keeps the plan.

    Args:
        game: The rules.
        able: Share of customers who are sure of hand.
        breaks: Probability that one who is not sure of hand spoils a part that was in order when told to put it right.
        annoyed: Probability that one who is sure of hand hangs up when told where things are.
        shares: How often each part is at fault, in the order of `PARTS`.
        lost: Probability that one who is not sure of hand does not find what to look at.
        sees: Probability to see rightly, of those who find it: unsure and sure of hand.
        does: Probability to put right what is wrong: unsure and sure of hand.
    """

    game: Line
    able: float = 0.5
    breaks: float = 0.4
    annoyed: float = 0.4
    shares: tuple[float, ...] = (0.25, 0.25, 0.25, 0.35)
    lost: float = 0.6
    sees: tuple[float, float] = (0.7, 0.95)
    does: tuple[float, float] = (0.1, 0.95)

    def prior(self) -> Belief[Phone]:
        """Parts are at fault independently of each other and of the skill; with none, a restart is all it takes."""
        faults: list[tuple[tuple[Part, ...], float]] = [((), 1.0)]
        for part, p in zip(PARTS, self.shares, strict=True):
            faults = [(some, q * (1.0 - p)) for some, q in faults] + [((*some, part), q * p) for some, q in faults]
        return Belief(
            (Phone(some, able), p * q)
            for some, p in faults
            for able, q in ((False, 1.0 - self.able), (True, self.able))
        )

    def react(self, hidden: Phone, state: Call) -> Reaction:
        """Look, put right, restart, as told; hang up or listen; leave when the time is up."""
        late = state.turn >= self.game.turns and not isinstance(state.topic, Restart) and state.mover != "desk"
        key = (hidden, state.topic, late)
        if key not in self._known:
            self._known[key] = self._react(hidden, state.topic, late)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[tuple, Reaction]:
        return {}

    def _react(self, hidden: Phone, topic: Act | None, late: bool) -> Reaction:
        if late:
            return Belief.certain((hidden, _LEAVE))
        if isinstance(topic, Restart):
            return Belief.certain((hidden, Outcome("still" if hidden.faults else "works")))
        if isinstance(topic, Guide):
            if not hidden.able:
                return Belief.certain((hidden._replace(able=True), _SAY))
            return Belief([((hidden, _HANG_UP), self.annoyed), ((hidden, _SAY), 1.0 - self.annoyed)])
        if not isinstance(topic, (Check, Fix)):
            return Belief.certain((hidden, _SAY))
        part, wrong, sure = topic.part, topic.part in hidden.faults, hidden.able
        if part == PLAN:
            if isinstance(topic, Check):
                return Belief.certain((hidden, Record("suspended" if wrong else "active")))
            return Belief.certain((_without(hidden, PLAN), Record("resumed" if wrong else "charged")))
        if isinstance(topic, Check):
            found, right = 1.0 - self.lost * (not sure), self.sees[sure]
            words = ("odd", "fine") if wrong else ("fine", "odd")
            chances = (found * right, found * (1.0 - right), 1.0 - found)
            return Belief([((hidden, Report(word)), p) for word, p in zip((*words, "lost"), chances, strict=True)])
        p = self.does[sure] if wrong else 0.0 if sure else self.breaks
        other = _without(hidden, part) if wrong else _with(hidden, part)
        return Belief([((other, _DONE), p), ((hidden, _DONE), 1.0 - p)])

    def candidates(self, state: Call, support: tuple[Phone, ...]) -> Iterator[Act]:
        """The handover, and what can still lead to a restart that shows that all is right.

        Nothing but a restart solves anything. So what comes before it is tried while there is time for one after it,
        and the restart itself where all may be right by now. Who is sure of hand gains nothing from an explanation,
        and may hang up, and nobody does where no time is left for a repair. Talk gains nothing at all. To put right
        what is in order gains nothing, and may spoil it.
        """
        yield _ESCALATE
        game = self.game
        if not game.in_time(state):
            return
        if any(not hidden.faults for hidden in support):
            yield _RESTART
        if not game.in_time(state._replace(turn=state.turn + 1)):
            return
        wrong = {part for hidden in support for part in hidden.faults}
        yield from (Fix(part) for part in PARTS if part in wrong)
        yield from (Check(part) for part in PARTS if part in wrong and not state.checked & BITS[part])
        if game.in_time(state._replace(turn=state.turn + 2)) and not all(hidden.able for hidden in support):
            yield _GUIDE


def _without(hidden: Phone, part: Part) -> Phone:
    return hidden._replace(faults=tuple(one for one in hidden.faults if one != part))


def _with(hidden: Phone, part: Part) -> Phone:
    return hidden._replace(faults=tuple(one for one in PARTS if one == part or one in hidden.faults))
