"""An upper bound where the optimum is out of reach: a learner that gets every answer for nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_ROWS = 4096  # vectors of answers that are held at a time


def free_answers(prior: ArrayLike, yes: ArrayLike, worth: ArrayLike) -> float:
    """What a learner expects that is given the answers to all questions before it chooses an end.

    It bounds the optimum of any game in which questions with two answers are asked, each at most once, at no gain, and
    one of some ends is chosen: whatever was learnt there is part of all answers, and a cost only takes off. The answers
    must be independent given what is hidden. It lies between the optimum and what a learner gets that is told what is
    hidden. Computed by going through all vectors of answers: twice as long for each question more; 20 take a second.

    Args:
        prior: Probability of each hidden state, shape (hidden,).
        yes: Probability of a yes in each hidden state, of each question, shape (questions, hidden). Where one can make
            answers more reliable, as they are at their best.
        worth: Payoff of each end in each hidden state, shape (ends, hidden).

    Raises:
        ValueError: If the shapes do not fit.
    """
    p, says, pays = np.asarray(prior, float), np.asarray(yes, float).reshape(-1, np.size(prior)), np.asarray(worth)
    if pays.ndim != 2 or pays.shape[1] != p.size:
        raise ValueError(f"worth must have the shape (ends, {p.size}), got {pays.shape}")
    first = max(0, len(says) - _ROWS.bit_length() + 1)
    rest, stakes = _likelihoods(says[first:]), (p * pays).T  # of ends, in each hidden state
    return sum(float((rest * row @ stakes).max(axis=1).sum()) for row in _likelihoods(says[:first]))


def _likelihoods(yes: np.ndarray) -> np.ndarray:
    """Of each vector of answers, its probability in each hidden state; shape (2 ** questions, hidden)."""
    found = np.ones((1, yes.shape[1]))
    for row in yes:
        found = np.concatenate([found * row, found * (1.0 - row)])
    return found
