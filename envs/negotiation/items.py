"""What is for sale in the price bargains: invented second-hand items."""

from __future__ import annotations

from dataclasses import dataclass

from ..content import content


@dataclass(frozen=True, slots=True)
class Item:
    """Something second-hand.

    Attributes:
        name: One to three words in lower case, without an article.
        list_price: The price on the tag, in whole currency units; a multiple of 20, so that a tick of 5% is a whole
            number.
        detail: A short fact about its condition that reads well after a colon or a comma. Without digits: the only
            number a partner says is a price.
    """

    name: str
    list_price: int
    detail: str


def a(name: str) -> str:
    """`name` with its indefinite article: ``a road bike``, ``an oak desk``."""
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


ITEMS = tuple(Item(**item) for item in content(__file__, "items.toml")["items"])
"""List prices repeat on purpose: bargains at the same list price share one exact solution."""
