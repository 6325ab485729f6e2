"""Who calls the help desk, and what the parts of a phone are called: the facts of ``calls.toml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..content import content


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario, all of it public: who calls, with which phone and plan, and where the mobile data fails."""

    name: str
    phone: str
    plan: str
    place: str

    @property
    def public(self) -> Case:
        """All of it."""
        return self


class Named(NamedTuple):
    """What a part is called, and what is said of it.

    Attributes:
        pattern: What it is called, as a regular expression.
        said: What it is called in a sentence.
        look: How to ask for a look at it.
        fix: How to have it put right.
        odd: What a customer says who sees that it is wrong.
        fine: What a customer says who sees that it is in order.
        done: What a customer says who was told to put it right.
        lost: What a customer says it cannot find.
    """

    pattern: str
    said: str
    look: str
    fix: str
    odd: tuple[str, ...]
    fine: tuple[str, ...]
    done: tuple[str, ...]
    lost: tuple[str, ...]


_STATED = content(__file__, "calls.toml")
CASES = tuple(Case(**one) for one in _STATED["calls"])
NAMED = {part: Named(**stated) for part, stated in _STATED["parts"].items()}
