"""The rules of a scenario file: who may do what, what is remembered, and what it pays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from .format import CLOSED, TALK, TIME, Condition, Range, Scenario
from .library import Script


@dataclass(frozen=True, slots=True)
class Do(Act):
    """A move of the learner that the file names."""

    move: str


@dataclass(frozen=True, slots=True)
class Bye(Act):
    """The learner leaves."""


@dataclass(frozen=True, slots=True)
class Reply(Act):
    """What the person does.

    Attributes:
        told: Facts that it tells, with plus signs between them; behind a colon the value that it depends on.
        line: Which lines of the file it says, with a plus sign between that of a rule and that of an end.
        outcome: How it ends the dialogue.
    """

    told: str = ""
    line: str = ""
    outcome: str = ""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Each fact that is told, and the value that it depends on; ``""`` for none."""
        return tuple((part.partition(":")[0], part.partition(":")[2]) for part in self.told.split("+") if part)


class State(NamedTuple):
    """All that is public.

    Attributes:
        turn: Turns of the learner.
        mover: Whose turn it is.
        last: What the learner did, as long as it is not answered.
        told: Facts that were told and that a condition asks for.
        done: What the learner did that a condition asks for, such as ``"blame"``, ``"refund(order=W-1)"``.
        early: What was done before something that should have come first: see `Rules.waits`.
        outcome: How it ended.
    """

    turn: int = 0
    mover: str | None = ""
    last: Act = Say()
    told: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    outcome: str = ""


class Inner(NamedTuple):
    """What is hidden: what was drawn, and the state variables, in the order of the file."""

    drawn: tuple[str, ...]
    state: tuple[int, ...]


@lru_cache(maxsize=1024)
def tool_act(name: str, args: tuple[tuple[str, tuple[str, ...]], ...]) -> type[Act]:
    """The act of a tool: ``[refund order=W-4711]``."""
    hints = [(arg, Literal[values]) for arg, values in args]  # pyright: ignore[reportInvalidTypeForm]
    made = make_dataclass(name.capitalize(), hints, bases=(Act,), frozen=True, namespace={"__module__": __name__})
    made.__doc__ = "A call of a tool."
    made.tag = classmethod(lambda cls: name)  # pyright: ignore[reportAttributeAccessIssue]
    made.__reduce__ = lambda self: (_called, (name, args, tuple(getattr(self, arg) for arg, _ in args)))  # pyright: ignore[reportAttributeAccessIssue]
    return made


def _called(name: str, args: Any, values: tuple[str, ...]) -> Act:
    return tool_act(name, args)(*values)


def kinds_of(file: Scenario) -> dict[str, type[Act]]:
    """The acts of a file's tools, by name."""
    return {tool.name: tool_act(tool.name, tuple(tool.args.items())) for tool in file.tool}


def event(act: Act) -> str:
    """What the learner did, as rules and conditions name it."""
    return act.move if isinstance(act, Do) else TALK if isinstance(act, Say) else act.tag()


@dataclass(frozen=True)
class Rules:
    """The game of a file.

    Attributes:
        script: The file.
        seats: The learner's and the person's.
    """

    script: Script
    seats: tuple[str, str]

    @property
    def file(self) -> Scenario:
        """The file."""
        return self.script.file

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """Everything that the learner can do."""
        calls = [
            kinds_of(self.file)[tool.name](*values)
            for tool in self.file.tool
            for values in product(*tool.args.values())
        ]
        return (Say(), *(Do(move.id) for move in self.file.move), *calls, Bye())

    @cached_property
    def events(self) -> dict[Act, tuple[str, ...]]:
        """What each act is as a condition asks for it later: a move, or a call with or without arguments."""
        asked = [part for _, part in self.file.conditions()]
        moves = {name for part in asked for name in part.moved}
        calls = {(part.called, *sorted(part.args.items())) for part in asked if part.called}
        found = {}
        for act in self.acts:
            names = [name for name in moves if name == event(act)]
            for name, *args in calls:
                if name == event(act) and all(getattr(act, arg) == value for arg, value in args):
                    names.append(_call(name, dict(args)))
            found[act] = tuple(names)
        return found

    @cached_property
    def waits(self) -> dict[str, tuple[str, ...]]:
        """Move or tool -> what should have been done or told before it is used."""
        found: dict[str, set[str]] = {}
        for _, part in self.file.conditions():
            if part.before:
                found.setdefault(part.before, set()).update(_wanted(part))
        return {name: tuple(sorted(wanted)) for name, wanted in found.items()}

    def start(self) -> State:
        """The person opens."""
        return State(mover=self.seats[1])

    def mover(self, state: State) -> str | None:
        """Whose turn it is."""
        return state.mover

    def choices(self, state: State, seat: str) -> Sequence[Act]:
        """Everything that the learner can do."""
        return self.acts

    def apply(self, state: State, seat: str, act: Act) -> State:
        """The next state.

        Raises:
            IllegalAct: If the scenario has no such move or tool.
        """
        if seat == self.seats[1]:
            outcome = act.outcome if isinstance(act, Reply) else ""
            over = bool(outcome) or state.turn >= self.file.turns
            return state._replace(
                mover=None if over else self.seats[0],
                last=Say(),
                told=self.heard(state, act),
                outcome=outcome or (TIME if over else ""),
            )
        if act not in self.events:
            raise IllegalAct(f"Possible are {', '.join(self.names)}.")
        if isinstance(act, Bye):
            return state._replace(mover=None, last=act, outcome=CLOSED)  # free: to be cut off must not pay more
        name, seen = event(act), {*state.told, *state.done}
        done = {*state.done, *self.events[act]}
        early = {*state.early, *(f"{name}<{wanted}" for wanted in self.waits.get(name, ()) if wanted not in seen)}
        return state._replace(
            turn=state.turn + 1,
            mover=self.seats[1],
            last=act,
            done=tuple(sorted(done)),
            early=tuple(sorted(early)),
        )

    def heard(self, state: State, act: Act) -> tuple[str, ...]:
        """The facts that were told by now and that a condition asks for."""
        if not isinstance(act, Reply) or not act.told:
            return state.told
        return tuple(sorted({*state.told, *(name for name, _ in act.facts if name in self._asked)}))

    @cached_property
    def _asked(self) -> frozenset[str]:
        return frozenset(name for _, part in self.file.conditions() for name in part.told)

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where each draw and each variable stands."""
        return {name: place for names in (self.file.hidden, self.file.state) for place, name in enumerate(names)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Moves and tools, as the learner may name them."""
        return (*(move.id for move in self.file.move), *(tool.name for tool in self.file.tool), "bye")

    def payoff(self, state: State, seat: str, hidden: Any = None) -> float:
        """The checks that hold, each with its weight, less what the turns cost; nothing for the person."""
        if seat != self.seats[0]:
            return 0.0
        key = (state.told, state.done, state.early, state.outcome, hidden)
        worth = self._worth.get(key)
        if worth is None:
            held = (check.weight for check in self.file.score.check if self.holds(check.when, state, hidden))
            worth = self._worth[key] = math.fsum(held)
        return worth - self.file.score.cost * state.turn

    @cached_property
    def _worth(self) -> dict[Any, float]:
        return {}

    def holds(self, condition: Condition, state: State, hidden: Inner) -> bool:
        """Whether all that a condition asks for holds."""
        for name, wanted in condition.hidden.items():
            if self.drawn(name, hidden) not in (wanted if isinstance(wanted, tuple) else (wanted,)):
                return False
        for name, wanted in condition.state.items():
            number = hidden.state[self._places[name]]
            if not (wanted.holds(number) if isinstance(wanted, Range) else number == wanted):
                return False
        wanted = _wanted(condition)
        if not {*state.told, *state.done}.issuperset(wanted):
            return False
        if condition.before and any(f"{condition.before}<{what}" in state.early for what in wanted):
            return False
        if condition.outcome and state.outcome not in condition.outcome:
            return False
        return (
            all(self.holds(part, state, hidden) for part in condition.all)
            and (not condition.any or any(self.holds(part, state, hidden) for part in condition.any))
            and (condition.not_ is None or not self.holds(condition.not_, state, hidden))
        )

    def drawn(self, name: str, hidden: Inner) -> str:
        """The value of a hidden draw."""
        return hidden.drawn[self._places[name]]


def _wanted(condition: Condition) -> tuple[str, ...]:
    """The facts and events that a condition asks for."""
    called = [_call(condition.called, condition.args)] if condition.called else []
    return (*condition.told, *condition.moved, *called)


def _call(name: str, args: Mapping[str, str]) -> str:
    return f"{name}({', '.join(f'{arg}={value}' for arg, value in sorted(args.items()))})" if args else name
