"""Loops in Python: ranges, running totals, conditions, nested loops."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from .curriculum import Curriculum, Exercise, Skill, exercise, pool


def _ranges() -> Iterator[Exercise | None]:
    for start, step, count in product(range(6), (2, 3, 4, 5), (3, 4)):
        stop = start + step * count
        yield exercise(
            f"Which numbers does range({start}, {stop}, {step}) give?",
            _listed(range(start, stop, step)),
            [
                (_listed(range(start, stop + 1, step)), "counts the end in"),
                (_listed(range(start + step, stop, step)), "leaves the start out"),
                (_listed(range(0, stop, step)), "always starts at 0"),
                (_listed(range(start, start + count)), "ignores the step"),
            ],
        )


def _totals() -> Iterator[Exercise | None]:
    for start, length in product(range(1, 9), (3, 4, 5)):
        numbers = range(start, start + length)
        yield exercise(
            f"t = 0, then for i in range({start}, {start + length}): t = t + i. What is t in the end?",
            str(sum(numbers)),
            [
                (str(sum(numbers) + start + length), "counts the end in"),
                (str(numbers[-1]), "keeps only the last number"),
                (str(length), "counts the turns of the loop"),
            ],
        )


def _conditions() -> Iterator[Exercise | None]:
    for start, length, divisor in product(range(1, 7), (5, 6, 7), (2, 3)):
        numbers = range(start, start + length)
        passing = [i for i in numbers if i % divisor == 0]
        yield exercise(
            (
                f"t = 0, then for i in range({start}, {start + length}): if i % {divisor} == 0: t = t + i. What is t "
                "in "
                "the end?"
            ),
            str(sum(passing)),
            [
                (str(sum(numbers)), "ignores the condition"),
                (str(sum(numbers) - sum(passing)), "takes the condition the other way round"),
                (str(len(passing)), "counts instead of adding"),
                (str(max(passing)), "keeps only the last number"),
            ],
        )


def _nesting() -> Iterator[Exercise | None]:
    for outer, inner in product(range(2, 7), range(3, 8)):
        yield exercise(
            f"n = 0, then for i in range({outer}): for j in range({inner}): if j > i: n = n + 1. What is n in the end?",
            str(sum(j > i for i in range(outer) for j in range(inner))),
            [
                (str(outer * inner), "ignores the condition"),
                (str(sum(j >= i for i in range(outer) for j in range(inner))), "takes > for >="),
                (str(outer + inner), "adds the loops up instead of multiplying"),
                (str(inner - 1), "runs the outer loop only once"),
            ],
        )


def _listed(numbers: range) -> str:
    return ", ".join(map(str, numbers))


LOOPS = Curriculum(
    "loops",
    "loops in Python",
    (
        Skill(
            "ranges",
            "reading a range",
            r"range(?:\(\))?",
            (
                "A range begins at its first number, goes on by its step, and ends before its second number.",
                "The end of a range is a fence: no number of the range stands on it or behind it.",
                "Read range(a, b, c) as: from a, by steps of c, below b.",
                "The start of a range is in, the end is out, and the step is how far you jump.",
            ),
            (
                "For range(1, 7, 2): 1, 3, 5. The 7 is out.",
                "See range(0, 12, 4): it gives 0, 4, 8.",
                "Take range(5, 20, 5): 5, 10, 15, and 20 is not in it.",
                "With range(2, 5, 1) you get 2, 3, 4.",
            ),
            pool(_ranges()),
        ),
        Skill(
            "totals",
            "adding up in a loop",
            r"running totals?|totals?|accumulat(?:e|ing|ors?)|add(?:ing)? up|sums? in a loop",
            (
                "The variable keeps what it had, and each turn of the loop adds the next number to it.",
                "Play the loop by hand: write the total down after every turn, and carry it into the next.",
                "A line like t = t + i takes the old t, adds i, and stores it as the new t.",
                "A running total starts at zero and grows by one number of the range a turn.",
            ),
            (
                "With range(1, 4) t goes 1, 3, 6, so it ends at 6.",
                "For range(5, 7): first 5, then 11. It ends at 11.",
                "See range(2, 5): 2, then 5, then 9.",
                "Over range(10, 13) the total goes 10, 21, 33.",
            ),
            pool(_totals()),
        ),
        Skill(
            "conditions",
            "using a condition inside a loop",
            r"conditions?|if(?: statement)?s? (?:in|inside) (?:a |the )?loops?|remainders?|modulo",
            (
                "Each number is tested first; only when the test holds is the line below it run.",
                "The sign % gives the remainder, so i % 2 == 0 lets just the even numbers through.",
                "Think of the condition as a door: the loop visits every number, but few get in.",
                "Go through the range one by one, cross out what fails the test, and add up what is left.",
            ),
            (
                "Over range(1, 6) with i % 2 == 0, only 2 and 4 pass: t is 6.",
                "For range(1, 10) and i % 3 == 0: 3, 6, 9 pass, which makes 18.",
                "See range(4, 8) and i % 2 == 0: 4 and 6, so 10.",
                "With range(5, 8) and i % 3 == 0 just 6 passes, so t is 6.",
            ),
            pool(_conditions()),
        ),
        Skill(
            "nesting",
            "nesting one loop in another",
            r"nest(?:ed|ing)(?: loops?)?|loops? (?:in|inside|within) (?:a |the |another )?loops?|inner loops?",
            (
                "For every single turn of the outer loop, the inner loop runs from its start to its end.",
                "Draw a table: the outer variable picks the row, the inner one walks along it.",
                "Hold i still, let j run through all it can, and only then move i on.",
                "The inner loop starts anew each time; count its turns for each i, and add them up.",
            ),
            (
                "With i in range(2), j in range(3) and j > i: for 0 there are two, for 1 one, so 3.",
                "Without a condition, range(3) and range(4) make 12 turns.",
                "For range(3) and range(3) with j > i: 2, 1 and 0, so 3.",
                "See range(2) and range(5) with j > i: 4 and 3 make 7.",
            ),
            pool(_nesting()),
        ),
    ),
)
