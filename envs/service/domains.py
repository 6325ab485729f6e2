"""What customers call about: the facts of ``domains.toml``."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..content import content


class Case(NamedTuple):
    """A company, and what a customer may have there.

    Attributes:
        place: The company.
        items: What was ordered or booked.
        numbers: The desk's number of each.
    """

    place: str
    items: tuple[str, ...]
    numbers: tuple[int, ...]


class Domain(NamedTuple):
    """The words of a domain; see ``domains.toml``."""

    statuses: tuple[str, ...]
    barred: str
    actions: tuple[str, ...]
    one: str
    thing: str
    things: str
    place: str
    doing: dict[str, str]
    instead: dict[str, str]
    heard: dict[str, str]
    cases: tuple[Case, ...]


def _domain(stated: dict[str, Any]) -> Domain:
    return Domain(**{**stated, "cases": tuple(Case(**case) for case in stated["cases"])})


DOMAINS = {name: _domain(stated) for name, stated in content(__file__, "domains.toml").items()}
