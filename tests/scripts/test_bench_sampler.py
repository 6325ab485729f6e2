"""`dialogym bench --sampler`: both ways say the same, and the ratio is of one run."""

from __future__ import annotations

import json
import re

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.make import make_engine
from dialogym.policies import tiny as module
from dialogym.policies.language_model import load_model
from dialogym.scripts.main import main

ENV = "Negotiation-v0"


@pytest.mark.long
def test_the_command(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CORPUS_EPISODES", 300)
    for part in load_model("tiny", make_engine(ENV)):
        part.save_pretrained(tmp_path / "model")
    given = ["--dialogues", "9", "--repeats", "2", "--out", str(tmp_path / "bench.json")]
    assert main(["bench", ENV, "--sampler", str(tmp_path / "model"), *given]) == 0
    out, found = capsys.readouterr().out, json.loads((tmp_path / "bench.json").read_text())
    rate, ratio = re.search(
        r"sampler: ([\d,]+) own tokens/s, ([\d.]+) times the reference loop \(2 rounds, ", out
    ).groups()
    assert int(rate.replace(",", "")) == pytest.approx(sum(found["own_tokens_per_second"]) / 2, abs=1)
    pairs = zip(found["own_tokens_per_second"], found["reference_tokens_per_second"], strict=True)
    assert found["ratios"] == [new / old for new, old in pairs]
    assert float(ratio) == pytest.approx(sum(found["ratios"]) / 2, abs=0.01)
    assert found["same_dialogues"] == found["dialogues"] == 18
    assert 0.0 < found["largest_difference_of_logprobs"] < 1e-4
