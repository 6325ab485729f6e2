"""Which seeds are for what. No two uses share one, so that nothing is scored on what it was trained on.

| seeds | use |
|---|---|
| 0 to 999,999 | `demonstrations` of runs 0 to 9: 100,000 for each |
| from 1,000,000 | `scorecard`: what its classifier is trained on and its heuristic is chosen by |
| from 3,000,000 | `trials`: by which the zero of scores is chosen, and the policy of a dataset without an optimum |
| from 5,000,000 | `test`: the final evaluation, and all scores that are published |
| from 6,000,000 | `validation`: evaluations while training |
| from 7,000,000 | pages of the documentation |
| 100,000,000 (1 + run) and on | `train`: the episodes that a run plays; 99,000,000 for each |
| the last million before the next run's | `demonstrations` of runs from 10: 100,000 for each |

A run is named by its own seed (``--seed`` of ``dialogym train``), a whole number from 0. Commands that take a first
seed (``dialogym collect``, ``datasets``, ``scorecard``, ``evaluate`` without ``--split``) count from it, by default
from 0, which is where the demonstrations of run 0 are.
"""

from __future__ import annotations

from collections.abc import Callable

_AREA = 1_000_000
_RUN = 100_000_000  # seeds of a run
_DEMONSTRATIONS = 100_000
_EARLY = 10  # runs whose demonstrations are where they have always been


def demonstrations(run: int, count: int) -> range:
    """Of the recorded episodes that a run learns from.

    Raises:
        ValueError: If there is no such run, or no room for so many.
    """
    first = _first_of(run)
    return _within(run * _DEMONSTRATIONS if run < _EARLY else first + _RUN - _AREA, _DEMONSTRATIONS, count)


def train(run: int, count: int, start: int = 0) -> range:
    """Of `count` episodes that a run plays, after `start` others.

    Raises:
        ValueError: If there is no such run, or no room for so many.
    """
    return _within(_first_of(run), _RUN - _AREA, count, start)


def validation(count: int) -> range:
    """Of evaluations while training."""
    return _within(6 * _AREA, _AREA, count)


def test(count: int) -> range:
    """Of final evaluations, and of all scores that are published."""
    return _within(5 * _AREA, _AREA, count)


def scorecard(count: int) -> range:
    """Of dialogues that the scorecard learns from: none is scored."""
    return _within(_AREA, _AREA, count)


def trials(count: int) -> range:
    """Of dialogues by which the policy of a dataset is chosen."""
    return _within(3 * _AREA, _AREA, count)


SPLITS: dict[str, Callable[[int], range]] = {"validation": validation, "test": test}
"""Seeds that no run trains on, by name."""


def _first_of(run: int) -> int:
    if run < 0:
        raise ValueError(f"the seed of a run must be at least 0, got {run}")
    return _RUN * (1 + run)


def _within(first: int, room: int, count: int, start: int = 0) -> range:
    if not 0 <= start <= start + count <= room:
        raise ValueError(f"there are seeds for {room:,} episodes; {start + count:,} would take those of another use")
    return range(first + start, first + start + count)
