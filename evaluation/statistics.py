"""Intervals for means, scores and paired differences.

From `FEW` episodes on they are bootstrap percentile intervals (Efron and Tibshirani 1993, *An Introduction to the
Bootstrap*, section 13.3): episodes are drawn with replacement, the statistic is computed anew each time, and the
interval runs between its quantiles. Whatever was measured in one episode is drawn together, so that policies that were
played on the same seeds (common random numbers) are compared episode by episode.

With fewer episodes those intervals are too short: of 5 episodes they hold the truth 80 times in 100. There Student's t
takes their place; for a ratio of means, of the residuals ``numerator - ratio * denominator`` (the delta method).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.95
RESAMPLES = 2000
FEW = 30  # episodes below which Student's t is used
_CELLS = 4_000_000  # draws held in memory at once


@cache
def student(degrees: int, level: float = LEVEL) -> float:
    """The half-width, in standard errors, that holds Student's t with so many degrees of freedom at this level.

    With ``t = sqrt(degrees) * tan(angle)`` the density is proportional to ``cos(angle) ** (degrees - 1)``.
    """
    angles = np.linspace(0.0, np.pi / 2, 100_001)
    density = np.cos(angles) ** (degrees - 1)
    mass = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return float(degrees**0.5 * np.tan(np.interp(level * mass[-1], mass, angles)))


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def mean_interval(values: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Interval of the mean; of a single value, which has none, the point itself.

    Args:
        values: One number an episode, shape (n,).
        level: Coverage, between 0 and 1.
        resamples: How many times to draw, from `FEW` values on.
        seed: Of the draws; the same seed gives the same interval.

    Raises:
        ValueError: If `values` is empty, not one-dimensional or not finite, or if `level` or `resamples` is out of
            range.
    """
    _check(level, resamples)
    column = _column("values", values)
    if column.size < FEW:
        return _around(float(column.mean()), column, level)
    return _quantiles(_resampled_means([column], resamples, seed)[0], level)


def few_runs(values: Sequence[float], sign: str = "") -> str:
    """Mean of a few independent runs and half of its 95% interval (Student's t), as ``"0.846 ± 0.004"``.

    The value alone if it is one, ``""`` if there is none. With ``"+"`` positive means have a sign, too.
    """
    if not values:
        return ""
    mean = f"{np.mean(values):{sign}.3f}"
    if len(values) == 1:
        return mean
    return f"{mean} ± {_half_width(np.asarray(values)):.3f}"


def paired_difference(first: ArrayLike, second: ArrayLike) -> tuple[float, Interval]:
    """Mean of ``first - second`` and its interval, episode by episode: returns on the same seeds, shape (n,) each.

    Raises:
        ValueError: As for `mean_interval`, or if the lengths differ.
    """
    a, b = _columns(first=first, second=second)
    return float(np.mean(a - b)), mean_interval(a - b)


def normalised_score(returns: ArrayLike, zero: ArrayLike, optimal: ArrayLike) -> float | None:
    """``mean(returns - zero) / mean(optimal - zero)``: 0 is worth what the zero is, 1 what the optimum is.

    Each column holds returns on the same seeds, shape (n,). ``None`` where the optimum did not beat the zero in these
    episodes, so that there is nothing to measure with.

    Raises:
        ValueError: If a column is empty, not one-dimensional or not finite, or if the lengths differ.
    """
    own, low, high = _columns(returns=returns, zero=zero, optimal=optimal)
    gap = float(np.mean(high - low))
    return float(np.mean(own - low)) / gap if gap > 0.0 else None


def score_interval(
    returns: ArrayLike, zero: ArrayLike, optimal: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES
) -> Interval | None:
    """Interval of `normalised_score`; ``None`` where the score is.

    Numerator and denominator vary together, so both come from the same draws. Draws in which the optimum does not beat
    the zero say nothing about the ratio and are left out; they are rare beyond a few dozen episodes.

    Raises:
        ValueError: As for `normalised_score`.
    """
    _check(level, resamples)
    own, low, high = _columns(returns=returns, zero=zero, optimal=optimal)
    gap = float(np.mean(high - low))
    if not gap > 0.0:
        return None
    if own.size < FEW:
        score = float(np.mean(own - low)) / gap
        return _around(score, (own - low - score * (high - low)) / gap, level)
    gains, gaps = _resampled_means([own - low, high - low], resamples)
    usable = gaps > 0.0
    return _quantiles(gains[usable] / gaps[usable], level) if usable.any() else None


def score_error(returns: ArrayLike, zero: ArrayLike, optimal: ArrayLike) -> float | None:
    """Standard error of `normalised_score` over the episodes: how far it is off by the luck of these, root mean square.

    By the delta method: the standard deviation of ``returns - zero - score * (optimal - zero)``, by the root of the
    number of episodes and by the gap. ``None`` where the score is, and for a single episode.

    Raises:
        ValueError: As for `normalised_score`.
    """
    own, low, high = _columns(returns=returns, zero=zero, optimal=optimal)
    score, gap = normalised_score(own, low, high), float(np.mean(high - low))
    if score is None or own.size < 2:
        return None
    return float(np.std(own - low - score * (high - low), ddof=1)) / own.size**0.5 / gap


def _half_width(values: NDArray, level: float = LEVEL) -> float:
    """Half of Student's interval of the mean of two values or more."""
    return student(values.size - 1, level) * float(np.std(values, ddof=1)) / values.size**0.5


def _around(middle: float, values: NDArray, level: float) -> Interval:
    half = _half_width(values, level) if values.size > 1 else 0.0
    return Interval(middle - half, middle + half)


def _check(level: float, resamples: int) -> None:
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must be between 0 and 1, got {level!r}")
    if resamples < 1:
        raise ValueError(f"resamples must be at least 1, got {resamples}")


def _resampled_means(columns: Sequence[NDArray], resamples: int, seed: int = 0) -> NDArray:
    """Means of each column over the same draws of rows, shape (columns, resamples)."""
    table = np.stack(columns)
    rng, n = np.random.default_rng(seed), table.shape[1]
    most = max(1, _CELLS // n)
    sizes = [min(most, resamples - done) for done in range(0, resamples, most)]
    return np.concatenate([table[:, rng.integers(n, size=(size, n))].mean(axis=2) for size in sizes], axis=1)


def _quantiles(statistics: NDArray, level: float) -> Interval:
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
