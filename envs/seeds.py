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
seed (``dialogym collect``, ``datasets``, ``scorecard``, ``evaluate``) count from it, by default from 0, which is where
the demonstrations of run 0 are. With a split (``split="test"``) seed 0 is the first of that split's own, see `SPLITS`.
"""

from __future__ import annotations

import numpy as np

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


def _first_of(run: int) -> int:
    if run < 0:
        raise ValueError(f"the seed of a run must be at least 0, got {run}")
    return _RUN * (1 + run)


def _within(first: int, room: int, count: int, start: int = 0) -> range:
    if not 0 <= start <= start + count <= room:
        raise ValueError(f"there are seeds for {room:,} episodes; {start + count:,} would take those of another use")
    return range(first + start, first + start + count)


SPLITS: dict[str, range] = {
    "train": train(0, _RUN - _AREA),
    "validation": validation(_AREA),
    "test": test(_AREA),
}
"""The seeds of each split, for whoever counts seeds from 0: no two splits share one."""


def check_split(split: str | None) -> None:
    """Raise a `ValueError` if there is no such split; ``None`` stands for all seeds as they are."""
    if split is not None and split not in SPLITS:
        raise ValueError(f"split must be None or one of {', '.join(SPLITS)}; got {split!r}")


def seed_in(split: str | None, seed: int, count: int = 1) -> int:
    """The seed that `seed` stands for in a split, which has its own seeds 0, 1, and so on.

    Args:
        split: Its name; ``None`` leaves the seed as it is.
        seed: From 0.
        count: How many seeds from there on are meant.

    Raises:
        ValueError: If there is no such split, or it has not so many seeds.
    """
    check_split(split)
    if split is None:
        return seed
    if seed < 0:
        raise ValueError(f"seed must be at least 0, got {seed}")
    seeds = SPLITS[split]
    return _within(seeds.start, len(seeds), count, seed).start


def drawn(split: str, generator: np.random.Generator) -> int:
    """A seed of a split, drawn at random."""
    seeds = SPLITS[split]
    return seeds.start + int(generator.integers(len(seeds)))
