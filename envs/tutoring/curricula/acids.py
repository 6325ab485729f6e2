"""Acids in chemistry: the pH scale, salts, moles, titration."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple

from .curriculum import Exercise, curriculum, exercise


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
                f"How many ml of {float(two)} mol/l sodium hydroxide neutralise {volume} ml of {float(one)} mol/l "
                f"{acid.name}?",
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


ACIDS_AND_BASES = curriculum("acids", scale=_scale(), salts=_salts(), moles=_moles(), titration=_titration())
