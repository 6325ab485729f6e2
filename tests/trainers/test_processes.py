"""Several processes train the model that one trains. Launching them costs more than these trainings do: all that start alike share a launch."""

from __future__ import annotations

import json
import os
import pickle
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.make import make_engine
from dialogym.policies.language_model import load_model
from dialogym.trainers import processes
from dialogym.trainers.bc import BCConfig, train_bc
from dialogym.trainers.dpo import DPOConfig, train_dpo
from dialogym.trainers.expert_iteration import ExpertIterationConfig, train_expert_iteration
from dialogym.trainers.grpo import GRPOConfig, train_grpo
from dialogym.trainers.ilql import ILQLConfig, train_ilql
from dialogym.trainers.kto import KTOConfig, train_kto
from dialogym.trainers.ppo import PPOConfig, train_ppo
from safetensors.torch import load_file

from ..toy import TOY
from .conftest import SMALL, trained

TESTS = Path(__file__).parents[1]
SMALLER = {"max_turn_tokens": 8, "eval_episodes": 8, "final_episodes": 12, "learning_rate": 1e-3}
SMALLER |= {"compare": False, "threads": 1}
OTHERS = {
    "ilql": (train_ilql, ILQLConfig, {"demonstrations": 64, "epochs": 1.0}),  # as `mc` and `awr`, by `train_offline`
    "dpo": (train_dpo, DPOConfig, {"scenarios": 24, "attempts": 4, "batch_size": 4}),
    "kto": (train_kto, KTOConfig, {"scenarios": 12, "attempts": 4, "batch_size": 8}),
    # Fifteen episodes cannot be shared evenly.
    "ppo": (
        train_ppo,
        PPOConfig,
        {"steps": 2, "episodes": 15, "epochs": 2, "value_epochs": 2, "kl": 0.1, "eval_every": 1, "save_every": 1}
        | {"microbatch": 3, "final_episodes": 20},
    ),
    # Three records a step cannot be shared evenly: one process has two, the other one.
    "expert-iteration": (
        train_expert_iteration,
        ExpertIterationConfig,
        {"rounds": 2, "scenarios": 6, "attempts": 4, "epochs": 2, "batch_size": 4, "final_episodes": 4},
    ),
}


def words(**options):
    """Options as they are typed."""
    return [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def run_in_two(launcher, *program):
    """Run a program in two processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    starter = {
        "torchrun": ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", port],
        "accelerate": [
            "accelerate.commands.launch",
            "--multi_gpu",
            "--num_processes",
            "2",
            "--main_process_port",
            port,
        ],
    }[launcher]
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "ACCELERATE_USE_CPU": "true",
        "PYTHONPATH": str(TESTS),  # of the toy
    }
    return subprocess.run(
        [sys.executable, "-m", *starter, *map(str, program)],
        cwd=TESTS,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )


def assert_same_training(one, other, stage, start):
    """Equal but for rounding:

    Adam makes a step of its full size of a gradient that is nothing but rounding, so single weights say little.
    """
    (a, losses, scores), (b, other_losses, other_scores) = trained(one, stage), trained(other, stage)
    assert [row["step"] for row in losses] == [row["step"] for row in other_losses]
    for key in ("loss", "grad_norm", "entropy", "reward", "reward_std", "payoff"):
        assert [row.get(key, 0.0) for row in losses] == pytest.approx(
            [row.get(key, 0.0) for row in other_losses], rel=2e-3, abs=1e-5
        )
    assert scores == other_scores
    moved = sum(float((a[name] - start[name]).square().sum()) for name in a) ** 0.5
    apart = sum(float((a[name] - b[name]).square().sum()) for name in a) ** 0.5
    assert moved > 0.05 and apart < 0.01 * moved


IN_TURN = """
import pickle
import sys
from pathlib import Path
import toy
from dialogym.scripts.main import main

command, jobs = pickle.loads(Path(sys.argv[1]).read_bytes())
assert main(command) == 0
for name, train, config in jobs:
    sys.stdout.write(f"<{name}: {train(config)!r}>" + chr(10))  # in one piece: the other process writes too
    sys.stdout.flush()
"""
MEETING = """
import sys
from dialogym.trainers import processes

processes.join()
everyone = processes.gather([processes.index(), "x" * processes.index()])
seen = processes.main_only(lambda: ("only", processes.index()))
print(f"<{processes.index()} of {processes.count()}: {everyone} {seen}>", flush=True)

def work():
    raise FileExistsError("taken")

try:
    processes.main_only(work)
except FileExistsError as error:
    print(f"<{processes.index()} heard: {error}>", flush=True)
    sys.exit(1)
"""


@pytest.fixture(scope="module")
def starts(alone, noise):
    """The model that each of the others starts from: two learn nothing unless some episodes go well."""
    return {name: noise if name in ("ppo", "expert-iteration") else alone / "bc" / "model" for name in OTHERS}


@pytest.fixture(scope="module")
def launched(alone, starts, once):
    """`dialogym train bc`, and then all the others, in two processes: the folder of the runs, and what was said."""
    start = str(alone / "bc" / "model")

    def train(folder):
        folder.mkdir()
        jobs = [
            (name, train, config(TOY, out=folder / name, model=str(starts[name]), **{**SMALLER, **budget}))
            for name, (train, config, budget) in OTHERS.items()
        ]
        jobs.append(("grpo", train_grpo, GRPOConfig(TOY, out=folder / "grpo", model=start, **SMALL["grpo"])))
        command = ["train", "bc", TOY, *words(out=folder / "bc", **SMALL["bc"]), "--module", "toy"]
        (folder / "jobs").write_bytes(pickle.dumps((command, jobs)))
        (folder / "in_turn.py").write_text(IN_TURN)
        done = run_in_two("accelerate", folder / "in_turn.py", folder / "jobs")
        return done.returncode, done.stdout, done.stderr

    folder, (code, said, errors) = once("in-two-processes", train)
    assert code == 0, errors
    return folder, said, errors


@pytest.mark.long
def test_bc_in_two_processes(alone, launched):
    folder, _, errors = launched
    assert "destroy_process_group" not in errors  # torch's warning where processes did not part
    model, _ = load_model("tiny", make_engine(TOY))
    assert_same_training(alone, folder / "bc", "bc", model.state_dict())
    assert len(json.loads((folder / "bc" / "evaluation.json").read_text())) > 1


@pytest.mark.long
def test_grpo_in_two_processes(alone, launched):
    assert_same_training(alone, launched[0] / "grpo", "grpo", load_file(alone / "bc" / "model" / "model.safetensors"))


@pytest.mark.long
def test_two_processes_meet_and_hear_of_errors(tmp_path):
    """Started by the other launcher: what it tells them by is a part of what `accelerate launch` does."""
    (tmp_path / "meeting.py").write_text(MEETING)
    done = run_in_two("torchrun", tmp_path / "meeting.py")
    for rank in (0, 1):
        assert f"<{rank} of 2: [0, '', 1, 'x'] ('only', 0)>" in done.stdout, done.stderr
        assert f"<{rank} heard: taken>" in done.stdout
    assert done.returncode == 1


@pytest.mark.long
@pytest.mark.parametrize("algorithm", OTHERS)
def test_others_in_two_processes(starts, launched, tmp_path, algorithm):
    train, config, budget = OTHERS[algorithm]
    folder, said, _ = launched
    score = train(config(TOY, out=tmp_path, model=str(starts[algorithm]), **{**SMALLER, **budget}))
    assert_same_training(tmp_path, folder / algorithm, algorithm, load_file(starts[algorithm] / "model.safetensors"))
    assert re.findall(rf"<{algorithm}: (.*)>", said) == [repr(score)] * 2  # both processes are told
    if algorithm == "ppo":
        one, two = (
            [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
            for out in (tmp_path, folder / algorithm)
        )
        assert len(one) == len(two) == 5
        for a, b in zip(one, two, strict=True):
            a, b = ({key: value for key, value in row.items() if key not in ("seconds", "stage")} for row in (a, b))
            assert a == pytest.approx(b, abs=2e-3)


def test_what_cannot_be_shared_out_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(ValueError, match=r"batch_size must be a multiple of the number of processes \(3\), got 16"):
        processes.share(16, "batch_size")
    assert processes.share(15, "batch_size") == 5
    with pytest.raises(ValueError, match="groups must be a multiple"):
        train_grpo(GRPOConfig(TOY, out=tmp_path / "run", groups=4))
    assert not (tmp_path / "run").exists()
    with pytest.raises(ValueError, match="batch_size must be a multiple"):
        train_bc(BCConfig(TOY, out=tmp_path / "run", batch_size=16))


def test_a_launcher_that_starts_one_process_is_noticed(monkeypatch):
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    assert processes.count() == 1 and processes.is_main()
    monkeypatch.setenv("MASTER_PORT", "29500")
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    with pytest.raises(ValueError, match="starts one process"):
        processes.count()
