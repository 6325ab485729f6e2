"""Small charities, which are made up, and what is true of them."""

from __future__ import annotations

from typing import NamedTuple

from ..content import content
from .game import FACTS, KINDS


class Charity(NamedTuple):
    """One charity.

    Attributes:
        called: Its name, such as ``"the Book Bus"``.
        does: What it does, after its name.
        facts: Kind of appeal -> what can be said, in whole sentences. Nothing else is known to be true.
        heard: Kind of appeal -> a pattern that tells such a fact by what it states.
    """

    called: str
    does: str
    facts: dict[str, tuple[str, ...]]
    heard: dict[str, str]


CHARITIES: dict[str, Charity] = {
    name: Charity(
        said["called"],
        said["does"],
        {kind: tuple(said[kind]) for kind in KINDS},
        {kind: "|".join(said["heard"][kind]) for kind in KINDS},
    )
    for name, said in content(__file__, "charities.toml").items()
}

for _name, _charity in CHARITIES.items():
    for _kind, _facts in _charity.facts.items():
        if len(_facts) != FACTS:
            raise ValueError(f"{_name} must have {FACTS} facts of kind {_kind!r}; it has {len(_facts)}")
