"""`dialogym evaluate`: score policies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro
from rich.console import Console

from ..envs.make import make_engine
from ..evaluation.consistency import by_task
from ..evaluation.evaluate import REGRET, compare, evaluate
from ..evaluation.results import Comparison
from ..evaluation.tables import plain, score_bars
from ..policies.baselines import baselines
from ..policies.remote import FORMS, is_remote, with_parameters
from .options import Rewarded, check_out, typed, write_out


@dataclass(frozen=True)
class Evaluate(Rewarded):
    """Score one policy, or compare several in one table. A free `--user llm:MODEL` leaves bounds and no score."""

    policy: tuple[str, ...] = ("optimal",)
    """One or more policies; `all` stands for every baseline; `lm:FOLDER` for a trained model; `openai:MODEL` or
    `http://HOST:PORT/v1#MODEL` for a model behind an API; `agents:Planner(depth=2)` for your own in `agents.py`."""
    episodes: int = 500
    """How many episodes are played."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own. No run trains on those of `validation` and `test`."""
    information: bool = False
    """Also say how well a policy finds out whom it talks to (slow): information gain and efficiency, control index, and
    the accuracy of beliefs."""
    by_task: bool = False
    """Instead say how reliably each policy succeeds with the same person: pass^k, percentiles, aptitude and
    unreliability. It is exact where all that can happen can be summed; else `--episodes` dialogues are played."""
    regret: int = REGRET
    """How many of the episodes, at most, are held against the exact optimum turn by turn: for the exact score, and for
    what loses most."""
    cache: Path | None = None
    """Folder in which replies of models behind an API are recorded. The same command, or one of more episodes, then
    asks only for what is not there: so it goes on after an interruption."""
    input_price: float | None = None
    """Of a million tokens that a model behind an API reads, in dollars."""
    output_price: float | None = None
    """Of a million tokens that it writes."""
    out: Path | None = None
    """Write the result here too: `.json` or `.md`."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Evaluate and print."""
    options = tyro.cli(Evaluate, args=list(arguments), prog="dialogym evaluate")
    check_out(options.out)
    names = _asked_for(options)
    if "all" in names:
        quiet = {"grammar": options.grammar, **settings, "user": "scripted", "ear": "grammar"}
        # `compare` adds random and optimal, this one if it is within reach
        known = baselines(make_engine(options.env_id, **quiet))
        names = [name for name in (*known, *names) if name not in ("all", "random", "optimal")]
    if options.by_task:
        table = by_task(
            options.env_id, names, options.episodes, options.seed, split=options.split, **options.settings(settings)
        )
        Console(highlight=False).print(str(table), markup=False, soft_wrap=True)
        return write_out(table, options.out)
    given = {
        "information": options.information,
        "split": options.split,
        "regret": options.regret,
        **options.settings(settings),
    }
    if len(names) == 1 and "all" not in options.policy:
        result = evaluate(options.env_id, names[0], options.episodes, options.seed, **given)
    else:
        result = compare(options.env_id, names, options.episodes, options.seed, **given)
    console = Console(highlight=False)
    console.print(str(result), markup=False, soft_wrap=True)
    if "all" in options.policy and isinstance(result, Comparison):
        bars = plain(score_bars(result.evaluations))
        console.print(
            "\n".join([bars + "\n" * bool(bars), *_next(options, settings, bool(bars))]), markup=False, soft_wrap=True
        )
    write_out(result, options.out)


def _asked_for(options: Evaluate) -> Sequence[str]:
    """The policies, those behind an API with cache and prices."""
    given = {name: getattr(options, name) for name in ("cache", "input_price", "output_price")}
    given = {name: str(value) for name, value in given.items() if value is not None}
    if given and not any(map(is_remote, options.policy)):
        raise ValueError(f"{', '.join(given)} is for policies behind an API ({', '.join(FORMS)}); got none of them")
    return [with_parameters(name, given) if is_remote(name) else name for name in options.policy]


def _next(options: Evaluate, settings: dict[str, Any], solved: bool) -> list[str]:
    """Commands that follow from a comparison of everything there is."""
    game = typed(options.env_id, settings)
    steps = {
        f"dialogym play {game}{' --advice' * solved}": "talk yourself" + ", see what it loses" * solved,
        f"dialogym train bc {game}": "clone what is known",
    }
    width = max(map(len, steps))
    return ["Next:", *(f"  {command:{width}}  {why}" for command, why in steps.items())]
