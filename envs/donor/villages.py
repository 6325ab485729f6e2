"""Where people help each other: places, what is asked for there, names."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere.

    Attributes:
        about: Where it is, in words that follow "you are new".
        of: What people ask for, in words that follow "some".
        unit: In what it is counted: one.
        units: The same, several.
        why: What a visitor says of its need.
    """

    about: str
    of: str
    unit: str
    units: str
    why: tuple[str, ...]


_TEXT = content(__file__, "villages.toml")
PLACES: dict[str, Place] = {key: Place(**place) for key, place in _TEXT["villages"].items()}
"""They differ in words alone."""
NAMES: tuple[str, ...] = _TEXT["names"]
LONGEST = len(NAMES) // 2
"""Rounds for which there are names, since nobody is met twice."""
_NUMBER = {key: number for number, key in enumerate(PLACES)}


def visitor(place: str, number: int) -> tuple[str, str]:
    """Name and need of the visitor of a round, from 0. The same in every dialogue, and so they tell nothing."""
    why = PLACES[place].why
    return NAMES[(5 * _NUMBER[place] + 2 * number) % len(NAMES)], why[number % len(why)]


def neighbour(place: str, number: int) -> str:
    """Name of the neighbour of a round."""
    return NAMES[(5 * _NUMBER[place] + 2 * number + 1) % len(NAMES)]
