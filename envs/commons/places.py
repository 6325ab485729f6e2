"""What grows back: the places that villagers share."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Place:
    """A commons.

    Attributes:
        about: Where it is, in words that follow "share".
        of: What grows there.
        unit: In what it is counted: one.
        units: The same, several.
        work: What is done each month, in words that follow "this month's".
    """

    about: str
    of: str
    unit: str
    units: str
    work: str


PLACES: dict[str, Place] = {key: Place(**place) for key, place in content(__file__, "places.toml")["places"].items()}
"""They differ in names alone."""
