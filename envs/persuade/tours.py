"""Where travellers go: tours, the names of hotels, and what guests write."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content

_TEXT = content(__file__, "tours.toml")
HOTELS: tuple[str, ...] = _TEXT["hotels"]
QUOTES: dict[float, tuple[str, ...]] = {float(score): said for score, said in _TEXT["reviews"].items()}
"""Score -> what guests write who give it."""


class Tour(NamedTuple):
    """A journey, a town a night.

    Attributes:
        called: Where it leads.
        towns: In order.
    """

    called: str
    towns: tuple[str, ...]


TOURS: dict[str, Tour] = {name: Tour(**said) for name, said in _TEXT["tours"].items()}
MOST = min(len(tour.towns) for tour in TOURS.values())
"""How many rounds there are towns for."""
_PLACE = {name: place for place, name in enumerate(TOURS)}


def stop(tour: str, number: int) -> tuple[str, str]:
    """Hotel and town of a round, from 0. They are the same in every dialogue, and so tell nothing."""
    return HOTELS[(7 * _PLACE[tour] + 5 * number) % len(HOTELS)], TOURS[tour].towns[number]


def quote(tour: str, number: int, score: float) -> str:
    """What the guest writes who gives that score in a round."""
    said = QUOTES[score]
    return said[(_PLACE[tour] + number) % len(said)]
