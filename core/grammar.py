"""One grammar for every family: at most one tag in an utterance binds, everything else is talk."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

from .acts import Act, Say
from .thoughts import spoken

MODES = ("natural", "tagged")
MAX_LENGTH = 2000  # characters of an utterance that anyone will listen to
_TAG = re.compile(r"\[([^\[\]]*)\]")
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
_CACHE = 65536  # utterances remembered; agents repeat themselves


class Heard(NamedTuple):
    """What an utterance came to.

    Attributes:
        act: The act it binds its speaker to; ``Say()`` for talk and for a turn that is lost.
        problem: ``""``, ``"malformed"`` (a tag that cannot be read) or ``"ambiguous"`` (plain words that could mean
            several acts).
        reason: What to tell the speaker about the problem; a sentence.
    """

    act: Act
    problem: str = ""
    reason: str = ""


TALK = Heard(Say())
Understand = Callable[[str, Any], Heard]


class Grammar:
    """Reads and prints the acts of a family.

    A tag is the act's name and its fields: ``[offer 240]``, ``[walk]``, ``[offer books=1 hats=0]``. One field is
    written bare, several as ``name=value``; a colon after the name is forgiven. Fields are typed: ``int`` (a currency
    sign and thousands separators are forgiven), ``str`` (one word) or ``Literal`` (one of the words listed). Brackets
    that do not begin with an act's name (``[smiles]``) are no tags and are passed over; a name that is nearly an act's
    is taken for a slip.

    Args:
        acts: The act dataclasses that can be written as tags.
        understand: Deterministic reading of an utterance without a tag, given the family's context object; without it
            only tags bind.
        mode: ``"natural"`` uses `understand`; ``"tagged"`` does not.

    Raises:
        ValueError: If `mode` is unknown.
    """

    def __init__(self, acts: Sequence[type[Act]], understand: Understand | None = None, mode: str = "natural"):
        if mode not in MODES:
            raise ValueError(f"grammar must be one of {', '.join(MODES)}; got {mode!r}")
        self.acts = {act.tag(): act for act in acts}
        self.mode = mode
        self._understand = understand
        self._fields = {act: fields_of(act) for act in acts}
        self._help = ", ".join(self._form(act) for act in acts)
        self._tagged: dict[str, Heard | None] = {}
        self._plain: dict[tuple[str, Any], Heard] = {}

    @property
    def reads_words(self) -> bool:
        """Whether plain words can bind, in natural mode."""
        return self._understand is not None

    def using(self, mode: str) -> Grammar:
        """The same grammar in another mode."""
        return Grammar(tuple(self.acts.values()), self._understand, mode)

    def help(self) -> str:
        """How the acts are written: ``[offer PRICE], [accept], [walk]``."""
        return self._help

    def print(self, act: Act) -> str:
        """The tag of `act`; an empty string for `Say`.

        ``parse(print(act)).act == act`` for the acts of the grammar; others are printed for the record.
        """
        fields = self._fields.get(type(act))
        values = [
            (name, getattr(act, name))
            for name in (fields if fields is not None else [field.name for field in dataclasses.fields(act)])
        ]
        if isinstance(act, Say):
            return ""
        if len(values) == 1:
            return f"[{act.tag()} {values[0][1]}]"
        return "[" + " ".join([act.tag(), *(f"{name}={value}" for name, value in values)]) + "]"

    def parse(self, text: str, context: Any = None) -> Heard:
        """Read an utterance. Never raises, whatever `text` holds. Thoughts in it bind nothing (see `spoken`).

        Args:
            text: Any string.
            context: What `understand` needs to know (hashable); it must not contain a hidden fact.
        """
        heard = self.parse_tag(text)
        if heard is None:
            key = (text, context)
            heard = self._plain.get(key)
            if heard is None:
                if len(self._plain) >= _CACHE:
                    self._plain.clear()
                heard = self._plain[key] = self._hear(text, context)
        return heard

    def parse_tag(self, text: str) -> Heard | None:
        """The part of `parse` that needs no context; ``None`` if an utterance must be understood from its words."""
        try:
            return self._tagged[text]
        except KeyError:
            said = spoken(text)
            if len(said) > MAX_LENGTH:
                return Heard(Say(), "malformed", f"That was {len(said)} characters; I can follow {MAX_LENGTH} at most.")
            if len(self._tagged) >= _CACHE:
                self._tagged.clear()
            heard = self._tagged[text] = self._read(said)
            return heard

    def alone(self, text: str) -> Heard | None:
        """What an utterance comes to wherever it is said; ``None`` where that takes the context."""
        return self.parse_tag(text)

    def _hear(self, text: str, context: Any) -> Heard:
        """What plain words come to; those of a tag have to bind, as a tag is meant to."""
        if self._understand is None:
            return TALK
        heard = self._understand(self._words(text), context)
        if heard != TALK:
            return heard
        names = (self._name(inside) for inside in _TAG.findall(spoken(text)))
        name = next(filter(None, names), "")
        return Heard(Say(), "malformed", f"The tag is written {self._form(self.acts[name])}.") if name else heard

    def _read(self, text: str) -> Heard | None:
        tags = [inside for inside in _TAG.findall(text) if self._name(inside)]
        if len(tags) > 1:
            return Heard(Say(), "malformed", f"Please use one tag at a time; I saw {len(tags)}.")
        if tags:
            return self._tag(tags[0])
        if any(f"[{name}" in text.lower() for name in self.acts):
            return Heard(Say(), "malformed", "A tag was opened and not closed.")
        if (foreign := _TAG.findall(text)) and not any(map(str.isalnum, _TAG.sub("", text))):
            return Heard(
                Say(), "malformed", f"I do not know the tag [{_shorten(foreign[0])}]; possible are {self.help()}."
            )
        return TALK if self._understand is None or self.mode == "tagged" else None

    def _name(self, inside: str) -> str:
        """The first word of a tag if it is an act's name or nearly one; else ``""``: ``[smiles]`` is no tag."""
        word = next(iter(inside.replace(":", " ").split()), "").lower()
        return word if word in self.acts or get_close_matches(word, self.acts, 1, 0.7) else ""

    def _words(self, text: str) -> str:
        """What is to be understood: the text without thoughts, and without brackets that are no tags."""
        return _TAG.sub(lambda match: match[1] if self._name(match[1]) else " ", spoken(text))

    def _tag(self, inside: str) -> Heard | None:
        name, _, rest = inside.strip().replace(":", " ", 1).partition(" ")
        words = [name, *rest.strip(" .!?").split()]
        act = self.acts.get(name.lower())
        if act is None:
            shown = _shorten(inside)
            return Heard(Say(), "malformed", f"I do not know the tag [{shown}]; possible are {self.help()}.")
        if len(words) > 1 and not self._fields[act] and self._understand and self.mode == "natural":
            return None  # "[accept 280]" is read as words
        fields, form = self._fields[act], self._form(act)
        given = _arguments(words[1:], tuple(fields))
        if given is None:
            return Heard(Say(), "malformed", f"The tag is written {form}.")
        values = {}
        for name, kind in fields.items():
            value = _convert(given[name], kind)
            if value is None:
                wanted = (
                    "a whole number"
                    if kind is int
                    else f"one of {', '.join(kind)}"
                    if isinstance(kind, tuple)
                    else "a word"
                )
                return Heard(
                    Say(), "malformed", f"In {form}, {name.upper()} must be {wanted}, not '{_shorten(given[name])}'."
                )
            values[name] = value
        return Heard(act(**values))

    def _form(self, act: type[Act]) -> str:
        fields = self._fields[act]
        if len(fields) == 1:
            return f"[{act.tag()} {next(iter(fields)).upper()}]"
        return "[" + " ".join([act.tag(), *(f"{name}={name.upper()}" for name in fields)]) + "]"


def fields_of(act: type[Act]) -> dict[str, Any]:
    """Field name -> ``int``, ``str`` or a tuple of the words allowed.

    Raises:
        TypeError: If a field is of another type.
    """
    hints = typing.get_type_hints(act)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(act):
        hint = hints[field.name]
        if typing.get_origin(hint) is Literal:
            hint = typing.get_args(hint)
        elif hint not in (int, str):
            raise TypeError(f"field {field.name!r} of act {act.__name__} must be int, str or Literal, got {hint!r}")
        fields[field.name] = hint
    return fields


def _arguments(words: list[str], names: tuple[str, ...]) -> dict[str, str] | None:
    if len(names) == 1 and words and "=" not in words[0]:
        return {names[0]: " ".join(words)}
    pairs = dict(word.split("=", 1) for word in words if "=" in word)
    return pairs if len(pairs) == len(words) and set(pairs) == set(names) else None


def _convert(text: str, kind: Any) -> int | str | None:
    if kind is int:
        digits = text.replace(",", "").replace(" ", "").strip("$€£")
        return int(digits) if _INTEGER.fullmatch(digits) else None
    word = text.lower()
    if isinstance(kind, tuple):
        return next((choice for choice in kind if choice.lower() == word), None)
    return text if text and not set(text) & set(" =") else None


def _shorten(text: str, length: int = 40) -> str:
    shown = "".join(c if c.isprintable() else " " for c in text[:length]).strip()
    return shown + ("..." if len(text) > length else "")
