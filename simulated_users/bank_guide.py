"""The guide of a family that has none: a language model chooses among what the phrase bank could say.

So every family is voiced from the first day. The model's words are the bank's own, in an order that suits what was
heard; a guide of the family's own lets it find words by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from ..core.stream import Stream
from .guide import Line
from .phrase_bank import PhraseVoice
from .speech import manner, one_of
from .user import Cue


class BankGuide:
    """Accepts what `voice` may say to a cue, to the letter. Like the voice, it sees nothing but cues.

    Args:
        voice: The family's phrase bank.
    """

    def __init__(self, voice: PhraseVoice):
        self.voice = voice

    def scene(self, cue: Cue) -> str:
        """The seat, the public facts, and the manner."""
        known = "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in _facts(cue.public).items())
        parts = (f"You are the {cue.seat} in a conversation.", known and f"Both sides know this: {known}.")
        return " ".join(filter(None, (*parts, manner(cue.persona))))

    def line(self, cue: Cue, stream: Stream) -> Line:
        """The act, and the sentences to choose from."""
        leads, sentences = self._possible(cue)
        values = ", ".join(f"{name} {value}" for name, value in _facts(cue.act).items())
        act = f"What you do now: {cue.act.tag()}{f' ({values})' if values else ''}."
        begin = f"Begin with one of these, word for word: {_listed(leads)}. " if leads else ""
        if cue.reason and leads:
            begin += f'Go on with this, word for word: "{cue.reason}" '
        end = f"{'Then say' if leads else 'Say'} one of these, word for word: {_listed(sentences)}."
        return Line(f"{act} {begin}{end}", intent=f"{cue.act.tag()}{', lost' if cue.problem else ''}")

    def check(self, cue: Cue, line: Line, said: str) -> str:
        """What is wrong with `said`: anything but one of the lists' sentences."""
        leads, sentences = self._possible(cue)
        words = _spaced(said)
        if not leads:
            return "" if words in sentences else "Choose one of the sentences, and change nothing."
        reason = f" {_spaced(cue.reason)}" if cue.reason else ""
        good = any(words == f"{lead}{reason} {sentence}" for lead in leads for sentence in sentences)
        return "" if good else "Put one sentence of each list together, in this order, and change nothing."

    def grammar(self, cue: Cue, line: Line) -> str:
        """The possible words as alternatives."""
        leads, sentences = self._possible(cue)
        reason = f" {_spaced(cue.reason)}" if cue.reason else ""
        begin = f"{one_of(f'{lead}{reason} ' for lead in leads)} " if leads else ""
        return f"root ::= {begin}{one_of(sentences)}\n"

    def _possible(self, cue: Cue) -> tuple[list[str], list[str]]:
        leads, sentences = self.voice.possible(cue)
        return list(map(_spaced, leads)), list(map(_spaced, sentences))


def _facts(record: Any) -> Mapping[str, Any]:
    """The fields of a dataclass or a named tuple."""
    if is_dataclass(record):
        return {field.name: getattr(record, field.name) for field in fields(record)}
    return record._asdict() if hasattr(record, "_asdict") else {}


def _listed(texts: list[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _spaced(text: str) -> str:
    """As `llm_voice.tidy` leaves words: in one line, with single spaces."""
    return " ".join(text.split())
