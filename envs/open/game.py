"""The rules of a scenario file: who may do what, what is remembered, and what it pays."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable
from .acts import Bye as Bye
from .acts import Do as Do
from .acts import Entry as Entry
from .acts import Reply as Reply
from .acts import Scene as Scene
from .acts import event as event
from .acts import kinds_of as kinds_of
from .conditions import Test, call_label, labels_of, test_of, wanted_by
from .format import Scenario
from .library import Script
from .parts import CLOSED, RECORDS, SCENE, TIME, Condition, one_or_more
from .records import DONE, REFUSED, Records


@replaceable
class State(NamedTuple):
    """All that is public.

    Attributes:
        turn: Turns of the learner in this dialogue.
        mover: Whose turn it is.
        last: What the learner did, as long as it is not answered.
        told: Facts that were told and that a condition asks for.
        done: What the learner did that a condition asks for, such as ``"blame"``, ``"refund(order=W-1)"``.
        early: What was done before something that should have come first: see `Rules.waits`.
        outcome: How it ended.
        session: Number of the dialogue.
        spent: Turns of the learner in the dialogues before.
        db: Places of the record that were changed, with what they hold now.
        draft: The parts of the learner's last draft, in the order of the file.
    """

    turn: int = 0
    mover: str | None = ""
    last: Act = Say()
    told: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    early: tuple[str, ...] = ()
    outcome: str = ""
    session: int = 1
    spent: int = 0
    db: tuple[tuple[str, str], ...] = ()
    draft: tuple[str, ...] = ()


@replaceable
class Inner(NamedTuple):
    """What is hidden: what was drawn, and the state variables, in the order of the file."""

    drawn: tuple[str, ...]
    state: tuple[int, ...]


def seats_of(file: Scenario, roles: Sequence[str]) -> tuple[str, ...]:
    """The seats of a file: learner and person, and those of no person that it needs."""
    records = [RECORDS] if any(tool.answers for tool in file.tool) else []
    return (*roles, *records, *([SCENE] if file.session else []))


@dataclass(frozen=True)
class Rules:
    """The game of a file.

    Attributes:
        script: The file.
        seats: The learner's and the person's; see `seats_of`.
    """

    script: Script
    seats: tuple[str, ...]

    @property
    def file(self) -> Scenario:
        """The file."""
        return self.script.file

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """Everything that the learner can do."""
        calls = [
            kinds_of(self.file)[name](*values)
            for name, args in self.file.calls.items()
            for values in product(*args.values())
        ]
        return (Say(), *(Do(move.id) for move in self.file.move), *calls, Bye())

    @cached_property
    def records(self) -> Records:
        """The record that tools act on."""
        return Records(self.file)

    @cached_property
    def events(self) -> dict[Act, tuple[str, ...]]:
        """What each act is as a condition asks for it later: a move, or a call with or without arguments.

        Where it is asked for in one dialogue alone, with the number of that before it.
        """
        found: dict[Act, tuple[str, ...]] = {}
        for act in self.acts:
            names: dict[str, None] = {}
            for _, part in self.file.conditions():
                called = part.called == event(act) and all(getattr(act, arg) == v for arg, v in part.args.items())
                some = [name for name in part.moved if name == event(act)]
                some += [call_label(part.called, part.args)] if called else []
                names |= dict.fromkeys(label for name in some for label in labels_of(name, part.session))
            found[act] = tuple(names)
        return found

    @cached_property
    def waits(self) -> dict[str, tuple[str, ...]]:
        """Move or tool -> what should have been done or told before it is used."""
        found: dict[str, set[str]] = {}
        for _, part in self.file.conditions():
            if part.before:
                found.setdefault(part.before, set()).update(wanted_by(part))
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

    def unbank(self, state: State, seat: str) -> tuple[float, State]:
        """What the dialogues before have cost, and the state without it."""
        return (-self.file.score.cost * state.spent, state._replace(spent=0)) if state.spent else (0.0, state)

    def apply(self, state: State, seat: str, act: Act) -> State:
        """The next state.

        Raises:
            IllegalAct: If the scenario has no such move or tool.
        """
        if seat == SCENE:
            return state._replace(
                mover=self.seats[1],
                session=state.session + 1,
                spent=state.spent + state.turn,
                turn=0,
                last=Say(),
                outcome="",
            )
        if seat == RECORDS:
            told = self.heard(state, act)
            if getattr(act, "line", "") != REFUSED:
                state = state._replace(db=self.records.changed(state.db, state.last))
            if event(state.last) in self._replied:
                return state._replace(mover=self.seats[1], told=told)
            return self._next(state._replace(told=told, last=Say()), "")
        if seat == self.seats[1]:
            outcome = act.outcome if isinstance(act, Reply) else ""
            return self._next(state._replace(last=Say(), told=self.heard(state, act)), outcome)
        if act not in self.events:
            raise IllegalAct(f"Possible are {', '.join(self.names)}.")
        if isinstance(act, Bye):  # free: to be cut off must not pay more
            return self.over(state._replace(last=act), CLOSED)
        name, done, early = event(act), state.done, state.early
        fresh = [label for label in self.events[act] if label not in done and _in(label, state.session)]
        waits = [what for what in self.waits.get(name, ()) if what not in state.told and what not in done]
        if fresh:
            done = tuple(sorted((*done, *fresh)))
        if waits:
            early = tuple(sorted({*early, *(f"{name}<{what}" for what in waits)}))
        return state._replace(
            turn=state.turn + 1,
            mover=RECORDS if self.records.answers(act) else self.seats[1],
            last=act,
            done=done,
            early=early,
            draft=self._drafted(state, act),
        )

    def _next(self, state: State, outcome: str) -> State:
        """The learner's turn, unless the dialogue is over."""
        if not outcome and state.turn >= self.file.turns_of(state.session):
            outcome = TIME
        return self.over(state, outcome) if outcome else state._replace(mover=self.seats[0])

    def over(self, state: State, outcome: str) -> State:
        """The end of the dialogue; a further one follows, if the file has one and the outcome is not final."""
        more = state.session <= len(self.file.session) and outcome not in self.file.final
        return self.ended(state, outcome)._replace(mover=SCENE if more else None)

    def ended(self, state: State, outcome: str) -> State:
        """The state with the way in which its dialogue has ended."""
        label = f"{state.session}={outcome}"
        done = tuple(sorted({*state.done, label})) if label in self._asked_ends else state.done
        return state._replace(outcome=outcome, done=done)

    def entry(self, state: State, hidden: Inner) -> Entry:
        """What the records answer the call that was made."""
        call = self.records.call(state.last)
        if not self.holds(call.requires, state, hidden):
            return Entry(REFUSED, self._shown(call.refused, state, hidden))
        for number, (when, told, places) in enumerate(call.returns):
            if self.holds(when, state, hidden):
                return Entry(str(number), self._shown(places, state, hidden), self.telling(told, hidden))
        return Entry(DONE)

    def telling(self, facts: Sequence[str], hidden: Inner) -> str:
        """Facts as an act tells them: with the value that each depends on, so that whoever hears it knows."""
        of = {fact.id: fact.of for fact in self.file.fact}
        values = {name: "/".join(self.drawn(draw, hidden) for draw in of[name]) for name in facts}
        return "+".join(f"{name}:{value}" if value else name for name, value in values.items())

    def _shown(self, places: Sequence[str], state: State, hidden: Inner) -> str:
        drawn = dict(zip(self.file.hidden, hidden.drawn, strict=True))
        return json.dumps({at: self.records.held(at, state.db, drawn) for at in places}) if places else ""

    def _drafted(self, state: State, act: Act) -> tuple[str, ...]:
        """The parts of the last draft, as far as a condition asks for them."""
        draft = self.file.draft
        if draft is None or event(act) != draft.name or not self._asked_parts:
            return state.draft
        return tuple(getattr(act, name) if name in self._asked_parts else "" for name in draft.part)

    def heard(self, state: State, act: Act) -> tuple[str, ...]:
        """The facts that were told by now and that a condition asks for."""
        if not isinstance(act, (Reply, Entry)) or not act.told:
            return state.told
        labels = (label for name, _ in act.facts for label in self._asked.get(name, ()))
        return tuple(sorted({*state.told, *(label for label in labels if _in(label, state.session))}))

    @cached_property
    def _asked(self) -> dict[str, set[str]]:
        """Fact -> as what conditions ask for it."""
        found: dict[str, set[str]] = {}
        for _, part in self.file.conditions():
            for name in part.told:
                found.setdefault(name, set()).update(labels_of(name, part.session))
        return found

    @cached_property
    def _asked_ends(self) -> frozenset[str]:
        parts = [part for _, part in self.file.conditions() if part.session]
        return frozenset(
            f"{number}={name}" for part in parts for number in part.session for name in one_or_more(part.outcome)
        )

    @cached_property
    def _asked_parts(self) -> frozenset[str]:
        """The parts of a draft that are asked for later than in the answer to it."""
        draft = self.file.draft
        answers = {f"rule.{n}.when" for n, rule in enumerate(self.file.rule) if draft and rule.on == (draft.name,)}
        return frozenset(name for place, part in self.file.conditions() if place not in answers for name in part.text)

    @cached_property
    def _replied(self) -> frozenset[str]:
        """What the person answers: all but calls that the records answer, and about which nothing is written."""
        spoken = {name for rule in self.file.rule for name in rule.on}
        tools = [tool for tool in self.file.tool if tool.answers and tool.name not in spoken]
        for end in self.file.end:
            parts = [*end.when.parts()]
            tools = [
                tool
                for tool in tools
                if not any(
                    part.called == tool.name
                    or (part.db and tool.set)
                    or any(set(part.told) & set(answer.tell) for answer in tool.returns)
                    for part in parts
                )
            ]
        return frozenset({event(act) for act in self.acts} - {tool.name for tool in tools})

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each draw and each variable stands."""
        return {name: place for names in (self.file.hidden, self.file.state) for place, name in enumerate(names)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Moves and tools, as the learner may name them."""
        return (*(move.id for move in self.file.move), *self.file.calls, "bye")

    def payoff(self, state: State, seat: str, hidden: Any = None) -> float:
        """The checks that hold, each with its weight, less what was forbidden and what the turns cost.

        Nothing for the person.
        """
        if seat != self.seats[0]:
            return 0.0
        key = (*state[3:7], state.session, *state[9:], hidden)  # not who moves, nor how long it took
        worth = self._worth.get(key)
        if worth is None:
            held = [check.weight for check in self.file.checks if self.holds(check.when, state, hidden)]
            held += [-one.penalty for one, done in self.file.forbidden if self.holds(done, state, hidden)]
            worth = self._worth[key] = math.fsum(held)
        return worth - self.file.score.cost * (state.turn + state.spent)

    def broken(self, state: State, hidden: Inner, texts: Sequence[str]) -> dict[str, float]:
        """What the learner did or said that is forbidden, and what it costs beside the payoff: only words tell it."""
        found: dict[str, float] = {}
        for one in self.file.forbid:
            if one.acts and self.holds(one.condition, state, hidden):
                found[one.id] = 0.0  # the payoff has it
            elif one.by == "learner" and self.holds(one.when, state, hidden) and any(map(one.is_said, texts)):
                found[one.id] = one.penalty
        return found

    @cached_property
    def _worth(self) -> dict[Any, float]:
        return {}

    def holds(self, condition: Condition, state: State, hidden: Inner) -> bool:
        """Whether all that a condition asks for holds."""
        found = self._tests.get(id(condition))
        if found is None or found[1] is not condition:
            found = self._tests[id(condition)] = test_of(condition, self), condition
        return found[0](state, hidden)

    @cached_property
    def _tests(self) -> dict[int, tuple[Test, Condition]]:
        """By the identity of a condition, which is kept with it: another can have the same only in a copy."""
        return {}

    def drawn(self, name: str, hidden: Inner) -> str:
        """The value of a hidden draw."""
        return hidden.drawn[self.places[name]]


def _in(label: str, session: int) -> bool:
    """Whether something is kept that happens in this dialogue."""
    number, colon, _ = label.partition(":")
    return not colon or number == str(session)
