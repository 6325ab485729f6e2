"""Helpline: an agent with tools and a policy, a customer, and a desk that keeps the orders. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("agent", "customer", "desk")
_SAY = Say()

Topic = Literal["identity", "wish", "which", "alternative"]
TOPICS: tuple[str, ...] = get_args(Topic)

Deed = tuple[str, int]
"""What is done to an order: an action, and the order's number from 1."""


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask the customer who it is, what it wants, which order it means, or what else would do."""

    topic: Topic


@dataclass(frozen=True, slots=True)
class Lookup(Act):
    """A tool that reads: the status of an order."""

    number: int


@dataclass(frozen=True, slots=True)
class Confirm(Act):
    """Tell the customer what you would do to which order, and ask for a yes."""

    action: str
    number: int


@dataclass(frozen=True, slots=True)
class Write(Act):
    """A tool that writes: does something to an order. It cannot be taken back."""

    action: str
    number: int


@dataclass(frozen=True, slots=True)
class Close(Act):
    """End the conversation."""


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """The customer's answer: what it was asked for, ``unsure``, ``nothing``, ``yes`` or ``no``."""

    word: str
    tone: Literal["calm", "curt"] = "calm"


@dataclass(frozen=True, slots=True)
class HangUp(Act):
    """The customer has had enough."""


@dataclass(frozen=True, slots=True)
class Record(Act):
    """What a tool returns: the status of the order, or ``done``."""

    value: str


ACTS = (Ask, Lookup, Confirm, Write, Close)


@replaceable
class Call(NamedTuple):
    """Public state of a conversation.

    Attributes:
        turn: Turns that the agent has had; closing takes none.
        mover: Whose turn it is; ``None`` when it is over.
        pending: What has to be answered now.
        asked: Topics that were asked about, and deeds that were put to the customer (as ``"cancel 1"``).
        wish: What the customer wants, once it was asked; else ``""``.
        status: Of each order, as the desk told it; ``""`` for one that nobody looked at.
        agreed: The deed that the customer has said yes to last.
        done: The deed that was done.
        violated: Whether the policy was violated: a deed without a yes to it.
        ending: ``""`` while it goes on, then ``"closed"``, ``"left"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "customer"
    pending: Act | None = None
    asked: frozenset[str] = frozenset()
    wish: str = ""
    status: tuple[str, ...] = ()
    agreed: Deed | None = None
    done: Deed | None = None
    violated: bool = False
    ending: str = ""

    @property
    def proposals(self) -> int:
        """How many deeds were put to the customer."""
        return len(self.asked.difference(TOPICS))


@dataclass(frozen=True)
class Helpline:
    """Questions, tools and deeds until the agent closes, the customer hangs up, or the time is up.

    Two or three statuses and three actions: the first action is allowed for orders of the first status only, the second
    for those of the second, the third for both. For an order of a third status, nothing is allowed.

    Args:
        statuses: What an order's status may be.
        actions: What can be done to an order.
        orders: How many orders the customer has.
        turns: Turns that the agent has.
        confirms: How often it may propose something.
        cost: Price of a turn.
        harm: What is lost by a wrong or forbidden deed.
    """

    statuses: tuple[str, ...]
    actions: tuple[str, ...]
    orders: int = 2
    turns: int = 6
    confirms: int = 1
    cost: float = 0.02
    harm: float = 0.5

    seats = SEATS

    def allowed(self, status: str, action: str) -> bool:
        """Whether the policy, and the desk with it, allows the action for an order of that status."""
        if action not in self.actions:
            return False
        place = self.actions.index(action)
        index = self.statuses.index(status)
        return index < 2 and (place > 1 or place == index)

    def other(self, action: str) -> str:
        """What may be done instead where the policy forbids the action; ``""`` if there is nothing."""
        place = self.actions.index(action)
        return self.actions[1 - place] if place < 2 else ""

    def refused(self, state: Call) -> bool:
        """Whether the policy forbids what the customer wants for an order that was looked up."""
        return bool(state.wish) and any(status and not self.allowed(status, state.wish) for status in state.status)

    def start(self) -> Call:
        """The phone rings."""
        return Call(status=("",) * self.orders)

    def mover(self, state: Call) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Call, seat: str, act: Act) -> Call:
        """The state after `act`.

        Raises:
            IllegalAct: If a question or a proposal comes a second time, or too early; if a tool cannot do it; or if
                there is no such action or order. A deed without a yes is legal: it violates the policy.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if seat == "customer":
            return self._answered(state, act)
        if seat == "desk":
            return self._returned(state, act)
        if isinstance(act, Say):
            return state._replace(turn=state.turn + 1, mover="customer")
        if isinstance(act, Close):
            return state._replace(mover=None, ending="closed")
        if problem := self._problem(state, act):
            raise IllegalAct(problem)
        state = state._replace(turn=state.turn + 1, mover="customer", pending=act)
        if isinstance(act, Lookup):
            return state._replace(mover="desk")
        if isinstance(act, Write):
            return state._replace(mover="desk", violated=state.violated or state.agreed != deed_of(act))
        return state._replace(asked=state.asked | {_name(act)})

    def _problem(self, state: Call, act: Act) -> str:
        """What is wrong with an act of the agent, in a sentence for it; ``""`` if nothing is."""
        if isinstance(act, Ask):
            if act.topic in state.asked:
                return "You have asked me that before."
            if act.topic == "alternative" and not self.refused(state):
                return "You have not told me yet why that should not be possible."
            return ""
        if not isinstance(act, (Lookup, Confirm, Write)):
            return "You can ask me something, look an order up, propose something, do it, close, or talk."
        if not 1 <= act.number <= self.orders:
            return f"My orders have the numbers 1 to {self.orders}."
        if not isinstance(act, Lookup) and act.action not in self.actions:
            return f"What can be done is {', '.join(self.actions[:-1])} or {self.actions[-1]}."
        if not isinstance(act, Lookup) and state.done:
            return "You have made a change already, and there can be only one."
        if isinstance(act, Write):
            return ""
        if "identity" not in state.asked:
            return "You have not asked me yet who I am."
        looked = state.status[act.number - 1]
        if isinstance(act, Lookup):
            return "You have looked that up before." if looked else ""
        if not looked:
            return "You have not looked that order up yet."
        if _name(act) in state.asked:
            return "You have proposed that before."
        return "You have proposed enough." if state.proposals >= self.confirms else ""

    def _answered(self, state: Call, act: Act) -> Call:
        topic, state = state.pending, state._replace(mover="agent", pending=None)
        if isinstance(act, HangUp):
            return state._replace(mover=None, agreed=None, ending="left")
        if isinstance(topic, Confirm):
            yes = isinstance(act, Tell) and act.word == "yes"
            state = state._replace(agreed=deed_of(topic) if yes else None)
        elif isinstance(topic, Ask) and topic.topic == "wish" and isinstance(act, Tell):
            state = state._replace(wish=act.word)
        return self._limited(state)

    def _returned(self, state: Call, act: Act) -> Call:
        topic, state = state.pending, state._replace(mover="agent", pending=None)
        assert isinstance(topic, (Lookup, Write)) and isinstance(act, Record)
        if isinstance(topic, Write):
            state = state._replace(agreed=None)
            if act.value == "done":
                return self._limited(state._replace(done=deed_of(topic)))
        place = topic.number - 1
        return self._limited(state._replace(status=(*state.status[:place], act.value, *state.status[place + 1 :])))

    def _limited(self, state: Call) -> Call:
        return state._replace(mover=None, ending="limit") if state.turn >= self.turns else state

    def choices(self, state: Call, seat: str) -> Iterator[Act]:
        """Everything that is possible."""
        yield Close()
        yield _SAY
        yield from self.possible(state)

    def possible(self, state: Call) -> Iterator[Act]:
        """Every question, call and proposal that is possible now."""
        numbers = range(1, self.orders + 1)
        acts: list[Act] = [Ask(topic) for topic in TOPICS]  # type: ignore[arg-type]
        acts += [Lookup(number) for number in numbers]
        for number in numbers:
            for action in self.actions:
                acts += [Confirm(action, number), Write(action, number)]
        yield from (act for act in acts if not self._problem(state, act))

    def payoff(self, state: Call, seat: str, hidden: Any = None) -> float:
        """1 for a success, less `harm` for a wrong or forbidden deed, less the cost of the turns."""
        wrong = state.violated or (state.done is not None and state.done != self.target(hidden))
        return self.success(state, hidden) - self.harm * wrong - self.cost * state.turn

    def success(self, state: Call, hidden: Any) -> bool:
        """Whether the orders are in the end as they should be, with no violation on the way.

        Where nothing was to be done, the agent has to close.
        """
        right = state.done == self.target(hidden) and not state.violated
        return right and (state.done is not None or state.ending == "closed")

    def target(self, hidden: Any) -> Deed | None:
        """What should have been done to the orders in the end; ``None`` for nothing."""
        if hidden.impostor:
            return None
        status = hidden.statuses[hidden.order - 1]
        if self.allowed(status, hidden.wish):
            return hidden.wish, hidden.order
        return (self.other(hidden.wish), hidden.order) if hidden.flexible else None


def deed_of(act: Confirm | Write) -> Deed:
    """What it proposes or does."""
    return act.action, act.number


def _name(act: Act) -> str:
    """What is kept of a question or a proposal."""
    return act.topic if isinstance(act, Ask) else f"{act.action} {act.number}" if isinstance(act, Confirm) else ""
