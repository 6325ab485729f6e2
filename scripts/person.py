"""How the simulated person of a family behaves, and every number that this depends on: a section of its page."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from importlib import import_module
from typing import Any

from ..core.people import People
from ..core.setting import Setting
from ..envs.base import Family
from ..evaluation.tables import markdown


def person(variants: Mapping[str, Family]) -> Iterator[str]:
    """How the simulated person behaves, and every number that this depends on: from the mind's docstring and fields."""
    rows: dict[str, dict[str, str]] = {}
    ids = list(variants)
    kinds = list(dict.fromkeys(type(mind) for mind in _minds(_ends(next(iter(variants.values())))[0].mind)))
    for env_id, family in variants.items():
        first, last = _ends(family)
        shown = {f"setting.{one}": json.dumps(value) for one, value in family.settings().items()}
        rules = [dict(_numbers(setting.game, "game.")) for setting in (first, last)]
        minds = _minds(first.mind)
        known = {one: value for mind in minds for one, value in _numbers(mind)}
        known |= {one: v for one, v in rules[0].items() if rules[1][one] == v}
        known = {one: v for one, v in known.items() if shown.get(f"setting.{one.rpartition('.')[2]}") != v}
        for module in dict.fromkeys(type(part).__module__ for part in (*minds, first.game)):
            known |= _constants(import_module(module), minds[0])
        for one, value in {**shown, **known}.items():
            rows.setdefault(one, {})[env_id] = value
    yield "## The simulated person in numbers"
    yield (
        "How it decides, and every number that this depends on, as JSON. With the rules above they give the optimum: a "
        "test reads this table, makes the person of it, and solves it anew. In a list of pairs, the second is the "
        "weight of the first; weights need not add up to 1."
    )
    for described in dict.fromkeys((*kinds, *(part for kind in kinds for part in _kinds(kind)))):
        yield f"**{described.__name__}.** {_described(described)}"
    lines = []
    for one, values in rows.items():
        for value in dict.fromkeys(values.values()):
            having = [env_id for env_id in ids if values.get(env_id) == value]
            lines.append([f"`{one}`", "all" if having == ids else ", ".join(having), f"`{value}`"])
    yield markdown([["number", "variant", "value"], *lines])


def _ends(family: Family) -> list[Setting]:
    """The settings of the first and the last scenario: what is the same in both is no matter of names."""
    scenarios = family.scenarios()
    return [family.setting(scenarios[place]) for place in (0, -1)]


def _minds(mind: Any) -> tuple[Any, ...]:
    """The minds of several people, of which those of one class are alike but for their names; else the one."""
    return mind.parts if isinstance(mind, People) else (mind,)


def _numbers(part: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a mind or a game, and of the dataclasses that they hold, as JSON."""
    for one in fields(part) if is_dataclass(part) else ():
        value, name = getattr(part, one.name), f"{path}{one.name}"
        if is_dataclass(value) and one.name != "game":
            yield from _numbers(value, f"{name}.")
        elif one.name != "game" and not one.name.startswith("_"):
            with suppress(TypeError):
                yield name, json.dumps(_jsonable(value))


def _constants(module: Any, mind: Any) -> Iterator[tuple[str, str]]:
    """The numbers that a module defines and that do not stand in the fields of the mind already."""
    held = [getattr(mind, one.name) for one in fields(mind)] if is_dataclass(mind) else []
    for node in ast.parse(inspect.getsource(module)).body:
        for target in node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]:
            if isinstance(target, ast.Name) and target.id.isupper() and not target.id.startswith("_"):
                value = getattr(module, target.id)
                parts = value.values() if isinstance(value, Mapping) else [value]
                if not any(is_dataclass(part) and part in held for part in parts) and _numeric(value):
                    with suppress(TypeError):
                        yield target.id, json.dumps(_jsonable(value))


def _numeric(value: Any) -> bool:
    """Whether there is a number anywhere in a value."""
    if isinstance(value, Mapping):
        value = tuple(value.values())
    return any(map(_numeric, value)) if isinstance(value, tuple) else isinstance(value, (int, float))


def _jsonable(value: Any) -> Any:
    """Named tuples and dataclasses as objects; a `TypeError` for what is no plain value."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif is_dataclass(value) and not isinstance(value, type):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _jsonable(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(part) for part in value]
    if isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"no plain value: {value!r}")


def _kinds(kind: type) -> list[type]:
    """The classes beside the mind that say in attributes what it is made of."""
    found = {one for one in vars(import_module(kind.__module__)).values() if isinstance(one, type) and one is not kind}
    own = [one for one in found if one.__module__ == kind.__module__ and "Attributes:" in (one.__doc__ or "")]
    return sorted(own, key=lambda one: inspect.getsourcelines(one)[1])


def _described(kind: type) -> str:
    """A docstring as Markdown, its arguments or attributes as a list."""
    text, *rest = re.split(r"\n(?:Args|Attributes):\n", inspect.cleandoc(kind.__doc__ or ""), maxsplit=1)
    return "\n\n".join(filter(None, (text.strip(), "\n".join(listed(rest[0])) if rest else "")))


def listed(arguments: str) -> Iterator[str]:
    """Google-style arguments as a Markdown list, an item a line."""
    item = ""
    for line in arguments.splitlines():
        name, colon, text = line.strip().partition(": ")
        if line.startswith("     "):
            item += " " + line.strip()
        elif line.strip() and colon:
            if item:
                yield item
            item = f"- `{name}`: {text}"
    yield item
