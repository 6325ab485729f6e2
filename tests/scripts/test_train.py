"""`dialogym train`: what it says in the end."""

from __future__ import annotations

import dataclasses
import json
from io import StringIO
from types import SimpleNamespace

import pytest
from rich.console import Console

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.evaluation.evaluate import evaluate
from dialogym.scripts.train import _policy, outcome


def test_what_a_training_came_to():
    solved = evaluate("CoachingSmall-v0", "scripted", 40)
    low, high = solved.score_interval
    sampled, scale = (
        f"score {solved.score:.3f} [{low:.3f}, {high:.3f}] over 40 episodes",
        "0 is random, 1 the exact optimum",
    )
    low, high = solved.exact_score_interval
    exact = f"by exact regret {solved.exact_score:.3f} [{low:.3f}, {high:.3f}]"
    assert outcome(solved) == f"{sampled}; {exact}; {scale}"
    assert outcome(dataclasses.replace(solved, exact_score=None)) == f"{sampled}; {scale}"
    assert "the optimum did no better than the zero, random" in outcome(
        dataclasses.replace(solved, score=None, score_interval=None)
    )
    unsolved = dataclasses.replace(solved, score=None, score_interval=None, optimum=None)
    assert outcome(unsolved).startswith("mean return 0") and outcome(unsolved).endswith(
        "the exact optimum is out of reach"
    )


def test_the_end_of_a_training_shows_bars_and_what_comes_next(tmp_path):
    played = [evaluate("CoachingSmall-v0", name, 30) for name in ("scripted", "random", "optimal")]
    (tmp_path / "bc").mkdir()
    (tmp_path / "bc" / "evaluation.json").write_text(json.dumps([one.to_json() for one in played]))
    config = SimpleNamespace(out=tmp_path, env_id="CoachingSmall-v0", settings={"user": "voiced:m", "values": [1, 2]})
    out = StringIO()
    console = Console(file=out, width=400)
    for line in _policy(config, "bc", None):
        console.print(line, markup=False)
    lines = out.getvalue().splitlines()
    assert sum("█" in line for line in lines) >= 2 and any(line.startswith("do nothing") for line in lines)
    assert [line.strip() for line in lines[-3:]] == [
        "Next:",
        f"dialogym report {tmp_path}",
        f"dialogym play CoachingSmall-v0 --set user=voiced:m --set 'values=[1, 2]' --policy lm:{tmp_path / 'bc' / 'model'}",
    ]
