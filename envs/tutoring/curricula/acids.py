"""Acids in chemistry: the pH scale, salts, moles, titration."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from .curriculum import Curriculum, Exercise, Skill, exercise, pool


class Acid(NamedTuple):
    """An acid: its name, its protons, the name of its salts, and two names that its salts do not have."""

    name: str
    protons: int
    salt: str
    other: str
    root: str


ACIDS = (
    Acid("hydrochloric acid", 1, "chloride", "chlorate", "chlorine"),
    Acid("hydrobromic acid", 1, "bromide", "bromate", "bromine"),
    Acid("nitric acid", 1, "nitrate", "nitride", "nitrogen"),
    Acid("sulfuric acid", 2, "sulfate", "sulfide", "sulfur"),
    Acid("phosphoric acid", 3, "phosphate", "phosphide", "phosphorus"),
)
BASES = {"sodium": 1, "potassium": 1, "lithium": 1, "calcium": 2, "magnesium": 2, "barium": 2}
"""Metal -> hydroxide ions in its hydroxide."""


def _scale() -> Iterator[Exercise | None]:
    for low, steps in product(range(1, 8), (1, 2, 3, 4)):
        high = low + steps
        yield exercise(
            f"Solution A has pH {low}, solution B has pH {high}. How many times as many H+ ions per litre has A?",
            str(10**steps),
            [
                (str(steps), "takes the scale for a plain ruler"),
                (str(10 * steps), "counts ten for each step instead of multiplying"),
                (_number(Fraction(high, low)), "divides one pH by the other"),
                (f"1/{10**steps}", "takes the higher pH for the more acid"),
            ],
        )


def _salts() -> Iterator[Exercise | None]:
    for acid, metal in product(ACIDS, BASES):
        yield exercise(
            f"Which salt forms from {acid.name} and {metal} hydroxide?",
            f"{metal} {acid.salt}",
            [
                (f"{metal} {acid.other}", "mixes up the endings -ide and -ate"),
                (f"hydrogen {acid.salt}", "leaves the hydrogen in and the metal out"),
                (f"{metal} {acid.root}", "names the element instead of its ion"),
            ],
        )


def _moles() -> Iterator[Exercise | None]:
    for acid, (metal, ions), amount in product(ACIDS[2:], BASES.items(), (1, 2, 3, 4, 6)):
        needed = Fraction(amount * acid.protons, ions)
        if acid.protons != ions and needed.denominator == 1 and metal in ("sodium", "potassium", "calcium"):
            yield exercise(
                f"How many mol of {metal} hydroxide neutralise {amount} mol of {acid.name}?",
                str(needed),
                [
                    (str(amount), "takes one for one"),
                    (_number(Fraction(amount * ions, acid.protons)), "takes the ratio the wrong way round"),
                    (str(amount + acid.protons), "adds instead of multiplying"),
                ],
            )


def _titration() -> Iterator[Exercise | None]:
    strengths = (Fraction(1, 10), Fraction(1, 5), Fraction(2, 5))
    for acid, volume, one, two in product((ACIDS[2], ACIDS[3]), (10, 15, 20, 25, 30, 40), strengths, strengths):
        needed = volume * one * acid.protons / two
        if one != two and needed.denominator == 1:
            yield exercise(
                (
                    f"How many ml of {float(two)} mol/l sodium hydroxide neutralise {volume} ml of {float(one)} mol/l "
                    f"{acid.name}?"
                ),
                str(needed),
                [
                    (_number(needed / acid.protons), "forgets that the acid gives two H+"),
                    (_number(volume * two * acid.protons / one), "takes the concentrations the wrong way round"),
                    (_number(Fraction(volume * acid.protons)), "ignores the concentrations"),
                ],
            )


def _number(value: Fraction) -> str:
    """A whole number, or a decimal of at most two places; ``""`` for what nobody would say."""
    if value.denominator == 1:
        return str(value)
    return f"{float(value)}" if 100 % value.denominator == 0 else ""


ACIDS_AND_BASES = Curriculum(
    "acids",
    "the chemistry of acids",
    (
        Skill(
            "scale",
            "reading the pH scale",
            r"ph(?: scale| values?)?",
            (
                "Each step down the pH scale means ten times as many H+ ions, so two steps mean a hundred times.",
                "The scale counts powers of ten: the lower the pH, the more acid the solution.",
                "Take the difference of the two pH values; it says how often you multiply by ten.",
                "A pH is an exponent. Steps are not added up, they multiply.",
            ),
            (
                "Between pH 2 and pH 4 there are two steps, so it is 100 times.",
                "From pH 6 down to pH 5 is one step: 10 times as many.",
                "See pH 1 and pH 4: three steps, 1000 times.",
                "A pH of 3 beside one of 7 means 10 times 10 times 10 times 10.",
            ),
            pool(_scale()),
        ),
        Skill(
            "salts",
            "naming the salt",
            r"salts?|neutrali[sz]ation products?",
            (
                (
                    "The metal of the base takes the place of the hydrogen of the acid; what is left of the acid names "
                    "the salt."
                ),
                "The first word of a salt is the metal, the second comes from the acid.",
                "Acids with oxygen, such as sulfuric, make salts in -ate; hydrochloric acid makes those in -ide.",
                "Hydrogen and hydroxide go off as water, and metal and acid rest make the salt.",
            ),
            (
                "Sodium hydroxide and hydrochloric acid give sodium chloride, and water.",
                "From nitric acid and potassium hydroxide comes potassium nitrate.",
                "Calcium hydroxide with sulfuric acid makes calcium sulfate.",
                "See phosphoric acid and lithium hydroxide: lithium phosphate.",
            ),
            pool(_salts()),
        ),
        Skill(
            "moles",
            "counting moles",
            r"mol(?:es)?|stoichiometry|ratios?|how much base",
            (
                (
                    "Count the H+ that the acid gives and the OH- that the base gives; at the end they must be equally "
                    "many."
                ),
                "Sulfuric acid gives two H+, so each mol of it needs two mol of a base with one OH-.",
                "Multiply the acid by its H+, and divide by the OH- of the base.",
                "It is a matter of partners: no H+ and no OH- may be left alone.",
            ),
            (
                "For 2 mol of sulfuric acid you need 4 mol of sodium hydroxide.",
                "One mol of phosphoric acid takes three mol of potassium hydroxide.",
                "With 4 mol of nitric acid, 2 mol of calcium hydroxide do: it has two OH-.",
                "See 5 mol of sulfuric acid: that is 10 mol of H+, so 10 mol of sodium hydroxide.",
            ),
            pool(_moles()),
        ),
        Skill(
            "titration",
            "working out a titration",
            r"titrat(?:e|ions?|ing)|concentrations?",
            (
                (
                    "Volume times concentration gives the amount of acid; from there go to the amount of base, then to "
                    "its volume."
                ),
                "Twice as strong a base means half the volume, and a second H+ means twice as much.",
                "First find how much H+ there is, then how much of the base holds as much OH-.",
                "Go by way of the amounts: ml and mol/l of the acid, its H+, then the strength of the base.",
            ),
            (
                "For 20 ml of 0.1 mol/l nitric acid, 10 ml of 0.2 mol/l sodium hydroxide are enough.",
                "See 10 ml of 0.2 mol/l sulfuric acid: 4 mmol of H+, so 40 ml of 0.1 mol/l base.",
                "With 30 ml of 0.4 mol/l nitric acid and 0.2 mol/l base it takes 60 ml.",
                "Take 25 ml of 0.1 mol/l sulfuric acid: 5 mmol of H+ need 25 ml of 0.2 mol/l base.",
            ),
            pool(_titration()),
        ),
    ),
)
