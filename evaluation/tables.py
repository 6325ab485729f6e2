"""Evaluations as tables in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, TypeGuard

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..envs.make import load_family
from ..envs.registration import bare, lookup
from .information import METRICS
from .statistics import Interval

if TYPE_CHECKING:
    from .regret import LostActs
    from .results import Comparison, Evaluation

WIDTH = 80  # columns of plain text: wider lines are hard to follow, and break in many terminals
_METRIC = 9  # columns that a metric takes in a comparison
_POLICY = 22  # columns of a policy's name; longer ones are folded
_LOST = 4  # kinds of turns that lose most
_BAR = 30  # columns of the longest bar
PADDING = (0, 1, 0, 0)


def plain(table: RenderableType, html: bool = False) -> str:
    """A table as plain text, `WIDTH` columns wide; with `html`, ready to be shown in a notebook."""
    out = StringIO()
    Console(
        file=out, width=WIDTH, color_system=None, force_terminal=False, force_jupyter=False, legacy_windows=False
    ).print(table)
    text = "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())
    return f"<pre>{escape(text)}</pre>" if html else text


class Printable:
    """What is shown as a table: by ``rich.print``, as text, and in a notebook."""

    def __rich__(self) -> RenderableType:
        """For ``rich.print``."""
        raise NotImplementedError

    def __str__(self) -> str:
        return plain(self.__rich__())

    def _repr_html_(self) -> str:
        return plain(self.__rich__(), html=True)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first row is the header, the first column is aligned left."""
    header, *rest = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in (header, ["---", *("---:" for _ in header[1:])], *rest))


def number(value: float | None, digits: int = 3) -> str:
    """A number for people; a dash for none."""
    return "–" if value is None else f"{value:z.{digits}f}"


def between(interval: Interval | None) -> str:
    """An interval for people; nothing for a point: the references score 0 and 1 by definition."""
    return f"[{number(interval.low)}, {number(interval.high)}]" if _is_wide(interval) else ""


def _is_wide(interval: Interval | None) -> TypeGuard[Interval]:
    """Whether it is one, and more than a point and rounding."""
    return interval is not None and interval.high - interval.low > 1e-9


def estimate(value: float | None, interval: Interval | None) -> str:
    """A number with its interval; positive ones leave room for a sign."""
    shown = number(value)
    return f"{shown if shown.startswith(('-', '–')) else ' ' + shown} {between(interval)}".rstrip()


def _exact(e: Evaluation, short: bool, room: bool) -> str:
    """The exact score, with its interval as far as there is room for it."""
    interval = e.exact_score_interval
    if short and room and _is_wide(interval):
        return f"{estimate(e.exact_score, None)} ± {number((interval.high - interval.low) / 2)}"
    return estimate(e.exact_score, None if short else interval)


def explanations(evaluation: Evaluation) -> dict[str, str]:
    """What each metric of the evaluated family means; without text where the family is not registered here."""
    try:
        path, _ = lookup(bare(evaluation.env_id))  # a file that is read must not choose what is imported
        return {**load_family(path, evaluation.settings).metrics, **METRICS}
    except (ValueError, ImportError):
        return dict.fromkeys(evaluation.metrics, "")


def evaluation_table(evaluation: Evaluation) -> RenderableType:
    """Score, returns and metrics of one policy."""
    e = evaluation
    about = Text.assemble(
        (e.env_id, "bold"), " · policy ", (e.policy, "bold"), f" · {episodes(e)} · {_circumstances(e)}"
    )
    table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False, width=WIDTH)
    table.add_column("")
    table.add_column("mean", justify="right", style="bold")
    table.add_column("95% interval", justify="right")
    table.add_column("", ratio=1, style="dim")
    scale = _scale(e)
    if e.score is None:
        other = "unknown: the user's mind is not the family's own, so there is no exact optimum"
        scale = "no exact optimum" if e.exact else other
    table.add_row("score", number(e.score), between(e.score_interval), scale)
    if e.exact_score is not None:
        text = f"the same by exact regret{_of_judged(e)}: without the luck of the dialogues"
        table.add_row("exact score", number(e.exact_score), between(e.exact_score_interval), text)
    if e.over_random is not None and e.zero != "random":
        table.add_row(
            "over random",
            number(e.over_random),
            "",
            "the same with random play at 0, which here is worth less than to do nothing",
        )
    if e.share is not None:
        text = f"return as a share of {number(e.bound)}, a proven upper bound on the optimum"
        table.add_row("of the bound", number(e.share), "", text)
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
    if e.lost:
        table.add_section()
    for acts in e.lost[:_LOST]:
        table.add_row("loses", f"{acts.share:.0%}", f"{acts.turns} turn{'s' * (acts.turns != 1)}", lost_in_words(acts))
    for part, counts in e.conduct.items():
        table.add_section()
        rate, text = _rate(part, counts)
        table.add_row(part, number(rate) if rate is not None else "", "", text)
        cost = f"{counts['prompt_tokens']:.0f} tokens read, {counts['tokens']:.0f} written"
        cost += f", {counts['seconds']:.1f} s of requests"
        table.add_row("", "", "", cost + (f"; cost ${counts['cost']:.4f}" if counts.get("cost") else ""))
    return Group(*_warnings([e]), about, table)


def lost_in_words(acts: LostActs) -> str:
    """What the learner did, when, and what was better."""
    after = f" after {acts.after!r}" if acts.after else ""
    return f"{acts.act!r}{after}; best: {acts.best!r}"


def _of_judged(e: Evaluation) -> str:
    return "" if e.judged == e.episodes else f" of {e.judged} episodes"


def score_bars(evaluations: Sequence[Evaluation]) -> RenderableType:
    """The score of each policy as a bar from the zero, and a mark at the optimum; nothing where there are no scores."""
    rows = [(e.policy, e.score) for e in evaluations if e.score is not None]
    if not rows:
        return Text("")
    first = evaluations[0]
    if first.zero != "random" or first.nothing_score is None:
        rows.append((first.zero, 0.0))
    else:
        rows.append(("do nothing", first.nothing_score))
    rows = sorted(dict(rows).items(), key=lambda row: row[1])
    low, high = min(0.0, rows[0][1]), max(1.0, rows[-1][1])

    def place(score: float) -> int:
        return round(_BAR * (max(low, score) - low) / (high - low))

    zero, one = place(0.0), place(1.0)
    table = Table.grid(padding=(0, 1))
    table.add_column(max_width=WIDTH - _BAR - 12, overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    for policy, score in rows:
        cells = [" "] * (_BAR + 1)
        for mark in (zero, one):
            cells[mark] = "|"
        start, end = sorted((zero, place(score)))
        cells[start:end] = "█" * (end - start)
        table.add_row(policy, "".join(cells), number(score))
    axis = [" "] * (_BAR + 1)
    axis[zero], axis[one] = "0", "1"
    table.add_row("", "".join(axis), "", style="dim")
    return Group(table, Text(_scale(first), style="dim"))


def _scale(e: Evaluation) -> str:
    zero = "plays like random" if e.zero == "random" else "is worth no more than to do nothing"
    return f"0 {zero}, 1 plays like the exact optimum"


def _warnings(evaluations: Sequence[Evaluation]) -> list[Text]:
    many = len(evaluations) > 1
    return [Text(f"{e.policy}: " * many + e.warning, style="bold red") for e in evaluations if e.warning]


ASIDE = {
    "reader": ("read", "vetoes", "utterances that passed were objected to by the second model"),
    "tracker": ("goals", "unquoted", "answers about goals claimed something without words that show it"),
}
"""What is counted of models beside the one that is the person: of how many, how many, and what they are."""


def _rate(part: str, counts: dict[str, float]) -> tuple[float | None, str]:
    """Share of first words or answers that passed, or of readings that differ; and what became of the others."""
    if part in ASIDE:
        of, hits, text = (*(counts[name] for name in ASIDE[part][:2]), ASIDE[part][2])
        return hits / of if of else None, f"of {of:.0f} {text}; {_said(counts)}"
    if part == "policy":
        return None, f"{counts['requests']:.0f} turns asked for, {_said(counts)}"
    if part == "ear":
        differ = counts["overruled"] + counts["kept"]
        of, hits = counts["agreed"] + differ, differ
        text = f"readings differ from the grammar's: {_said(counts, overruled='confirmed', rejected='unverifiable')}"
    else:
        asked, other = ("utterances", "phrase bank") if part == "voice" else ("decisions", "scripted mind")
        of, hits = counts[asked] - counts.get("forced", 0.0), counts["first_try"]
        rest = _said(counts, retried="at a later try", fallbacks=f"by the {other}")
        faults = [name for name in ("unreadable", "illegal", "inadmissible", "vetoes") if counts.get(name)]
        listed = "; answers: " + ", ".join(f"{counts[name]:.0f} {name}" for name in faults) if faults else ""
        text = f"{asked} passed at the first try; {rest}{listed}"
    return hits / of if of else None, f"of {of:.0f} {text}"


def _said(counts: dict[str, float], **named: str) -> str:
    return ", ".join(f"{counts[name]:.0f} {text}" for name, text in {**named, "failures": "failed"}.items())


def comparison_table(comparison: Comparison) -> RenderableType:
    """One row a policy; as many of the family's metrics as there is room for."""
    first = comparison.evaluations[0]
    about = Text.assemble((first.env_id, "bold"), f" · {episodes(first)} · {_circumstances(first)}")
    header, *rows = comparison_rows(comparison, short=True)
    fixed = len(header) - len(first.metrics)
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(fixed)]
    taken = 2 + sum(widths) + 2 * fixed - max(0, widths[0] - _POLICY)
    shown = fixed + max(0, (WIDTH - taken) // _METRIC)
    table = Table(box=box.HORIZONTALS, padding=PADDING, pad_edge=False)
    for place, name in enumerate(header[:fixed]):
        table.add_column(name, no_wrap=place > 0, overflow="fold", max_width=None if place else _POLICY)
    for name in header[fixed:shown]:
        table.add_column(name, justify="right", width=_METRIC - 2, overflow="fold")
    for row in rows:
        table.add_row(*row[:shown])
    solved = any(e.score is not None for e in comparison.evaluations)
    notes = f"score: {_scale(first)}; brackets: 95% intervals" if solved else "returns: means of the episodes"
    if "exact score" in header:
        notes += "; exact score: the same by exact regret, without the luck of the dialogues"
        notes += ", ± half of its interval" * (comparison.baseline is None)
    if "over random" in header:
        notes += "; over random: the score with random play at 0, which here is worth less than to do nothing"
    if comparison.baseline is not None:
        notes += f"; difference: in return to {comparison.baseline}, paired by episode"
    if any(e.share is not None for e in comparison.evaluations):
        notes += "; of bound: return as a share of a proven upper bound on the optimum, which is out of reach"
    if not first.exact:
        notes += "; no score, because the user's mind is not the family's own"
    if shown < len(header):
        notes += f"; {len(header) - shown} more metrics in to_markdown() and to_json(), and with --out FILE.md"
    return Group(*_warnings(comparison.evaluations), about, table, Text(notes, style="dim"))


def comparison_rows(comparison: Comparison, short: bool = False) -> list[list[str]]:
    """Header and cells of a comparison, every metric included; if it is to be `short`, returns without intervals."""
    first = comparison.evaluations[0]
    columns: dict[str, Callable[[Evaluation], str]] = {
        "policy": lambda e: e.policy,
        "score": lambda e: estimate(e.score, e.score_interval),
    }
    room = not short or comparison.baseline is None
    if any(e.exact_score is not None for e in comparison.evaluations):
        columns["exact score"] = lambda e: _exact(e, short, room)
    if room and first.zero != "random" and any(e.over_random is not None for e in comparison.evaluations):
        columns["over random"] = lambda e: number(e.over_random)
    if any(e.share is not None for e in comparison.evaluations):
        columns["of bound"] = lambda e: number(e.share)
    columns["return"] = lambda e: estimate(e.mean_return, None if short else e.return_interval)
    if list(first.reward) != ["goal"]:
        columns["reward"] = lambda e: estimate(e.mean_reward, None if short else e.reward_interval)
    asked = [e.conduct["policy"] for e in comparison.evaluations if "policy" in e.conduct]
    if asked:
        columns["tokens"] = lambda e: _of_policy(e, lambda counts: f"{counts['prompt_tokens'] + counts['tokens']:.0f}")
    if any(counts.get("cost") for counts in asked):
        columns["cost"] = lambda e: _of_policy(e, lambda counts: f"${counts['cost']:.4f}")
    if (baseline := comparison.baseline) is not None:
        columns["difference"] = lambda e: (
            "" if e.policy == baseline else estimate(*comparison.difference(e.policy, baseline))
        )
    rows = [[*columns, *(name.replace("_", " ") for name in first.metrics)]]
    for e in comparison.evaluations:
        rows.append([*(cell(e) for cell in columns.values()), *(number(mean, 2) for mean in e.metrics.values())])
    return rows


def _of_policy(evaluation: Evaluation, cell: Callable[[dict[str, float]], str]) -> str:
    counts = evaluation.conduct.get("policy")
    return cell(counts) if counts else ""


def episodes(evaluation: Evaluation) -> str:
    """How many episodes, of which seeds, and what was dropped."""
    e = evaluation
    total = e.episodes + e.dropped
    seeds = f"seed {e.seed}" if total == 1 else f"seeds {e.seed} to {e.seed + total - 1}"
    dropped = f", {e.dropped} dropped" if e.dropped else ""
    dropped += f", {e.refused} refused" if e.refused else ""
    return f"{e.episodes} episode{'s' if e.episodes != 1 else ''} ({seeds}{dropped})"


def _circumstances(e: Evaluation) -> str:
    return f"{e.grammar} grammar" + ("" if e.user == "scripted" else f", user {e.user}")


def _context(e: Evaluation) -> str:
    parts = {
        "random": e.random_return,
        "do nothing": e.nothing_return,
        "optimal": e.optimal_return,
        "exact optimum of these scenarios": e.optimum,
    }
    return "; ".join(f"{name} {number(value)}" for name, value in parts.items() if value is not None)
