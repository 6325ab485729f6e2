"""What several commands take, and how their results are written."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from ..core.checks import writable
from ..core.modules import ASKED


@dataclass(frozen=True)
class Dialogues:
    """Which dialogues a command plays."""

    env_id: tyro.conf.Positional[str]
    """Environment; `dialogym list` shows them."""
    seed: int = 0
    """Seed of the first episode; the others follow it."""
    grammar: str = "natural"
    """`natural` understands plain words besides tags, `tagged` only tags."""


@dataclass(frozen=True)
class Meetings(Dialogues):
    """Which dialogues a command plays, and with whom."""

    user: str = "scripted"
    """Who is talked to: `scripted`, `voiced:MODEL` (a language model speaks) or `llm:MODEL` (it decides or
    chooses as well)."""
    ear: str = "grammar"
    """What reads plain words: `grammar`, or `llm:MODEL`."""

    def settings(self, given: dict[str, Any]) -> dict[str, Any]:
        """The arguments of ``gym.make``: these, and what was given with ``--set``."""
        return {"grammar": self.grammar, "user": self.user, "ear": self.ear, **given}


@dataclass(frozen=True)
class Rewarded(Meetings):
    """Which dialogues a command plays, with whom, and what is paid for them."""

    reward: str = "goal"
    """Registered reward, or several with weights, such as `goal=1,turn_cost=0.01`."""

    def settings(self, given: dict[str, Any]) -> dict[str, Any]:
        """As for `Meetings`, with the reward."""
        return super().settings({"reward": self.reward, **given})


@dataclass(frozen=True)
class Recording(Rewarded):
    """Which dialogues a command records."""

    engine: str = "local"
    """`local` plays in this process, `ray` in worker processes, on this machine or on the cluster of `RAY_ADDRESS`."""
    workers: int = 2
    """How many worker processes play on Ray."""


def check_out(out: Path | None) -> None:
    """Refuse a file that `write_out` could not write: it must be JSON or Markdown."""
    if out is not None:
        if out.suffix not in (".json", ".md"):
            raise ValueError(f"out must end in .json or .md, got {str(out)!r}")
        writable(out)


def write_out(result: Any, out: Path | None) -> None:
    """Write a result as JSON or as Markdown, by the file's name."""
    if out is not None:
        text = json.dumps(result.to_json(), indent=2) if out.suffix == ".json" else result.to_markdown().rstrip()
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text + "\n")


def typed(env_id: str, settings: dict[str, Any]) -> str:
    """An environment as it is typed in another command: its id, its settings, and the modules that were imported."""
    values = [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in settings.items()]
    return " ".join([env_id, *(f"--set {shlex.quote(value)}" for value in values), *imported()])


def imported() -> list[str]:
    """The modules that this command has imported, as they are typed in another."""
    return [f"--module {name}" for name in ASKED]
