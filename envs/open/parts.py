"""The tables of a scenario file, each for itself: their fields, and what holds within one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Value = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
Values = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9][A-Za-z0-9_-]*)*$")]
"""A value of a draw; of several draws, those of each with slashes between them."""
Path = Annotated[str, Field(pattern=r"^[A-Za-z0-9_{}-]+(?:\.[A-Za-z0-9_{}-]+)*$")]
"""Where something stands in the record: ``"orders.W-4711.status"``; arguments of a call stand in braces."""
Pattern = Annotated[str, Field(min_length=1)]
TALK = "talk"
"""The move of a learner that does nothing else."""
CLOSED, TIME = "closed", "time"
"""How a dialogue ends that nobody else ends: the learner leaves, or the turns are over."""
NONE = "none"
"""The value of a part of a draft where none of the others is found."""
RECORDS, SCENE = "records", "scene"
"""Seats of no person: what answers calls from the record, and what says that a further dialogue begins."""


def one_or_more(given: Any) -> Any:
    """A list, where one may be given as it is."""
    return (given,) if isinstance(given, (str, int)) else given


class Part(BaseModel):
    """A table: what it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Range(Part):
    """Numbers from `min` to `max`, both included."""

    min: int | None = None
    max: int | None = None

    def holds(self, number: int) -> bool:
        """Whether a number is in the range."""
        return (self.min is None or number >= self.min) and (self.max is None or number <= self.max)


class Condition(Part):
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
        session: Number of the dialogue that must be going on; with `told`, `moved`, `called` or `outcome`: in which it
            must have happened. One of them, where there are several.
        db: Places of the record that must hold the value, or one of the values.
        text: Parts of the learner's last draft that must have the value, or one of the values.
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
    session: tuple[Annotated[int, Field(ge=1)], ...] = ()
    db: dict[Path, str | tuple[str, ...]] = {}
    text: dict[Name, Value | tuple[Value, ...]] = {}
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    not_: Condition | None = Field(default=None, alias="not")

    _lists = field_validator("told", "moved", "outcome", "session", mode="before")(one_or_more)

    @model_validator(mode="after")
    def _whole(self) -> Condition:
        if self.args and not self.called:
            raise ValueError("args belong to called")
        if self.before and not (self.told or self.moved or self.called):
            raise ValueError("before belongs to told, moved or called")
        if self.before and self.session:
            raise ValueError("before and session do not go together: give them in two conditions under all")
        return self

    def parts(self) -> Iterator[Condition]:
        """The condition itself and all that are in it."""
        yield self
        for part in (*self.all, *self.any, *([self.not_] if self.not_ else [])):
            yield from part.parts()

    def within(self, session: int) -> Condition:
        """The same of what happened in that dialogue, wherever it names none."""
        named = self.told or self.moved or self.called or self.outcome
        return self.model_copy(
            update={
                "session": self.session or ((session,) if named else ()),
                "all": tuple(part.within(session) for part in self.all),
                "any": tuple(part.within(session) for part in self.any),
                "not_": self.not_ and self.not_.within(session),
            }
        )


class Fact(Part):
    """What the person knows and may tell.

    Attributes:
        text: What a language model is told that knows it; "You ...". By the value of the draw `of`, where it has one.
        say: How the person says it; sentences to choose from. By the value of `of`, where it has one.
        of: The hidden draw that the fact depends on, or several: then texts are given by ``"kim/noon"``.
        words: Patterns that betray it.
        secret: Whether the person would rather not tell it.
    """

    id: Name
    text: str | dict[Values, str]
    say: tuple[str, ...] | dict[Values, tuple[str, ...]]
    of: tuple[Name, ...] = ()
    words: tuple[Pattern, ...] = ()
    secret: bool = False

    _lists = field_validator("of", mode="before")(lambda given: one_or_more(given) if given else ())


class Aim(Part):
    """Part of what the person wants, for a language model in its place.

    Attributes:
        id: Its name; a soft one needs it.
        kind: What sort of goal it is.
        when: What must hold for it to be met.
        check: Or the check that must hold.
        soft: No condition can tell whether it is met: a judge is asked, and must quote the dialogue. Without a judge it
            is not scored.
    """

    text: str
    id: Name | Literal[""] = ""
    kind: Literal["profile", "policy", "objective", "requirement", "preference"] = "objective"
    when: Condition | None = None
    check: Name | Literal[""] = ""
    soft: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> Aim:
        if sum((self.when is not None, bool(self.check), self.soft)) > 1:
            raise ValueError("a goal has one of when, check and soft")
        if self.soft and not self.id:
            raise ValueError("a soft goal needs an id, by which a judge is asked for it")
        return self


class Variable(Part):
    """A number that moves, such as trust or patience."""

    start: int = 0
    min: int = 0
    max: int = Field(3, le=9)


class Move(Part):
    """What the learner can do in words: patterns that tell it, what it is, and examples of it."""

    id: Name
    doc: str = ""
    cues: tuple[Pattern, ...] = ()
    examples: tuple[str, ...] = Field((), min_length=1)


class Answer(Part):
    """What a tool prints where a condition holds; the text may hold arguments and places of the record.

    Attributes:
        tell: Facts that are known then.
    """

    text: str
    when: Condition = Condition()
    tell: tuple[Name, ...] = ()

    _lists = field_validator("tell", mode="before")(one_or_more)


class Tool(Part):
    """What the learner can call.

    Attributes:
        args: The values that each argument can have.
        requires: What must hold; else nothing is set, and it prints `refused`.
        set: Places of the record -> what is written there; both may hold arguments in braces.
        returns: What it prints: a text, or several of which the first counts whose condition holds.
    """

    name: Name
    doc: str = ""
    args: dict[Name, tuple[Value, ...]] = {}
    requires: Condition = Condition()
    refused: str = "Not possible."
    set: dict[Path, str] = {}
    returns: tuple[Answer, ...] = ()

    @field_validator("returns", mode="before")
    @classmethod
    def _texts(cls, given: Any) -> Any:
        return ({"text": given},) if isinstance(given, str) else given

    @property
    def answers(self) -> bool:
        """Whether the records answer its calls; else only the person does."""
        return bool(self.set or self.returns or self.requires != Condition())


class Drawn(Part):
    """A place of the record that holds the value of a hidden draw."""

    hidden: Name


class DraftPart(Part):
    """What is looked at in a draft: one of three ways to tell its value.

    Attributes:
        text: Value -> patterns; the first value counts of which one is found.
        number: Numbers; the last one in the draft counts, if it is among them.
        words: Value -> how many words.
        write: Value -> a sentence that has it, for players that choose acts. Needed with `text`.
    """

    text: dict[Value, tuple[Pattern, ...]] = {}
    number: tuple[Annotated[str, Field(pattern=r"^[0-9]{1,9}$")], ...] = ()
    words: dict[Value, Range] = {}
    write: dict[Value, str] = {}

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that it can have."""
        return (*(self.text or self.words or self.number), NONE)

    @model_validator(mode="after")
    def _one_way(self) -> DraftPart:
        if sum(map(bool, (self.text, self.number, self.words))) != 1:
            raise ValueError("a part of a draft has one of text, number and words")
        if NONE in self.values[:-1]:
            raise ValueError(f"{NONE!r} is the value where nothing is found; take another name")
        if unwritten := [value for value in self.text if value not in self.write]:
            raise ValueError(f"write lacks a sentence for {', '.join(unwritten)}")
        if unknown := [value for value in self.write if value not in self.values]:
            raise ValueError(f"write holds {', '.join(unknown)}, which is no value")
        return self


class Draft(Part):
    """What the learner writes in a block that begins with ```draft: the act, and the parts that are looked at."""

    name: Name = "draft"
    doc: str = ""
    part: dict[Name, DraftPart] = Field(min_length=1)


class Rule(Part):
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

    _lists = field_validator("on", "tell", mode="before")(one_or_more)


class Ending(Part):
    """Ends the dialogue after a reply, as soon as the condition holds."""

    when: Condition
    outcome: Name
    say: tuple[str, ...] = ()


class Check(Part):
    """What scores: a condition at the end, and what it is worth."""

    id: Name
    doc: str = ""
    when: Condition
    weight: float = 1.0


class Rubric(Part):
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


class Score(Part):
    """Checks, the cost of a turn, and rubrics; those are only reported, unless the reward says more."""

    cost: float = Field(0.0, ge=0)
    check: tuple[Check, ...] = Field(min_length=1)
    judge: tuple[Rubric, ...] = ()


class Learner(Part):
    """The learner's seat and all that it is told."""

    role: Name
    brief: str


class Session(Part):
    """A further dialogue with the same person; what was told and what is hidden stay.

    Attributes:
        brief: What the learner is told when it begins.
        opening: How the person opens it.
        turns: Of the learner, at most; by default as many as the file has.
        remember: Whether the learner is still shown what was said in the dialogues before.
        set: State variable -> its number when it begins.
        check: What scores in this dialogue: `told`, `moved`, `called` and `outcome` are about it alone.
    """

    brief: str
    opening: tuple[str, ...] = Field(min_length=1)
    turns: int | None = Field(None, ge=1, le=40)
    remember: bool = False
    set: dict[Name, Annotated[str, Field(pattern=r"^[+-]?\d$")]] = {}
    check: tuple[Check, ...] = ()

    _lists = field_validator("opening", mode="before")(one_or_more)
