"""Support: listen to somebody in distress, with the strategies of ESConv. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("supporter", "seeker")
Cause = Literal["overload", "conflict", "loss"]
CAUSES: tuple[Cause, ...] = get_args(Cause)
Plan = Literal["lighten", "settle", "remember"]
PLANS: tuple[Plan, ...] = get_args(Plan)
PLAN_FOR: dict[str, Plan] = dict(zip(CAUSES, PLANS, strict=True))


@dataclass(frozen=True, slots=True)
class Question(Act):
    """Ask what is behind it."""


@dataclass(frozen=True, slots=True)
class Restate(Act):
    """Say in other words what the seeker has told."""


@dataclass(frozen=True, slots=True)
class Reflect(Act):
    """Name the feeling that is heard."""


@dataclass(frozen=True, slots=True)
class Disclose(Act):
    """Tell of something alike in one's own life."""


@dataclass(frozen=True, slots=True)
class Reassure(Act):
    """Affirm and reassure."""


@dataclass(frozen=True, slots=True)
class Inform(Act):
    """Tell a fact that puts things into proportion."""


@dataclass(frozen=True, slots=True)
class Suggest(Act):
    """Suggest a plan; the seeker takes it up or not, and the talk ends."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class Close(Act):
    """End the talk as it is."""


@dataclass(frozen=True, slots=True)
class Warm(Act):
    """The seeker opens up a little."""


@dataclass(frozen=True, slots=True)
class Cool(Act):
    """The seeker stays reserved."""


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """The seeker tells what is behind it."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Better(Act):
    """The seeker feels better by so many steps."""

    steps: int


@dataclass(frozen=True, slots=True)
class Worse(Act):
    """The seeker feels worse by a step."""


ACTS = (Question, Restate, Reflect, Disclose, Reassure, Inform, Suggest, Close)
REPLIES = (Warm, Cool, Tell, Better, Worse)
_ONCE: dict[type[Act], int] = {Reassure: 1, Inform: 2, Disclose: 4}
"""What helps once, each with its bit in `Talk.used`."""
_PLAIN = (Question, Restate, Reflect, Disclose, Reassure, Inform)
_SAID = {
    Reassure: "You have reassured me already, and it would not help me more.",
    Inform: "You have told me the facts already.",
    Disclose: "You have told me about yourself already.",
}


def once(kind: type[Act]) -> int:
    """The bit of `Talk.used` that stands for what helps once; 0 for what may be done again."""
    return _ONCE.get(kind, 0)


@replaceable
class Talk(NamedTuple):
    """Public state of a talk.

    Attributes:
        turn: Turns that the supporter has had.
        mover: Whose turn it is; ``None`` when the talk is over.
        distress: How bad the seeker feels, in steps; 0 is relieved.
        told: The cause, once it was told; else ``""``.
        used: What was done of what helps once, as a bit mask (`once`).
        last: What the seeker reacts to; ``None`` for talk.
        ending: ``""`` while it goes on, then ``"suggested"``, ``"closed"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "seeker"
    distress: int = 3
    told: str = ""
    used: int = 0
    last: Act | None = None
    ending: str = ""


@dataclass(frozen=True)
class Session:
    """The supporter listens, asks and comforts, until it suggests a plan, closes, or has no turn left.

    Args:
        turns: Turns that the supporter has.
        cost: Price of a turn. To close takes none.
        distress: Steps of distress at the start; it can grow by one step more.
    """

    turns: int = 6
    cost: float = 0.02
    distress: int = 3

    seats = SEATS

    def start(self) -> Talk:
        """Nobody has spoken; the seeker is to open."""
        return Talk(distress=self.distress)

    def mover(self, state: Talk) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Talk, seat: str, act: Act) -> Talk:
        """The state after `act`.

        Raises:
            IllegalAct: If what helps once was done before, or if there is no such act.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if seat == "seeker":
            return self._replied(state, act)
        kind = type(act)
        if kind is Close:
            return state._replace(mover=None, last=None, ending="closed")
        if kind is Say:
            return state._replace(turn=state.turn + 1, mover="seeker", last=None)
        if kind in _PLAIN or (isinstance(act, Suggest) and act.plan in PLANS):
            bit = once(kind)
            if state.used & bit:
                raise IllegalAct(_SAID[kind])
            return state._replace(turn=state.turn + 1, mover="seeker", used=state.used | bit, last=act)
        raise IllegalAct("You can ask, restate, reflect, disclose, reassure, inform, suggest, close, or just talk.")

    def _replied(self, state: Talk, act: Act) -> Talk:
        distress, told, last = state.distress, state.told, state.last
        if isinstance(act, Tell):
            if not isinstance(last, Question):
                raise IllegalAct("You can tell the cause when you are asked.")
            told = act.cause
        elif isinstance(act, Better):
            distress = max(0, distress - max(0, act.steps))
        elif isinstance(act, Worse):
            distress = min(self.distress + 1, distress + 1)
        ending = "suggested" if isinstance(last, Suggest) else "limit" if state.turn >= self.turns else ""
        mover = None if ending else "supporter"
        return state._replace(mover=mover, distress=distress, told=told, last=None, ending=ending)

    def choices(self, state: Talk, seat: str) -> Iterator[Act]:
        """To close, every strategy that can still help, every plan, and talk."""
        yield Close()
        yield from (kind() for kind in _PLAIN if not state.used & once(kind))
        yield from map(Suggest, PLANS)
        yield Say()

    def payoff(self, state: Talk, seat: str, hidden: Any = None) -> float:
        """Share of the distress that was relieved, less the cost of the turns."""
        return (self.distress - state.distress) / self.distress - self.cost * state.turn
