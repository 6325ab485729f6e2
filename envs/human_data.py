"""Dialogues between people, in the terms of a family: what its ``human.py`` says, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..core.acts import Act


class Unreadable(ValueError):
    """A record that cannot be used; the message says why, in a few words that are the same for all such records."""


class Said(NamedTuple):
    """One utterance, or a press of a button.

    Attributes:
        seat: Who made it.
        text: Its words; ``""`` for a button.
        act: What a button did; ``None`` for words, which are still to be read.
    """

    seat: str
    text: str
    act: Act | None = None


class Talk(NamedTuple):
    """A dialogue of people, or a simulated one, before it is read.

    Attributes:
        facts: What the reader has to know, such as the list price: the family's own class.
        turns: In order; the same seat may speak several times in a row.
        group: To which group of people the person belongs; ``""`` where that is not known.
    """

    facts: Any
    turns: tuple[Said, ...]
    group: str = ""


class Course(NamedTuple):
    """The acts of a dialogue, as the family's game and mind have them.

    Attributes:
        game: The rules.
        mind: Who the person is taken for.
        person: The seat of the person.
        state: Where it begins: after an opening that tells nothing.
        acts: Seat and act, the seats in turn.
        alphabet: Among how many acts a person who does anything at all is taken to choose.
        coarse: What the reader would make of an act, of people or of the mind, on the mind's grid; and for how many
            acts of the alphabet that stands.
    """

    game: Any
    mind: Any
    person: str
    state: Any
    acts: tuple[tuple[str, Act], ...]
    alphabet: int
    coarse: Callable[[Act], tuple[Act, int]]


class HumanData(NamedTuple):
    """How a family reads people; ``HUMAN`` of its ``human.py``.

    Attributes:
        reader: Name and version of what turns words into acts; figures of different versions are not comparable.
        formats: Name of a published layout, or ``"jsonl"`` -> makes a `Talk` of a record. It raises `Unreadable`.
        talk: Makes a `Talk` of a dialogue with a simulated person.
        read: Seat and act of each turn of a `Talk`, successive turns of a seat as one.
        measures: The figures of what was read, by name; one is missing where the dialogue has no such value.
        outcome: How the dialogue ended, as one of `outcomes`.
        outcomes: All that there are.
        course: What was read as a `Course`, for a family with its settings.
        bins: Measure -> edges of the bins in which it is counted.
    """

    reader: str
    formats: Mapping[str, Callable[[Any], Talk]]
    talk: Callable[[Any], Talk]
    read: Callable[[Talk], list[tuple[str, Act]]]
    measures: Callable[[Talk, Sequence[tuple[str, Act]]], dict[str, float]]
    outcome: Callable[[Talk, Sequence[tuple[str, Act]]], str]
    outcomes: tuple[str, ...]
    course: Callable[[Any, Talk, Sequence[tuple[str, Act]]], Course]
    bins: Mapping[str, Sequence[float]]


def spoken(dialogue: Any) -> tuple[Said, ...]:
    """The words of a dialogue with a simulated person, to be read as those of people are."""
    return tuple(Said(turn.seat, turn.text) for turn in dialogue.turns() if turn.text.strip())


def lines(record: Any, seats: Sequence[str], parse: Callable[[str], Act | None]) -> tuple[Said, ...]:
    """The turns of a record of the layout ``jsonl``.

    They are ``{"seat": ..., "text": ...}``, in which ``"act"`` may hold the tag of a button.

    Raises:
        Unreadable: If they are missing, or are none.
    """
    turns = record.get("turns")
    if not isinstance(turns, list) or not all(isinstance(turn, Mapping) for turn in turns):
        raise Unreadable('no list of "turns"')
    found = []
    for turn in turns:
        if turn.get("seat") not in seats:
            raise Unreadable(f'a turn without a "seat" among {", ".join(seats)}')
        act = parse(turn["act"]) if turn.get("act") else None
        if turn.get("act") and act is None:
            raise Unreadable('an "act" that is no tag of this family')
        found.append(Said(turn["seat"], str(turn.get("text") or ""), act))
    return both(tuple(found), seats)


def both(turns: tuple[Said, ...], seats: Sequence[str]) -> tuple[Said, ...]:
    """The turns.

    Raises:
        Unreadable: If one of the seats never speaks.
    """
    if {turn.seat for turn in turns} != set(seats):
        raise Unreadable("only one side speaks")
    return turns


def joined(read: Sequence[tuple[str, Act]], talk: Act) -> list[tuple[str, Act]]:
    """Successive turns of a seat as one: the last act in them that is more than talk."""
    found: list[tuple[str, Act]] = []
    for seat, act in read:
        if found and found[-1][0] == seat:
            if act != talk:
                found[-1] = (seat, act)
        else:
            found.append((seat, act))
    return found
