"""Drafts: what the learner writes in a block, read for the parts that count, and written for those who choose acts.

Text is endless; a solver needs finitely many acts. So a draft is what its parts come to, and two drafts with the same
parts are one act. In natural mode only a text that was really written counts, and no tag in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, make_dataclass
from functools import lru_cache
from typing import Any, Literal

from ...core.acts import Act, Say
from ...core.grammar import MAX_LENGTH, Grammar, Heard
from .parts import NONE, Draft, DraftPart

FILLER = "And so on."  # makes a draft longer
_BLOCK = re.compile(r"```draft\b[^\S\n]*\n?(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_TAG = re.compile(r"\[[^\[\]]*\]")
_BLOCK_ALONE = "One thing at a time, please: a draft, or a tag."
_WRITE = "Please write the draft itself, in a block that begins with ```draft and ends with ```."


@lru_cache(maxsize=256)
def draft_act(draft: str) -> type[Act]:
    """The act of a draft, with a field for each of its parts; of the table `Draft` as JSON."""
    table = Draft.model_validate_json(draft)
    hints = [(name, Literal[part.values]) for name, part in table.part.items()]  # pyright: ignore[reportInvalidTypeForm]
    made: Any = make_dataclass(
        table.name.capitalize(), hints, bases=(Act,), frozen=True, namespace={"__module__": __name__}
    )
    made.__doc__ = "Show a draft; the text stands in a block that begins with ```draft."
    made.tag = classmethod(lambda cls: table.name)
    made.table = table
    made.__reduce__ = lambda self: (_drafted, (draft, tuple(asdict(self).values())))
    return made


def _drafted(draft: str, values: tuple[str, ...]) -> Act:
    return draft_act(draft)(*values)


def block_of(text: str) -> str:
    """What stands in the last block of a draft; ``""`` if there is none, or nothing in it."""
    found = _BLOCK.findall(text)
    return found[-1].strip() if found else ""


def read(table: Draft, text: str) -> dict[str, str]:
    """The value of each part in a text."""
    return {name: _value(part, text) for name, part in table.part.items()}


def _value(part: DraftPart, text: str) -> str:
    """A text that has patterns of two values has neither: who writes everything has said nothing."""
    if part.number:
        said = [number.replace(",", "") for number in _NUMBER.findall(text)]
        return said[-1] if said and said[-1] in part.number else NONE
    if part.words:
        count = len(text.split())
        return next((value for value, wanted in part.words.items() if wanted.holds(count)), NONE)
    found = [
        value
        for value, patterns in part.text.items()
        if any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns)
    ]
    return found[0] if len(found) == 1 else NONE


def write(table: Draft, values: Mapping[str, str]) -> str:
    """A text with these values: the sentences of the file, and more words where it has to be longer."""
    said = [part.write.get(values[name], _number(part, values[name])) for name, part in table.part.items()]
    text = " ".join(filter(None, said)) or FILLER
    for name, part in table.part.items():
        while part.words and _value(part, text) != values[name] and len(text) < MAX_LENGTH:
            text = f"{FILLER} {text}"
    return text


def _number(part: DraftPart, value: str) -> str:
    return f"{value}." if value in part.number else ""


class FileGrammar(Grammar):
    """A grammar that reads drafts in their blocks. In natural mode a draft is printed as its text."""

    def using(self, mode: str) -> FileGrammar:
        """The same grammar in another mode."""
        return FileGrammar(tuple(self.acts.values()), self._understand, mode)

    def print(self, act: Act) -> str:
        """The tag of an act; of a draft, in natural mode, a text that has its parts."""
        table = getattr(act, "table", None)
        if table is None or self.mode == "tagged":
            return super().print(act)
        return f"```draft\n{write(table, asdict(act))}\n```"  # type: ignore[call-overload]

    def _read(self, text: str) -> Heard | None:
        drafts = [act for act in self.acts.values() if hasattr(act, "table")]
        if not drafts or not _BLOCK.search(text):
            return super()._read(text)
        outside = _BLOCK.sub(" ", text)
        if self.mode == "tagged":
            return super()._read(outside)
        names = [self._name(tag[1:-1]) for tag in _TAG.findall(outside)]
        if any(names) and not all(name in ("", *(act.tag() for act in drafts)) for name in names):
            return Heard(Say(), "malformed", _BLOCK_ALONE)
        if len(drafts) > 1 or not block_of(text):
            return None  # which one it is, the file says
        return Heard(drafts[0](**read(drafts[0].table, block_of(text))))  # type: ignore[attr-defined]

    def _tag(self, inside: str) -> Heard | None:
        heard = super()._tag(inside)
        if self.mode == "natural" and heard is not None and hasattr(heard.act, "table"):
            return Heard(Say(), "malformed", _WRITE)
        return heard
