"""Acts: what a seat can do, apart from the words it chooses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Act:
    """Base of every act. A family derives frozen dataclasses from it; their fields are the tag's arguments.

    The name of the tag is the class name in lower case: ``class Offer(Act): price: int`` is written ``[offer 120]``.
    """

    @classmethod
    def tag(cls) -> str:
        """The word that opens this act's tag."""
        return cls.__name__.lower()


@dataclass(frozen=True, slots=True)
class Say(Act):
    """Words and nothing binding: the turn passes to the other seat. It has no tag."""


class IllegalAct(ValueError):
    """An act that is well formed but not possible now. Its message says what is possible, in words for the actor."""
