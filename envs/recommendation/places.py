"""What there is to recommend: the houses of a town or of the whole region, and the words for what they are like."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ..content import content

_WORDS = content(__file__, "places.toml")
TOWNS: tuple[str, ...] = _WORDS["towns"]
GUESTS: tuple[str, ...] = _WORDS["guests"]
OCCASIONS: tuple[str, ...] = _WORDS["occasions"]
REGION = "the region"
FEATURES = tuple(_WORDS["attributes"])
"""Every attribute, in order; within one town all but the last."""


class Wish(NamedTuple):
    """One value of an attribute: what a guest says who wants it, and what names it."""

    says: tuple[str, ...]
    pattern: str


class Feature(NamedTuple):
    """One attribute: how it is asked for, what names it, and its values by name."""

    question: str
    pattern: str
    values: dict[str, Wish]


WORDS: dict[str, Feature] = {
    name: Feature(
        said["question"],
        said["pattern"],
        {value: Wish(words["says"], words["pattern"]) for value, words in said["values"].items()},
    )
    for name, said in _WORDS["attributes"].items()
}
"""Attribute -> its words."""


class Catalogue(NamedTuple):
    """The houses of a town, or of the region, most popular first.

    Attributes:
        attributes: Names of what can be asked about.
        rows: The values of each house, in the order of `attributes`.
        names: The name of each house.
    """

    attributes: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]


@cache
def catalogue(where: str) -> Catalogue:
    """The houses of a town, or of `REGION`: there the towns take turns from house to house."""
    count = len(FEATURES) - 1
    if where == REGION:
        rows = tuple((*house[:count], town.lower()) for house in _WORDS["houses"] for town in TOWNS)
        names = tuple(house[count + place] for house in _WORDS["houses"] for place in range(len(TOWNS)))
        return Catalogue(FEATURES, rows, names)
    place = count + TOWNS.index(where)
    return Catalogue(
        FEATURES[:count],
        tuple(house[:count] for house in _WORDS["houses"]),
        tuple(house[place] for house in _WORDS["houses"]),
    )
