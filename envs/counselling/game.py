"""Counselling: evoke what a client wants to change for, and agree on a plan that is its own. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("counsellor", "client")
Motive = Literal["family", "energy", "pride"]
MOTIVES: tuple[Motive, ...] = get_args(Motive)
Plan = Literal["steps", "company", "dates"]
PLANS: tuple[Plan, ...] = get_args(Plan)


@dataclass(frozen=True, slots=True)
class Explore(Act):
    """Ask an open question about what a change would mean for something."""

    topic: Motive


@dataclass(frozen=True, slots=True)
class Reflect(Act):
    """Reflect what the client has said."""


@dataclass(frozen=True, slots=True)
class Affirm(Act):
    """Affirm the client's strengths."""


@dataclass(frozen=True, slots=True)
class Inform(Act):
    """Offer a fact about what it costs to go on as it is."""


@dataclass(frozen=True, slots=True)
class Elicit(Act):
    """Ask the client how it would go about it."""


@dataclass(frozen=True, slots=True)
class Advise(Act):
    """Propose a plan."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Close(Act):
    """End the session as it is."""


@dataclass(frozen=True, slots=True)
class Closed(Act):
    """The client shuts itself off."""


@dataclass(frozen=True, slots=True)
class Sustain(Act):
    """Sustain talk: the client speaks for leaving things as they are."""


@dataclass(frozen=True, slots=True)
class Change(Act):
    """Change talk: the client speaks for a change."""


@dataclass(frozen=True, slots=True)
class Evoked(Act):
    """The client tells what it would change for."""

    topic: Motive


@dataclass(frozen=True, slots=True)
class Propose(Act):
    """The client says how it would go about it."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Agree(Act):
    """The client takes the plan for its own."""


@dataclass(frozen=True, slots=True)
class Decline(Act):
    """The client is ready, but not for this plan."""


ACTS = (Explore, Reflect, Affirm, Inform, Elicit, Advise, Close)
REPLIES = (Closed, Sustain, Change, Evoked, Propose, Agree, Decline)


@replaceable
class Talk(NamedTuple):
    """Public state of a session.

    Attributes:
        turn: Turns that the counsellor has had.
        mover: Whose turn it is; ``None`` when the session is over.
        plan: The client's own plan, once it was told; else ``""``.
        declined: Plans that the client has declined, as a bit mask in the order of `PLANS`.
        last: What the client reacts to; ``None`` for talk.
        ending: ``""`` while it goes on, then ``"agreed"``, ``"closed"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "client"
    plan: Plan | Literal[""] = ""
    declined: int = 0
    last: Act | None = None
    ending: str = ""


def left(state: Talk) -> list[Plan]:
    """The plans that were not declined."""
    return [plan for place, plan in enumerate(PLANS) if not state.declined >> place & 1]


@dataclass(frozen=True)
class Session:
    """The counsellor asks, listens, affirms, informs and advises, until a plan is agreed, it closes, or time is up.

    Args:
        turns: Turns that the counsellor has.
        cost: Price of a turn. To close takes none.
        ready: What a client is worth that ends ready to change, without a plan.
    """

    turns: int = 7
    cost: float = 0.02
    ready: float = 0.3

    seats = SEATS

    def start(self) -> Talk:
        """Nobody has spoken; the client is to open."""
        return Talk()

    def mover(self, state: Talk) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Talk, seat: str, act: Act) -> Talk:
        """The state after `act`.

        Raises:
            IllegalAct: If the plan was declined before, or if there is no such act now.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if seat == "client":
            return self._replied(state, act)
        if isinstance(act, Close):
            return state._replace(mover=None, last=None, ending="closed")
        if isinstance(act, Say):
            return state._replace(turn=state.turn + 1, mover="client", last=None)
        if isinstance(act, Advise) and act.plan not in left(state):
            raise IllegalAct("I have said that this plan is not for me.")
        if type(act) in ACTS:
            return state._replace(turn=state.turn + 1, mover="client", last=act)
        raise IllegalAct("You can explore, reflect, affirm, inform, elicit, advise, close, or just talk.")

    def _replied(self, state: Talk, act: Act) -> Talk:
        plan, declined, last = state.plan, state.declined, state.last
        if isinstance(act, (Agree, Decline)) and not isinstance(last, Advise):
            raise IllegalAct("You can agree to a plan, or decline it, when one is proposed.")
        if isinstance(act, Propose):
            plan = act.plan
        if isinstance(act, Decline) and isinstance(last, Advise):
            declined |= 1 << PLANS.index(last.plan)
        ending = "agreed" if isinstance(act, Agree) else "limit" if state.turn >= self.turns else ""
        mover = None if ending else "counsellor"
        return state._replace(mover=mover, plan=plan, declined=declined, last=None, ending=ending)

    def choices(self, state: Talk, seat: str) -> Iterator[Act]:
        """To close, every topic, every way of listening and telling, every plan not declined, and talk."""
        yield Close()
        yield from map(Explore, MOTIVES)
        yield from (Reflect(), Affirm(), Inform(), Elicit())
        yield from map(Advise, left(state))
        yield Say()

    def payoff(self, state: Talk, seat: str, hidden: Any = None) -> float:
        """1 for an agreed plan, `ready` for a client who is ready without one; less the cost of the turns."""
        worth = 1.0 if state.ending == "agreed" else self.ready if hidden.stage == 2 else 0.0
        return worth - self.cost * state.turn
