"""The stand-in: the person as the rules of the file have it, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import ClassVar

from ...core.acts import Act
from ...core.belief import Belief
from .game import Inner, Reply, Rules, Scene, State, event
from .parts import RECORDS, SCENE, Rule


@dataclass(frozen=True)
class StandIn:
    """Does what the first rule says that fits, each with its chance; then looks whether the dialogue ends."""

    even: ClassVar = True  # a reply that is certain takes a random number, too: words must not tell which it was

    rules: Rules

    def prior(self) -> Belief[Inner]:
        """Every combination of the hidden draws, with the variables as they begin."""
        file = self.rules.file
        start = tuple(variable.start for variable in file.state.values())
        draws = product(*(values.items() for values in file.hidden.values()))
        return Belief((Inner(tuple(v for v, _ in some), start), prod(p for _, p in some)) for some in draws)

    def react(self, hidden: Inner, state: State) -> Belief[tuple[Inner, Act]]:
        """What it does next, and what is hidden then."""
        if state.mover == RECORDS:
            return Belief.certain((hidden, self.rules.entry(state, hidden)))
        if state.mover == SCENE:
            session = self.rules.file.session[state.session - 1]
            return Belief.certain((self._moved(hidden, session.set), Scene(state.session + 1)))
        if state.turn == 0:
            number = f"-{state.session}" if state.session > 1 else ""
            return Belief.certain((hidden, Reply(line=f"opening{number}")))
        key = (hidden, state._replace(turn=0, spent=0))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Belief(
                [(self._ended(after, reply, state), p) for after, reply, p in self._fits(*key)]
            )
        return found

    @cached_property
    def _known(self) -> dict[tuple[Inner, State], Belief[tuple[Inner, Act]]]:
        return {}

    def _fits(self, hidden: Inner, state: State) -> Iterator[tuple[Inner, Reply, float]]:
        """What the rules lead to, with its probability."""
        left = 1.0
        last, holds = state.last, self.rules.holds
        for rule, line in self._lines.get(event(last), ()):
            if left > 0.0 and _is_with(rule, last) and holds(rule.when, state, hidden):
                told = self.rules.telling(rule.tell, hidden)
                yield self._moved(hidden, rule.set), Reply(told, line, rule.end), left * rule.chance
                left *= 1.0 - rule.chance
        if left > 0.0:
            yield hidden, Reply(), left

    @cached_property
    def _lines(self) -> dict[str, list[tuple[Rule, str]]]:
        """What the learner does -> the rules about it, each with the name of what is said.

        That is the name of the first rule that says the same, so that nobody can tell them apart.
        """
        said = [rule.say for rule in self.rules.file.rule]
        found: dict[str, list[tuple[Rule, str]]] = {}
        for rule in self.rules.file.rule:
            for name in rule.on:
                line = f"rule-{said.index(rule.say)}" if rule.say else ""
                found.setdefault(name, []).append((rule, line))
        return found

    def _moved(self, hidden: Inner, changes: Mapping[str, str]) -> Inner:
        """The state variables after these changes."""
        numbers = []
        for (name, variable), number in zip(self.rules.file.state.items(), hidden.state, strict=True):
            given = changes.get(name, "+0")
            number = number + int(given) if given[0] in "+-" else int(given)
            numbers.append(max(variable.min, min(variable.max, number)))
        return hidden._replace(state=tuple(numbers))

    def _ended(self, hidden: Inner, reply: Reply, state: State) -> tuple[Inner, Act]:
        """The reply, with the end to which it comes."""
        if reply.outcome:
            return hidden, reply
        after = state._replace(told=self.rules.heard(state, reply))
        for number, end in enumerate(self.rules.file.end):
            if self.rules.holds(end.when, after, hidden):
                line = "+".join(filter(None, (reply.line, f"end-{number}" if end.say else "")))
                return hidden, Reply(reply.told, line, end.outcome)
        return hidden, reply


def _is_with(rule: Rule, act: Act) -> bool:
    """Whether an act has the arguments that a rule asks for."""
    return not rule.args or all(getattr(act, name, None) == value for name, value in rule.args.items())
