"""`python -m dialogym.scripts.docs [family ...]`: render the page of each family from its docstring and from numbers computed here.

What a family has beyond that comes from `dialogym.scripts.pages`: a module of the family's file name may have
``sections() -> Iterator[str]`` (further Markdown blocks), ``facts(family) -> dict[str, str]`` (further rows of the
second table), ``PAYOFF`` (what a payoff is, in a few words) and ``NOTE`` (sentences about the tables).
"""

from __future__ import annotations

import inspect
import statistics
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.make import load_family
from ..envs.registration import TABLE
from ..envs.registration import families as registered
from ..evaluation.exact import NotEnumerable, classes, expected_return, known_value, optimum, upper_bound
from ..policies.baselines import baselines, heuristics
from ..policies.registry import make_policy
from ..policies.rollout import rollout

DOCS = Path(__file__).parent.parent / "docs"
HOME = "dialogym.envs."
EPISODES = 2000  # of a simulation, where a sum over all that can happen is out of reach

Value = tuple[float, float | None]
"""A mean payoff, and its standard error where it was simulated."""


def main(names: Sequence[str]) -> None:
    """Compute and write; takes some minutes for all of them."""
    known = families()
    for name in names or known:
        if name not in known:
            raise SystemExit(f"family must be one of {', '.join(known)}; got {name!r}")
        page = DOCS / f"{name}.md"
        page.write_text(render(name), encoding="utf-8")
        print(f"wrote {page}", flush=True)


def families() -> dict[str, str]:
    """Folder and path (``"module:Class"``) of every family of the suite; not of those that users registered."""
    return {path.removeprefix(HOME).partition(".")[0]: path for path in registered() if path.startswith(HOME)}


def family_class(name: str) -> Any:
    """The class of a family."""
    module, _, kind = families()[name].partition(":")
    return getattr(import_module(module), kind)


def variants(name: str) -> list[tuple[str, dict[str, Any]]]:
    """Id and settings of each registered variant of a family."""
    return [(env_id, settings) for env_id, (path, settings) in TABLE.items() if path == families()[name]]


def seatings(name: str, settings: dict[str, Any]) -> dict[str, Family]:
    """The variant as it is, or one for each role if the learner can choose; by the head of the column."""
    path = families()[name]
    family = load_family(path, settings)
    if "role" in settings or "role" not in family.settings():
        return {"expected payoff": family}
    found = {}
    for seat in (family.role, *(seat for seat in family.seats if seat != family.role)):
        try:
            found[f"as {seat}"] = load_family(path, {**settings, "role": seat})
        except ValueError:
            continue  # nobody can learn in this seat
    return found if len(found) > 1 else {"expected payoff": family}


def render(name: str) -> str:
    """The whole page."""
    kind, extra = family_class(name), _extra(name)
    parts = [
        (
            f"<!-- Made by `python -m dialogym.scripts.docs` from the docstring of {kind.__module__}.{kind.__name__}. "
            "Edit that, not this. -->"
        ),
        page_text(kind),
        "# Numbers",
        "Everything below was computed by `python -m dialogym.scripts.docs`.",
        *_variants(name, extra),
        *(extra.sections() if hasattr(extra, "sections") else ()),
    ]
    return "\n\n".join(parts) + "\n"


def page_text(family: type) -> str:
    """A family's docstring as Markdown: the one-line summary becomes the introduction, ``Args:`` becomes a list of settings."""
    text, _, arguments = inspect.cleandoc(family.__doc__ or "").partition("\nArgs:\n")
    page = f"# {family.__name__}\n\n{text.strip()}"
    if arguments:
        page += "\n\n## Settings\n\n" + "\n".join(_settings(arguments.splitlines()))
    return page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def returns(family: Family) -> dict[str, Value]:
    """What each policy gets: the optimum and the planners where the family can be solved, a bound where not, and every fixed heuristic."""
    found: dict[str, Value] = {}
    try:
        found["optimum"] = (optimum(family), None)
        found["secret known"] = (known_value(family), None)
    except NotImplementedError:
        bound = upper_bound(family)
        if bound is not None:
            found["upper bound"] = (bound, None)
    engine = Engine(family)
    named = () if "optimum" in found else (name for name in baselines(engine) if name in ("random", "scripted"))
    for name in (*named, "myopic", "lookahead", *heuristics(engine)):
        with suppress(
            NotImplementedError
        ):  # some families can plan a turn or two ahead where the optimum is out of reach, others not
            found[name] = _return(family, name, exactly="optimum" in found)
    return found


def simulate(family: Family, policy: str, episodes: int = EPISODES) -> Value:
    """Mean payoff and its standard error over the episodes of the seeds from 0."""
    engine = Engine(family)
    payoffs = [dialogue.steps[-1].payoff for dialogue in rollout(engine, make_policy(policy, engine), range(episodes))]
    return statistics.fmean(payoffs), statistics.stdev(payoffs) / episodes**0.5


def _return(family: Family, policy: str, exactly: bool) -> Value:
    if exactly:
        with suppress(NotEnumerable):
            return expected_return(family, policy), None
    return simulate(family, policy)


def _extra(name: str) -> Any:
    """The module of further contents, or ``None``."""
    page = f"dialogym.scripts.pages.{name}"
    return import_module(page) if find_spec(page) else None


def _settings(lines: Sequence[str]) -> Iterator[str]:
    """Google-style arguments as a Markdown list, an item a line."""
    item = ""
    for line in lines:
        name, colon, text = line.strip().partition(": ")
        if line.startswith("     "):
            item += " " + line.strip()
        elif line.strip() and colon:
            if item:
                yield item
            item = f"- `{name}`: {text}"
    yield item


def _variants(name: str, extra: Any) -> Iterator[str]:
    columns = {env_id: seatings(name, settings) for env_id, settings in variants(name)}
    found = {
        env_id: [_facts(family, extra) for family in seated.values()] for env_id, seated in columns.items()
    }  # first: nothing is solved yet
    values = {env_id: [returns(family) for family in seated.values()] for env_id, seated in columns.items()}
    yield "## The optimum of each variant"
    yield " ".join(_introduction(extra, [column for several in values.values() for column in several]))
    for env_id, seated in columns.items():
        yield f"### {env_id}"
        yield table(
            ["policy", *seated],
            [[row, *(_shown(column, row) for column in values[env_id])] for row in _rows(values[env_id])],
        )
        heads = seated if len(seated) > 1 else [""]
        yield table(
            ["", *heads], [[row, *(facts.get(row, "") for facts in found[env_id])] for row in _rows(found[env_id])]
        )


def _introduction(extra: Any, columns: Sequence[dict[str, Value]]) -> Iterator[str]:
    solved = any("optimum" in column for column in columns)
    simulated = any(error is not None for column in columns for _, error in column.values())
    payoff = f"; the payoff is {extra.PAYOFF}" if hasattr(extra, "PAYOFF") else ""
    if solved:
        yield (
            f"Expected payoffs, summed exactly over every scenario and every hidden state{payoff}. In brackets: the "
            "share of the optimum."
        )
    else:
        yield f"Expected payoffs{payoff}."
    if simulated:
        yield f"Values with ± are means of {EPISODES:,} simulated dialogues with their standard error."
    if any("upper bound" in column for column in columns):
        yield "Where the optimum is out of reach, no policy can get more than the *upper bound*."
    if any("secret known" in column for column in columns):
        yield "*Secret known* is what a learner could get that is told the hidden state at the start."
    if any("myopic" in column for column in columns):
        yield "*Myopic* maximises the payoff of its next turn alone, *lookahead* of its next two."
    if hasattr(extra, "NOTE"):
        yield extra.NOTE
    if solved:
        yield "The seconds are of the machine that made this page, in one process."


def _rows(columns: Sequence[dict[str, Any]]) -> Iterable[str]:
    """Rows that any column has, in order."""
    return {row: None for column in columns for row in column}


def _shown(column: dict[str, Value], row: str) -> str:
    if row not in column:
        return ""
    value, error = column[row]
    text = f"{value:.4f}" if error is None else f"{value:.4f} ± {error:.4f}"
    best = column.get("optimum", (0.0, None))[0]
    return f"{text} ({value / best:.0%})" if best > 0.0 else text


def _facts(family: Family, extra: Any) -> dict[str, str]:
    states, seconds = 0, []
    stand_ins = classes(family)
    for scenario, _ in stand_ins:
        with suppress(NotImplementedError):
            solution = family.setting(scenario).solution
            new, start = not solution.states, time.perf_counter()
            solution.start_value()
            if new:  # else another variant has the same solution, and there is nothing left to time
                seconds.append(time.perf_counter() - start)
            states += solution.states
    facts = {
        "scenarios": f"{len(family.scenarios()):,}",
        "hidden states": f"{max(len(family.setting(scenario).prior) for scenario, _ in stand_ins):,}",
        **(extra.facts(family) if hasattr(extra, "facts") else {}),
        "scenario classes (a solution each)": str(len(stand_ins)),
    }
    if states:
        facts["information states solved, all classes"] = f"{states:,}"
        timed = f"{statistics.fmean(seconds):.3f} ({max(seconds):.3f})" if seconds else "solved already"
        facts["seconds to solve a class, mean (longest)"] = timed
    return facts


if __name__ == "__main__":
    main(sys.argv[1:])
