"""Conditions of a file as functions of what is public and what is hidden: made once, asked at every turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .acts import event
from .parts import Condition, Range, one_or_more

if TYPE_CHECKING:
    from .game import Rules

Test = Callable[[Any, Any], bool]  # of a `State` and an `Inner`


def test_of(condition: Condition, rules: Rules) -> Test:
    """Whether all that a condition asks for holds."""
    tests = [*_facts(condition, rules), *_happened(condition), *_inner(condition, rules)]
    if len(tests) == 1:
        return tests[0]

    def holds(state: Any, hidden: Any) -> bool:
        for test in tests:  # noqa: SIM110  # this is on the path of every step
            if not test(state, hidden):
                return False
        return True

    return holds


def _facts(condition: Condition, rules: Rules) -> Iterator[Test]:
    """What is hidden, what is in the record, what is in the last draft."""
    for name, wanted in condition.hidden.items():
        values = frozenset(wanted if isinstance(wanted, tuple) else (wanted,))
        yield lambda state, hidden, at=rules.places[name], values=values: hidden.drawn[at] in values
    for name, wanted in condition.state.items():
        at = rules.places[name]
        if isinstance(wanted, Range):
            yield lambda state, hidden, at=at, within=wanted.holds: within(hidden.state[at])
        else:
            yield lambda state, hidden, at=at, number=wanted: hidden.state[at] == number
    for place, wanted in condition.db.items():
        yield (
            lambda state, hidden, place=place, values=one_or_more(wanted): (
                rules.records.held(place, state.db, dict(zip(rules.file.hidden, hidden.drawn, strict=True))) in values
            )
        )
    if condition.text:
        yield lambda state, hidden: _is_written(condition, rules, state)


def _is_written(condition: Condition, rules: Rules, state: Any) -> bool:
    """Whether the last draft has the values that a condition asks for."""
    draft = rules.file.draft
    if draft is None:
        return False
    if event(state.last) == draft.name:
        written = {name: getattr(state.last, name) for name in draft.part}
    elif state.draft:
        written = dict(zip(draft.part, state.draft, strict=True))
    else:
        return False
    return all(written[name] in one_or_more(wanted) for name, wanted in condition.text.items())


def _happened(condition: Condition) -> Iterator[Test]:
    """Whether all came about that a condition asks for, in its dialogues if it names some."""
    wanted, sessions, outcomes = wanted_by(condition), condition.session, one_or_more(condition.outcome)
    for what in wanted:
        yield lambda state, hidden, labels=labels_of(what, sessions): any(
            label in state.told or label in state.done for label in labels
        )
    if condition.before and wanted:
        early = [f"{condition.before}<{what}" for what in wanted]
        yield lambda state, hidden: not any(label in state.early for label in early)
    if sessions and outcomes:
        ends = [f"{number}={name}" for number in sessions for name in outcomes]
        yield lambda state, hidden: any(label in state.told or label in state.done for label in ends)
    elif sessions and not wanted:
        yield lambda state, hidden: state.session in sessions
    elif outcomes:
        yield lambda state, hidden: state.outcome in outcomes


def _inner(condition: Condition, rules: Rules) -> Iterator[Test]:
    """The conditions in a condition."""
    yield from (test_of(part, rules) for part in condition.all)
    if condition.any:
        some = [test_of(part, rules) for part in condition.any]
        yield lambda state, hidden: any(test(state, hidden) for test in some)
    if condition.not_ is not None:
        yield lambda state, hidden, test=test_of(condition.not_, rules): not test(state, hidden)


def wanted_by(condition: Condition) -> tuple[str, ...]:
    """The facts and events that a condition asks for."""
    called = [call_label(condition.called, condition.args)] if condition.called else []
    return (*condition.told, *condition.moved, *called)


def call_label(name: str, args: Mapping[str, str]) -> str:
    """A call with these arguments, as it is kept."""
    return f"{name}({', '.join(f'{arg}={value}' for arg, value in sorted(args.items()))})" if args else name


def labels_of(name: str, sessions: tuple[int, ...]) -> tuple[str, ...]:
    """What happened, as it is kept: with the number of the dialogue, where it is asked for in one alone."""
    return tuple(f"{number}:{name}" for number in sessions) or (name,)
