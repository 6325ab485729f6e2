"""What a scenario file forbids: to the learner, at a penalty; to the person, in words that code does not let pass."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Literal

from pydantic import Field, field_validator, model_validator

from ...core.acts import Act
from .parts import Condition, Name, Part, Pattern, Value, one_or_more


class Forbid(Part):
    """Something that must not be done, or said.

    What is done is part of the state, and so solved. Words are endless: those of the learner are looked for beside the
    game, and can only take away from what it pays.

    Attributes:
        by: Who must not. What the person must not say, a language model in its place does not get through.
        moved: Moves that are forbidden.
        called: A tool or the draft; with `args`, with these arguments or parts.
        when: What must hold besides: draws, and what came before the act. So nobody can undo it, or leave in time.
        words: Patterns that must not be found in the words; `examples` hold one each.
        penalty: What it takes off the score, once.
    """

    id: Name
    doc: str = ""
    by: Literal["learner", "person"] = "learner"
    moved: tuple[Name, ...] = ()
    called: Name | Literal[""] = ""
    args: dict[Name, Value] = {}
    when: Condition = Condition()
    words: tuple[Pattern, ...] = ()
    examples: tuple[str, ...] = ()
    penalty: float = Field(0.0, ge=0)

    _lists = field_validator("moved", "words", "examples", mode="before")(one_or_more)

    @model_validator(mode="after")
    def _whole(self) -> Forbid:
        if self.args and not self.called:
            raise ValueError("args belong to called")
        if bool(self.words) != bool(self.examples):
            raise ValueError("words and examples of them belong together")
        if self.by == "person":
            if self.acts or self.penalty or self.when != Condition() or not self.words:
                raise ValueError("to the person words alone are forbidden, without when and penalty")
            return self
        if not self.acts and not self.words:
            raise ValueError("give what is forbidden: moved, called or words")
        if self.penalty <= 0:
            raise ValueError("penalty must be above 0")
        for part in self.when.parts():
            self._stays(part)
        return self

    def _stays(self, part: Condition) -> None:
        """What is forbidden under a condition that can change would be undone by what is done later."""
        if part.state or part.outcome or part.session or part.db or part.text:
            raise ValueError("when can ask for draws, and for what came before the act: that does not change any more")
        if (part.told or part.moved or part.called) and (self.words or (part.before,) != self.acts):
            raise ValueError("told, moved and called in when need before, which is the one act that is forbidden")

    @property
    def acts(self) -> tuple[str, ...]:
        """Moves and tools that are forbidden."""
        return (*self.moved, *([self.called] if self.called else []))

    @cached_property
    def condition(self) -> Condition:
        """That it was done; of words, that they count."""
        called = [Condition(called=self.called, args=self.args)] if self.called else []
        return Condition(all=(self.when,), any=(*(Condition(moved=(move,)) for move in self.moved), *called))

    def does(self, act: Act) -> bool:
        """Whether a call or a draft is forbidden."""
        return act.tag() == self.called and all(getattr(act, arg, "") == value for arg, value in self.args.items())

    def is_said(self, text: str) -> bool:
        """Whether words hold what is forbidden."""
        return any(pattern.search(text) for pattern in self._patterns)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(words, re.IGNORECASE) for words in self.words)
