"""Who divides what with whom, and how packages are put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..content import content
from .game import KINDS, Package


class Scene(NamedTuple):
    """One story.

    Attributes:
        name: The partner's.
        other: The name of who holds the learner's seat, where both sides learn.
        told: What the learner is told first; ``{name}`` is the other side.
        topic: What it is about.
        asked: As `told`, for the partner's seat; ``""`` where it is the same.
    """

    name: str
    other: str
    told: str
    topic: str
    asked: str = ""


SCENES: dict[str, dict[str, Scene]] = {
    kind: {key: Scene(**told) for key, told in scenes.items()}
    for kind, scenes in content(__file__, "scenes.toml").items()
}
"""Kind -> key -> story."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SINGULAR: Mapping[str, str] = {"books": "book", "hats": "hat", "balls": "ball"}


def in_words(kind: str, counts: Package, amounts: Sequence[int]) -> str:
    """Amounts as an offer names them, such as ``"the book and two balls"``."""
    if kind == "job":
        salary, leave, remote = amounts
        return f"{salary} thousand, {leave} days of leave and {NUMBERS[remote]} day{'s' * (remote != 1)} at home"
    if not any(amounts):
        return "nothing"
    if tuple(amounts) == tuple(counts):
        return "everything"
    parts: list[str] = []
    for name, count, amount in zip(KINDS[kind].issues, counts, amounts, strict=True):
        if not amount:
            continue
        if kind == "camp":
            packages = "" if any("package" in part for part in parts) else f" package{'s' * (amount > 1)}"
            parts.append(f"all the {name}" if amount == count else f"{NUMBERS[amount]}{packages} of {name}")
        else:
            noun = name if amount > 1 else SINGULAR[name]
            whole = "the" if count == 1 else "both" if count == 2 else f"all {NUMBERS[count]}"
            parts.append(f"{whole if amount == count else NUMBERS[amount]} {noun}")
    return joined(parts)


def all_of(kind: str, counts: Package) -> str:
    """What there is to divide: ``"a book, two hats and three balls"``."""
    if kind == "job":
        return "the salary, the leave and the days at home"
    if kind == "camp":
        return joined(
            [f"{NUMBERS[count]} of {name}" for name, count in zip(KINDS[kind].issues, counts, strict=True)]
        ).replace("of", "packages of", 1)
    return joined(
        [
            f"{NUMBERS[count]} {name}" if count > 1 else f"a {SINGULAR[name]}"
            for name, count in zip(KINDS[kind].issues, counts, strict=True)
        ]
    )


def joined(parts: Sequence[str]) -> str:
    """``"a, b and c"``."""
    return " and ".join([*([", ".join(parts[:-1])] if parts[:-1] else []), parts[-1]])
