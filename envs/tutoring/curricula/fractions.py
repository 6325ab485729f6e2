"""Fractions: lowest terms, addition, mixed numbers, equations."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import gcd, lcm

from .curriculum import Curriculum, Exercise, Skill, exercise, pool

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


FRACTIONS = Curriculum(
    "fractions",
    "fractions",
    (
        Skill(
            "simplifying",
            "writing fractions in lowest terms",
            r"simplif(?:y|ied|ying|ication)|lowest terms|reduc(?:e|ing) fractions",
            (
                "Divide top and bottom by the same number, as long as you can: the fraction stays as big as it was.",
                "A fraction is in lowest terms when no number but one divides both its top and its bottom.",
                "Look for the greatest number that divides both parts, and divide both by it.",
                "Two fractions are the same amount if one comes from the other by dividing both parts alike.",
            ),
            (
                "Take 12/18: six divides both, so it is 2/3.",
                "In 8/20 both parts can be divided by four, which leaves 2/5.",
                "With 15/25, five goes into both: 3/5.",
                "First 24/36 becomes 12/18, then 6/9, then 2/3, and there it ends.",
            ),
            pool(_simplifying()),
        ),
        Skill(
            "adding",
            "adding fractions with different bottoms",
            r"add(?:ing|ition of|ition)?(?: unlike)? fractions|addition|common denominators?|unlike fractions",
            (
                (
                    "Only pieces of the same size can be counted together, so bring both fractions to one bottom "
                    "first, "
                    "then add the tops."
                ),
                "Find a number that both bottoms divide, write both fractions with it, and add the tops.",
                "The bottom says how big the pieces are. Make it the same in both, and never add the bottoms.",
                "Stretch each fraction until the bottoms agree; what you do to a bottom, do to its top.",
            ),
            (
                "For 1/2 + 1/3, go to sixths: 3/6 + 2/6 is 5/6.",
                "See 1/4 + 2/3: that is 3/12 + 8/12, so 11/12.",
                "With 1/2 + 3/8 only the first changes: 4/8 + 3/8 is 7/8.",
                "Take 2/5 + 1/2. Tenths fit both: 4/10 + 5/10 is 9/10.",
            ),
            pool(_adding()),
        ),
        Skill(
            "mixed",
            "adding mixed numbers",
            r"mixed (?:numbers?|fractions?)",
            (
                "Add the wholes, add the fractions, and if the fractions come to more than one, carry it over.",
                "A mixed number is a whole and a fraction added up, so the two kinds can be added apart.",
                "When the fractional part grows past one, it holds another whole: move it to the wholes.",
                "Treat wholes and parts like tens and ones: what is too much for the parts goes to the wholes.",
            ),
            (
                "For 1 1/2 + 2 2/3: the wholes are 3, the parts 7/6, so it is 4 1/6.",
                "See 2 1/4 + 1 1/2: three wholes and 3/4 give 3 3/4.",
                "Take 3 2/3 + 1 3/4: four, and 17/12 is 1 5/12, so 5 5/12.",
                "With 1 1/3 + 2 1/6 it is three and 1/2, no carry.",
            ),
            pool(_mixed()),
        ),
        Skill(
            "equations",
            "solving equations with fractions",
            r"equations?|solving for x|unknowns?",
            (
                "To get x alone, take away on both sides what was added to it, then subtract as with any fractions.",
                "What is added on one side of the equals sign is subtracted on the other.",
                "An equation is a balance: take the same fraction off both sides and it still holds.",
                "Undo what was done to x. It was added to, so subtract, with a common bottom.",
            ),
            (
                "From x + 1/4 = 2/3 follows x = 8/12 - 3/12, which is 5/12.",
                "See x + 1/2 = 5/6: take 3/6 from 5/6, so x is 1/3.",
                "For x + 1/3 = 3/4 write 9/12 - 4/12: x is 5/12.",
                "With x + 2/5 = 1/2, x is 5/10 - 4/10, so 1/10.",
            ),
            pool(_equations()),
        ),
    ),
)
