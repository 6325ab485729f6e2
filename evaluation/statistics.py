"""Bootstrap intervals for means, scores and paired differences.

All are percentile intervals (Efron and Tibshirani 1993, *An Introduction to the Bootstrap*, section 13.3): episodes are
drawn with replacement, the statistic is computed anew each time, and the interval runs between its quantiles. Whatever
was measured in one episode is drawn together, so that policies that were played on the same seeds (common random
numbers) are compared episode by episode.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
RESAMPLES = 2000
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}
"""97.5% quantiles of Student's t, by the number of values."""
_CELLS = 4_000_000  # draws held in memory at once


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def mean_interval(values: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Interval of the mean.

    Args:
        values: One number an episode, shape (n,).
        level: Coverage, between 0 and 1.
        resamples: How many times to draw.
        seed: Of the draws; the same seed gives the same interval.

    Raises:
        ValueError: If `values` is empty, not one-dimensional or not finite, or if `level` or `resamples` is out of
            range.
    """
    column = _column("values", values)
    return _quantiles(_resampled_means([column], resamples, seed)[0], level)


def few_runs(values: Sequence[float], sign: str = "") -> str:
    """Mean of at most ten independent runs and half of its 95% interval (Student's t), as ``"0.846 ± 0.004"``.

    The value alone if it is one, ``""`` if there is none. With ``"+"`` positive means have a sign, too.
    """
    if not values:
        return ""
    mean = f"{np.mean(values):{sign}.3f}"
    if len(values) == 1:
        return mean
    return f"{mean} ± {STUDENT[len(values)] * float(np.std(values, ddof=1)) / len(values) ** 0.5:.3f}"


def paired_difference(first: ArrayLike, second: ArrayLike) -> tuple[float, Interval]:
    """Mean of ``first - second`` and its interval, episode by episode: returns on the same seeds, shape (n,) each.

    Raises:
        ValueError: As for `mean_interval`, or if the lengths differ.
    """
    a, b = _columns(first=first, second=second)
    return float(np.mean(a - b)), mean_interval(a - b)


def normalised_score(returns: ArrayLike, random: ArrayLike, optimal: ArrayLike) -> float | None:
    """``mean(returns - random) / mean(optimal - random)``: 0 plays like random, 1 like the optimum.

    Each column holds a policy's returns on the same seeds, shape (n,). ``None`` where the optimum did not beat random
    in these episodes, so that there is nothing to measure with.

    Raises:
        ValueError: If a column is empty, not one-dimensional or not finite, or if the lengths differ.
    """
    own, low, high = _columns(returns=returns, random=random, optimal=optimal)
    gap = float(np.mean(high - low))
    return float(np.mean(own - low)) / gap if gap > 0.0 else None


def score_interval(
    returns: ArrayLike, random: ArrayLike, optimal: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES
) -> Interval | None:
    """Interval of `normalised_score`; ``None`` where the score is.

    Numerator and denominator vary together, so both come from the same draws. Draws in which the optimum does not beat
    random say nothing about the ratio and are left out; they do not occur beyond a few dozen episodes.

    Raises:
        ValueError: As for `normalised_score`.
    """
    own, low, high = _columns(returns=returns, random=random, optimal=optimal)
    if not np.mean(high - low) > 0.0:
        return None
    gains, gaps = _resampled_means([own - low, high - low], resamples)
    usable = gaps > 0.0
    return _quantiles(gains[usable] / gaps[usable], level) if usable.any() else None


def _resampled_means(columns: Sequence[NDArray], resamples: int, seed: int = 0) -> NDArray:
    """Means of each column over the same draws of rows, shape (columns, resamples)."""
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")
    table = np.stack(columns)
    rng, n = np.random.default_rng(seed), table.shape[1]
    most = max(1, _CELLS // n)
    sizes = [min(most, resamples - done) for done in range(0, resamples, most)]
    return np.concatenate([table[:, rng.integers(n, size=(size, n))].mean(axis=2) for size in sizes], axis=1)


def _quantiles(statistics: NDArray, level: float) -> Interval:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level!r}")
    low, high = np.quantile(statistics, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return Interval(float(low), float(high))


def _column(name: str, values: ArrayLike) -> NDArray:
    column = np.asarray(values, dtype=float)
    if column.ndim != 1 or column.size == 0 or not np.isfinite(column).all():
        raise ValueError(f"{name} must be a non-empty row of finite numbers, one an episode; got shape {column.shape}")
    return column


def _columns(**named: ArrayLike) -> list[NDArray]:
    columns = [_column(name, values) for name, values in named.items()]
    if len({column.size for column in columns}) > 1:
        sizes = ", ".join(str(column.size) for column in columns)
        raise ValueError(f"{', '.join(named)} must have one number for each of the same episodes; got lengths {sizes}")
    return columns
