"""Loops in Python: ranges, running totals, conditions, nested loops."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from .curriculum import Exercise, curriculum, exercise


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
            f"t = 0, then for i in range({start}, {start + length}): if i % {divisor} == 0: t = t + i. "
            "What is t in the end?",
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


LOOPS = curriculum("loops", ranges=_ranges(), totals=_totals(), conditions=_conditions(), nesting=_nesting())
