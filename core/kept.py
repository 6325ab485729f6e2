"""What a search has found, on disk: an optimum is searched once on a machine, and read by whoever needs it next.

A file belongs to one game, mind, seat and choice of candidates, spelled out in full, and to the very code of this
version: when any of it changes, what was kept is not looked at. `ENVIRONMENT` names the folder; empty, nothing is kept.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import platform
import sys
import time
import zlib
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from io import BytesIO
from pathlib import Path
from shutil import rmtree
from types import FunctionType, MethodType
from typing import Any

ENVIRONMENT = "DIALOGYM_CACHE"
"""The folder in which solutions are kept; ``~/.cache/dialogym`` where it is not set."""
MANY = 500  # information states: fewer are found about as fast as they are read
_PACKAGE = __name__.partition(".core")[0]
_HOME = Path(__file__).parent.parent
_DAYS = 14.0  # what other versions have kept is deleted when nothing was added to it for so long
_PLAIN = (type(None), bool, int, float, str, bytes)


class Unknown(Exception):
    """Something whose description would leave out what matters."""


def describe(what: Any) -> Any:
    """All that a value of the package's own classes is, in plain tuples and words, the same in every process.

    Raises:
        Unknown: If it holds something else, such as a class of a user's own or a function without a name.
    """
    if isinstance(what, Enum):
        return _name(type(what)), what.name
    if type(what) in _PLAIN:
        return repr(what)
    if type(what) in (tuple, list):
        return type(what).__name__, *map(describe, what)
    if type(what) in (set, frozenset):
        return "set", *sorted(map(describe, what), key=repr)
    if type(what) is dict:
        return "dict", *((describe(key), describe(value)) for key, value in what.items())
    if isinstance(what, type):
        return _name(what)
    if isinstance(what, MethodType):
        return describe(what.__self__), what.__func__.__name__
    if isinstance(what, FunctionType):
        if what.__closure__ or "<" in what.__qualname__:
            raise Unknown(what)
        return _name(what)
    name = _name(type(what))
    if isinstance(what, tuple):
        return name, *map(describe, what)
    if is_dataclass(what):
        return name, *((field.name, describe(getattr(what, field.name))) for field in fields(what))
    if hasattr(what, "described"):
        return name, describe(what.described())
    raise Unknown(what)


def _name(what: Any) -> str:
    if not what.__module__.startswith(f"{_PACKAGE}."):
        raise Unknown(what)
    return f"{what.__module__}.{what.__qualname__}"


@cache
def code() -> str:
    """A digest of the code and the content that solutions come from, and of the Python that runs it.

    Raises:
        OSError: If the files cannot be read.
    """
    found = hashlib.sha256(f"{sys.version} {platform.machine()}".encode())
    files = [path for folder in ("core", "envs") for path in sorted((_HOME / folder).rglob("*"))]
    if Path(__file__) not in files:
        raise FileNotFoundError(f"no code at {_HOME}")
    for path in files:
        if path.suffix in (".py", ".toml"):
            found.update(f"{path.relative_to(_HOME)}".encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def home() -> Path | None:
    """The folder in which this version keeps solutions; ``None`` if it is to keep none."""
    given = os.environ.get(ENVIRONMENT)
    if given == "":
        return None
    try:
        return (Path(given).expanduser() if given else Path.home() / ".cache" / "dialogym") / "solutions" / code()
    except (OSError, RuntimeError):  # nobody's home
        return None


class Kept:
    """A file in which values of information states are kept.

    Args:
        described: Whose values they are; see `describe`.
        folder: Where the file is.
    """

    def __init__(self, described: str, folder: Path):
        self.described = described
        self.path = folder / f"{hashlib.sha256(described.encode()).hexdigest()[:32]}.bin"

    def read(self) -> dict[str, Any] | None:
        """What was written; ``None`` if there is nothing, or it is damaged."""
        collects = gc.isenabled()
        try:
            data = self.path.read_bytes()
            checked, packed = data[:32], data[32:]
            if hashlib.sha256(packed).digest() != checked:
                return None
            gc.disable()  # hundreds of thousands of new objects, and none of them garbage
            found = _Reader(BytesIO(zlib.decompress(packed))).load()
            return found if found["described"] == self.described else None
        except Exception:  # whatever is wrong with a file: the values are found anew
            return None
        finally:
            if collects:
                gc.enable()

    def write(self, what: dict[str, Any]) -> None:
        """Write the file anew, whole or not at all. Where nothing can be written, nothing is kept."""
        with suppress(OSError, RecursionError, pickle.PicklingError, AttributeError, TypeError):
            packed = zlib.compress(pickle.dumps({"described": self.described, **what}, 5), 1)
            if not self.path.parent.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                _tidy(self.path.parent)
            part = self.path.with_suffix(f".{os.getpid()}")
            try:
                part.write_bytes(hashlib.sha256(packed).digest() + packed)
                part.replace(self.path)
            finally:
                part.unlink(missing_ok=True)


def _tidy(folder: Path) -> None:
    """Delete what other versions have kept, if that was long ago."""
    for other in folder.parent.iterdir():
        with suppress(OSError):
            if other != folder and time.time() - other.stat().st_mtime > _DAYS * 86_400:
                rmtree(other, ignore_errors=True)


class _Reader(pickle.Unpickler):
    """Makes nothing but tuples, dataclasses and enumerations of this package, whatever a file asks for."""

    def find_class(self, module: str, name: str) -> Any:
        """A class by its name."""
        found = super().find_class(module, name) if module.startswith(f"{_PACKAGE}.") else None
        value = isinstance(found, type) and (issubclass(found, tuple | Enum) or is_dataclass(found))
        if not value or not found.__module__.startswith(f"{_PACKAGE}."):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a solution")
        return found
