"""`dialogym train`: what it says in the end."""

from __future__ import annotations

import dataclasses

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.evaluation.evaluate import evaluate
from dialogym.scripts.train import outcome


def test_what_a_training_came_to():
    solved = evaluate("CoachingSmall-v0", "scripted", 40)
    low, high = solved.score_interval
    assert (
        outcome(solved)
        == f"score {solved.score:.3f} [{low:.3f}, {high:.3f}] over 40 episodes; 0 is random, 1 the exact optimum"
    )
    assert "the optimum did no better than the zero, random" in outcome(
        dataclasses.replace(solved, score=None, score_interval=None)
    )
    unsolved = dataclasses.replace(solved, score=None, score_interval=None, optimum=None)
    assert outcome(unsolved).startswith("mean return 0") and outcome(unsolved).endswith(
        "the exact optimum is out of reach"
    )
