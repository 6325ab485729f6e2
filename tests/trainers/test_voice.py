"""A trained voice: what it learns from, and that the whole way works on a tiny model."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("gguf")

from dialogym.core.stream import Stream
from dialogym.envs.make import load_family
from dialogym.envs.registration import families as registered
from dialogym.envs.registration import ranked
from dialogym.envs.users import examples_of
from dialogym.simulated_users.llm_voice import LLMVoice
from dialogym.trainers.voice import HELD_OUT, VoiceConfig, first_try_rates, pairs, tokens, train_voice, voiced_families
from transformers import AutoTokenizer

from ..simulated_users.backends.tiny_models import save_model

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = save_model(tmp_path_factory.mktemp("model"))
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(
        json.dumps({**config, "max_position_embeddings": 4096})
    )  # it reads letter by letter
    return folder


def test_pairs_come_from_every_family_and_are_what_a_voice_is_asked():
    found = pairs(300, seed=1)
    assert len(found) == 300 == len({(str(chat), words) for chat, words in found})
    assert found == pairs(300, seed=1) != pairs(300, seed=2)
    families = voiced_families()
    known = {type(family): family.guide for family in (load_family(path, {}) for path in registered() if ranked(path))}
    assert [type(family) for family in families] == [kind for kind, guide in known.items() if guide is not None]
    for family in families:
        voice = LLMVoice(family.voice, family.guide, None, {}, shots=0, plain=True)
        asked = {
            (str(list(voice.messages(example.cue, example.line, Stream(None)))), example.words)
            for pool in examples_of(family).values()
            for example in pool
        }
        share = sum((str(chat), words) in asked for chat, words in found)
        assert abs(share - len(found) / len(families)) < 2


def test_rates_are_measured_on_other_lines():
    for family in voiced_families():
        learned = {str((example.cue, example.words)) for pool in examples_of(family).values() for example in pool}
        held = [
            str((example.cue, example.words)) for pool in examples_of(family, HELD_OUT).values() for example in pool
        ]
        assert sum(line in learned for line in held) < 0.2 * len(held)


def test_only_the_words_are_learned(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    pair = tokens(tokenizer, [("system", "You sell a bike."), ("user", "Ask for $5.")], "Five: $5.")
    learned = [token for token in pair["labels"] if token != -100]
    assert tokenizer.decode(learned[:-1]) == "Five: $5." and learned[-1] == tokenizer.eos_token_id
    assert pair["input_ids"][-len(learned) :] == learned and len(pair["labels"]) == len(pair["input_ids"])


def test_from_pairs_to_rates(folder, tmp_path):
    config = VoiceConfig(tmp_path, str(folder), pairs=32, batch_size=8, lora_rank=2, threads=1)
    adapter = train_voice(config)
    assert (adapter / "adapter_model.safetensors").stat().st_size < 10_000_000
    rates = first_try_rates(f"{folder}+{adapter}", utterances=4, shots=0, plain=True, max_tokens=8)
    assert set(rates) == {type(family).__name__ for family in voiced_families()} and all(
        0.0 <= rate <= 1.0 for rate in rates.values()
    )
    with pytest.raises(FileExistsError):
        train_voice(config)
    with pytest.raises(ValueError, match="pairs"):
        train_voice(VoiceConfig(tmp_path / "x", str(folder), pairs=2))
