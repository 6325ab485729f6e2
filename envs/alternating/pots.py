"""What is shared: pots of money, and why two people have to share them."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Pot:
    """A pot of money.

    Attributes:
        about: Where the money comes from, in words that follow "the $100".
        dollars: How much; a multiple of 20, so that a unit of 5% is a whole number.
        shrinks: Why each further offer costs something, in a sentence to both.
    """

    about: str
    dollars: int
    shrinks: str


_CONTENT = content(__file__, "pots.toml")
POTS: dict[str, Pot] = {key: Pot(**pot) for key, pot in _CONTENT["pots"].items()}
"""Amounts repeat; all share one exact solution."""
