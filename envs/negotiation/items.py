"""What is for sale in the price bargains: invented second-hand items."""

from __future__ import annotations

from dataclasses import dataclass


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


ITEMS: tuple[Item, ...] = (
    Item("desk lamp", 40, "a small dent in the shade"),
    Item("toaster", 40, "cleaned last week"),
    Item("wall clock", 40, "a fresh battery inside"),
    Item("chess set", 40, "all pieces complete"),
    Item("board game", 60, "played only a few times"),
    Item("kettle", 60, "a little limescale inside"),
    Item("umbrella stand", 60, "a scratch near the base"),
    Item("yoga mat", 60, "barely used"),
    Item("skateboard", 80, "new wheels this summer"),
    Item("bookshelf", 80, "a few marks on the side"),
    Item("coffee grinder", 80, "freshly cleaned"),
    Item("tennis racket", 80, "restrung this spring"),
    Item("office chair", 100, "some wear on the armrests"),
    Item("camping tent", 100, "dry and without holes"),
    Item("electric drill", 100, "hardly ever used"),
    Item("alarm clock radio", 100, "a clear sound and a bright display"),
    Item("microwave", 120, "in good working order"),
    Item("bedside table", 120, "a small stain on top"),
    Item("rowing machine", 120, "a slight squeak"),
    Item("suitcase", 120, "used on a single trip"),
    Item("acoustic guitar", 160, "new strings on it"),
    Item("garden bench", 160, "repainted last year"),
    Item("record player", 160, "a new needle"),
    Item("vacuum cleaner", 160, "a fresh filter"),
    Item("road bike", 200, "new tyres last spring"),
    Item("oak desk", 200, "a scratch on one side"),
    Item("sewing machine", 200, "recently oiled"),
    Item("baby stroller", 200, "washed and ready to go"),
    Item("espresso machine", 240, "descaled last month"),
    Item("armchair", 240, "no tears in the fabric"),
    Item("lawn mower", 240, "blades just sharpened"),
    Item("violin", 240, "case and bow included"),
    Item("tablet", 300, "a screen without scratches"),
    Item("dining table", 300, "light marks from daily use"),
    Item("snowboard", 300, "waxed and sharp"),
    Item("telescope", 300, "clean lenses"),
    Item("game console", 400, "the original box included"),
    Item("leather sofa", 400, "slightly faded by the sun"),
    Item("washing machine", 400, "serviced last autumn"),
    Item("kayak", 400, "a few scrapes on the hull"),
    Item("camera", 500, "well looked after"),
    Item("electric scooter", 500, "a battery in good health"),
    Item("antique cabinet", 500, "a lovely old finish"),
    Item("keyboard piano", 500, "every key works"),
    Item("laptop", 600, "a few worn letters on the keyboard"),
    Item("electric guitar", 600, "a small chip in the paint"),
    Item("mountain bike", 600, "brakes newly adjusted"),
    Item("television", 600, "wall mount included"),
    Item("upright piano", 800, "tuned last winter"),
    Item("cargo bike", 800, "a rain cover included"),
    Item("drum kit", 800, "new skins on the drums"),
    Item("smoker grill", 800, "cleaned after each use"),
)
"""List prices repeat on purpose: bargains at the same list price share one exact solution."""
