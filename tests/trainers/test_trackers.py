"""Trackers: every trainer tells them what is in metrics.jsonl under the same names, and goes on with the same run."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.trainers import trackers
from dialogym.trainers.acts.configs import BCConfig as ActsConfig
from dialogym.trainers.acts.training import Training
from dialogym.trainers.algorithms import ACTS, ALGORITHMS
from dialogym.trainers.bc import BCConfig, train_bc
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ..resuming import Interrupt
from ..toy import TOY


class FakeRun:
    """What `init` of trackio and of wandb gives, if they only remembered."""

    def __init__(self, told):
        self.told, self.rows, self.finished = told, [], False

    def log(self, values, step):
        self.rows.append({"step": step, **values})

    def finish(self):
        self.finished = True


SMALL = {"env_id": TOY, "demonstrations": 64, "batch_size": 16, "epochs": 2.0, "eval_every": 4, "eval_episodes": 10}
SMALL |= {"final_episodes": 20, "compare": False, "threads": 1}
_, train_acts = ACTS["bc"].load()


@pytest.fixture
def runs(monkeypatch):
    """The runs that were begun in a tracker."""
    begun = []

    def init(**told):
        begun.append(FakeRun(told))
        return begun[-1]

    monkeypatch.setattr(trackers, "find_spec", lambda name: name)
    monkeypatch.setattr(trackers, "import_module", lambda name: SimpleNamespace(init=init))
    return begun


def acts(out, **changes):
    return ActsConfig(out=out, **{**SMALL, "width": 16, "layers": 1, "save_every": 3, **changes})


def written(out):
    """The lines of metrics.jsonl, as a tracker is told of them."""
    rows = map(json.loads, (out / "metrics.jsonl").read_text().splitlines())
    return [{k: v for k, v in row.items() if k not in ("stage", "seconds") and v is not None} for row in rows]


def die(monkeypatch, config, at):
    """Train, and die in step `at`."""

    def descend(self, loss, most=1.0):
        descend.done += 1
        if descend.done > at:
            raise Interrupt
        return original(self, loss, most)

    descend.done, original = 0, Training.descend
    with monkeypatch.context() as patch:
        patch.setattr(Training, "descend", descend)
        with pytest.raises(Interrupt):
            train_acts(config)


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_a_resumed_run_goes_on_in_its_tracker(name, runs, tmp_path, monkeypatch):
    die(monkeypatch, acts(tmp_path / "run", track=name), at=5)
    before = written(tmp_path / "run")
    train_acts(acts(tmp_path / "run", track=name, resume=True))
    first, second = runs
    assert first.finished and second.finished
    assert first.rows == before
    assert second.rows == [row for row in written(tmp_path / "run") if row["step"] > 3]
    for run in runs:
        assert run.told["project"] == "dialogym" and run.told["name"] == "run-bc"
        assert run.told["config"]["learning_rate"] == acts("run").learning_rate
    if name == "trackio":
        assert [run.told["resume"] for run in runs] == ["never", "allow"]
    else:
        assert first.told["id"] == second.told["id"] and {run.told["resume"] for run in runs} == {"allow"}


def test_tensorboard_holds_each_step_of_a_resumed_run_once(tmp_path, monkeypatch):
    die(monkeypatch, acts(tmp_path), at=5)
    train_acts(acts(tmp_path, resume=True))
    logged = EventAccumulator(str(tmp_path / "tensorboard" / "bc")).Reload()
    for name in ("loss", "score"):
        steps = [row["step"] for row in written(tmp_path) if name in row]
        assert steps == [event.step for event in logged.Scalars(name)] and len(steps) > 2


def test_trl_tells_the_same_names_and_its_own_apart(runs, tmp_path):
    train_bc(BCConfig(out=tmp_path / "run", track="trackio", **SMALL))
    (run,) = runs
    own = [row for row in run.rows if not any(name.startswith("trl/") for name in row)]
    assert own == written(tmp_path / "run") and {"loss", "episodes", "entropy"} <= {name for row in own for name in row}
    others = [row for row in run.rows if row not in own]
    assert len(others) == 8 and all(name == "step" or name.startswith("trl/") for row in others for name in row)


def test_none_writes_metrics_alone(tmp_path):
    train_acts(acts(tmp_path, track="none", epochs=1.0))
    assert written(tmp_path) and not (tmp_path / "tensorboard").exists()


def test_a_missing_tracker_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'track=.wandb. needs wandb: pip install "dialogym\[wandb\]"'):
        train_acts(acts(tmp_path / "run", track="wandb"))
    with pytest.raises(ModuleNotFoundError, match=r"dialogym\[train\]"):
        train_acts(acts(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_every_trainer_can_be_told_where_to_log():
    without = [ALGORITHMS[name] for name in ("user-model", "reward")]  # they log no steps
    for algorithm in (*ALGORITHMS.values(), *ACTS.values()):
        if algorithm not in without:
            fields = algorithm.options().__dataclass_fields__
            assert fields["track"].default == "tensorboard"
    with pytest.raises(ValueError, match="track must be one of tensorboard, trackio, wandb, none; got 'tb'"):
        acts("run", track="tb")
