"""`python -m dialogym.scripts.docs [--words] [family ...]`: the page of each family, from its docstring and numbers.

The tables of environments in README.md and docs/index.md, and the numbers of `dialogym list`, follow from the pages.
With ``--words`` the numbers of a page stay as they are, and only what stands before them is renewed.

What a family has beyond that comes from ``page.py`` beside it or from a module of `dialogym.scripts.pages` that has the
name of its folder; a family may have none. There may be ``sections() -> Iterator[str]`` (further Markdown blocks),
``facts(family) -> dict[str, str]`` (further rows of the second table), ``PAYOFF`` (what a payoff is, in a few words)
and ``NOTE`` (sentences about the tables).
"""

from __future__ import annotations

import inspect
import json
import os
import pkgutil
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..core.kept import ENVIRONMENT
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.make import load_family
from ..envs.registration import TABLE, ranked
from ..envs.registration import families as registered
from ..evaluation.exact import NotEnumerable, classes, expected_return, known_value, optimum, upper_bound
from ..evaluation.references import nothing_value
from ..evaluation.tables import markdown
from ..policies.baselines import baselines, heuristics
from ..policies.policy import FunctionPolicy
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from .figures import LIMITS, PLANNERS, draw_payoffs
from .page_numbers import KEPT, as_json, read_variant
from .person import listed, person

DOCS = Path(__file__).parent.parent / "docs"
HOME = "dialogym.envs."
EPISODES = 2000  # of a simulation, where a sum over all that can happen is out of reach
NUMBERS = "\n## Numbers\n"
SHOWN_SEED = 14  # of the dialogue at the top of a page
SHORT = 500  # characters; more patterns of an act than these are folded away
Value = tuple[float, float | None]
"""A mean payoff, and its standard error where it was simulated."""


def main(arguments: Sequence[str]) -> None:
    """Compute and write; takes some minutes for all families."""
    os.environ[ENVIRONMENT] = ""  # a page says how long it takes to solve
    known, names = families(), [name for name in arguments if name != "--words"]
    for name in names or known:
        if name not in known:
            raise SystemExit(f"family must be one of {', '.join(known)}; got {name!r}")
        page = DOCS / f"{name}.md"
        if "--words" in arguments:
            old = page.read_text(encoding="utf-8").partition(NUMBERS)
            page.write_text("".join((words(name), *old[1:])), encoding="utf-8")
        else:
            text = render(name)
            draw_payoffs(text, DOCS / picture_of(name))
            page.write_text(text, encoding="utf-8")
        print(f"wrote {page}", flush=True)
    for page, block in ((DOCS.parent / "README.md", overview()), (DOCS / "index.md", contents())):
        page.write_text(marked(page.read_text(encoding="utf-8"), block), encoding="utf-8")
    KEPT.write_text(as_json(limits()), encoding="utf-8")


def families() -> dict[str, str]:
    """Folder and path (``"module:Class"``) of every family of the suite that is `ranked`; not of those of users."""
    ours = (path for path in registered() if path.startswith(HOME) and ranked(path))
    return {path.removeprefix(HOME).partition(".")[0]: path for path in ours}


def family_class(name: str) -> Any:
    """The class of a family."""
    return pkgutil.resolve_name(families()[name])


def variant(env_id: str) -> Any:
    """The family of an id, as registered."""
    return load_family(*TABLE[env_id])


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
        with suppress(ValueError):  # nobody can learn in this seat
            found[f"as {seat}"] = load_family(path, {**settings, "role": seat})
    return found if len(found) > 1 else {"expected payoff": family}


# ---- what follows from the pages


def marked(text: str, block: str) -> str:
    """A page with the block between its two marks replaced."""
    head, start, rest = text.partition("<!-- environments -->\n")
    _, end, tail = rest.partition("<!-- /environments -->\n")
    if not start or not end:
        raise ValueError("the page lacks the marks <!-- environments --> and <!-- /environments -->")
    return f"{head}{start}\n{block}\n\n{end}{tail}"


def overview() -> str:
    """The families' part of the README: a row for each variant, and a line for each family."""
    head = ("id", "optimum", "secret known", "one-step lookahead", "best fixed heuristic")
    lines = [f"- [{family_class(name).__name__}](docs/{name}.md): {_payoff(name)}" for name in _pages()]
    return table(head, [row for name in _pages() for row in overview_rows(name)]) + "\n\n" + "\n".join(lines)


def contents() -> str:
    """The families' part of docs/index.md."""
    kinds = {name: family_class(name) for name in _pages()}
    return "\n".join(f"- [{kind.__name__}]({name}.md): {summary(kind)}" for name, kind in kinds.items())


def limits() -> dict[str, dict[str, float]]:
    """The optimum of each variant, and what else is its `LIMITS`, for `dialogym list`."""
    pages = {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in _pages()}
    found = {env_id: read_variant(page, env_id)[0] for name, page in pages.items() for env_id, _ in variants(name)}
    return {env_id: {row: values[row] for row in LIMITS if row in values} for env_id, values in found.items()}


def _pages() -> list[str]:
    """The families that have a page already."""
    return [name for name in families() if (DOCS / f"{name}.md").exists()]


def overview_rows(name: str) -> Iterator[list[str]]:
    """The README's row of each variant, read from the family's page; its first column, if there are several."""
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    for env_id, _ in variants(name):
        values, shares = read_variant(page, env_id)
        best, bound = values.get("optimum"), values.get("upper bound")
        fixed = [row for row in values if row not in (*LIMITS, *PLANNERS)]
        if best is None:
            highest = max((values[row] for row in fixed), default=None)
            share = f"{highest / bound:.0%} of that bound" if bound and highest is not None else ""
            yield [f"`{env_id}`", f"at most {bound:.4f}" if bound else "", "", "", share]
            continue
        highest = max(fixed, key=values.__getitem__, default="")
        yield [f"`{env_id}`", f"{best:.4f}", *(shares.get(row, "") for row in ("secret known", "lookahead", highest))]


def _payoff(name: str) -> str:
    extra = _extra(name)
    return f"the payoff is {extra.PAYOFF}" if hasattr(extra, "PAYOFF") else summary(family_class(name))


# ---- a page


def render(name: str) -> str:
    """The whole page."""
    extra = _extra(name)
    parts = [
        words(name) + NUMBERS.rstrip("\n"),
        "Everything below was computed by `python -m dialogym.scripts.docs`.",
        *_variants(name, extra),
        *(extra.sections() if hasattr(extra, "sections") else ()),
    ]
    return "\n\n".join(parts) + "\n"


def words(name: str) -> str:
    """What stands before the numbers: a dialogue to run, the docstring, the patterns of plain words, the mind."""
    kind = family_class(name)
    source = f"from the docstring of {kind.__module__}.{kind.__name__}. Edit that, not this."
    start, *rest = page_text(kind).partition("\n\n## ")
    made = {env_id: variant(env_id) for env_id, _ in variants(name)}
    parts = [f"<!-- Made by `python -m dialogym.scripts.docs` {source} -->", start, *snippet(name)]
    return "\n\n".join(["\n\n".join(parts) + "".join(rest), *binding(kind), *person(made)]) + "\n"


def snippet(name: str) -> Iterator[str]:
    """The first turns of a dialogue, as code to run and what it prints."""
    env_id = variants(name)[0][0]
    engine = Engine(variant(env_id))
    dialogue = next(iter(rollout(engine, make_policy("scripted", engine), [SHOWN_SEED])))
    steps = dialogue.steps[:3]
    texts = "\n".join(f"    {json.dumps(step.text, ensure_ascii=False)}," for step in steps)
    yield (
        f'```python\nimport gymnasium as gym, dialogym\n\nenv = gym.make("{env_id}")\n'
        f"obs, info = env.reset(seed={SHOWN_SEED})\nprint(obs)\nfor text in (\n{texts}\n):\n"
        '    obs, reward, terminated, truncated, info = env.step(text)\n    print(f"> {text}\\n{obs}")\n```'
    )
    said = "".join(f"> {step.text}\n{step.reply}\n" for step in steps)
    yield f"<!-- output -->\n```text\n{dialogue.messages()[0]['content']}\n{said}```"


def binding(kind: type[Family]) -> Iterator[str]:
    """What plain words bind to, from the family's patterns; nothing if it has none."""
    if kind.patterns is None:
        return
    yield "## Words that bind"
    yield (
        "The patterns of plain words, act by act, as they stand in `reading.toml`. One of them has to cover a clause: "
        "[how plain words are read](reading.md) tells what the signs mean, and what keeps a clause from binding."
    )
    parts = kind.patterns.stated.get("parts", {})
    named = [f"{name} = {said if isinstance(said, str) else ' | '.join(said)}" for name, said in parts.items()]
    groups = [(f"<code>{act}</code>", said) for act, said in kind.patterns.table()]
    for title, said in [*groups, *([("parts that patterns name", named)] if named else ())]:
        lines = said.split(" · ") if isinstance(said, str) else said
        opened = "<details open>" if sum(map(len, lines)) < SHORT else "<details>"
        yield (
            f"{opened}<summary>{title}: {len(lines)}</summary>\n\n```text\n" + "\n".join(lines) + "\n```\n\n</details>"
        )


def summary(kind: type) -> str:
    """The first line of a family's docstring."""
    return inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]


def page_text(family: type) -> str:
    """A family's docstring as Markdown: the summary is the introduction, ``Args:`` becomes a list of settings."""
    text, _, arguments = inspect.cleandoc(family.__doc__ or "").partition("\nArgs:\n")
    page = f"# {family.__name__}\n\n{text.strip()}"
    if arguments:
        page += "\n\n## Settings\n\n" + "\n".join(listed(arguments))
    return page


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return markdown([head, *rows])


def measured(family: Family, policies: Iterable[str], episodes: int = 2000) -> str:
    """A table of the means of a family's metrics over dialogues of each policy, of the seeds from 0, where they have a
    value.
    """
    engine, keys, rows = Engine(family), list(family.metrics_of), []
    for name in policies:
        found = [family.measure(d) for d in rollout(engine, make_policy(name, engine), range(episodes))]
        values = [[float(one[key]) for one in found if one[key] is not None] for key in keys]
        rows.append([name, *(f"{sum(some) / len(some):.2f}" if some else "–" for some in values)])
    return table(["policy", *keys], rows)


def sources(texts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The section about where a family comes from, a paragraph for each source."""
    yield "## Sources"
    yield "What was kept of each, what was changed, and why."
    yield from (f"**{name}.** {text}" for name, text in texts)


KINDS = ("kind", "tried", "best", "return", "share of the optimum")


def best_of_each_kind(family: Family, sweep: Mapping[str, Callable[..., str]], first: bool = False) -> list[list[str]]:
    """Of each kind of rules that differ in their parameters the best, exactly: a row under the heads `KINDS`.

    The names of a `sweep` are ``kind(parameters)``. Of equally good rules the last by name is shown, or the `first`.
    """
    kinds: dict[str, list[tuple[float, str]]] = {}
    for name, speak in sweep.items():
        tried = kinds.setdefault(name.partition("(")[0], [])
        tried.append((expected_return(family, FunctionPolicy(name, speak)), name))
    rows = []
    for kind, tried in kinds.items():
        value, name = max(tried, key=(lambda pair: pair[0]) if first else None)
        rows.append([kind, str(len(tried)), f"`{name}`", f"{value:.4f}", f"{value / optimum(family):.0%}"])
    return rows


def returns(family: Family) -> dict[str, Value]:
    """What each policy gets: optimum and planners, a bound where there is no optimum, and every fixed heuristic."""
    found: dict[str, Value] = {}
    try:
        found["optimum"] = (optimum(family), None)
        found["secret known"] = (known_value(family), None)
    except NotImplementedError:
        bound = upper_bound(family)
        if bound is not None:
            found["upper bound"] = (bound, None)
    engine = Engine(family)
    found["do nothing"] = (nothing_value(engine), None)
    named = () if "optimum" in found else (name for name in baselines(engine) if name in ("random", "scripted"))
    for name in (*named, "myopic", "lookahead", *heuristics(engine)):
        # Some families can plan a turn or two ahead where the optimum is out of reach, others not.
        with suppress(NotImplementedError):
            found[name] = _return(family, name, exactly="optimum" in found)
    return found


def simulate(family: Family, policy: str, episodes: int = 0) -> Value:
    """Mean payoff and its standard error over the episodes of the seeds from 0; by default `EPISODES` of them."""
    engine, seeds = Engine(family), range(episodes or EPISODES)
    payoffs = [dialogue.steps[-1].payoff for dialogue in rollout(engine, make_policy(policy, engine), seeds)]
    return statistics.fmean(payoffs), statistics.stdev(payoffs) / len(seeds) ** 0.5


def _return(family: Family, policy: str, exactly: bool) -> Value:
    if exactly:
        with suppress(NotEnumerable):
            return expected_return(family, policy), None
    return simulate(family, policy)


def _extra(name: str) -> Any:
    """The module of further contents, or ``None``."""
    package, _, module = families()[name].partition(":")[0].rpartition(".")
    beside = [f"{package}.page"] if module == "family" else []
    found = next(filter(find_spec, [*beside, f"dialogym.scripts.pages.{name}"]), None)
    return found and import_module(found)


def _variants(name: str, extra: Any) -> Iterator[str]:
    columns = {env_id: seatings(name, settings) for env_id, settings in variants(name)}
    # The facts come first: nothing is solved yet.
    found = {env_id: [_facts(family, extra) for family in seated.values()] for env_id, seated in columns.items()}
    values = {env_id: [returns(family) for family in seated.values()] for env_id, seated in columns.items()}
    yield "## The optimum of each variant"
    yield " ".join(_introduction(extra, [column for several in values.values() for column in several]))
    yield picture(name)
    for env_id, seated in columns.items():
        got, facts = values[env_id], found[env_id]
        yield f"### {env_id}"
        yield table(["policy", *seated], [[row, *(_shown(column, row) for column in got)] for row in _rows(got)])
        heads = seated if len(seated) > 1 else [""]
        yield table(["", *heads], [[row, *(column.get(row, "") for column in facts)] for row in _rows(facts)])


def picture_of(name: str) -> str:
    """Where the figure of a family's page is, from the page."""
    return f"figures/{name}_payoffs.svg"


def picture(name: str) -> str:
    """The figure of the tables of a family's page, and what it shows."""
    title = f"The expected payoff of each policy in each variant of {family_class(name).__name__}"
    return (
        f"![{title}]({picture_of(name)})\n\nThe tables below as a picture: in grey, policies that plan or that look at "
        "nothing; in blue, fixed heuristics. Bars are 95% intervals where payoffs were simulated."
    )


def _introduction(extra: Any, columns: Sequence[dict[str, Value]]) -> Iterator[str]:
    solved = any("optimum" in column for column in columns)
    payoff = f"; the payoff is {extra.PAYOFF}" if hasattr(extra, "PAYOFF") else ""
    if solved:
        yield f"Expected payoffs, summed exactly over every scenario and every hidden state{payoff}."
        yield "In brackets: the share of the optimum."
    else:
        yield f"Expected payoffs{payoff}."
    if any(error is not None for column in columns for _, error in column.values()):
        yield f"Values with ± are means of {EPISODES:,} simulated dialogues with their standard error."
    if any("upper bound" in column for column in columns):
        yield "Where the optimum is out of reach, no policy can get more than the *upper bound*."
    if any("secret known" in column for column in columns):
        yield "*Secret known* is what a learner could get that is told the hidden state at the start."
    if any("do nothing" in column for column in columns):
        yield "*Do nothing* is to say nothing, or to leave before the first word, whichever pays more."
    if any("myopic" in column for column in columns):
        yield "*Myopic* maximises the payoff of its next turn alone, *lookahead* of its next two."
    yield from [extra.NOTE] if hasattr(extra, "NOTE") else []
    if solved:
        yield "The seconds are of the machine that made this page, in one process."


def _rows(columns: Sequence[dict[str, Any]]) -> Iterable[str]:
    """Rows that any column has, in order."""
    return {row: None for column in columns for row in column}


def _shown(column: dict[str, Value], row: str) -> str:
    if row not in column:
        return ""
    value, error = column[row]
    text = f"{value:z.4f}" if error is None else f"{value:z.4f} ± {error:.4f}"  # z: no -0.0000
    best = column.get("optimum", (0.0, None))[0]
    return f"{text} ({value / best:z.0%})" if best > 0.0 else text


def _facts(family: Family, extra: Any) -> dict[str, str]:
    states, seconds = 0, []
    stand_ins = classes(family)
    for scenario, _ in stand_ins:
        with suppress(NotImplementedError):
            solution = family.setting(scenario).solution
            new, start = not solution.states, time.process_time()
            solution.start_value()
            if new:  # else another variant has the same solution, and there is nothing left to time
                seconds.append(time.process_time() - start)
            states += solution.states
    facts = {
        "scenarios": f"{len(family.scenarios()):,}",
        "hidden states": f"{max(len(family.setting(scenario).prior) for scenario, _ in stand_ins):,}",
        **(extra.facts(family) if hasattr(extra, "facts") else {}),
        "scenario classes (a solution each)": str(len(stand_ins)),
    }
    if states:
        timed = f"{statistics.fmean(seconds):.3f} ({max(seconds):.3f})" if seconds else "solved already"
        facts["information states solved, all classes"] = f"{states:,}"
        facts["seconds to solve a class, mean (longest)"] = timed
    return facts


if __name__ == "__main__":
    main(sys.argv[1:])
