"""`dialogym evaluate`: score policies."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro
from rich.console import Console

from ..envs.make import make_engine
from ..evaluation.evaluate import compare, evaluate
from ..policies.baselines import baselines


@dataclass(frozen=True)
class Evaluate:
    """Score one policy, or compare several in one table."""

    env_id: tyro.conf.Positional[str]
    """Environment; `dialogym list` shows them."""
    policy: tuple[str, ...] = ("optimal",)
    """One or more policies; `all` stands for every baseline; `lm:FOLDER` for a trained model."""
    episodes: int = 500
    """Episodes, of the seeds that follow `seed`."""
    seed: int = 0
    """First seed."""
    grammar: str = "natural"
    """`natural` or `tagged`."""
    user: str = "scripted"
    """Who is talked to:

    `scripted`, `voiced:MODEL` (a language model speaks) or `llm:MODEL` (it decides as well: no score, but bounds).
    """
    ear: str = "grammar"
    """What reads plain words: `grammar`, or `llm:MODEL`."""
    information: bool = False
    """Also say how well a policy finds out whom it talks to: information gain and efficiency, control index, belief accuracy. Slow."""
    out: Path | None = None
    """Write the result here too: `.json` or `.md`."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Evaluate and print."""
    options = tyro.cli(Evaluate, args=list(arguments), prog="dialogym evaluate")
    if options.out is not None and options.out.suffix not in (".json", ".md"):
        raise ValueError(f"out must end in .json or .md, got {str(options.out)!r}")
    names = options.policy
    if "all" in names:
        quiet = {"grammar": options.grammar, **settings, "user": "scripted", "ear": "grammar"}
        names = (*baselines(make_engine(options.env_id, **quiet)), *(name for name in names if name != "all"))
    settings = {"grammar": options.grammar, "user": options.user, "ear": options.ear, **settings}
    if len(names) == 1:
        result = evaluate(
            options.env_id, names[0], options.episodes, options.seed, information=options.information, **settings
        )
    else:
        result = compare(
            options.env_id, names, options.episodes, options.seed, information=options.information, **settings
        )
    Console(highlight=False).print(str(result), markup=False, soft_wrap=True)
    if options.out is not None:
        text = json.dumps(result.to_json(), indent=2) if options.out.suffix == ".json" else result.to_markdown()
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n")
