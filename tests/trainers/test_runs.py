"""Runs that are stopped, repeated, failed or begun twice at once."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.evaluation import evaluate as evaluation
from dialogym.trainers import run as runs
from dialogym.trainers.bc import BCConfig, RecordTrainer, train_bc
from dialogym.trainers.ppo import PPOConfig, PPOTrainer, train_ppo
from dialogym.trainers.run import Run, finished

from ..resuming import Interrupt, interrupted, same_weights
from ..toy import TOY

SMALL = {"max_turn_tokens": 8, "final_episodes": 4, "eval_episodes": 2, "threads": 1}


def bc(out, **changes):
    return BCConfig(**{"env_id": TOY, "out": out, "demonstrations": 40, "epochs": 2.0, **SMALL, **changes})


def ppo(out, model, **changes):
    return PPOConfig(
        **{
            "env_id": TOY,
            "out": out,
            "model": str(model),
            "steps": 2,
            "episodes": 4,
            "eval_every": 0,
            **SMALL,
            **changes,
        }
    )


@pytest.fixture(scope="module")
def clone(noise):
    return noise


def test_going_on_starts_resumes_and_leaves_alone(tmp_path, monkeypatch):
    whole, run = (bc(tmp_path / name, save_every=2, go_on=True) for name in ("whole", "run"))
    score = train_bc(whole)
    interrupted(monkeypatch, RecordTrainer, lambda: train_bc(run), at=3)
    assert not finished(run.out / "bc")
    assert train_bc(run) == score
    assert same_weights(whole.out / "bc" / "model", run.out / "bc" / "model")
    monkeypatch.setattr(RecordTrainer, "train", None)  # nothing is trained again, nor written
    before = {path: path.stat().st_mtime_ns for path in run.out.rglob("*") if path.is_file()}
    assert train_bc(run) == score
    assert before == {path: path.stat().st_mtime_ns for path in run.out.rglob("*") if path.is_file()}
    with pytest.raises(ValueError, match=r"epochs must be 2\.0 to resume"):
        train_bc(dataclasses.replace(run, epochs=3.0))
    with pytest.raises(FileExistsError, match="use --resume"):
        train_bc(dataclasses.replace(run, go_on=False))


def test_a_run_that_is_stopped_while_it_is_evaluated_goes_on(clone, tmp_path, monkeypatch):
    """Its model is there, and fewer steps than from one checkpoint to the next."""

    def dies(*_):
        raise Interrupt

    config = ppo(tmp_path, clone, go_on=True)
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_evaluate", dies)
        with pytest.raises(Interrupt):
            train_ppo(config)
    assert (tmp_path / "ppo" / "model").exists() and not finished(tmp_path / "ppo")
    monkeypatch.setattr(PPOTrainer, "step", dies)
    assert isinstance(train_ppo(config), float)


def test_what_fails_before_it_begins_leaves_nothing(tmp_path):
    out = tmp_path / "deep" / "run"
    for changes in ({"model": "no/such-model"}, {"episodes_path": tmp_path / "nowhere"}, {"resume": True}):
        with pytest.raises((ValueError, FileNotFoundError)):
            train_bc(bc(out, demonstrations=4, **changes))
        assert not (out / "bc").exists()
        if "model" not in changes:
            assert not list(tmp_path.iterdir())
        else:  # what was collected is kept
            assert [path.name for path in out.iterdir()] == ["demonstrations"]
            for path in sorted(out.parent.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
            out.parent.rmdir()
    (tmp_path / "mine").mkdir()
    with pytest.raises(FileNotFoundError):
        train_bc(bc(tmp_path / "mine", resume=True))
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


HOLD = """
import sys, time
from pathlib import Path
import toy
from dialogym.trainers.bc import BCConfig
from dialogym.trainers.run import Run

Run(BCConfig({env!r}, Path({out!r})), "bc").begin()
print("training", flush=True)
time.sleep(600)
"""


@pytest.mark.long
def test_a_folder_in_which_another_process_trains(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", HOLD.format(env=TOY, out=str(tmp_path))]
    other = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None and other.stdout.readline() == "training\n"
        with pytest.raises(BlockingIOError, match="being trained in by another process"):
            train_bc(bc(tmp_path))
        assert isinstance(train_bc(bc(tmp_path / "elsewhere")), float)
    finally:
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert isinstance(train_bc(bc(tmp_path)), float)  # the dead hold nothing


def test_a_failed_training_holds_nothing(tmp_path, monkeypatch):
    """While its error is still looked at, as in a notebook, another process may train there."""
    run = bc(tmp_path, save_every=2)
    interrupted(monkeypatch, RecordTrainer, lambda: train_bc(run), at=3)
    from filelock import FileLock

    with FileLock(tmp_path / "bc" / "lock", timeout=0):
        pass


def test_baselines_are_played_once(clone, tmp_path, monkeypatch):
    asked = []

    def counted(env_id, policy, *arguments, **options):
        asked.append(policy if isinstance(policy, str) else policy.name)
        return evaluation.evaluate(env_id, policy, *arguments, **options)

    monkeypatch.setattr(runs, "evaluate", counted)
    train_ppo(ppo(tmp_path, clone))
    others = [name for name in asked if name != "trained"]
    assert "random" in others and len(set(others)) == len(others)
    asked.clear()
    train_bc(bc(tmp_path, eval_every=1000))
    assert set(asked) <= {"trained", "lm"}
    tables = [json.loads((tmp_path / stage / "evaluation.json").read_text()) for stage in ("ppo", "bc")]
    assert tables[0][1:] == tables[1][1:] and len(tables[1]) == 1 + len(others)
    train_bc(bc(tmp_path / "again"))
    assert "random" in asked  # in another folder


def test_what_takes_long_is_said(clone, tmp_path, capsys):
    train_ppo(ppo(tmp_path, clone, eval_every=1))
    said = capsys.readouterr().err
    for words in (
        "ppo, playing 2 episodes to score it",
        "playing 4 episodes to score the trained policy",
        "to compare",
    ):
        assert words in said
    train_bc(bc(tmp_path / "bc"))
    assert "bc, playing 2 episodes to score it" in capsys.readouterr().err


def test_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert bc(Path("~/run")).out == tmp_path / "run"


@pytest.mark.parametrize("arguments", [["--help"], ["--steps", "0"], ["--no-such-option"]])
def test_help_and_wrong_options_do_without_torch(arguments):
    script = (
        "import sys\nfrom dialogym.scripts.main import main\n"
        f"try:\n    main(['train', 'grpo', 'Negotiation-v0', *{arguments!r}])\nexcept SystemExit:\n    pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "False", done.stderr
