"""How the time that something takes grows with the length of what it is given."""

from __future__ import annotations

import time

LINEAR = 24
"""A growth that is no more than linear: three times what is due, so that a noisy machine does not matter."""


def growth(read, unit, length=2000, times=8):
    """How many times as long `read` takes for `times` as much text made of `unit`: 8 if it is linear, 64 if quadratic.

    The best of five in processor time, for each length; of one, where that says already that it is linear.
    """

    def seconds(text):
        start = time.process_time()
        read(text)
        return time.process_time() - start

    read(unit)  # what is compiled when first it is needed is no part of it
    short, long = ((unit * size)[:size] for size in (length, times * length))
    quickest = [float("inf"), float("inf")]
    for _ in range(5):
        quickest = [min(best, seconds(text)) for best, text in zip(quickest, (short, long), strict=True)]
        found = quickest[1] / max(quickest[0], 1e-4)
        if found < LINEAR / 2:
            break
    return found
