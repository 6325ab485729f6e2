"""Words from a phrase bank: the default voice. It needs no model and speaks in about a microsecond."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ..core.stream import Stream
from .user import Cue

Bank = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Persona -> slot -> templates.

The slot ``"counter seller"`` holds what a seller may say in addition to what is under ``"counter"``.
"""

Describe = Callable[[Cue], tuple[str, tuple, str]]
"""What a family makes of a cue.

The act's slot, the values of the fields, and the slot to react from if no topic is recognised (``""``: none).
"""

_ASKED = "asked"
"""Slot to react from, where a bank has it, to a question that nothing was made of and no topic was found in."""
_CACHE = 65536  # utterances whose topic is remembered; agents repeat themselves
_TAG = re.compile(r"\[[^\[\]]*\]")
_Fill = Callable[..., str]


class PhraseVoice:
    """Says an act in a sentence drawn from a bank, after a few words about what was heard.

    The sentence of the act comes last and costs one random number. Before it stands, for one number more, a reaction to
    the topic of the learner's words, or a lead and the reason if the learner's turn was lost. Templates are format
    strings over the names in `fields`. A bank may fill the slot ``asked``: a question that is only talk, and of no
    topic, is answered from it in place of ``chat``.

    Args:
        bank: Persona -> slot -> templates. Lost turns are answered from the slots ``illegal`` and ``unclear``.
        fields: Names of the values that `describe` returns, in its order.
        describe: The family's reading of a cue.
        topics: Slot to react from -> pattern, or alternatives, to search for in the learner's words, without tags and
            in lower case; the first that matches counts.

    Raises:
        ValueError: If the personas do not fill the same slots, or lack those for lost turns.
        KeyError: If a template holds an unknown field, or if a slot is missing (when it is first needed).
    """

    def __init__(
        self,
        bank: Bank,
        fields: Sequence[str],
        describe: Describe,
        topics: Mapping[str, str | Sequence[str]] | None = None,
    ):
        self.personas = tuple(bank)
        slots = bank[self.personas[0]].keys()
        for persona in self.personas:
            if bank[persona].keys() != slots:
                raise ValueError(
                    f"personas must fill the same slots; {persona!r} and {self.personas[0]!r} differ in "
                    f"{sorted(bank[persona].keys() ^ slots)}"
                )
        if missing := {"illegal", "unclear"} - slots:
            raise ValueError(
                "the bank must answer lost turns from the slots 'illegal' and 'unclear'; it lacks "
                f"{', '.join(sorted(missing))}"
            )
        positions = {name: f"{{{position}}}" for position, name in enumerate(fields)}
        # The bound `format` of each template: to fill it costs about as much as to look up a finished sentence, and
        # there is nothing to warm up or to keep.
        self._bank = {
            (persona, slot): tuple(template.format_map(positions).format for template in templates)
            for persona, said in bank.items()
            for slot, templates in said.items()
        }
        self._answers = _ASKED in slots
        self._gathered: dict[tuple[str, str, str], tuple[_Fill, ...]] = {}
        self.fields, self.describe = tuple(fields), describe
        self._patterns = tuple(
            (slot, re.compile(pattern if isinstance(pattern, str) else "|".join(pattern)))
            for slot, pattern in (topics or {}).items()
        )
        self._topics: dict[str, str] = {}

    def say(self, cues: Sequence[Cue], streams: Sequence[Stream]) -> list[str]:
        """One utterance for each cue."""
        return list(map(self._utter, cues, streams))

    def choices(self, persona: str, slot: str, seat: str) -> tuple[_Fill, ...]:
        """What `persona` may say from a slot in that seat, as functions of the fields' values."""
        found = self._bank.get((persona, slot), ()) + self._bank.get((persona, f"{slot} {seat}"), ())
        if not found:
            raise KeyError(f"persona {persona!r} has nothing to say from slot {slot!r} as {seat!r}")
        self._gathered[persona, slot, seat] = found
        return found

    @property
    def topics(self) -> tuple[str, ...]:
        """The slots to react from that the learner's words lead to."""
        return (*(slot for slot, _ in self._patterns), *([_ASKED] if self._answers else []))

    def possible(self, cue: Cue) -> tuple[list[str], list[str]]:
        """What may stand before the act, and the sentences that say it: all that `say` draws from.

        A lead is followed by ``cue.reason``, if there is one. Without leads, the sentence stands alone. A voice that
        says more than these has to override it.

        Raises:
            KeyError: If a slot is missing.
        """
        slot, values, otherwise = self.describe(cue)
        slots = ("" if cue.opening else self._lead(cue.heard, cue.problem, otherwise, cue.sealed), slot)
        leads, sentences = (
            [fill(*values) for fill in self.choices(cue.persona, slot, cue.seat)] if slot else [] for slot in slots
        )
        return leads, sentences

    def topic(self, heard: str) -> str:
        """The slot of the topic that the learner's words touch on; ``""`` if there is none."""
        topic = self._topics.get(heard)
        if topic is None:
            if len(self._topics) >= _CACHE:
                self._topics.clear()
            topic = self._topics[heard] = self._recognise(heard)
        return topic

    def _utter(self, cue: Cue, stream: Stream) -> str:
        _, seat, _, persona, heard, opening, problem, reason, _, sealed = cue
        slot, values, otherwise = self.describe(cue)
        choices = self._gathered.get((persona, slot, seat)) or self.choices(persona, slot, seat)
        words = choices[int(stream.random() * len(choices))](*values)
        if opening:
            return words
        topic = self._lead(heard, problem, otherwise, sealed)
        if not topic:
            return words
        choices = self._gathered.get((persona, topic, seat)) or self.choices(persona, topic, seat)
        lead = choices[int(stream.random() * len(choices))](*values)
        return f"{lead} {reason} {words}" if reason else f"{lead} {words}"

    def _lead(self, heard: str, problem: str, otherwise: str, sealed: bool) -> str:
        """The slot of what stands before the act; ``""`` for nothing."""
        if problem:
            return "illegal" if problem == "illegal" else "unclear"
        if sealed:
            return otherwise
        if topic := self.topic(heard):
            return topic
        return _ASKED if self._answers and otherwise == "chat" and heard.rstrip().endswith("?") else otherwise

    def _recognise(self, heard: str) -> str:
        words = _TAG.sub("", heard)
        if words != heard and not any(character.isalpha() for character in words):
            return ""  # nothing but a tag
        words = words.lower().replace("’", "'")
        return next((slot for slot, pattern in self._patterns if pattern.search(words)), "")


def spread(bank: Bank, times: int, *fields: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """The bank with each template that names one of `fields` once for each of the field's values.

    ``{wrong}`` becomes ``{wrong1}``, ``{wrong2}`` and so on, one after the other. See `drawn`.
    """

    def each(template: str) -> list[str]:
        names = [f"{{{field}}}" for field in fields if f"{{{field}}}" in template]
        made = [template] * (times if names else 1)
        for name in names:
            made = [one.replace(name, f"{name[:-1]}{number}}}") for number, one in enumerate(made, 1)]
        return made

    return {
        persona: {
            slot: tuple(one for template in templates for one in each(template)) for slot, templates in said.items()
        }
        for persona, said in bank.items()
    }


def drawn(bank: Bank, persona: str, slot: str, times: int, stream: Stream) -> int:
    """Which value of a field that was `spread`, from 0, the bank says from a slot with the same random numbers.

    For a persona that the bank does not know, any value is drawn.
    """
    return stream.choose(len(bank[persona][slot]) if persona in bank else times) % times
