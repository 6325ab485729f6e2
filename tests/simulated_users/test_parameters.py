"""What may stand in parentheses behind a model's name, and what is said where it may not."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.scripts.main import main
from dialogym.simulated_users.backends.presets import load_backend

SERVER = "http://127.0.0.1:9/v1#m"

BOTH = [
    ("temprature=1", r"no parameter 'temprature'; valid ones are shots, .*temperature, .*verify, .*cache, .*timeout, "),
    ("model=x,spec=y", "no parameter 'model', 'spec'; valid ones are "),
    ("verify=false,tmp=1", "no parameter 'tmp'; valid ones are "),
    ("shots=-1", "shots must be at least 0, got -1"),
    ("shots=x", "shots must be a whole number, got 'x'"),
    ("attempts=0", "attempts must be at least 1, got 0"),
    ("max_tokens=a", "max_tokens must be a whole number, got 'a'"),
    ("temperature=hot", "temperature must be a number of at least 0, got 'hot'"),
    ("temperature=-1", "temperature must be a number of at least 0, got -1"),
    ("constrain=5", "constrain must be true or false, got 5"),
    ("plain=no", "plain must be true or false, got 'no'"),
    ("cache=5", "cache must be a folder, got 5"),
    ("timeout=abc", "timeout must be a number above 0, got 'abc'"),
    ("concurrency=0", "concurrency must be at least 1, got 0"),
]
"""Parameters -> what is said to them, of ``voiced:`` and ``llm:`` alike."""


@pytest.mark.parametrize("kind", ["voiced", "llm"])
@pytest.mark.parametrize("given, message", BOTH)
def test_of_users(kind, given, message):
    pytest.importorskip("openai")
    with pytest.raises(ValueError, match=message):
        gym.make("Negotiation-v0", user=f"{kind}:{SERVER}({given})")


@pytest.mark.parametrize(
    "env_id, user, message",
    [
        ("Negotiation-v0", f"voiced:{SERVER}(mind=held)", "no parameter 'mind'"),
        ("Negotiation-v0", f"llm:{SERVER}(mnd=held)", "no parameter 'mnd'; valid ones are .*mind, mind_tokens, verify"),
        ("Negotiation-v0", f"llm:{SERVER}(mind_tokens=0)", "mind_tokens must be at least 1, got 0"),
        ("Tutoring-v0", f"llm:{SERVER}(mind_tokens=few)", "mind_tokens must be a whole number, got 'few'"),
        ("Tutoring-v0", f"llm:{SERVER}(track=same)", "no parameter 'track'; valid ones are .*speaker"),
    ],
)
def test_of_minds(env_id, user, message):
    pytest.importorskip("openai")
    with pytest.raises(ValueError, match=message):
        gym.make(env_id, user=user)


def test_a_command_says_it_in_one_line(capsys):
    pytest.importorskip("openai")
    assert main(["evaluate", "Negotiation-v0", "--episodes", "3", "--user", f"voiced:{SERVER}(temprature=1)"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith("dialogym: the model") and "no parameter 'temprature'" in said


@pytest.mark.parametrize(
    "options, message",
    [
        ({"context": "long"}, "context must be a whole number, got 'long'"),
        ({"threads": -1}, "threads must be at least 0, got -1"),
        ({"gpu_layers": -2}, "gpu_layers must be at least -1, got -2"),
        ({"adapter": 3}, "adapter must be a file, got 3"),
        ({"name": 3}, "name must be text, got 3"),
        ({"batch": 3}, "no parameter 'batch'; valid ones are cache, adapter, context, threads, gpu_layers, name"),
    ],
)
def test_of_llama_cpp(options, message):
    pytest.importorskip("llama_cpp")
    with pytest.raises(ValueError, match=message):
        load_backend("llama:missing.gguf", **options)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"batch": 0}, "batch must be at least 1, got 0"),
        ({"device": "tpu9"}, "device must be one of torch's, such as cpu or cuda, got 'tpu9'"),
        ({"dtype": "float7"}, "dtype must be a type of torch's, .*got 'float7'"),
        ({"context": 3}, "no parameter 'context'; valid ones are cache, device, dtype, batch, name"),
    ],
)
def test_of_transformers(options, message, tmp_path):
    pytest.importorskip("transformers")
    with pytest.raises(ValueError, match=message):
        load_backend(f"transformers:{tmp_path}", **options)


def test_of_recorded_replies(tmp_path):
    with pytest.raises(ValueError, match="no parameter 'timeout'; valid ones are cache, name"):
        load_backend(f"replay:{tmp_path}", timeout=3)
