"""Ratings from comparisons: strengths by Bradley and Terry (1952), on the scale of Elo (1978)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .statistics import LEVEL, RESAMPLES, Interval

MEAN = 1000.0
"""Rating of the mean player."""
ODDS = 400.0 / np.log(10.0)
"""Points of one unit of strength: 400 are odds of ten to one."""
_STEPS, _LONGEST = 200, 2.0  # of Newton's method


def bradley_terry(wins: ArrayLike, draws: float = 1.0) -> NDArray:
    """Strengths by which i beats j with probability ``1 / (1 + exp(strength[j] - strength[i]))``.

    They make the likelihood of the wins largest (Bradley and Terry 1952, *Biometrika* 39; Hunter 2004, *Annals of
    Statistics* 32, section 2), after each pair was given some draws more: without those, who has won everything would
    be infinitely strong. For two players the strengths differ by ``log((wins + draws / 2) / (losses + draws / 2))``.

    Args:
        wins: How often i has beaten j, shape (..., players, players); half of a draw is a win of each.
        draws: So many are added for each pair; above 0.

    Returns:
        Strengths with mean 0, shape (..., players).

    Raises:
        ValueError: If `wins` is no square of finite numbers from 0, or if `draws` is not above 0.
    """
    won = np.array(wins, dtype=float)
    if won.ndim < 2 or won.shape[-1] != won.shape[-2] or not np.isfinite(won).all() or (won < 0.0).any():
        raise ValueError(f"wins must be a square of finite numbers from 0, got shape {won.shape}")
    if not draws > 0.0:
        raise ValueError(f"draws must be above 0, got {draws!r}")
    players = won.shape[-1]
    won = (won + draws / 2.0) * (1.0 - np.eye(players))
    games = won + won.swapaxes(-1, -2)
    strengths = np.zeros(won.shape[:-1])
    for _ in range(_STEPS):
        expected = 1.0 / (1.0 + np.exp(strengths[..., None, :] - strengths[..., :, None]))
        slope = (won - games * expected).sum(-1)
        bend = games * expected * (1.0 - expected)
        hessian = bend.sum(-1)[..., None] * np.eye(players) - bend + 1.0 / players  # of the mean, which is free
        step = np.linalg.solve(hessian, slope[..., None])[..., 0]
        longest = np.abs(step).max(-1, keepdims=True)
        strengths = strengths + step * np.minimum(1.0, _LONGEST / np.maximum(longest, 1e-300))
        if longest.max(initial=0.0) < 1e-10:
            break
    return strengths - strengths.mean(-1, keepdims=True)


def ratings(
    scores: ArrayLike, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> list[tuple[float, Interval] | None]:
    """Ratings of players who were compared on the same rounds, with bootstrap intervals.

    Rounds are drawn with replacement, all comparisons of a round together, and the strengths fitted anew each time. An
    interval is that of the rating among these players: the mean of their ratings is always `MEAN`.

    Args:
        scores: For each round 1 if i has beaten j, 0.5 for a draw, 0 if it has lost, and not a number where they were
            not compared; shape (rounds, players, players).
        level: Coverage, between 0 and 1.
        resamples: How many times to draw.
        seed: Of the draws.

    Returns:
        Rating and interval of each player; ``None`` for one who was never compared.
    """
    table = np.asarray(scores, dtype=float)
    off = np.where(np.eye(table.shape[1], dtype=bool), np.nan, table)
    met = np.asarray(np.isfinite(off).any(axis=(0, 2)))
    some = np.nan_to_num(table[:, met][:, :, met])
    rounds, players, _ = some.shape
    if not players:
        return [None] * len(met)
    flat = some.reshape(rounds, -1)
    often = np.random.default_rng(seed).multinomial(rounds, np.full(rounds, 1.0 / rounds), size=resamples)
    drawn = MEAN + ODDS * bradley_terry((often @ flat).reshape(-1, players, players))
    lows, highs = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    points = MEAN + ODDS * bradley_terry(flat.sum(0).reshape(players, players))
    found = ((float(point), Interval(float(a), float(b))) for point, a, b in zip(points, lows, highs, strict=True))
    return [next(found) if compared else None for compared in met]
