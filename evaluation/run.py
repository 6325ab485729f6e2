"""A training run's folder, read back; whatever is missing or damaged becomes a note."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from ..core.episode import Episode
from ..envs.episodes import read_episodes
from .figures import Curve
from .results import Evaluation

_PARTS = ("config.json", "metrics.jsonl", "evaluation.json", "episodes")
_AXES = ("stage", "step", "episodes", "seconds", "exact_score_error")


@dataclass(frozen=True)
class TrainingRun:
    """What a training run left in its folder."""

    path: Path
    config: dict[str, Any]  # algorithm, environment, settings
    log: list[dict[str, Any]]  # what was logged while it trained, an object a line
    evaluations: list[Evaluation]  # the trained policy first, then the baselines
    episodes: list[Episode]  # evaluation episodes of the trained policy; failed ones are left out
    seconds: dict[str, float]  # of each stage
    starts: dict[str, str | None]  # stage -> that whose model it went on from, if its configuration says so, or None
    notes: list[str]  # what the folder does not hold, a sentence each

    def curves(self, key: str) -> tuple[str, list[Curve]]:
        """One logged number against training episodes, or against steps where episodes do not tell points apart.

        In a stage that clones demonstrations, these are the episodes. A stage begins where the one ended whose model it
        went on from, or else where the one before it ended.

        Returns:
            What the x axis is, and one curve for each stage in which the number was logged.
        """
        curves = self._curves("episodes", key)
        if curves and all(len(curve.x) < 2 or len(set(curve.x)) > 1 for curve in curves):
            return "training episodes", curves
        return "training steps", self._curves("step", key)

    def _curves(self, axis: str, key: str) -> list[Curve]:
        curves, last = [], 0.0
        ends: dict[str | None, float] = {None: 0.0}
        for stage in _stages(self.log):
            rows = [row for row in self.log if str(row["stage"]) == stage and _finite(row.get(axis))]
            start = ends.get(self.starts[stage], 0.0) if stage in self.starts else last
            shift = start if rows and rows[0][axis] < start else 0.0  # a stage may count from 0 again
            ends[stage] = last = max([start, *(row[axis] + shift for row in rows)])
            if own := [row for row in rows if _finite(row.get(key))]:
                curves.append(Curve(stage, [row[axis] + shift for row in own], [row[key] for row in own]))
        return curves

    def over_seeds(self, others: Sequence[TrainingRun], key: str) -> tuple[str, list[Curve]]:
        """`curves`, in the mean of this run and of others with other seeds, where all of them were measured."""
        title, curves = self.curves(key)
        theirs = [curve for other in others for curve in other.curves(key)[1]]
        merged = []
        for curve in curves:
            alike = [curve, *(other for other in theirs if other.stage == curve.stage)]
            columns = [dict(zip(one.x, one.y, strict=True)) for one in alike]
            x = [place for place in curve.x if all(place in column for column in columns)]
            values = [[column[place] for column in columns] for place in x]
            band = (list(map(fmean, values)), list(map(min, values)), list(map(max, values)))
            merged.append(Curve(curve.stage, x, *band) if len(alike) > 1 and x else curve)
        return title, merged

    def score_key(self) -> str:
        """What the learning curve is drawn of: the score by exact regret, where it was logged with every score."""
        scores = [row for row in self.log if _finite(row.get("score"))]
        return "exact_score" if scores and all(_finite(row.get("exact_score")) for row in scores) else "score"

    def experience(self) -> float | None:
        """Training episodes of the longest chain of stages, where they were logged."""
        title, curves = self.curves("episodes")
        return max(max(curve.x) for curve in curves) if curves and title == "training episodes" else None

    def keys(self) -> list[str]:
        """Numbers that were logged more than once, besides that of the learning curve and the axes."""
        drawn = (*_AXES, self.score_key())
        seen = Counter(key for row in self.log for key, value in row.items() if key not in drawn and _finite(value))
        return [key for key, times in seen.items() if times > 1]


def read_run(path: str | Path) -> TrainingRun:
    """Read a run's folder.

    Raises:
        FileNotFoundError: If there is no such folder, or nothing of a run in it.
    """
    path = Path(path)
    if not path.is_dir():
        raise FileNotFoundError(f"no training run at {path}: expected a folder with {', '.join(_PARTS)}")
    if not any((path / name).exists() for name in _PARTS):
        beneath = sorted(str(file.parent) for file in path.glob("*/metrics.jsonl"))
        hint = f"; did you mean {' or '.join(beneath[:3])}?" if beneath else ""
        raise FileNotFoundError(f"no training run in {path}: it holds none of {', '.join(_PARTS)}{hint}")
    notes: list[str] = []
    config = _json(path / "config.json", dict, "the configuration is not shown", notes)
    log = _log(path / "metrics.jsonl", notes)
    evaluations = []
    for values in _json(path / "evaluation.json", list, "there are no scores and no comparison", notes):
        try:
            evaluations.append(Evaluation.from_json(values))
        except (TypeError, ValueError) as error:
            notes.append(f"An entry of evaluation.json cannot be read ({error}).")
    episodes: list[Episode] = []
    try:
        recorded = read_episodes(path / "episodes")
        episodes = [episode for episode in recorded if not episode.error]
        if len(episodes) < len(recorded):
            lost = f"{len(recorded) - len(episodes)} of {len(recorded)} recorded episodes"
            notes.append(f"{lost} failed in the simulated user's machinery and are left out.")
    except FileNotFoundError:
        notes.append("There are no recorded episodes: distributions, regret and dialogues are not shown.")
    except ValueError as error:
        notes.append(f"The recorded episodes cannot be read ({error}).")
    file = path / "summary.json"
    summary = _json(file, dict, "durations come from the log", notes) if file.exists() else {}
    return TrainingRun(path, config, log, evaluations, episodes, _seconds(summary, log), _starts(path, log), notes)


def _json(path: Path, kind: type, without: str, notes: list[str]) -> Any:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(values, kind):
            return values
        notes.append(f"{path.name} does not hold what it should: {without}.")
    except FileNotFoundError:
        notes.append(f"{path.name} is missing: {without}.")
    except (OSError, ValueError) as error:
        notes.append(f"{path.name} cannot be read ({error}): {without}.")
    return kind()


def _log(path: Path, notes: list[str]) -> list[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        notes.append(f"{path.name} is missing or cannot be read: there is no learning curve.")
        return []
    rows, torn = [], 0
    for line in filter(str.strip, lines):
        try:
            rows.append({"stage": "training", **json.loads(line)})
        except (TypeError, ValueError):
            torn += 1
    if torn:
        notes.append(f"{torn} of {len(rows) + torn} lines of {path.name} cannot be read and are left out.")
    if not rows:
        notes.append(f"{path.name} holds nothing: there is no learning curve.")
    return rows


def _seconds(summary: Mapping[str, Any], log: list[dict[str, Any]]) -> dict[str, float]:
    """Duration of each stage, from the clock in the log and from the summary.

    That is ``{stage: seconds}`` or ``{stage: {"train_seconds": ...}}``.
    """
    durations: dict[str, float] = {}
    before = 0.0
    for stage in _stages(log):
        clocks = [float(row["seconds"]) for row in log if str(row["stage"]) == stage and _finite(row.get("seconds"))]
        if clocks:
            durations[stage] = max(clocks) - (before if clocks[0] >= before else 0.0)  # a stage may start its own clock
            before = max(clocks)
    for stage, value in summary.items():
        told = value.get("train_seconds", value.get("seconds")) if isinstance(value, Mapping) else value
        if _finite(told):
            # the summary of a resumed stage tells of its last part only
            durations[stage] = max(durations.get(stage, 0.0), float(told))
    return durations


def _starts(path: Path, log: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """Which stage's model each stage went on from, by the stages' own configurations."""
    starts: dict[str, str | None] = {}
    models = {(path / stage / "model").resolve(): stage for stage in _stages(log)}
    for stage in _stages(log):
        try:
            model = Path(json.loads((path / stage / "config.json").read_text(encoding="utf-8"))["model"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        start = models.get(model.resolve())
        starts[stage] = None if start == stage else start
    return starts


def _stages(log: Sequence[Mapping[str, Any]]) -> list[str]:
    """Names of the training stages, in order."""
    return list(dict.fromkeys(str(row["stage"]) for row in log))


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
