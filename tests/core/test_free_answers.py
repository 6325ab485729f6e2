"""The bound of free answers: by hand, against going through all answers in another way, and in its place."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from dialogym.core.free_answers import free_answers


def test_one_question_by_hand():
    # told yes or no with 0.9: name the likelier of two
    assert free_answers([0.5, 0.5], [[0.9, 0.1]], [[1, 0], [0, 1]]) == pytest.approx(0.9)
    # no question: the best end at once; a sure end that is worth more than guessing
    assert free_answers([0.7, 0.3], [], [[1, 0], [0, 1]]) == pytest.approx(0.7)
    assert free_answers([0.7, 0.3], [], [[1, 0], [0, 1], [0.8, 0.8]]) == pytest.approx(0.8)


@pytest.mark.parametrize("questions", [3, 14])
def test_all_vectors_of_answers(questions):
    """Also where the vectors are gone through in parts."""
    rng = np.random.default_rng(questions)
    prior, yes, worth = rng.dirichlet([1] * 4), rng.random((questions, 4)), rng.random((3, 4))
    total = 0.0
    for answers in product((True, False), repeat=questions):
        joint = prior * np.where(np.array(answers)[:, None], yes, 1 - yes).prod(axis=0)
        total += max(joint @ row for row in worth)
    found = free_answers(prior, yes, worth)
    assert found == pytest.approx(total, abs=1e-12)
    assert max(worth @ prior) - 1e-12 <= found <= prior @ worth.max(axis=0) + 1e-12


def test_the_shapes_must_fit():
    with pytest.raises(ValueError, match=r"worth must have the shape \(ends, 2\), got \(1, 3\)"):
        free_answers([0.5, 0.5], [[0.1, 0.2]], [[1, 2, 3]])
