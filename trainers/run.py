"""What trainers share: the run folder, its metrics, evaluation while training and in the end, resuming."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import torch
from filelock import FileLock, Timeout
from tqdm import tqdm
from transformers import ProgressCallback, TrainerCallback

from .. import __version__
from ..core.dialogue import Dialogue
from ..envs import seeds
from ..envs.engine import Engine
from ..envs.episodes import EpisodeStore, record
from ..envs.make import make_engine
from ..evaluation.evaluate import evaluate
from ..policies.baselines import baselines
from ..policies.model_folder import see_folder
from ..policies.policy import Policy
from . import checkpoints, processes
from .trackers import Tracker, see_installed, start_tracker

REPORTED_EPISODES = 200
_MAY_CHANGE = {  # when resuming
    *("resume", "go_on", "out", "model", "episodes_path", "threads", "compare", "track"),
    *("save_every", "eval_every", "eval_episodes", "final_episodes"),
}
_LOGGED = {
    **{name: name for name in ("loss", "reward", "reward_std", "entropy", "grad_norm", "learning_rate", "kl")},
    **{name: name for name in ("q_loss", "v_loss", "cql_loss", "bc_loss")},
    "dialogue/payoff": "payoff",
    "rewards/margins": "margin",
    "rewards/accuracies": "accuracy",
    "rewards/chosen": "chosen_reward",
    "rewards/rejected": "rejected_reward",
}
"""Numbers of the trainers of transformers and TRL that are kept, and what they are called here.

The others go to the tracker only, under ``trl/``.
"""


F = TypeVar("F", bound=Callable[..., Any])
_TRAINING: list[Run] = []  # in this process, the innermost last


class Finished(Exception):
    """The stage was trained before, and came to the score."""


def training(train: F) -> F:
    """Decorates a function that trains in a `Run`.

    However it ends, its folder is free for others then, and nothing is left of a run that had not begun. A run that is
    finished is not repeated, if `go_on` was asked for.
    """

    @wraps(train)
    def guarded(*arguments: Any, **options: Any) -> Any:
        before = len(_TRAINING)
        try:
            return train(*arguments, **options)
        except Finished as finished:
            return finished.args[0]
        finally:
            while len(_TRAINING) > before:
                _TRAINING.pop().leave()

    return cast(F, guarded)


def tell(text: str) -> None:
    """Say in the terminal what takes a while, above progress bars."""
    if processes.is_main():
        tqdm.write(text, file=sys.stderr)


class Run:
    """A training run's folder.

    ``metrics.jsonl`` holds a line for each logged step of each stage, ``STAGE/model`` the model that a stage ended
    with, ``STAGE/checkpoints`` what ``--resume`` continues from, ``STAGE/config.json`` and ``STAGE/evaluation.json``
    its configuration and final evaluation, ``tensorboard`` the logs. ``config.json``, ``evaluation.json`` and
    ``episodes`` are of the stage that was trained last.

    Where several processes train together, all of them make one and call its methods; the main process does the work.
    """

    def __init__(self, config: Any, stage: str):
        self.config, self.stage, self.path = config, stage, Path(config.out)
        self.folder = self.path / stage
        self.model_path = self.folder / "model"
        self.checkpoints = self.folder / "checkpoints"
        self._started, self._before = time.perf_counter(), 0.0
        self._settings = json.loads(json.dumps({"algorithm": stage, **asdict(config)}, default=str))
        self._step = -1  # that it goes on from
        self._lock = FileLock(self.folder / "lock", is_singleton=True)  # gone with the process that held it
        self.bar: Any = None  # of the training, while it is shown
        self._tracker: Tracker | None = None
        see_installed(config.track)
        if config.threads:
            torch.set_num_threads(config.threads)
        processes.join()

    def begin(self) -> str | None:
        """See that the stage can be trained, and let no other process do so.

        Returns:
            The checkpoint to continue from, or ``None``.

        Raises:
            FileNotFoundError: If there is no checkpoint to resume from.
            FileExistsError: If the stage was trained here already and is not to be resumed.
            BlockingIOError: If another process is training it.
            ValueError: If what is to be resumed was begun with another configuration, or if `model` is a folder without
                a model.
        """
        return processes.main_only(self._begin)

    def _begin(self) -> str | None:
        config, go_on = self.config, getattr(self.config, "go_on", False)
        self._seize()
        last = checkpoints.last(self.checkpoints)
        resume = config.resume or (go_on and last is not None)
        if go_on and finished(self.folder):
            self._same()
            raise Finished(json.loads((self.folder / "evaluation.json").read_text())[0]["score"])
        if not resume:
            see_folder(getattr(config, "model", "tiny"))
        if resume and last is None:
            raise FileNotFoundError(f"nothing to resume: no checkpoint in {self.checkpoints}")
        if not resume and (last or self.model_path.exists()):
            raise FileExistsError(
                f"{self.folder} holds a run of {self.stage} already: use --resume to continue it, or another --out"
            )
        given = getattr(config, "episodes_path", None)
        if given is not None and Path(given).resolve() == (self.path / "episodes").resolve():
            raise ValueError(
                f"episodes_path must not be {given}: the final evaluation writes its episodes there; choose another "
                "--out"
            )
        if resume:
            self._same()
            tell(f"going on from {last}")
        self._step = checkpoints.step_of(last) if last else -1
        return str(last) if last else None

    def _seize(self) -> None:
        """Lock the folder for this process, until `leave`."""
        self._made = [self.folder, *(above for above in self.folder.parents if not above.exists())]
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise BlockingIOError(
                f"{self.folder} is being trained in by another process: let it end, or choose another --out"
            ) from None
        except NotImplementedError:  # a file system without locks
            pass
        _TRAINING.append(self)

    def leave(self) -> None:
        """Let others train in the folder; it is removed if nothing has been written into it."""
        if self._tracker is not None:
            self._tracker.finish()
        if {file.name for file in self.folder.iterdir()} <= {"lock"}:
            (self.folder / "lock").unlink(missing_ok=True)
            with suppress(OSError):  # one that holds something
                for folder in self._made:
                    folder.rmdir()
        self._lock.release(force=True)

    def _same(self) -> None:
        file, settings = self.folder / "config.json", self._settings
        begun = json.loads(file.read_text()) if file.exists() else {}
        for name, value in begun.items():
            if name not in _MAY_CHANGE and name in settings and settings[name] != value:
                raise ValueError(
                    f"{name} must be {value!r} to resume the run in {self.folder}, which was begun with it; got "
                    f"{settings[name]!r}"
                )

    def start(self) -> None:
        """The training starts: open the tracker, write the configuration, drop metrics that will be made again.

        Seconds count from here, and in the metrics from what earlier attempts have taken.
        """
        processes.main_only(self._start)
        rows = [row for row in self.metrics() if row["stage"] == self.stage]
        self._started, self._before = time.perf_counter(), max((row.get("seconds", 0.0) for row in rows), default=0.0)

    def _start(self) -> None:
        kept = [row for row in self.metrics() if row["stage"] != self.stage or row["step"] <= self._step]
        self._metrics_file.write_text("".join(json.dumps(row) + "\n" for row in kept))
        self._write("config.json", self._settings)
        self._tracker = start_tracker(self.config.track, self.path, self.stage, self._settings, self._step)

    @property
    def seconds(self) -> float:
        """Since the training started, in this attempt."""
        return round(time.perf_counter() - self._started, 1)

    def arguments(self) -> dict[str, Any]:
        """What transformers' ``TrainingArguments`` are told by every trainer."""
        return {
            "output_dir": str(self.checkpoints),
            "learning_rate": self.config.learning_rate,
            "weight_decay": 0.0,
            "logging_steps": 1,
            "report_to": [],  # `log` reports, for every trainer in the same way
            "run_name": self.stage,
            "save_steps": self.config.save_every,
            "save_total_limit": checkpoints.KEPT,
            "seed": self.config.seed,
            **self.config.hardware,
        }

    def log(self, step: int, episodes: float, **numbers: float | int | None) -> None:
        """Append a line of metrics, with how many episodes the steps so far have taken, and tell the tracker."""
        if processes.is_main():
            seconds = round(self._before + time.perf_counter() - self._started, 2)
            row = {"stage": self.stage, "step": step, "episodes": int(episodes), "seconds": seconds, **numbers}
            with self._metrics_file.open("a") as file:
                file.write(json.dumps(row) + "\n")
            self.track(step, episodes=int(episodes), **numbers)

    def track(self, step: int, **numbers: float | int | None) -> None:
        """Tell the tracker alone."""
        if self._tracker is not None:
            self._tracker.log({name: value for name, value in numbers.items() if value is not None}, step)

    def metrics(self) -> list[dict[str, Any]]:
        """Every line logged so far."""
        file = self._metrics_file
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def validate(self, policy: Policy) -> dict[str, float | None]:
        """Score a policy while it is being trained, always on the same seeds; also by exact regret (`exact_score`)."""
        config = self.config
        first = seeds.validation(config.eval_episodes).start
        if self.bar is not None:
            self.bar.set_description(f"{self.stage}, playing {config.eval_episodes} episodes to score it")
        result = evaluate(config.env_id, policy, config.eval_episodes, first, **config.settings)
        if self.bar is not None:
            self.bar.set_description(self.stage)
        exact = {"exact_score": result.exact_score, "exact_score_error": result.exact_score_error}
        return {"score": result.score, **exact, "mean_return": result.mean_return}

    def summarise(self, **numbers: float) -> None:
        """Add numbers about this stage to ``summary.json``."""
        if processes.is_main():
            file = self.path / "summary.json"
            summary = json.loads(file.read_text()) if file.exists() else {}
            file.write_text(json.dumps({**summary, self.stage: {**summary.get(self.stage, {}), **numbers}}, indent=2))

    def finish(self, policy: Policy, save: Callable[[str], Any], **numbers: float) -> float | None:
        """Save the model, evaluate it beside the baselines, and store its episodes, the results and some numbers.

        All processes meet here, and each calls `save` with the model's folder. Returns the score.
        """
        self.summarise(train_seconds=self.seconds, **numbers)
        save(str(self.model_path))
        if processes.is_main() and (tokenizer := getattr(policy, "tokenizer", None)):
            tokenizer.save_pretrained(str(self.model_path))
        score = processes.main_only(lambda: self._evaluate(policy))
        processes.well_done()
        return score

    def _evaluate(self, policy: Policy) -> float | None:
        config, policy.name = self.config, "trained"
        engine, played = make_engine(config.env_id, **config.settings), seeds.test(config.final_episodes)
        tell(f"playing {len(played)} episodes to score the trained policy")
        dialogues: list[Dialogue] = []
        result = evaluate(config.env_id, policy, len(played), played.start, dialogues=dialogues, **config.settings)
        others = self._baselines(engine, played) if config.compare else []
        self._write("evaluation.json", [result.to_json(), *others])
        store = EpisodeStore(self.path / "episodes")
        for file in store.files():
            file.unlink()
        told = dialogues[:REPORTED_EPISODES]
        store.append([record(dialogue, config.env_id, engine, policy.name) for dialogue in told])
        return result.score

    def _baselines(self, engine: Engine, played: range) -> list[dict[str, Any]]:
        """What the policies to compare with come to: played once for all stages of a run."""
        config, file = self.config, self.path / "baselines.json"
        names = list(baselines(engine))
        asked = {"env_id": config.env_id, "settings": self._settings["settings"], "version": __version__}
        asked |= {"first": played.start, "episodes": len(played), "policies": names}
        known = json.loads(file.read_text()) if file.exists() else {}
        if known.get("asked") != asked:
            tell(f"playing as many with {', '.join(names)}, to compare")
            found = [evaluate(config.env_id, one, len(played), played.start, **config.settings) for one in names]
            known = {"asked": asked, "results": [result.to_json() for result in found]}
            file.write_text(json.dumps(known))
        return known["results"]

    def _write(self, name: str, content: Any) -> None:
        for folder in (self.path, self.folder):
            (folder / name).write_text(json.dumps(content, indent=2))

    @property
    def _metrics_file(self) -> Path:
        return self.path / "metrics.jsonl"


class QuietProgress(ProgressCallback):
    """A progress bar that carries the latest numbers, in place of a printed dictionary a step."""

    def __init__(self, run: Run):
        super().__init__()
        self.run = run

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Let the run say what it is about."""
        super().on_train_begin(args, state, control)
        self.run.bar = self.training_bar

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Show loss and mean reward behind the bar."""
        if state.is_world_process_zero and self.training_bar is not None:
            shown = {key: f"{float(logs[key]):.3f}" for key in ("loss", "reward", "entropy") if logs and key in logs}
            if shown:
                self.training_bar.set_postfix(shown)


def finished(folder: Path) -> bool:
    """Whether the training of a stage, whose folder this is, has come to its end."""
    return (folder / "evaluation.json").exists() and (folder / "model").exists()


class Clock(TrainerCallback):
    """Logs a stage's metrics into the run, and evaluates the policy, if any, every so many steps (0 for never).

    It comes with the quiet progress bar. `episodes` says how many of them so many steps have taken.
    """

    def __init__(self, run: Run, trainer: Any, policy: Policy | None, every: int, episodes: Callable[[int], float]):
        self.run, self.policy, self.every, self.episodes = run, policy, every, episodes
        trainer.remove_callback(ProgressCallback)
        trainer.add_callback(QuietProgress(run))
        trainer.add_callback(self)
        run.start()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Keep the numbers that the trainer logs."""
        if logs and "loss" in logs:
            kept = {_LOGGED[key]: float(value) for key, value in logs.items() if key in _LOGGED}
            self._log(state, **kept)
            others = {f"trl/{key}": float(value) for key, value in logs.items() if key not in _LOGGED}
            self.run.track(state.global_step, **others)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Score the policy that the stage starts from."""
        if self.every and state.global_step == 0:
            self._evaluate(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Score the policy every so many steps, and at the end."""
        if self.every and (state.global_step % self.every == 0 or state.global_step >= state.max_steps):
            self._evaluate(state)

    def _evaluate(self, state: Any) -> None:
        if self.policy and processes.is_main():  # the others go on, and wait in the next step
            self._log(state, **self.run.validate(self.policy))

    def _log(self, state: Any, **numbers: float | None) -> None:
        self.run.log(state.global_step, self.episodes(state.global_step), **numbers)
