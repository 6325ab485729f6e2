"""Every number that a training logs is explained in docs/glossary.md."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest
from dialogym.envs.ears import EarCounts
from dialogym.simulated_users.llm_mind import MindCounts
from dialogym.simulated_users.llm_voice import VoiceCounts
from dialogym.trainers.algorithms import ALGORITHMS

from ..toy import TOY
from ..toy_duel import ULTIMATUM

GLOSSARY = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
METRICS, SUMMARY, _, EVALUATION, CONDUCT = (part.partition("\n")[2] for part in GLOSSARY.split("\n## ")[1:])
TINY = {
    **{"demonstrations": 16, "epochs": 1, "batch_size": 8, "steps": 1, "groups": 2, "group_size": 2, "episodes": 4},
    **{"rounds": 1, "scenarios": 4, "attempts": 4, "kl": 0.1, "max_turn_tokens": 8, "eval_every": 1},
    **{"eval_episodes": 2, "final_episodes": 2, "compare": False, "threads": 1},
}
PLAYERS = [name for name, algorithm in ALGORITHMS.items() if algorithm.kind != "user"]


def names(part):
    """The names in the first column of a table, as patterns: what is in capitals stands for any word."""
    cells = re.findall(r"^\| (`[^|]*`) \|", part, re.MULTILINE)
    return [re.sub("[A-Z]+", r"\\w+", name) for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def unknown(found, part):
    return sorted(name for name in found if not any(re.fullmatch(known, name) for known in names(part)))


@pytest.mark.parametrize("name", PLAYERS)
def test_what_is_logged_is_in_the_glossary(name, alone, tmp_path):
    config, train = ALGORITHMS[name].load()
    options = {field.name for field in fields(config)}
    env_id, model = (ULTIMATUM, "tiny") if name == "self-play" else (TOY, str(alone / "bc" / "model"))
    train(config(env_id, out=tmp_path, model=model, **{k: v for k, v in TINY.items() if k in options}))
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    logged = {key for row in rows for key in row}
    assert {"stage", "step", "loss", "learning_rate", "score"} <= logged
    assert unknown(logged, METRICS) == []
    (summary,) = json.loads((tmp_path / "summary.json").read_text()).values()
    assert unknown(summary, SUMMARY) == []
    assert unknown(json.loads((tmp_path / "evaluation.json").read_text())[0], EVALUATION) == []


@pytest.mark.parametrize("kind", [EarCounts, VoiceCounts, MindCounts])
def test_counts_of_language_models_are_in_the_glossary(kind):
    assert unknown([field.name for field in fields(kind)], CONDUCT) == []


def test_the_glossary_tells_of_what_is_not_there():
    assert unknown({"loss", "payoff_host", "loss_of_hair"}, METRICS) == ["loss_of_hair"]
