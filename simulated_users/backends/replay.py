"""Recorded replies: a run can be repeated exactly, with no model at all."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core.checks import text
from ..user import Failure
from .backend import Backend, Reply, Request, Running


def key(name: str, request: Request) -> str:
    """What a reply is recorded under: the SHA-256 of the backend's name and of everything in the request.

    Choices are left out where there are none, so that what was recorded before there were any is still found.
    """
    asked = request if request.choices else request[: Request._fields.index("choices")]
    return hashlib.sha256(json.dumps([name, *asked], separators=(",", ":")).encode()).hexdigest()


class ReplayBackend(Running):
    """Answers from a folder of recorded replies, and asks a backend only for what is not there.

    The backend's answers are then recorded too. The same request within one call is asked once. Failures are not
    recorded. Each process appends to a file of its own, one JSON line a reply and one write a call, so that many may
    record into one folder; what others record meanwhile is not seen.

    Args:
        backend: Whom to ask; without one, what is not recorded is a `Failure`.
        folder: Where the replies are; made if missing and needed.
        name: Whose replies to look for if there is no backend; not needed where the folder holds those of one backend
            only.

    Attributes:
        name: The backend's.
        hits: Replies that came from the folder, or from the same request within one call.
        misses: Requests that did not.
        weighs: Whether probabilities can be had: whether the model, or one reply of the folder, has them.
        deterministic: Whether the same requests get the same replies for sure: whether there is no model to ask.

    Raises:
        ValueError: If there is no backend and the folder holds no replies, or those of several backends and `name` does
            not choose.
    """

    def __init__(self, backend: Backend | None, folder: str | Path, name: str = ""):
        text(name=name)
        self._backend, self._folder = backend, Path(folder)
        self.hits = self.misses = 0
        self.deterministic = backend is None
        self._replies, names, weighed = _load(self._folder)
        self.weighs = weighed if backend is None else getattr(backend, "weighs", False)
        if backend is not None:
            self.name = backend.name
        elif name:
            self.name = name
        elif len(names) == 1:
            self.name = names.pop()
        elif names:
            several = f"holds the replies of several models; choose one by name: {', '.join(sorted(names))}"
            raise ValueError(f"{str(self._folder)!r} {several}")
        else:
            raise ValueError(f"{str(self._folder)!r} holds no recorded replies, and there is no model to ask")
        self._lock = threading.Lock()
        self._file, self._process = -1, 0

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """One reply for each request; see `Backend`."""
        keys = [key(self.name, request) for request in requests]
        missing = {k: request for k, request in zip(keys, requests, strict=True) if k not in self._replies}
        failures: dict[str, Failure] = {}
        first: dict[str, Reply] = {}
        if missing and self._backend is None:
            unknown = f"no reply of {self.name} is recorded for"
            failures = {k: Failure(f"{unknown} {k[:12]}: {_last_words(asked)!r}") for k, asked in missing.items()}
        elif missing and self._backend is not None:
            for k, reply in zip(missing, self._backend.generate(list(missing.values())), strict=True):
                if isinstance(reply, Failure):
                    failures[k] = reply
                else:
                    first[k] = reply
        with self._lock:
            self.misses += len(missing)
            self.hits += len(requests) - len(missing)
            self._record(first, {k for k, request in missing.items() if request.choices})
        # Only the first of equal requests has taken time and tokens.
        return [failures[k] if k in failures else first.pop(k, None) or self._replies[k] for k in keys]

    def close(self) -> None:
        """Close the file and the backend."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
        if self._backend is not None:
            self._backend.close()

    def _record(self, replies: dict[str, Reply], weighed: set[str]) -> None:
        if not replies:
            return
        lines = []
        for k, reply in replies.items():
            self._replies[k] = reply._replace(seconds=0.0)
            entry = {"key": k, "name": self.name, "text": reply.text}
            entry |= {"prompt_tokens": reply.prompt_tokens, "tokens": reply.tokens}
            entry |= {"weighed": True} if k in weighed else {}
            lines.append(json.dumps(entry) + "\n")
        if self._file < 0 or self._process != os.getpid():
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{os.getpid()}-{uuid.uuid4().hex[:12]}.jsonl"
            self._file, self._process = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644), os.getpid()
        data = memoryview("".join(lines).encode())
        while data:
            data = data[os.write(self._file, data) :]


def _load(folder: Path) -> tuple[dict[str, Reply], set[str], bool]:
    """Replies by key, the names of the backends that gave them, and whether some are of probabilities."""
    replies: dict[str, Reply] = {}
    names: set[str] = set()
    weighed = False
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                entry: Any = json.loads(line)
                reply = Reply(str(entry["text"]), int(entry["prompt_tokens"]), int(entry["tokens"]), 0.0)
                replies.setdefault(entry["key"], reply)
                names.add(entry["name"])
                weighed = weighed or bool(entry.get("weighed"))
            except (ValueError, KeyError, TypeError):
                cut = "is no whole record (its writer was cut off?) and is ignored"
                warnings.warn(f"{path}, line {number}, {cut}", stacklevel=3)
    return replies, names, weighed


def _last_words(request: Request) -> str:
    said = request.messages[-1][1] if request.messages else ""
    return said if len(said) <= 60 else said[:57] + "..."
