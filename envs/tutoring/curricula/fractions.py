"""Fractions: lowest terms, addition, mixed numbers, equations."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import gcd, lcm

from .curriculum import Exercise, curriculum, exercise

PAIRS = tuple((top, bottom) for bottom in range(2, 10) for top in range(1, bottom) if gcd(top, bottom) == 1)


def _simplifying() -> Iterator[Exercise | None]:
    for (top, bottom), factor in product(PAIRS, (2, 3, 4, 6)):
        if bottom <= 7 and top * factor > 1:
            a, b = top * factor, bottom * factor
            yield exercise(
                f"Write {a}/{b} in lowest terms.",
                f"{top}/{bottom}",
                [
                    (f"{top}/{b}", "divides only the top"),
                    (f"{a - factor}/{b - factor}" if a > factor else "", "subtracts instead of dividing"),
                    (f"{a // 2}/{b // 2}" if factor in (4, 6) else "", "stops too early"),
                    (f"{a}/{bottom}", "divides only the bottom"),
                ],
            )


def _adding() -> Iterator[Exercise | None]:
    for (a, b), (c, d) in product(PAIRS, PAIRS):
        if b < d <= 6:
            common = lcm(b, d)
            yield exercise(
                f"What is {a}/{b} + {c}/{d} as one fraction in lowest terms?",
                _written(Fraction(a, b) + Fraction(c, d)),
                [
                    (f"{a + c}/{b + d}", "adds the tops and adds the bottoms"),
                    (f"{a + c}/{common}", "takes the common bottom and leaves the tops as they are"),
                    (_written(Fraction(a * c, b * d)), "multiplies instead of adding"),
                ],
            )


def _mixed() -> Iterator[Exercise | None]:
    wholes = ((1, 2), (2, 1), (3, 2), (2, 4))
    for number, ((a, b), (c, d)) in enumerate((p, q) for p, q in product(PAIRS, PAIRS) if p[1] < q[1] <= 6):
        one, two = wholes[number % len(wholes)]
        parts = Fraction(a, b) + Fraction(c, d)
        if parts == 1:
            continue
        yield exercise(
            f"What is {one} {a}/{b} + {two} {c}/{d} as a mixed number in lowest terms?",
            _written(one + two + parts, mixed=True),
            [
                (f"{one + two} {_written(parts - 1)}" if parts > 1 else "", "forgets the carry"),
                (f"{one + two} {a + c}/{b + d}", "adds the tops and adds the bottoms"),
                (f"{one + two} {a + c}/{lcm(b, d)}", "takes the common bottom and leaves the tops as they are"),
            ],
        )


def _equations() -> Iterator[Exercise | None]:
    for (a, b), (c, d) in product(PAIRS, PAIRS):
        x = Fraction(c, d) - Fraction(a, b)
        if b != d and max(b, d) <= 6 and x > 0:
            yield exercise(
                f"Which x solves x + {a}/{b} = {c}/{d}?",
                _written(x),
                [
                    (_written(Fraction(c, d) + Fraction(a, b)), "adds on the other side instead of subtracting"),
                    (f"{abs(c - a)}/{lcm(b, d)}" if c != a else "", "subtracts the tops as they are"),
                    (f"{abs(c - a)}/{abs(d - b)}" if c != a else "", "subtracts the tops and subtracts the bottoms"),
                    (_written(Fraction(c * b, d * a)), "divides instead of subtracting"),
                ],
            )


def _written(value: Fraction, mixed: bool = False) -> str:
    """In lowest terms; a mixed number if it is one and so wanted."""
    if mixed and value > 1 and value.denominator > 1:
        return f"{int(value)} {_written(value - int(value))}"
    return str(value)


FRACTIONS = curriculum(
    "fractions", simplifying=_simplifying(), adding=_adding(), mixed=_mixed(), equations=_equations()
)
