"""The record that tools act on: what stands in it, what a call does to it, and what is printed of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any, NamedTuple

from ...core.acts import Act
from .faults import calls_of, filled, filled_in
from .format import Scenario
from .parts import Condition, Drawn, Tool

DONE, REFUSED = "done", "refused"
_BRACES = re.compile(r"\{([^{}]*)\}")

Changes = tuple[tuple[str, str], ...]
"""Places that no longer hold what they did at the start."""


class Call(NamedTuple):
    """What one call of a tool comes to.

    Attributes:
        requires: What must hold.
        set: Places and what is written there.
        refused: The places that the text of a refusal shows.
        returns: The answers, each with its condition, the facts that it tells, and the places that it shows.
    """

    requires: Condition
    set: dict[str, str]
    refused: tuple[str, ...]
    returns: tuple[tuple[Condition, tuple[str, ...], tuple[str, ...]], ...]


class Records:
    """The record of a file.

    Args:
        file: The file.
    """

    def __init__(self, file: Scenario):
        self.file = file
        self.start = file.records

    def held(self, place: str, changes: Changes, drawn: Mapping[str, str]) -> str:
        """What stands at a place, after these changes and with what was drawn."""
        for at, value in changes:
            if at == place:
                return value
        start = self.start[place]
        return drawn[start.hidden] if isinstance(start, Drawn) else start

    def changed(self, changes: Changes, act: Act) -> Changes:
        """The changes after a call that was not refused."""
        found = {**dict(changes), **self.calls[_key(act)].set}
        return tuple(sorted((at, value) for at, value in found.items() if self.start[at] != value))

    @cached_property
    def calls(self) -> dict[Any, Call]:
        """Each call of a tool that the records answer, by its name and arguments."""
        return {
            (tool.name, *args.items()): self._call(tool, args)
            for tool in self.file.tool
            if tool.answers
            for args in calls_of(tool.args)
        }

    def answers(self, act: Act) -> bool:
        """Whether a call is answered from the record."""
        return act.tag() in self._answering

    def call(self, act: Act) -> Call:
        """What a call comes to."""
        return self.calls[_key(act)]

    def text(self, act: Act, line: str, shown: str, draws: Mapping[str, str]) -> str:
        """What is printed of an answer to a call."""
        tool = next(tool for tool in self.file.tool if tool.name == act.tag())
        text = tool.refused if line == REFUSED else tool.returns[int(line)].text if line != DONE else "Done."
        values = {**dict(draws), **(json.loads(shown) if shown else {})}
        return _BRACES.sub(lambda found: values.get(found[1], found[0]), filled(text, asdict(act)))  # type: ignore[call-overload]

    @cached_property
    def _answering(self) -> frozenset[str]:
        return frozenset(tool.name for tool in self.file.tool if tool.answers)

    def _call(self, tool: Tool, args: Mapping[str, str]) -> Call:
        answers = tuple(
            (filled_in(answer.when, args), answer.tell, self._places(filled(answer.text, args)))
            for answer in tool.returns
        )
        written = {filled(at, args): filled(value, args) for at, value in tool.set.items()}
        refused = self._places(filled(tool.refused, args))
        return Call(filled_in(tool.requires, args), written, refused, answers)

    def _places(self, text: str) -> tuple[str, ...]:
        names: Iterable[str] = _BRACES.findall(text)
        return tuple(dict.fromkeys(name for name in names if name in self.start))


def _key(act: Act) -> Any:
    return (act.tag(), *asdict(act).items())  # type: ignore[call-overload]
