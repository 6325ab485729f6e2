"""`dialogym evaluate`: score policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..envs.make import make_engine
from ..envs.seeds import SPLITS
from ..evaluation.evaluate import compare, evaluate
from ..policies.baselines import baselines
from .options import Meetings, check_out, write_out


@dataclass(frozen=True)
class Evaluate(Meetings):
    """Score one policy, or compare several in one table. Against `--user llm:MODEL` there are bounds and no score."""

    policy: tuple[str, ...] = ("optimal",)
    """One or more policies; `all` stands for every baseline; `lm:FOLDER` for a trained model."""
    episodes: int = 500
    """How many episodes are played."""
    split: Literal["test", "validation"] | None = None
    """Play the seeds that are kept for this, on which no run trains, instead of those from `seed`."""
    information: bool = False
    """Also say how well a policy finds out whom it talks to (slow): information gain and efficiency, control index, and
    the accuracy of beliefs."""
    out: Path | None = None
    """Write the result here too: `.json` or `.md`."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Evaluate and print."""
    options = tyro.cli(Evaluate, args=list(arguments), prog="dialogym evaluate")
    check_out(options.out)
    names = options.policy
    if "all" in names:
        quiet = {"grammar": options.grammar, **settings, "user": "scripted", "ear": "grammar"}
        names = (*baselines(make_engine(options.env_id, **quiet)), *(name for name in names if name != "all"))
    seed = options.seed if options.split is None else SPLITS[options.split](options.episodes).start
    given = {"information": options.information, **options.settings(settings)}
    if len(names) == 1:
        result = evaluate(options.env_id, names[0], options.episodes, seed, **given)
    else:
        result = compare(options.env_id, names, options.episodes, seed, **given)
    Console(highlight=False).print(str(result), markup=False, soft_wrap=True)
    write_out(result, options.out)
