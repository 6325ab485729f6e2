"""What can be done in a dialogue of a file: moves and calls of the learner, replies, what records answer."""

from __future__ import annotations

from dataclasses import dataclass, make_dataclass
from functools import lru_cache
from typing import Any, Literal

from ...core.acts import Act, Say
from .drafts import draft_act
from .format import Scenario
from .parts import TALK


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
        return facts_of(self.told)


@dataclass(frozen=True, slots=True)
class Entry(Act):
    """What the records answer a call.

    Attributes:
        line: Which text of the tool: its number, ``"refused"``, or ``"done"`` where there is none.
        shown: The places of the record that stand in the text, with what they hold; as JSON.
        told: As in `Reply`.
    """

    line: str
    shown: str = ""
    told: str = ""

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """As in `Reply`."""
        return facts_of(self.told)


@dataclass(frozen=True, slots=True)
class Scene(Act):
    """A further dialogue with the same person begins.

    Attributes:
        session: Its number.
    """

    session: int

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """None: nothing is told by it."""
        return ()


def facts_of(told: str) -> tuple[tuple[str, str], ...]:
    """The facts in what an act has told, each with the value that it depends on."""
    return tuple((part.partition(":")[0], part.partition(":")[2]) for part in told.split("+") if part)


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
    """The acts of a file's tools and of its draft, by name."""
    found = {tool.name: tool_act(tool.name, tuple(tool.args.items())) for tool in file.tool}
    if file.draft is not None:
        found[file.draft.name] = draft_act(file.draft.model_dump_json())
    return found


def event(act: Act) -> str:
    """What the learner did, as rules and conditions name it."""
    return act.move if isinstance(act, Do) else TALK if isinstance(act, Say) else act.tag()
