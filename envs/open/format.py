"""The format of a scenario file: TOML, read by the standard library and validated by pydantic.

There is no code in a file. Conditions are data, so that they can be checked, solved and run without risk. Everything
that a file names must be there; what is unknown is an error with its place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from keyword import iskeyword
from string import Formatter
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Value = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Pattern = Annotated[str, Field(min_length=1)]
TALK = "talk"
"""The move of a learner that does nothing else."""
CLOSED, TIME = "closed", "time"
"""How a dialogue ends that nobody else ends: the learner leaves, or the turns are over."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(_Part):
    """Numbers from `min` to `max`, both included."""

    min: int | None = None
    max: int | None = None

    def holds(self, number: int) -> bool:
        """Whether a number is in the range."""
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


class Condition(_Part):
    """All that is given must hold.

    Attributes:
        hidden: Draws that must have the value, or one of the values.
        state: State variables that must be in the range, or equal the number.
        told: Facts that must have been told.
        moved: Moves that the learner must have made.
        called: Tool that the learner must have called; with `args`, with these.
        before: With `told`, `moved` or `called`: happened before this move or tool was first used. Who never uses it
            has done nothing too early.
        outcome: How the dialogue must have ended.
        all, any, not: Conditions of which all, one, none must hold.
    """

    hidden: dict[Name, Value | tuple[Value, ...]] = {}
    state: dict[Name, int | Range] = {}
    told: tuple[Name, ...] = ()
    moved: tuple[Name, ...] = ()
    called: Name = ""
    args: dict[Name, Value] = {}
    before: Name = ""
    outcome: Name | tuple[Name, ...] = ()
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    not_: Condition | None = Field(default=None, alias="not")

    @field_validator("told", "moved", "outcome", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _whole(self) -> Condition:
        if self.args and not self.called:
            raise ValueError("args belong to called")
        if self.before and not (self.told or self.moved or self.called):
            raise ValueError("before belongs to told, moved or called")
        return self

    def parts(self) -> Iterator[Condition]:
        """The condition itself and all that are in it."""
        yield self
        for part in (*self.all, *self.any, *([self.not_] if self.not_ else [])):
            yield from part.parts()


class Fact(_Part):
    """What the person knows and may tell.

    Attributes:
        text: What a language model is told that knows it; "You ...". By the value of the draw `of`, where it has one.
        say: How the person says it; sentences to choose from. By the value of `of`, where it has one.
        of: The hidden draw that the fact depends on.
        words: Patterns that betray it.
        secret: Whether the person would rather not tell it.
    """

    id: Name
    text: str | dict[Value, str]
    say: tuple[str, ...] | dict[Value, tuple[str, ...]]
    of: Name = ""
    words: tuple[Pattern, ...] = ()
    secret: bool = False


class Aim(_Part):
    """Part of what the person wants, for a language model in its place; met when the condition holds."""

    text: str
    when: Condition | None = None


class Variable(_Part):
    """A number that moves, such as trust or patience."""

    start: int = 0
    min: int = 0
    max: int = Field(3, le=9)


class Move(_Part):
    """What the learner can do in words: patterns that tell it, what it is, and examples of it."""

    id: Name
    doc: str = ""
    cues: tuple[Pattern, ...] = ()
    examples: tuple[str, ...] = Field((), min_length=1)


class Tool(_Part):
    """What the learner can call; `args` are the values that each argument can have."""

    name: Name
    doc: str = ""
    args: dict[Name, tuple[Value, ...]] = {}


class Rule(_Part):
    """What the person does about a move, a tool or talk: the first rule that fits, with its chance.

    Attributes:
        on: Moves, tools, or ``"talk"``.
        args: Arguments that the call must have which it is about.
        when: What must hold.
        chance: Its probability; else the next one that fits.
        set: State variable -> ``"2"``, ``"+1"`` or ``"-1"``.
        tell: Facts that are told.
        say: Sentences to choose from.
        end: The outcome with which it ends the dialogue.
    """

    on: tuple[Name, ...]
    args: dict[Name, Value] = {}
    when: Condition = Condition()
    chance: float = Field(1.0, gt=0, le=1)
    set: dict[Name, Annotated[str, Field(pattern=r"^[+-]?\d$")]] = {}
    tell: tuple[Name, ...] = ()
    say: tuple[str, ...] = ()
    end: Name | Literal[""] = ""

    @field_validator("on", "tell", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given


class Ending(_Part):
    """Ends the dialogue after a reply, as soon as the condition holds."""

    when: Condition
    outcome: Name
    say: tuple[str, ...] = ()


class Check(_Part):
    """What scores: a condition at the end, and what it is worth."""

    id: Name
    doc: str = ""
    when: Condition
    weight: float = 1.0


class Rubric(_Part):
    """A question for a judge.

    Attributes:
        question: What is to be rated of the learner; ``{role}`` is its seat.
        scale: The lowest and the highest score.
        anchors: What some scores mean.
        when: Whether the whole dialogue is rated, or each turn of the learner.
    """

    id: Name
    question: str
    scale: tuple[int, int] = (1, 5)
    anchors: dict[str, str] = {}
    when: Literal["end", "turn"] = "end"

    @model_validator(mode="after")
    def _scaled(self) -> Rubric:
        low, high = self.scale
        if not low < high <= low + 20:
            raise ValueError("scale must be two whole numbers, the lower first, at most 20 apart")
        return self


class Score(_Part):
    """Checks, the cost of a turn, and rubrics; those are only reported, unless the reward says more."""

    cost: float = Field(0.0, ge=0)
    check: tuple[Check, ...] = Field(min_length=1)
    judge: tuple[Rubric, ...] = ()


class Learner(_Part):
    """The learner's seat and all that it is told."""

    role: Name
    brief: str


class Person(_Part):
    """The simulated person: its seat, its name, and who it is."""

    role: Name
    name: str
    about: str
    persona: dict[str, Any] = {}


class Scenario(_Part):
    """A scenario file."""

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
    rule: tuple[Rule, ...] = ()
    end: tuple[Ending, ...] = ()
    score: Score

    @field_validator("opening", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given

    @property
    def outcomes(self) -> tuple[str, ...]:
        """All ways in which it can end."""
        named = [*(end.outcome for end in self.end), *(rule.end for rule in self.rule if rule.end)]
        return tuple(dict.fromkeys([*named, CLOSED, TIME]))

    def conditions(self) -> Iterator[tuple[str, Condition]]:
        """Every condition with its place, those within others too."""
        places: Iterable[tuple[str, Condition]] = (
            *((f"rule.{number}.when", rule.when) for number, rule in enumerate(self.rule)),
            *((f"end.{number}.when", end.when) for number, end in enumerate(self.end)),
            *((f"goal.{number}.when", goal.when) for number, goal in enumerate(self.goal) if goal.when is not None),
            *((f"score.check.{check.id}.when", check.when) for check in self.score.check),
        )
        for place, condition in places:
            for part in condition.parts():
                yield place, part

    @model_validator(mode="after")
    def _references(self) -> Scenario:
        faults = [*_faults(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self


def _faults(file: Scenario) -> Iterator[str]:
    """What a file names and does not hold, and what it holds twice."""
    facts, moves, tools = ([part.id for part in file.fact], [m.id for m in file.move], [t.name for t in file.tool])
    for what, names in (
        ("facts", facts),
        ("moves and tools", [*moves, *tools]),
        ("checks", [c.id for c in file.score.check]),
        ("rubrics", [rubric.id for rubric in file.score.judge]),
    ):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            yield f"{what} are named twice: {', '.join(twice)}"
    if both := sorted(set(file.hidden) & set(file.state)):
        yield f"hidden and state must not share names: {', '.join(both)}"
    if reserved := sorted({TALK, "bye", "say"} & {*moves, *tools}):
        yield f"these names are taken: {', '.join(reserved)}"
    for tool in file.tool:
        if wrong := [name for name in (tool.name, *tool.args) if iskeyword(name)]:
            yield f"tool {tool.name!r}: {', '.join(wrong)} cannot be a name here; take another word"
    if file.learner.role == file.person.role:
        yield "learner and person need different roles"

    def known(place: str, what: str, given: Iterable[str], names: Iterable[str]) -> Iterator[str]:
        names = list(names)
        for name in given:
            if name not in names:
                yield f"{place}: {what} {name!r} is not among {', '.join(names) or 'none'}"

    for name, values in file.hidden.items():
        if not values or any(p < 0 for p in values.values()) or sum(values.values()) <= 0:
            yield f"hidden.{name}: probabilities must not be negative, and not all zero"
    for name, variable in file.state.items():
        if not variable.min <= variable.start <= variable.max:
            yield f"state.{name}: start must lie between min and max"
    for fact in file.fact:
        yield from known(f"fact.{fact.id}", "draw", [fact.of] if fact.of else [], file.hidden)
        for field in ("text", "say"):
            given = getattr(fact, field)
            wanted = set(file.hidden.get(fact.of, ()))
            if isinstance(given, dict) != bool(fact.of) or (fact.of and set(given) != wanted):
                values = ", ".join(sorted(wanted)) or "not named"
                yield f"fact.{fact.id}.{field}: must be given by value of `of` ({values})"
    for number, rule in enumerate(file.rule):
        place = f"rule.{number}"
        yield from known(place, "move or tool", rule.on, [*moves, *tools, TALK])
        for name in rule.on:
            given = next((tool.args for tool in file.tool if tool.name == name), {})
            yield from known(place, "argument", rule.args, given)
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
            yield from known(place, f"value of {name}", _tuple(values), file.hidden.get(name, ()))
        for tool in file.tool:
            if tool.name == part.called:
                yield from known(place, "argument", part.args, tool.args)
    for move in file.move:
        for cue in move.cues:
            try:
                re.compile(cue)
            except re.error as error:
                yield f"move.{move.id}.cues: {cue!r} is no regular expression ({error})"
    for text in _texts(file.model_dump()):
        for _, name, _, _ in _fields(text):
            if name is not None and name not in file.random:
                draws = ", ".join(file.random) or "the draws of [random]: there are none"
                yield f"{text!r}: {{{name}}} is not among {draws}"


def _tuple(given: Any) -> tuple[Any, ...]:
    return given if isinstance(given, tuple) else (given,)


def _texts(value: Any, key: str = "") -> Iterator[str]:
    """Every text of a file that may hold a draw."""
    if isinstance(value, str) and key not in ("cues", "words", "id", "question"):
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
