"""`dialogym people`: hold a simulated person against dialogues between people, from a file of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..evaluation.beside_people import compare
from ..evaluation.likeness import SPLITS
from .options import check_out, write_out

ENVIRONMENTS = {"craigslist": "Negotiation-v0", "casino": "DivisionCamp-v0"}
"""Published layout -> the environment that it is held against unless another is named."""


@dataclass(frozen=True)
class People:
    """Hold a simulated person against dialogues between people.

    The file is read here and goes nowhere. With `--out` the figures are written, and how many people fall into each bin
    of each measure; no word of anybody is.
    """

    file: tyro.conf.Positional[Path]
    """A JSON list of dialogues, or a file with a JSON object on each line."""
    format: Literal["craigslist", "casino", "jsonl"]
    """Layout: that of CraigslistBargain, of CaSiNo, or our own; see docs/likeness.md."""
    env: str | None = None
    """The environment; by default Negotiation-v0 for `craigslist` and DivisionCamp-v0 for `casino`."""
    user: str = "scripted"
    """The simulated person: `scripted`, `voiced:MODEL` or `llm:MODEL`; see docs/users.md."""
    policy: str = "scripted"
    """Who talks to it: people talk to people, so a human-like policy."""
    episodes: int | None = None
    """Simulated dialogues; by default as many as the file has, and at least 200."""
    seed: int = 0
    """Seed of the first simulated dialogue, and of the splits."""
    splits: int = SPLITS
    """How often the people are halved."""
    source: str = ""
    """Where the dialogues are from; written with the figures."""
    licence: str = ""
    """Their licence; written with the figures."""
    out: Path | None = None
    """Write the result here too: `.json` or `.md`."""


@dataclass(frozen=True)
class _Sourced:
    """A result with where its dialogues are from."""

    result: Any
    source: str
    licence: str

    def to_json(self) -> dict[str, Any]:
        return {"source": self.source, "licence": self.licence, **self.result.to_json()}

    def to_markdown(self) -> str:
        return self.result.to_markdown()


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Read, simulate, compare and print.

    Raises:
        ValueError: If the file cannot be read, or an argument is invalid.
    """
    options = tyro.cli(People, args=list(arguments), prog="dialogym people")
    check_out(options.out)
    env_id = options.env or ENVIRONMENTS.get(options.format)
    if env_id is None:
        raise ValueError(f"env must be given for format {options.format!r}, such as --env Negotiation-v0")
    given = {name: getattr(options, name) for name in ("user", "policy", "episodes", "seed", "splits")}
    result = compare(env_id, records(options.file), options.format, **given, **settings)
    Console(highlight=False).print(str(result), markup=False, soft_wrap=True)
    write_out(_Sourced(result, options.source, options.licence), options.out)


def records(path: Path) -> Iterator[Any]:
    """The dialogues of a file: the elements of a JSON list, or a JSON value on each line.

    Raises:
        ValueError: If it is neither.
    """
    text = path.read_text(encoding="utf-8")
    whole = text.lstrip().startswith("[")
    parts = [text] if whole else text.splitlines()
    for number, part in enumerate(parts, 1):
        if not part.strip():
            continue
        try:
            value = json.loads(part)
        except json.JSONDecodeError as error:
            line = error.lineno if whole else number
            raise ValueError(
                f"{path} must be a JSON list or hold a JSON object on each line; line {line}: {error.msg}"
            ) from None
        yield from value if whole else [value]
