"""A training run as one self-contained HTML page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.episodes import engine_of
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from . import figures
from .regret import JudgedEpisode, headline, judge, mean_regret_by_turn, telling
from .results import Evaluation
from .run import Run, read_run
from .tables import between, explanations, number

_LINES = 5  # reference lines in the learning curve; more would hide it
_DIAGNOSTICS = 12  # further figures of what was logged
_LENGTH = 500  # characters of an utterance that are shown
_LOGGED = {"reward": "mean return in training", "mean_return": "mean return in evaluations"}
_ALGORITHMS = {"bc": "behaviour cloning"}


def write_report(run: str | Path, path: str | Path | None = None, dialogues: int = 6, episodes: int = 500) -> Path:
    """Write the page about a training run.

    It shows the score with its interval, the learning curve, the comparison with the baselines, the distributions of
    the outcomes against those of the optimal policy on the same seeds, where value was lost turn by turn, and a few
    dialogues beside what the optimal policy would have said. Whatever the folder does not hold is left out, with a line
    that says so.

    Args:
        run: Folder of the run: ``config.json``, ``metrics.jsonl``, ``evaluation.json``, ``episodes/`` and, optionally,
            ``summary.json``.
        path: Where to write; ``report.html`` in the folder by default.
        dialogues: How many dialogues to show, at most 6.
        episodes: How many of the recorded episodes to hold against the optimum.

    Returns:
        Where the page is.

    Raises:
        FileNotFoundError: If there is no such folder.
        ImportError: If the extra ``report`` is not installed.
    """
    try:
        import matplotlib  # noqa: F401
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise ImportError(f"a report needs {error.name}: pip install 'dialogym[report]'") from error

    found = read_run(run)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "between": between, "tagged": _tagged, "duration": _duration}
    template = environment.from_string(Path(__file__).with_name("report.html.jinja").read_text(encoding="utf-8"))
    page = template.render(**_content(found, dialogues, episodes))
    target = Path(path) if path is not None else found.path / "report.html"
    target.write_text(page, encoding="utf-8")
    return target


def _content(run: Run, dialogues: int, episodes: int) -> dict[str, Any]:
    """Everything that the template shows; an empty section is left out."""
    trained = run.evaluations[0] if run.evaluations else None
    env_id = (
        str(run.config.get("env_id") or (trained.env_id if trained else run.episodes[0].env_id if run.episodes else ""))
        or "Training run"
    )
    algorithm = str(run.config.get("algorithm", ""))
    return {
        "title": " · ".join(part for part in (env_id, _stage(algorithm)) if part),
        "run": run,
        "config": {name: _plain(value) for name, value in run.config.items()},
        "trained": trained,
        "experience": run.experience(),
        "learning": _learning(run),
        "diagnostics": _diagnostics(run),
        "comparison": _comparison(run.evaluations),
        "metrics": _metrics(run.evaluations),
        **_against_optimum(run, dialogues, episodes),
    }


def _learning(run: Run) -> dict[str, Any] | None:
    x_title, curves = run.curves("score")
    if not curves:
        if run.log:
            run.notes.append("No score was logged in training: there is no learning curve.")
        return None
    scores = {e.policy: e.score for e in run.evaluations[1:] if e.score is not None}
    first = [name for name in ("random", "optimal", "scripted") if name in scores]
    rest = sorted((name for name in scores if name not in first), key=lambda name: -scores[name])[
        : max(0, _LINES - len(first))
    ]
    references = {name: scores[name] for name in (*first, *rest)} or {"random": 0.0, "optimal": 1.0}
    return {
        "wide": figures.learning_curve(curves, references, x_title, 8.6, "learning-wide"),
        "narrow": figures.learning_curve(curves, references, x_title, 4.4, "learning-narrow"),
        "stages": [(_stage(curve.stage), figures.stage_style(curve.stage)) for curve in curves],
    }


def _diagnostics(run: Run) -> list[Any]:
    drawn = []
    for i, key in enumerate(run.keys()[:_DIAGNOSTICS]):
        x_title, curves = run.curves(key)
        title = _LOGGED.get(key, key.replace("_", " "))
        drawn.append(figures.series(curves, title, x_title, f"series-{i}"))
    return drawn


def _comparison(evaluations: Sequence[Evaluation]) -> dict[str, Any] | None:
    """Rows sorted by score, with the places of their intervals on a common axis, in percent of its width."""
    if not evaluations:
        return None
    scored = [e for e in evaluations if e.score is not None]
    low = min([0.0, *(e.score_interval[0] for e in scored if e.score_interval)])
    high = max([1.0, *(e.score_interval[1] for e in scored if e.score_interval)])

    def place(value: float) -> float:
        return round(100.0 * (value - low) / (high - low), 2)

    rows = []
    for e in sorted(
        evaluations, key=lambda e: (e.score is not None, e.score if e.score is not None else e.mean_return)
    ):
        spot = None
        if e.score is not None and e.score_interval is not None:
            left, right = map(place, e.score_interval)
            spot = {"left": left, "width": round(right - left, 2), "dot": place(e.score)}
        rows.append({"evaluation": e, "spot": spot, "trained": e is evaluations[0]})
    rewarded = any(list(e.reward) != ["goal"] for e in evaluations)
    return {
        "rows": rows,
        "zero": place(0.0),
        "one": place(1.0),
        "rewarded": rewarded,
        "dropped": any(e.dropped for e in evaluations),
    }


def _metrics(evaluations: Sequence[Evaluation]) -> dict[str, Any] | None:
    if not evaluations:
        return None
    trained = evaluations[0]
    beside = [e for name in ("random", "scripted", "optimal") for e in evaluations[1:] if e.policy == name]
    meaning = explanations(trained)
    rows = [
        (name.replace("_", " "), meaning.get(name, ""), [e.metrics.get(name) for e in (trained, *beside)])
        for name in trained.metrics
    ]
    return {"columns": [e.policy for e in (trained, *beside)], "rows": rows}


def _against_optimum(run: Run, dialogues: int, episodes: int) -> dict[str, Any]:
    """What comes from playing and judging the recorded episodes: distributions, regret, dialogues."""
    empty: dict[str, Any] = {"distributions": [], "regret": None, "dialogues": []}
    if not run.episodes:
        return empty
    try:
        engine = engine_of(run.episodes[0])
    except (ValueError, ImportError) as error:
        run.notes.append(
            f"The environment of the recorded episodes cannot be made ({error}): distributions, regret and dialogues "
            "are not shown."
        )
        return empty
    judged, lost = [], ""
    for episode in run.episodes[:episodes]:
        try:
            judged.append(judge(episode, engine))
        except ValueError as error:
            lost = str(error)
    if lost:
        run.notes.append(
            f"{len(run.episodes[:episodes]) - len(judged)} episodes cannot be held against the optimum ({lost})."
        )
    return {
        "distributions": _distributions(engine, run),
        "regret": _regret(judged),
        "dialogues": [_dialogue(engine.family, reason, one) for reason, one in telling(judged, dialogues)],
    }


def _distributions(engine: Engine, run: Run) -> list[Any]:
    family, seeds = engine.family, [episode.seed for episode in run.episodes if episode.seed is not None]
    optimal: list[dict[str, Any]] = []
    try:
        optimal = [family.outcome(dialogue) for dialogue in rollout(engine, make_policy("optimal", engine), seeds)]
    except NotImplementedError:
        run.notes.append("The exact optimum of this family is out of reach: the trained policy stands alone.")
    drawn = []
    for name, meaning in family.metrics.items():
        trained, best = (
            _numbers(outcomes, name) for outcomes in ([episode.outcome for episode in run.episodes], optimal)
        )
        if trained and len({*trained, *best}) > 2:
            figure = figures.histogram(name.replace("_", " "), trained, best, f"distribution-{name}")
            drawn.append({"figure": figure, "name": name.replace("_", " "), "meaning": meaning})
    return drawn


def _regret(judged: Sequence[JudgedEpisode]) -> dict[str, Any] | None:
    turns = [turn for one in judged for turn in one.turns]
    if not turns or all(turn.value is None for turn in turns):
        return None
    n = len(judged)
    lost = {
        str(turn): max(0.0, regret) for turn, regret in enumerate(mean_regret_by_turn(judged), start=1)
    }  # rounding leaves a hair below 0
    forfeited = sum(one.forfeited for one in judged) / n
    total, worst = sum(one.regret for one in judged) / n, max(lost, key=lambda turn: lost[turn])
    bars = {**lost, "cut off": forfeited} if forfeited > 0.0 else lost
    return {
        "figure": figures.bars(bars, "turn", "mean regret, payoff", "regret-by-turn") if total > 1e-9 else "",
        "total": total,
        "worst": worst if lost[worst] > 1e-9 else "",
        "worst_share": lost[worst] / total if lost[worst] > 1e-9 else 0.0,
        "forfeited": forfeited,
        "best_share": sum(turn.regret < 1e-9 for turn in turns) / len(turns),
        "episodes": n,
        "turns": len(turns),
        "start": sum(one.turns[0].value or 0.0 for one in judged if one.turns) / n,
        "payoff": sum(one.episode.payoff for one in judged) / n,
    }


def _dialogue(family: Family, reason: str, one: JudgedEpisode) -> dict[str, Any]:
    episode = one.episode
    opening = episode.turns[0].text if episode.turns and episode.turns[0].seat != episode.seat else ""
    turns = [
        {"turn": turn, "guesses": headline(family, one.scenario, turn.belief), "optimal": turn.regret < 1e-9}
        for turn in one.turns
    ]
    worst = max((turn.regret for turn in one.turns), default=0.0)
    return {
        "reason": reason,
        "judged": one,
        "episode": episode,
        "opening": opening,
        "turns": turns,
        "worst": worst,
        "role": episode.seat,
        "partner": family.partner,
        "hidden": {name: _plain(value) for name, value in episode.hidden.items()},
        "outcome": {
            name.replace("_", " "): _plain(value)
            for name, value in episode.outcome.items()
            if value not in (None, "", 0, False)
        },
    }


def _numbers(outcomes: Sequence[dict[str, Any]], name: str) -> list[float]:
    values = [outcome.get(name) for outcome in outcomes]
    return [float(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]


def _stage(name: str) -> str:
    return _ALGORITHMS.get(name.lower(), name.upper() if len(name) <= 4 else name)


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _tagged(text: str) -> Any:
    """An utterance with its tags set off, and shortened if nobody would read it."""
    from markupsafe import Markup, escape

    shown = text if len(text) <= _LENGTH else text[:_LENGTH] + " ..."
    return Markup(re.sub(r"\[[^\[\]]*\]", r'<span class="tag">\g<0></span>', str(escape(shown))))
