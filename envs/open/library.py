"""Where scenarios are found: in the library of the package, in a file, in a folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path

from .format import Scenario, read

FOLDER = Path(__file__).parent / "scenarios"


@dataclass(frozen=True, slots=True)
class Script:
    """A scenario file that was read. Two of the same text are the same."""

    text: str
    file: Scenario = field(compare=False, repr=False)

    def __reduce__(self) -> tuple:
        return script, (self.text,)


@lru_cache(maxsize=1024)
def script(text: str, name: str = "scenario") -> Script:
    """A script from the text of a file.

    Raises:
        ValueError: One line for each fault, with its place.
    """
    return Script(text, read(text, name))


def built_in() -> tuple[str, ...]:
    """The ids of the library, in order of the alphabet: ``"service/late-parcel"``..."""
    return tuple(sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.toml")))


def find(names: str | Iterable[str]) -> tuple[Script, ...]:
    """The scripts of ids, patterns of ids, files and folders.

    Args:
        names: As for `places`.

    Raises:
        ValueError: If nothing is there, or if a file has a fault.
    """
    return tuple(script(path.read_text(encoding="utf-8"), shown) for shown, path in places(names).items())


def places(names: str | Iterable[str]) -> dict[str, Path]:
    """Where the files are of ids, patterns of ids, files and folders; by a name that finds the file alone.

    Args:
        names: Such as ``"service/late-parcel"``, ``"service/*"``, ``"my.toml"``, ``"my_folder"``, or several.

    Raises:
        ValueError: If nothing is there.
    """
    paths: list[tuple[str, Path]] = []
    for name in names if isinstance(names, (list, tuple)) else [names]:
        if not isinstance(name, str) or not name:
            raise ValueError(f"scenario must be a name, a file or a folder, or a list of them; got {name!r}")
        given = Path(name).expanduser()
        ids = [known for known in built_in() if fnmatch(known, name)]
        if ids:
            paths += [(known, FOLDER / f"{known}.toml") for known in ids]
        elif given.is_dir() and (files := sorted(given.glob("**/*.toml"))):
            paths += [(str(path), path) for path in files]
        elif given.is_file():
            paths.append((name, given))
        else:
            near = ", ".join(known for known in built_in() if known.split("/")[0] == name.split("/")[0]) or ", ".join(
                dict.fromkeys(f"{known.split('/')[0]}/*" for known in built_in())
            )
            raise ValueError(
                f"scenario must be in the library ({near}), or a file or folder that is there; got {name!r}"
            )
    return dict(paths)
