"""What trainings in tests start from, made once for all processes of a test run."""

from __future__ import annotations

import json
import os
import pickle

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.make import make_engine
from dialogym.policies.tiny import tiny_tokenizer
from filelock import FileLock
from safetensors.torch import load_file

from ..toy import TOY

SMALL = {
    "bc": {
        "demonstrations": 64,
        "batch_size": 16,
        "epochs": 2.0,
        "eval_episodes": 8,
        "final_episodes": 12,
        "threads": 1,
    },
    "grpo": {
        "groups": 4,
        "group_size": 4,
        "steps": 4,
        "max_turn_tokens": 8,
        "credit": "turn",
        "eval_every": 2,
        "eval_episodes": 8,
        "final_episodes": 12,
        "threads": 1,
    },
}


def trained(out, stage):
    """The weights, rows with a loss, and scores of a stage of a run."""
    rows = [row for row in map(json.loads, (out / "metrics.jsonl").read_text().splitlines()) if row["stage"] == stage]
    return (
        load_file(out / stage / "model" / "model.safetensors"),
        [row for row in rows if "loss" in row],
        [row["score"] for row in rows if "score" in row],
    )


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """``once(name, work)``: the folder of that name, and what ``work(folder)`` has come to, whichever process did it."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def made(name, work):
        folder, done = root / name, root / f"{name}.pickle"
        with FileLock(root / f"{name}.lock"):
            if not done.exists():
                done.write_bytes(pickle.dumps(work(folder)))
        return folder, pickle.loads(done.read_bytes())

    return made


@pytest.fixture(scope="session")
def clone_of(once):
    """``clone_of(demonstrator, demonstrations)``: the run in which a policy was cloned, and the clone's score."""
    from dialogym.trainers.bc import BCConfig, train_bc

    def clone(demonstrator, demonstrations):
        budget = {"demonstrations": demonstrations, "epochs": 3.0, "final_episodes": 60, "eval_episodes": 10}

        def train(folder):
            return train_bc(BCConfig(TOY, folder, demonstrator=demonstrator, threads=1, **budget))

        return once(f"clone-of-{demonstrator}", train)

    return clone


@pytest.fixture(scope="session")
def noise(clone_of):
    """A clone of serving that is mostly random: its greedy self is little better than chance."""
    run, score = clone_of("random+scripted", 600)
    assert score < 0.5
    return run / "bc" / "model"


@pytest.fixture(scope="session")
def alone(once):
    """A run in one process: a short cloning, and GRPO from its model."""
    from dialogym.trainers.bc import BCConfig, train_bc
    from dialogym.trainers.grpo import GRPOConfig, train_grpo

    def train(out):
        train_bc(BCConfig(TOY, out=out, **SMALL["bc"]))
        train_grpo(GRPOConfig(TOY, out=out, model=str(out / "bc" / "model"), **SMALL["grpo"]))

    return once("alone", train)[0]


@pytest.fixture(scope="session")
def engine():
    return make_engine(TOY)


@pytest.fixture(scope="session")
def tokenizer(engine):
    return tiny_tokenizer(engine)
