"""What is wrong with a scenario file as a whole: names that it does not hold, names that it holds twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from keyword import iskeyword
from math import prod
from string import Formatter
from typing import Any

from .parts import RECORDS, SCENE, TALK, Condition, Drawn, one_or_more

DRAFTS = 64  # different drafts that can be told apart
_ARGUMENT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_BRACES = re.compile(r"\{([^{}]*)\}")
_PLACE = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def find_faults(file: Any) -> Iterator[str]:
    """What a file names and does not hold, and what it holds twice."""
    facts, moves, tools = [part.id for part in file.fact], [m.id for m in file.move], [*file.calls]
    for what, names in (
        ("facts", facts),
        ("moves and tools", [*moves, *(t.name for t in file.tool), *([file.draft.name] if file.draft else [])]),
        ("checks", [check.id for check in file.checks]),
        ("forbidden things", [one.id for one in file.forbid]),
        ("rubrics and goals", [*(rubric.id for rubric in file.score.judge), *(g.id for g in file.goal if g.id)]),
    ):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            yield f"{what} are named twice: {', '.join(twice)}"
    if both := sorted(set(file.hidden) & set(file.state)):
        yield f"hidden and state must not share names: {', '.join(both)}"
    if reserved := sorted({TALK, "bye", "say"} & {*moves, *tools}):
        yield f"these names are taken: {', '.join(reserved)}"
    for tool, args in file.calls.items():
        if wrong := [name for name in (tool, *args) if iskeyword(name)]:
            yield f"tool {tool!r}: {', '.join(wrong)} cannot be a name here; take another word"
    if taken := sorted({RECORDS, SCENE} & {file.learner.role, file.person.role}):
        yield f"these roles are taken: {', '.join(taken)}"
    if file.learner.role == file.person.role:
        yield "learner and person need different roles"

    for name, values in file.hidden.items():
        if not values or any(p < 0 for p in values.values()) or sum(values.values()) <= 0:
            yield f"hidden.{name}: probabilities must not be negative, and not all zero"
    for name, variable in file.state.items():
        if not variable.min <= variable.start <= variable.max:
            yield f"state.{name}: start must lie between min and max"
    for fact in file.fact:
        yield from known(f"fact.{fact.id}", "draw", fact.of, file.hidden)
        for field in ("text", "say"):
            given = getattr(fact, field)
            wanted = ["/".join(some) for some in product(*(file.hidden.get(name, ()) for name in fact.of))]
            if isinstance(given, dict) != bool(fact.of) or (fact.of and set(given) != set(wanted)):
                values = ", ".join(sorted(wanted)) if fact.of else "not named"
                yield f"fact.{fact.id}.{field}: must be given by value of `of` ({values})"
    for number, rule in enumerate(file.rule):
        place = f"rule.{number}"
        yield from known(place, "move or tool", rule.on, [*moves, *tools, TALK])
        for name in rule.on:
            yield from known(place, "argument", rule.args, file.calls.get(name, {}))
        yield from known(place, "state", rule.set, file.state)
        yield from known(place, "fact", rule.tell, facts)
    for place, part in file.conditions():
        yield from known(place, "fact", part.told, facts)
        yield from known(place, "move", part.moved, [*moves, TALK])
        yield from known(place, "tool", [part.called] if part.called else [], tools)
        yield from known(place, "move or tool", [part.before] if part.before else [], [*moves, *tools])
        if part.before and part.before in (part.called, *part.moved):
            yield f"{place}: {part.before!r} cannot come before itself"
        yield from known(place, "outcome", part.outcome, file.outcomes)
        yield from known(place, "draw", part.hidden, file.hidden)
        yield from known(place, "state", part.state, file.state)
        for name, values in part.hidden.items():
            yield from known(place, f"value of {name}", one_or_more(values), file.hidden.get(name, ()))
        yield from known(place, "argument", part.args, file.calls.get(part.called, part.args))
        yield from known(place, "session", part.session, range(1, len(file.session) + 2))
        parts = file.draft.part if file.draft else {}
        yield from known(place, "part of a draft", part.text, parts)
        for name, values in part.text.items():
            yield from known(
                place, f"value of {name}", one_or_more(values), parts[name].values if name in parts else ()
            )
        if not place.startswith("tool."):
            yield from _db(file, place, part)
    for goal in file.goal:
        yield from known("goal", "check", [goal.check] if goal.check else [], [check.id for check in file.checks])
    yield from known("final", "outcome", file.final, file.outcomes)
    for number, session in enumerate(file.session):
        yield from known(f"session.{number}", "state", session.set, file.state)
        for check in session.check:
            if any(part.state for part in check.when.parts()):
                yield f"session.{number}.check.{check.id}: state moves on; ask for it in [score]"
    yield from _tools(file, facts)
    yield from _draft(file)
    for move in file.move:
        for cue in move.cues:
            yield from _regular(f"move.{move.id}.cues", cue)
    for one in file.forbid:
        for pattern in one.words:
            yield from _regular(f"forbid.{one.id}.words", pattern)
    for text in _texts({name: part for name, part in file.model_dump().items() if name not in ("tool", "draft")}):
        for _, name, _, _ in _fields(text):
            if name is not None and name not in file.random:
                draws = ", ".join(file.random) or "the draws of [random]: there are none"
                yield f"{text!r}: {{{name}}} is not among {draws}"


def known(place: str, what: str, given: Iterable[Any], names: Iterable[Any]) -> Iterator[str]:
    """A fault for each name that is not among those that are there."""
    names = list(names)
    for name in given:
        if name not in names:
            yield f"{place}: {what} {name!r} is not among {', '.join(map(str, names)) or 'none'}"


def leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Places of a record with what they hold: a text, or a draw; ``None`` for what cannot be there."""
    for name, value in table.items():
        place = f"{path}.{name}".strip(".")
        if isinstance(value, Mapping) and set(value) == {"hidden"} and isinstance(value["hidden"], str):
            yield place, Drawn.model_construct(hidden=value["hidden"])
        elif isinstance(value, Mapping):
            yield from leaves(value, place)
        elif isinstance(value, bool):
            yield place, str(value).lower()
        else:
            yield place, str(value) if isinstance(value, (str, int)) else None


def filled(text: str, args: Mapping[str, str]) -> str:
    """A text with the arguments of a call in the place of their names; other braces stay."""
    return _ARGUMENT.sub(lambda found: args.get(found[1], found[0]), text)


def filled_in(condition: Condition, args: Mapping[str, str]) -> Condition:
    """A condition with the arguments of a call in its places and values of the record."""

    def one(part: Condition) -> Condition:
        db = {
            filled(place, args): tuple(filled(value, args) for value in one_or_more(values))
            for place, values in part.db.items()
        }
        inner = {name: tuple(map(one, getattr(part, name))) for name in ("all", "any")}
        return part.model_copy(update={"db": db, **inner, "not_": part.not_ and one(part.not_)})

    return one(condition) if args else condition


def calls_of(args: Mapping[str, Iterable[str]]) -> Iterator[dict[str, str]]:
    """Every way to call something."""
    for values in product(*args.values()):
        yield dict(zip(args, values, strict=True))


def possible(file: Any, place: str) -> set[str]:
    """What a place of the record can ever hold."""
    held = file.records[place]
    found = set(file.hidden.get(held.hidden, ())) if isinstance(held, Drawn) else {held}
    for tool in file.tool:
        for args in calls_of(tool.args):
            found |= {filled(value, args) for at, value in tool.set.items() if filled(at, args) == place}
    return found


def _db(file: Any, place: str, part: Condition) -> Iterator[str]:
    yield from known(place, "place of the record", part.db, file.records)
    for at, values in part.db.items():
        if at in file.records:
            yield from known(place, f"value of {at}", one_or_more(values), sorted(possible(file, at)))


def _tools(file: Any, facts: list[str]) -> Iterator[str]:
    """What is wrong with the record and with what acts on it."""
    for place, held in file.records.items():
        if held is None:
            yield f"db.{place}: must be a text, a whole number, true or false, or {{ hidden = DRAW }}"
            return
        if not _PLACE.fullmatch(place):
            yield f"db.{place}: names are letters, figures, - and _"
        if isinstance(held, Drawn):
            yield from known(f"db.{place}", "draw", [held.hidden], file.hidden)
    for tool in file.tool:
        place, faults = f"tool.{tool.name}", []
        for answer in tool.returns:
            yield from known(f"{place}.returns", "fact", answer.tell, facts)
        for args in calls_of(tool.args):
            faults += known(f"{place}.set", "place of the record", [filled(at, args) for at in tool.set], file.records)
            for condition in (tool.requires, *(answer.when for answer in tool.returns)):
                for part in filled_in(condition, args).parts():
                    faults += _db(file, place, part)
            for text in (tool.refused, *(answer.text for answer in tool.returns)):
                names = _BRACES.findall(filled(text, args))
                faults += known(place, "argument, draw or place of the record", names, [*file.random, *file.records])
            for value in tool.set.values():
                faults += known(f"{place}.set", "argument", _BRACES.findall(filled(value, args)), tool.args)
        yield from dict.fromkeys(faults)


def _draft(file: Any) -> Iterator[str]:
    """What is wrong with what is looked at in drafts."""
    if file.draft is None:
        return
    if (ways := prod(len(part.values) for part in file.draft.part.values())) > DRAFTS:
        yield f"draft: its parts make {ways} different drafts, and {DRAFTS} can be solved; have fewer"
    for name, part in file.draft.part.items():
        for pattern in (pattern for patterns in part.text.values() for pattern in patterns):
            yield from _regular(f"draft.part.{name}", pattern)


def _regular(place: str, pattern: str) -> Iterator[str]:
    try:
        re.compile(pattern)
    except re.error as error:
        yield f"{place}: {pattern!r} is no regular expression ({error})"


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """Every text of a file that may hold a draw."""
    if isinstance(value, str) and key not in ("cues", "words", "id", "question", "when"):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(part, name)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part, key)


def _fields(text: str) -> list[Any]:
    try:
        return list(Formatter().parse(text))
    except ValueError:
        return [("", text, "", None)]
