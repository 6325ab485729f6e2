"""A judge against people: how far they agree, and what their few labels and its many make together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..rewards.judge_prompts import Shown, line, one_line
from ..rewards.rubrics import BUILT_IN, Rubric
from ..simulated_users.user import Failure
from .judge_card import CardJudge, bootstrap, rank_correlation

LEAST = 3  # labels, below which nothing can be said


class Labelled(NamedTuple):
    """A dialogue, and what people scored it; ``None`` if nobody did."""

    seen: Shown
    score: float | None


def read_labels(path: str | Path) -> list[Labelled]:
    """Dialogues from a file with a JSON object a line.

    ``messages``: the chat, the learner as the assistant; a first system message is its task. Or ``lines``: what was
    said, a line each, as ``"Agent: ..."``. ``score``: what people gave it, left out where nobody did. ``task`` and
    ``role`` (of the learner) may be told.

    Raises:
        ValueError: If the file is not of this kind; the message names the line.
        FileNotFoundError: If there is none.
    """
    rows = []
    for number, text in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        if text.strip():
            try:
                rows.append(_row(json.loads(text)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                wanted = 'an object with "messages" or "lines", and "score" where there is one'
                raise ValueError(f"{path}, line {number}: expected {wanted}; {error!r}") from None
    return rows


def _row(told: Mapping[str, Any]) -> Labelled:
    role, task, lines, mine = str(told.get("role", "agent")), str(told.get("task", "")), told.get("lines"), []
    if lines is None:
        lines = []
        for message in told["messages"]:
            content, by = str(message["content"]), message["role"]
            if by == "system":
                task = task or content
                continue
            if by == "assistant":
                mine.append(len(content.split()))
            lines.append(line(role if by == "assistant" else "partner", content))
    else:
        lines = [one_line(str(said)) for said in lines]
        mine = [len(said.split()) - 1 for said in lines if said.casefold().startswith(f"{role.casefold()}:")]
    score = told.get("score")
    if score is not None and (isinstance(score, bool) or not isinstance(score, (int, float))):
        raise ValueError(f"score must be a number, got {score!r}")
    words = float(np.mean(mine)) if mine else 0.0
    return Labelled(Shown(role, one_line(task), tuple(lines), words), None if score is None else float(score))


def rubric_named(name: str) -> Rubric:
    """A built-in rubric of a single question.

    Raises:
        ValueError: If there is none of that name.
    """
    known = {one.id: one for some in BUILT_IN.values() for one in some}
    if name not in known:
        raise ValueError(f"rubric must be one of {', '.join(known)}; got {name!r}")
    return known[name]


def against_people(judge: CardJudge, rows: Sequence[Labelled], rubric: Rubric) -> dict[str, Any]:
    """Hold a judge against the scores of people, on the scale of the rubric.

    The estimate of the mean score of all dialogues is ``mean(judge on all) + mean(people - judge on those labelled)``:
    the judge as a control variate. It is unbiased whatever the judge is worth, if those who were labelled were drawn at
    random (Angelopoulos et al. 2023, prediction-powered inference). How many labels it saves is how many more of them
    alone would be as accurate; negative where the judge is worth less than nothing.

    Args:
        judge: The judge.
        rows: Dialogues, some of them with a score.
        rubric: What both were asked.

    Raises:
        ValueError: If too few have a score, or one is off the scale.
        ConnectionError: If the judge fails on more than half of the dialogues; those on which it fails are left out.
    """
    low, high = rubric.scale
    for row in rows:
        if row.score is not None and not low <= row.score <= high:
            raise ValueError(f"scores of {rubric.id} must be from {low} to {high}, got {row.score}")
    opinions = judge.score([(rubric, row.seen) for row in rows])
    failures = [opinion for opinion in opinions if isinstance(opinion, Failure)]
    if 2 * len(failures) > len(rows):
        raise ConnectionError(f"the judge failed on {len(failures)} of {len(rows)} dialogues: {failures[0]}")
    told = [(row.score, o.score) for row, o in zip(rows, opinions, strict=True) if not isinstance(o, Failure)]
    pairs = np.array([(score, judged) for score, judged in told if score is not None]).reshape(-1, 2)
    n, everything = len(pairs), np.array([judged for _, judged in told])
    if n < LEAST:
        raise ValueError(f"at least {LEAST} dialogues must have a score, got {n}")
    people, judged = pairs.T
    apart = people - judged
    spread, rest = float(people.var(ddof=1)), float(apart.var(ddof=1))
    variance = spread / len(everything) + rest * (1.0 / n - 1.0 / len(everything))
    estimate = float(everything.mean() + apart.mean())
    return {
        "rubric": rubric.id,
        "dialogues": len(everything),
        "labels": n,
        "failed": len(failures),
        "spearman": bootstrap(n, lambda i: rank_correlation(judged[i].tolist(), people[i].tolist())),
        "kappa": bootstrap(n, lambda i: kappa(people[i], judged[i])),
        "people": _interval(float(people.mean()), spread / n),
        "estimate": _interval(estimate, variance),
        "saved": spread / variance - n if variance > 0.0 else 0.0,
    }


def kappa(a: Sequence[float] | np.ndarray, b: Sequence[float] | np.ndarray) -> float:
    """Cohen's kappa with squared weights, of scores rounded to whole numbers; 0 where neither ever varies."""
    x, y = np.rint(np.asarray(a)), np.rint(np.asarray(b))
    chance = float(((x[:, None] - y[None]) ** 2).mean())
    return 1.0 - float(((x - y) ** 2).mean()) / chance if chance else 0.0


def _interval(value: float, variance: float) -> dict[str, float]:
    half = 1.96 * variance**0.5
    return {"value": value, "low": value - half, "high": value + half}
