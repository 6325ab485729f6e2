"""What trainings in tests start from, made once for all processes of a test run."""

from __future__ import annotations

import os
import pickle

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.make import make_engine
from dialogym.policies.tiny import tiny_tokenizer
from filelock import FileLock

from ..toy import TOY


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
def engine():
    return make_engine(TOY)


@pytest.fixture(scope="session")
def tokenizer(engine):
    return tiny_tokenizer(engine)
