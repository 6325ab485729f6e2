"""A training run as one self-contained HTML page."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from ..core.solver import OutOfReach
from ..envs.base import Family
from ..envs.engine import Engine
from ..envs.episodes import engine_of
from ..envs.transcript import attributed
from ..policies.registry import make_policy
from ..policies.rollout import rollout
from . import figures
from .regret import EpisodeRegret, episode_regret, likeliest_facts, lost_acts, mean_regret_by_turn, select_episodes
from .results import Evaluation
from .run import TrainingRun, read_run
from .statistics import few_runs
from .tables import between, explanations, number

_FLOOR = -0.5  # reference lines below are named, and not drawn, unless the curve goes there
_LINES = 6  # reference lines in the learning curve; more would hide it
_DIAGNOSTICS = 12  # further figures of what was logged
_LENGTH = 500  # characters of an utterance that are shown
_LOGGED = {"reward": "mean return in training", "mean_return": "mean return in evaluations"}
_LOGGED |= {"score": "sampled score in evaluations"}  # beside the learning curve of exact scores
_ALGORITHMS = {"bc": "behaviour cloning"}


def write_report(
    run: str | Path,
    path: str | Path | None = None,
    dialogues: int = 6,
    episodes: int = 500,
    others: Sequence[str | Path] = (),
) -> Path:
    """Write the page about a training run.

    It shows the score with its interval, sampled and by exact regret, the learning curve, the comparison with the
    baselines, the distributions of the outcomes against those of the optimal policy on the same seeds, where value was
    lost turn by turn and by which acts, and a few dialogues beside what the optimal policy would have said. Whatever
    the folder does not hold is left out, with a line that says so.

    Args:
        run: Folder of the run: ``config.json``, ``metrics.jsonl``, ``evaluation.json``, ``episodes/`` and, optionally,
            ``summary.json``.
        path: Where to write; ``report.html`` in the folder by default.
        dialogues: How many dialogues to show, at most 6.
        episodes: How many of the recorded episodes to hold against the optimum.
        others: Folders of runs that differ in their seed alone: curves are then means, in bands from the lowest run to
            the highest, and the score is also given over all seeds.

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
    environment.filters |= {"plain": _plain, "spaced": lambda name: name.replace("_", " ")}
    template = environment.from_string(Path(__file__).with_name("report.html.jinja").read_text(encoding="utf-8"))
    page = template.render(**_content(found, list(map(read_run, others)), dialogues, episodes))
    target = Path(path) if path is not None else found.path / "report.html"
    target.write_text(page, encoding="utf-8")
    return target


def _content(run: TrainingRun, others: Sequence[TrainingRun], dialogues: int, episodes: int) -> dict[str, Any]:
    """Everything that the template shows; an empty section is left out."""
    trained = run.evaluations[0] if run.evaluations else None
    env_id = run.config.get("env_id") or next((one.env_id for one in (*run.evaluations, *run.episodes)), "")
    ends = [one.evaluations[0] for one in (run, *others) if one.evaluations]
    scores, exact = [e.score for e in ends], [e.exact_score for e in ends]
    title = [str(env_id) or "Training run", _stage(str(run.config.get("algorithm", "")))]
    return {
        "title": " · ".join(filter(None, title)),
        "run": run,
        "trained": trained,
        "experience": run.experience(),
        "seeds": few_runs([score for score in scores if score is not None]) if others else "",
        "exact_seeds": few_runs([score for score in exact if score is not None])
        if others and None not in exact
        else "",
        "runs": 1 + len(others),
        "learning": _learning(run, others),
        "diagnostics": _diagnostics(run, others),
        "comparison": _comparison(run.evaluations),
        "metrics": _metrics(run.evaluations),
        **_against_optimum(run, dialogues, episodes),
    }


def _learning(run: TrainingRun, others: Sequence[TrainingRun]) -> dict[str, Any] | None:
    keys = {one.score_key() for one in (run, *others)}
    key = keys.pop() if len(keys) == 1 else "score"
    x_title, curves = run.over_seeds(others, key)
    if not curves:
        if run.log:
            run.notes.append("No score was logged in training: there is no learning curve.")
        return None
    exact = key == "exact_score"
    ends = {e.policy: e.exact_score if exact and e.exact_score is not None else e.score for e in run.evaluations[1:]}
    scores = {policy: score for policy, score in ends.items() if score is not None}
    nothing = next((e.nothing_score for e in run.evaluations if e.nothing_score is not None), None)
    scores |= {} if nothing is None else {"do nothing": nothing}
    # what is far below would leave no room for the curve
    floor = min([_FLOOR, *(y for curve in curves for y in (*curve.y, *curve.low))])
    far = [f"{name} ({number(score, 2)})" for name, score in scores.items() if score < floor]
    scores = {name: score for name, score in scores.items() if score >= floor}
    first = [name for name in ("random", "do nothing", "optimal", "scripted") if name in scores]
    rest = sorted((name for name in scores if name not in first), key=lambda name: -scores[name])
    shown = [*first, *rest[: max(0, _LINES - len(first))]]
    references = {name: scores[name] for name in shown} or {_zero(run): 0.0, "optimal": 1.0}
    return {
        "wide": figures.learning_curve(curves, references, x_title, 8.6, "learning-wide"),
        "narrow": figures.learning_curve(curves, references, x_title, 4.4, "learning-narrow"),
        "zero": _zero(run),
        "exact": exact,
        "below": ", ".join(far),
        "stages": [(_stage(curve.stage), figures.stage_style(curve.stage)) for curve in curves],
    }


def _zero(run: TrainingRun) -> str:
    """What scores 0; in records that do not say so, random play."""
    return run.evaluations[0].zero if run.evaluations else "random"


def _diagnostics(run: TrainingRun, others: Sequence[TrainingRun]) -> list[Any]:
    drawn = []
    for i, key in enumerate(run.keys()[:_DIAGNOSTICS]):
        x_title, curves = run.over_seeds(others, key)
        drawn.append(figures.series(curves, _LOGGED.get(key, key.replace("_", " ")), x_title, f"series-{i}"))
    return drawn


def _comparison(evaluations: Sequence[Evaluation]) -> dict[str, Any] | None:
    """Rows sorted by score, with the places of their intervals on a common axis, in percent of its width."""
    if not evaluations:
        return None
    intervals = [e.score_interval for e in evaluations if e.score is not None and e.score_interval is not None]
    low = min([0.0, *(interval.low for interval in intervals)])
    high = max([1.0, *(interval.high for interval in intervals)])

    def place(value: float) -> float:
        return round(100.0 * (value - low) / (high - low), 2)

    rows = []
    for e in sorted(evaluations, key=lambda e: (e.score is not None, e.mean_return if e.score is None else e.score)):
        spot = None
        if e.score is not None and e.score_interval is not None:
            left, right = map(place, e.score_interval)
            spot = {"left": left, "width": round(right - left, 2), "dot": place(e.score)}
        rows.append({"evaluation": e, "spot": spot, "trained": e is evaluations[0]})
    rewarded, dropped = any(list(e.reward) != ["goal"] for e in evaluations), any(e.dropped for e in evaluations)
    over = any(e.over_random is not None and e.zero != "random" for e in evaluations)
    marks = {"exact": any(e.exact_score is not None for e in evaluations)}
    marks |= {"zero": place(0.0), "one": place(1.0), "name": evaluations[0].zero}
    return {"rows": rows, **marks, "rewarded": rewarded, "dropped": dropped, "over_random": over}


def _lost(run: TrainingRun, judged: Sequence[EpisodeRegret]) -> list[dict[str, Any]]:
    """Of each policy the kinds of turns that lose most, and how much of the score; the trained one first.

    In records that do not say so, that of the trained policy comes from its recorded episodes.
    """
    told = [(e.policy, e.lost, e.exact_score) for e in run.evaluations]
    if judged and not any(e.judged for e in run.evaluations[:1]):
        told = [(judged[0].episode.policy, lost_acts(judged), None), *told[1:]]
    return [
        {"policy": policy, "acts": acts, "loss": None if score is None else 1.0 - score}
        for policy, acts, score in told
        if acts
    ]


def _metrics(evaluations: Sequence[Evaluation]) -> dict[str, Any] | None:
    if not evaluations:
        return None
    trained = evaluations[0]
    beside = [e for name in ("random", "scripted", "optimal") for e in evaluations[1:] if e.policy == name]
    shown, meaning = [trained, *beside], explanations(trained)
    rows = [(name, meaning.get(name, ""), [e.metrics.get(name) for e in shown]) for name in trained.metrics]
    return {"columns": [e.policy for e in shown], "rows": rows}


def _against_optimum(run: TrainingRun, dialogues: int, episodes: int) -> dict[str, Any]:
    """What comes from playing and judging the recorded episodes: distributions, regret, acts, dialogues."""
    empty: dict[str, Any] = {"distributions": [], "regret": None, "lost": _lost(run, []), "dialogues": []}
    if not run.episodes:
        return empty
    try:
        engine = engine_of(run.episodes[0])
    except (ValueError, ImportError) as error:
        lacking = "distributions, regret and dialogues are not shown"
        run.notes.append(f"The environment of the recorded episodes cannot be made ({error}): {lacking}.")
        return empty
    judged, lost = [], []
    for episode in run.episodes[:episodes]:
        try:
            judged.append(episode_regret(episode, engine))
        except ValueError as error:
            lost.append(error)
    if lost:
        run.notes.append(f"{len(lost)} episodes cannot be held against the optimum ({lost[-1]}).")
    picked = select_episodes(judged, dialogues)
    worst = max((turn.regret for _, one in picked for turn in one.turns), default=0.0)  # one scale for all bars
    chosen = [_dialogue(engine.family, reason, one, worst) for reason, one in picked]
    parts = {"distributions": _distributions(engine, run), "regret": _regret(judged), "lost": _lost(run, judged)}
    return {**parts, "dialogues": chosen}


def _distributions(engine: Engine, run: TrainingRun) -> list[Any]:
    family, seeds = engine.family, [episode.seed for episode in run.episodes if episode.seed is not None]
    optimal: list[dict[str, Any]] = []
    try:
        optimal = [family.outcome(dialogue) for dialogue in rollout(engine, make_policy("optimal", engine), seeds)]
    except OutOfReach:
        run.notes.append("The exact optimum of this family is out of reach: the trained policy stands alone.")
    drawn = []
    for name, meaning in family.metrics.items():
        trained, best = _numbers([episode.outcome for episode in run.episodes], name), _numbers(optimal, name)
        if trained and len({*trained, *best}) > 2:
            title = name.replace("_", " ")
            figure = figures.histogram(title, trained, best, f"distribution-{name}")
            drawn.append({"figure": figure, "name": title, "meaning": meaning})
    return drawn


def _regret(judged: Sequence[EpisodeRegret]) -> dict[str, Any] | None:
    turns = [turn for one in judged for turn in one.turns]
    if not turns or all(turn.value is None for turn in turns):
        return None
    n = len(judged)
    # rounding leaves a hair below 0
    lost = {str(turn): max(0.0, regret) for turn, regret in enumerate(mean_regret_by_turn(judged), start=1)}
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


def _dialogue(family: Family, reason: str, one: EpisodeRegret, worst: float) -> dict[str, Any]:
    episode = one.episode
    first = takewhile(lambda turn: turn.seat != episode.seat, episode.turns)
    opening = [attributed(family, turn.seat, turn.text) for turn in first]
    turns = [
        {
            "turn": turn,
            "answers": [attributed(family, answer.seat, answer.text) for answer in turn.answers],
            "guesses": likeliest_facts(family, one.scenario, turn.belief),
            "optimal": turn.regret < 1e-9,
        }
        for turn in one.turns
    ]
    outcome = [f"{name.replace('_', ' ')} {_plain(value)}" for name, value in episode.outcome.items() if value]
    hidden = [f"{name} {_plain(value)}" for name, value in episode.hidden.items()]
    told = {"Outcome": ", ".join(outcome), "Hidden until now": ", ".join(hidden)}
    found = {"reason": reason, "judged": one, "episode": episode, "opening": opening, "turns": turns, "worst": worst}
    said = " ".join(f"{what}: {text}." for what, text in told.items() if text)
    return {**found, "role": episode.seat, "said": said}


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
