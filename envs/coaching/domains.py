"""What is coached: strategies, the traits that tell them apart, and the attributes that show a trait.

Public facts, told to the learner in its brief. The domains themselves are in ``domains.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from ..content import content


class Topic(NamedTuple):
    """An attribute in words.

    Attributes:
        question: How a coach asks about it; a yes to it is the attribute's yes.
        pattern: What names it in plain words, in lower case.
        yes: Claims of a client who says yes.
        no: Claims of a client who says no.
    """

    question: str
    pattern: str
    yes: tuple[str, ...]
    no: tuple[str, ...]


class Trait(NamedTuple):
    """One side of a person.

    Attributes:
        high: Name of the side that a yes speaks for.
        low: Name of the side that a no speaks for.
        attributes: What one can ask about; each is an independent sign of the trait.
    """

    high: str
    low: str
    attributes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Domain:
    """What a client wants, in words; every domain fills the same pattern, see `PATTERN`.

    Attributes:
        goal: Completes "The client wants to ...".
        traits: Five traits.
        strategies: Eight strategies, in the order of `PATTERN`, each with what the client would be doing.
        heard: Strategy -> what names it in plain words, where that is more than its name.
        topics: Attribute -> its words.
    """

    goal: str
    traits: tuple[Trait, ...]
    strategies: dict[str, str]
    heard: dict[str, str]
    topics: dict[str, Topic]


PATTERN: tuple[tuple[int, ...], ...] = (
    (+1, +1, 0, +1, 0),
    (+1, +1, 0, -1, 0),
    (+1, -1, 0, +1, 0),
    (+1, -1, 0, -1, 0),
    (-1, 0, +1, 0, +1),
    (-1, 0, +1, 0, -1),
    (-1, 0, -1, 0, +1),
    (-1, 0, -1, 0, -1),
)
"""Strategy -> the side of each trait that it needs; 0 where the trait does not matter.

The first trait decides which of the others matter, so a coach who listens asks other questions of one client than of
another.
"""


def _domain(goal: str, strategies: dict[str, str], heard: dict[str, str], traits: tuple[dict[str, Any], ...]) -> Domain:
    """The domain of a table of ``domains.toml``."""
    topics = {name: Topic(**words) for trait in traits for name, words in trait["attributes"].items()}
    sides = tuple(Trait(trait["high"], trait["low"], tuple(trait["attributes"])) for trait in traits)
    return Domain(goal, sides, strategies, heard, topics)


DOMAINS = {name: _domain(**table) for name, table in content(__file__, "domains.toml").items()}
"""What clients come for. All domains are one and the same game under other names, so they share a solution."""


@dataclass(frozen=True, slots=True)
class Preset:
    """How much of a domain is played.

    Attributes:
        strategies: Rows of `PATTERN`.
        attributes: Trait -> how many of its attributes may be asked about.
    """

    strategies: tuple[int, ...]
    attributes: tuple[tuple[int, int], ...]


PRESETS: dict[str, Preset] = {
    "large": Preset(tuple(range(8)), tuple((trait, 4) for trait in range(5))),
    "small": Preset((0, 2, 4, 6), ((0, 3), (1, 3), (2, 3))),
    "pair": Preset((0, 6), ((0, 6),)),
}
"""``large``: 8 strategies, 20 attributes.

``small``: 4 strategies, 9 attributes. ``pair``: 2 strategies, told apart by 6 attributes of a single trait.
"""


class Extract(NamedTuple):
    """A domain cut down to a preset.

    Attributes:
        strategies: Names.
        attributes: Names, those of a trait together.
        traits: The traits in play, each with the attributes in play.
        pattern: Strategy -> side of each of `traits`.
        profile: Strategy -> the answer of each of `attributes` that speaks for it: 1 yes, -1 no, 0 neither.
    """

    strategies: tuple[str, ...]
    attributes: tuple[str, ...]
    traits: tuple[Trait, ...]
    pattern: tuple[tuple[int, ...], ...]
    profile: tuple[tuple[int, ...], ...]

    def near(self, one: int, other: int) -> bool:
        """Whether two strategies differ in one trait and agree in another."""
        sides = list(zip(self.pattern[one], self.pattern[other], strict=True))
        return sum(a != b for a, b in sides) == 1 and any(a == b != 0 for a, b in sides)


@cache
def extract(domain: str, preset: str) -> Extract:
    """The part of a domain that a preset plays."""
    whole, part = DOMAINS[domain], PRESETS[preset]
    traits = tuple(
        whole.traits[place]._replace(attributes=whole.traits[place].attributes[:count])
        for place, count in part.attributes
    )
    pattern = tuple(tuple(PATTERN[row][place] for place, _ in part.attributes) for row in part.strategies)
    profile = tuple(
        tuple(side for side, trait in zip(sides, traits, strict=True) for _ in trait.attributes) for sides in pattern
    )
    names = tuple(attribute for trait in traits for attribute in trait.attributes)
    return Extract(tuple(tuple(whole.strategies)[row] for row in part.strategies), names, traits, pattern, profile)
