"""What trainers share: the run folder, its metrics, evaluation while training, resuming."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import ProgressCallback, TrainerCallback

from ..core.dialogue import Dialogue
from ..envs.episodes import EpisodeStore, record
from ..envs.make import make_engine
from ..evaluation.evaluate import evaluate
from ..policies.baselines import baselines
from ..policies.language_model import LanguageModelPolicy
from ..policies.model_folder import see_folder
from ..policies.rollout import rollout
from . import checkpoints, processes

EVALUATION_SEED = (
    5_000_000  # evaluation episodes never meet training's: demonstrations and rollouts have seeds elsewhere
)
REPORTED_EPISODES = 200
_MAY_CHANGE = {
    "resume",
    "out",
    "model",
    "episodes_path",
    "threads",
    "compare",
    "save_every",
    "eval_every",
    "eval_episodes",
    "final_episodes",
}  # when resuming
_TENSORBOARD = os.environ.get("TENSORBOARD_LOGGING_DIR")  # where the user wants the logs of all runs


class Run:
    """A training run's folder.

    ``metrics.jsonl`` holds a line for each logged step of each stage, ``STAGE/model`` the model that a stage ended
    with, ``STAGE/checkpoints`` what ``--resume`` continues from, ``STAGE/config.json`` and ``STAGE/evaluation.json``
    its configuration and final evaluation, ``tensorboard`` the logs. ``config.json``, ``evaluation.json`` and
    ``episodes`` are of the stage that was trained last.

    Where several processes train together, all of them make one and call its methods; the main process does the work.

    Args:
        path: The folder; made if missing.
        stage: The algorithm's name.
    """

    def __init__(self, path: str | Path, stage: str):
        self.path, self.stage = Path(path), stage
        self.folder = self.path / stage
        self.model_path = self.folder / "model"
        self.checkpoints = self.folder / "checkpoints"
        self.board = Path(_TENSORBOARD or self.path / "tensorboard") / stage
        self.compare = True
        processes.join()
        self.folder.mkdir(parents=True, exist_ok=True)
        os.environ["TENSORBOARD_LOGGING_DIR"] = _TENSORBOARD or str(
            self.path / "tensorboard"
        )  # each run has its own, also in one process

    def begin(self, config: Any, resume: bool) -> str | None:
        """Write the configuration and drop metrics that will be made again.

        Args:
            config: A dataclass.
            resume: Continue from the last checkpoint.

        Returns:
            The checkpoint to continue from, or ``None``.

        Raises:
            FileNotFoundError: If there is no checkpoint to resume from.
            FileExistsError: If the stage was trained here already and `resume` was not asked for.
            ValueError: If what is to be resumed was begun with another configuration, or if `model` is a folder without
                a model.
        """
        self.compare = getattr(config, "compare", True)
        return processes.main_only(lambda: self._begin(config, resume))

    def _begin(self, config: Any, resume: bool) -> str | None:
        if not resume:
            see_folder(getattr(config, "model", "tiny"))
        last = checkpoints.last(self.checkpoints)
        if resume and last is None:
            raise FileNotFoundError(f"nothing to resume: no checkpoint in {self.checkpoints}")
        if not resume and (last or self.model_path.exists()):
            raise FileExistsError(
                f"{self.folder} holds a run of {self.stage} already: use --resume to continue it, or another --out"
            )
        if (given := getattr(config, "episodes_path", None)) is not None and Path(given).resolve() == (
            self.path / "episodes"
        ).resolve():
            raise ValueError(
                f"episodes_path must not be {given}: the final evaluation writes its episodes there; choose another "
                "--out"
            )
        settings = json.loads(json.dumps({"algorithm": self.stage, **asdict(config)}, default=str))
        if resume:
            self._same(settings)
        step = int(last.name.rpartition("-")[2]) if last else -1
        kept = [row for row in self.metrics() if row["stage"] != self.stage or row["step"] <= step]
        self._metrics_file.write_text("".join(json.dumps(row) + "\n" for row in kept))
        for folder in (self.path, self.folder):
            (folder / "config.json").write_text(json.dumps(settings, indent=2))
        return str(last) if last else None

    def _same(self, settings: dict[str, Any]) -> None:
        file = self.folder / "config.json"
        begun = json.loads(file.read_text()) if file.exists() else {}
        for name, value in begun.items():
            if name not in _MAY_CHANGE and name in settings and settings[name] != value:
                raise ValueError(
                    f"{name} must be {value!r} to resume the run in {self.folder}, which was begun with it; got "
                    f"{settings[name]!r}"
                )

    def log(self, step: int, **numbers: float | int | None) -> None:
        """Append a line of metrics."""
        if not processes.is_main():
            return
        with self._metrics_file.open("a") as file:
            file.write(json.dumps({"stage": self.stage, "step": step, **numbers}) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """Every line logged so far."""
        return (
            [json.loads(line) for line in self._metrics_file.read_text().splitlines()]
            if self._metrics_file.exists()
            else []
        )

    def summarise(self, **numbers: float) -> None:
        """Add numbers about this stage to ``summary.json``."""
        if not processes.is_main():
            return
        file = self.path / "summary.json"
        summary = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps({**summary, self.stage: {**summary.get(self.stage, {}), **numbers}}, indent=2))

    @property
    def _metrics_file(self) -> Path:
        return self.path / "metrics.jsonl"


class QuietProgress(ProgressCallback):
    """A progress bar that carries the latest numbers, in place of a printed dictionary a step."""

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Show loss and mean reward behind the bar."""
        if state.is_world_process_zero and self.training_bar is not None:
            shown = {key: f"{float(logs[key]):.3f}" for key in ("loss", "reward", "entropy") if logs and key in logs}
            if shown:
                self.training_bar.set_postfix(shown)


def quiet(trainer: Any) -> None:
    """Give a trainer the quiet progress bar."""
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(QuietProgress)


class Clock(TrainerCallback):
    """Logs a stage's metrics into the run, and evaluates the policy every so many steps.

    Args:
        run: The run.
        policy: Plays the evaluation episodes.
        env_id: What to evaluate on.
        settings: Of the environment, as for ``gym.make``.
        every: Steps between evaluations; 0 for none.
        episodes: Episodes of one evaluation, always of the same seeds.
        episodes_a_step: How many training episodes a step consumes, for the learning curve's axis.
    """

    def __init__(
        self,
        run: Run,
        policy: LanguageModelPolicy,
        env_id: str,
        settings: dict[str, Any],
        every: int,
        episodes: int,
        episodes_a_step: float,
    ):
        self.run, self.policy, self.env_id, self.settings = run, policy, env_id, settings
        self.every, self.episodes, self.episodes_a_step = every, episodes, episodes_a_step
        self._started = time.perf_counter()
        earlier = [row["seconds"] for row in run.metrics() if row["stage"] == run.stage]
        self._before = max(earlier, default=0.0)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Keep the numbers that the trainer logs."""
        logs = logs or {}
        if "loss" not in logs:
            return
        numbers = {
            key: float(logs[key])
            for key in ("loss", "reward", "reward_std", "entropy", "grad_norm", "learning_rate", "kl")
            if key in logs
        }
        if "dialogue/payoff" in logs:
            numbers["payoff"] = float(logs["dialogue/payoff"])
        self._log(state.global_step, **numbers)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Score the policy that the stage starts from."""
        if self.every and state.global_step == 0:
            self._evaluate(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Score the policy every so many steps, and at the end."""
        if self.every and (state.global_step % self.every == 0 or state.global_step >= state.max_steps):
            self._evaluate(state)

    def _evaluate(self, state: Any) -> None:
        if not processes.is_main():  # the others go on, and wait in the next step
            return
        result = evaluate(self.env_id, self.policy, episodes=self.episodes, seed=EVALUATION_SEED, **self.settings)
        self._log(state.global_step, score=result.score, mean_return=result.mean_return)

    def _log(self, step: int, **numbers: float | None) -> None:
        seconds = round(self._before + time.perf_counter() - self._started, 2)
        self.run.log(step, episodes=int(step * self.episodes_a_step), seconds=seconds, **numbers)


def finish(
    run: Run,
    policy: LanguageModelPolicy,
    env_id: str,
    settings: dict[str, Any],
    episodes: int,
    compare_with: Sequence[str] | None = None,
) -> float | None:
    """Evaluate the trained policy beside the baselines, and store its episodes and the results in the run.

    The model is saved by then: all processes meet here, and the main process evaluates.

    Returns:
        The score.
    """
    score = processes.main_only(lambda: _finish(run, policy, env_id, settings, episodes, compare_with))
    processes.well_done()
    return score


def _finish(
    run: Run,
    policy: LanguageModelPolicy,
    env_id: str,
    settings: dict[str, Any],
    episodes: int,
    compare_with: Sequence[str] | None,
) -> float | None:
    engine = make_engine(env_id, **settings)
    policy.name = "trained"
    results = [evaluate(env_id, policy, episodes=episodes, seed=EVALUATION_SEED, **settings)]
    names = (baselines(engine) if run.compare else ()) if compare_with is None else compare_with
    results += [evaluate(env_id, name, episodes=episodes, seed=EVALUATION_SEED, **settings) for name in names]
    for folder in (run.path, run.folder):
        (folder / "evaluation.json").write_text(json.dumps([result.to_json() for result in results], indent=2))
    store = EpisodeStore(run.path / "episodes")
    for file in store.files():
        file.unlink()
    seeds = range(EVALUATION_SEED, EVALUATION_SEED + min(episodes, REPORTED_EPISODES))
    store.append([record(dialogue, env_id, engine, policy.name) for dialogue in rollout(engine, policy, seeds)])
    return results[0].score


def scored(dialogue: Dialogue) -> bool:
    """Whether an episode counts: the simulated user's machinery did not fail."""
    return not dialogue.error
