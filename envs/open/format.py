"""The format of a scenario file: TOML, read by the standard library and validated by pydantic.

There is no code in a file. Conditions are data, so that they can be checked, solved and run without risk. Everything
that a file names must be there; what is unknown is an error with its place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from .faults import find_faults, leaves
from .forbid import Forbid
from .parts import (
    CLOSED,
    TIME,
    Aim,
    Check,
    Condition,
    Draft,
    Drawn,
    Ending,
    Fact,
    Learner,
    Move,
    Name,
    Part,
    Rule,
    Score,
    Session,
    Tool,
    Value,
    Variable,
    one_or_more,
)
from .person import Person


class Scenario(Part):
    """A scenario file.

    Attributes:
        db: The record that tools act on; see `records`.
        final: Outcomes after which no further dialogue of `session` follows.
    """

    format: Literal[1]
    id: str
    title: str
    domain: Name
    seeds: tuple[str, ...] = ()
    turns: int = Field(8, ge=4, le=40)
    opening: tuple[str, ...] = Field(min_length=1)
    idle: tuple[str, ...] = Field(("All right.", "I see.", "Hm."), min_length=1)
    licence: str = ""
    random: dict[Name, tuple[str, ...]] = {}
    hidden: dict[Name, dict[Value, float]] = Field(min_length=1)
    learner: Learner
    person: Person
    goal: tuple[Aim, ...] = ()
    fact: tuple[Fact, ...] = ()
    state: dict[Name, Variable] = {}
    move: tuple[Move, ...] = ()
    tool: tuple[Tool, ...] = ()
    db: dict[str, Any] = {}
    draft: Draft | None = None
    rule: tuple[Rule, ...] = ()
    end: tuple[Ending, ...] = ()
    forbid: tuple[Forbid, ...] = ()
    session: tuple[Session, ...] = ()
    final: tuple[Name, ...] = ()
    score: Score

    _lists = field_validator("opening", mode="before")(one_or_more)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """All ways in which it can end."""
        named = [*(end.outcome for end in self.end), *(rule.end for rule in self.rule if rule.end)]
        return tuple(dict.fromkeys([*named, CLOSED, TIME]))

    @cached_property
    def calls(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """What the learner can call, by name, with the values of each argument: tools, and a draft by its parts."""
        found = {tool.name: dict(tool.args) for tool in self.tool}
        if self.draft is not None:
            found[self.draft.name] = {name: part.values for name, part in self.draft.part.items()}
        return found

    @cached_property
    def records(self) -> dict[str, str | Drawn]:
        """What the record holds at the start, by the place: ``"orders.W-4711.status"``."""
        return dict(leaves(self.db))

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """All checks; those of a session are about it alone."""
        own = [
            check.model_copy(update={"when": check.when.within(number)})
            for number, session in enumerate(self.session, 2)
            for check in session.check
        ]
        return (*self.score.check, *own)

    @cached_property
    def forbidden(self) -> tuple[tuple[Forbid, Condition], ...]:
        """What the learner must not do, with the condition under which it was done. Words alone are not among it."""
        return tuple((one, one.condition) for one in self.forbid if one.acts)

    @property
    def aims(self) -> tuple[tuple[Aim, Condition | None], ...]:
        """Every goal with the condition under which it is met; none for what no condition can tell."""
        checks = {check.id: check.when for check in self.checks}
        return tuple((goal, checks[goal.check] if goal.check else goal.when) for goal in self.goal)

    def turns_of(self, session: int) -> int:
        """Turns of the learner in a dialogue, at most."""
        return (self.session[session - 2].turns if session > 1 else None) or self.turns

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition with its place, those within others too."""
        places: Iterable[tuple[str, Condition]] = (
            *((f"rule.{number}.when", rule.when) for number, rule in enumerate(self.rule)),
            *((f"end.{number}.when", end.when) for number, end in enumerate(self.end)),
            *((f"goal.{number}.when", goal.when) for number, goal in enumerate(self.goal) if goal.when),
            *((f"tool.{tool.name}.requires", tool.requires) for tool in self.tool),
            *((f"tool.{tool.name}.returns", part.when) for tool in self.tool for part in tool.returns),
            *((f"check.{check.id}.when", check.when) for check in self.checks),
            *((f"forbid.{one.id}", one.condition) for one in self.forbid),
        )
        for place, condition in places:
            for part in condition.parts():
                yield place, part

    @model_validator(mode="after")
    def _references(self) -> Scenario:
        faults = [*find_faults(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def read(text: str, name: str = "scenario") -> Scenario:
    """A scenario from the text of a file.

    Raises:
        ValueError: One line for each fault, with its place in the file `name`.
    """
    try:
        return Scenario.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{name}: {error}") from None
    except ValidationError as error:
        faults = [
            (".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in error.errors()
        ]
        lines = [
            f"{name}: {f'{place}: ' if place else ''}{part}" for place, said in faults for part in said.split("; ")
        ]
        raise ValueError("\n".join(lines)) from None
