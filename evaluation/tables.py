"""Evaluations as tables in the terminal."""

from __future__ import annotations

from html import escape
from io import StringIO
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..envs.make import load_family
from ..envs.registration import lookup
from .information import METRICS
from .statistics import Interval

if TYPE_CHECKING:
    from .results import Comparison, Evaluation

WIDTH = 100  # columns of plain text
_METRIC = 9  # columns that a metric takes in a comparison
_PADDING = (0, 1, 0, 0)


def plain(table: RenderableType, html: bool = False) -> str:
    """A table as plain text, `WIDTH` columns wide; with `html`, ready to be shown in a notebook."""
    out = Console(
        file=StringIO(), width=WIDTH, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False
    )
    out.print(table)
    text = "\n".join(line.rstrip() for line in out.file.getvalue().rstrip().splitlines())  # type: ignore[attr-defined]
    return f"<pre>{escape(text)}</pre>" if html else text


def number(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash for none."""
    return "–" if value is None else f"{value:.{digits}f}"


def between(interval: Interval | None) -> str:
    """An interval for people; nothing for a point: the references score 0 and 1 by definition."""
    return (
        f"[{number(interval[0])}, {number(interval[1])}]" if interval is not None and interval[1] > interval[0] else ""
    )


def estimate(value: float | None, interval: Interval | None) -> str:
    """A number with its interval; positive ones leave room for a sign."""
    shown = number(value)
    return f"{shown if shown.startswith(('-', '–')) else ' ' + shown} {between(interval)}".rstrip()


def explanations(evaluation: Evaluation) -> dict[str, str]:
    """What each metric of the evaluated family means; without text where the family is not registered here."""
    try:
        path, _ = lookup(evaluation.env_id)
        return {**load_family(path, evaluation.settings).metrics, **METRICS}
    except (ValueError, ImportError):
        return dict.fromkeys(evaluation.metrics, "")


def evaluation_table(evaluation: Evaluation) -> RenderableType:
    """Score, returns and metrics of one policy."""
    e = evaluation
    about = Text.assemble(
        (e.env_id, "bold"), " · policy ", (e.policy, "bold"), f" · {episodes(e)} · {_circumstances(e)}"
    )
    table = Table(box=box.HORIZONTALS, padding=_PADDING, pad_edge=False, width=WIDTH)
    table.add_column("")
    table.add_column("mean", justify="right", style="bold")
    table.add_column("95% interval", justify="right")
    table.add_column("", ratio=1, style="dim")
    missing = (
        "no exact optimum"
        if e.exact
        else "unknown: the user's mind is not the family's own, so there is no exact optimum"
    )
    table.add_row(
        "score",
        number(e.score),
        between(e.score_interval),
        "0 plays like random, 1 like the exact optimum" if e.score is not None else missing,
    )
    if e.share is not None:
        table.add_row(
            "of the bound",
            number(e.share),
            "",
            f"return as a share of {number(e.bound)}, a proven upper bound on the optimum",
        )
    if e.lower is not None:
        table.add_row("lower bound", number(e.lower), "", "what the best policy can expect at least with this user")
    table.add_row("return", number(e.mean_return), between(e.return_interval), _context(e))
    if list(e.reward) != ["goal"]:
        terms = " + ".join(name if weight == 1.0 else f"{weight:g} {name}" for name, weight in e.reward.items())
        table.add_row("reward", number(e.mean_reward), between(e.reward_interval), terms)
    table.add_section()
    meaning = explanations(e)
    for name, mean in e.metrics.items():
        table.add_row(name.replace("_", " "), number(mean), "", meaning.get(name, ""))
    for part, counts in e.conduct.items():
        table.add_section()
        table.add_row(part, *_RATES[part](counts))
        table.add_row("", "", "", _cost(counts))
    return Group(about, table)


def _of_voice(counts: dict[str, float]) -> tuple[str, str, str]:
    """Share of first words that passed, and what became of the others."""
    asked = counts["utterances"]
    rest = (
        f"{counts['retried']:.0f} at a later try, {counts['fallbacks']:.0f} by the phrase bank, "
        f"{counts['failures']:.0f} failed"
    )
    return (
        number(counts["first_try"] / asked if asked else None),
        "",
        f"of {asked:.0f} utterances passed at the first try; {rest}",
    )


def _of_mind(counts: dict[str, float]) -> tuple[str, str, str]:
    """Share of first answers that passed, and what became of the others."""
    asked = counts["decisions"] - counts["forced"]
    rest = (
        f"{counts['retried']:.0f} at a later try, {counts['fallbacks']:.0f} by the scripted mind, "
        f"{counts['failures']:.0f} failed"
    )
    faults = ", ".join(
        f"{counts[name]:.0f} {name}" for name in ("unreadable", "illegal", "inadmissible", "vetoes") if counts[name]
    )
    shown = f"of {asked:.0f} decisions passed at the first try; {rest}" + (f"; answers: {faults}" if faults else "")
    return number(counts["first_try"] / asked if asked else None), "", shown


def _of_ear(counts: dict[str, float]) -> tuple[str, str, str]:
    """Share of readings that differ from the grammar's, and what became of them."""
    differ = counts["overruled"] + counts["kept"]
    read = counts["agreed"] + differ
    rest = (
        f"{counts['overruled']:.0f} confirmed, {counts['rejected']:.0f} unverifiable, {counts['failures']:.0f} failed"
    )
    return number(differ / read if read else None), "", f"of {read:.0f} readings differ from the grammar's: {rest}"


def _cost(counts: dict[str, float]) -> str:
    return (
        f"{counts['prompt_tokens']:.0f} tokens read, {counts['tokens']:.0f} written, {counts['seconds']:.1f} s of "
        "requests"
    )


_RATES = {"voice": _of_voice, "mind": _of_mind, "ear": _of_ear}


def comparison_table(comparison: Comparison) -> RenderableType:
    """One row a policy; as many of the family's metrics as there is room for."""
    first = comparison.evaluations[0]
    about = Text.assemble((first.env_id, "bold"), f" · {episodes(first)} · {_circumstances(first)}")
    header, *rows = comparison_rows(comparison)
    fixed = len(header) - len(first.metrics)
    taken = sum(max(len(row[i]) for row in (header, *rows)) + 2 for i in range(fixed))
    shown = fixed + max(0, (WIDTH - taken) // _METRIC)
    table = Table(box=box.HORIZONTALS, padding=_PADDING, pad_edge=False)
    for place, name in enumerate(header[:shown]):
        if place < fixed:
            table.add_column(name, no_wrap=True)
        else:
            table.add_column(name, justify="right", width=_METRIC - 2, overflow="fold")
    for row in rows:
        table.add_row(*row[:shown])
    notes = "score: 0 plays like random, 1 like the exact optimum; brackets: 95% bootstrap intervals"
    if comparison.baseline is not None:
        notes += f"; difference: in return to {comparison.baseline}, paired by episode"
    if any(e.share is not None for e in comparison.evaluations):
        notes += "; of bound: return as a share of a proven upper bound on the optimum, which is out of reach"
    if not first.exact:
        notes += "; no score, because the user's mind is not the family's own"
    if shown < len(header):
        notes += f"; {len(header) - shown} more metrics in to_markdown() and to_json(), and with --out FILE.md"
    return Group(about, table, Text(notes, style="dim"))


def comparison_rows(comparison: Comparison) -> list[list[str]]:
    """Header and cells of a comparison, every metric included."""
    first = comparison.evaluations[0]
    rewarded = list(first.reward) != ["goal"]
    bounded = any(e.share is not None for e in comparison.evaluations)
    header = (
        ["policy", "score"]
        + (["of bound"] if bounded else [])
        + ["return"]
        + (["reward"] if rewarded else [])
        + (["difference"] if comparison.baseline is not None else [])
    )
    rows = [[*header, *(name.replace("_", " ") for name in first.metrics)]]
    for e in comparison.evaluations:
        row = [
            e.policy,
            estimate(e.score, e.score_interval),
            *([number(e.share)] if bounded else []),
            estimate(e.mean_return, e.return_interval),
        ]
        if rewarded:
            row.append(estimate(e.mean_reward, e.reward_interval))
        if comparison.baseline is not None:
            mean, interval = comparison.difference(e.policy, comparison.baseline)
            row.append("" if e.policy == comparison.baseline else estimate(mean, interval))
        rows.append(row + [number(mean, 2) for mean in e.metrics.values()])
    return rows


def episodes(evaluation: Evaluation) -> str:
    """How many episodes, of which seeds, and what was dropped."""
    e = evaluation
    total = e.episodes + e.dropped
    seeds = f"seed {e.seed}" if total == 1 else f"seeds {e.seed} to {e.seed + total - 1}"
    dropped = f", {e.dropped} dropped" if e.dropped else ""
    return f"{e.episodes} episode{'s' if e.episodes != 1 else ''} ({seeds}{dropped})"


def _circumstances(e: Evaluation) -> str:
    return f"{e.grammar} grammar" + ("" if e.user == "scripted" else f", user {e.user}")


def _context(e: Evaluation) -> str:
    parts = [
        ("random", e.random_return),
        ("optimal", e.optimal_return),
        ("exact optimum of these scenarios", e.optimum),
    ]
    return "; ".join(f"{name} {number(value)}" for name, value in parts if value is not None)
