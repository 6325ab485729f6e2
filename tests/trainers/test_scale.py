"""Scale: an episode of a seed is the same whatever the batch and the process, and several processes train the model that one trains."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.core.stream import Stream
from dialogym.envs.make import make_engine
from dialogym.policies.generation import CachedGenerator
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.rollout import rollout
from dialogym.trainers import processes
from dialogym.trainers.bc import BCConfig, train_bc
from dialogym.trainers.dpo import DPOConfig, train_dpo
from dialogym.trainers.grpo import DialogueRollout, GRPOConfig, train_grpo
from dialogym.trainers.ilql import ILQLConfig, train_ilql
from dialogym.trainers.kto import KTOConfig, train_kto
from safetensors.torch import load_file

from ..toy import TOY


@pytest.fixture(scope="module")
def bargainer():
    """A model that speaks at random, with numbers and words in it."""
    engine = make_engine("Negotiation-v0", rounds=4)
    model, tokenizer = load_model("tiny", engine)
    return engine, model, tokenizer


def episodes(bargainer, batch, order=1, attempt=0):
    engine, model, tokenizer = bargainer
    policy = LanguageModelPolicy(model, tokenizer, max_turn_tokens=6, temperature=1.0)
    played = {}
    for dialogue in rollout(engine, policy, range(12)[::order], batch=batch, attempts=attempt):
        played[dialogue.seed] = ([step.text for step in dialogue.steps], policy.record(dialogue).completion_ids)
    return played


def test_an_episode_is_the_same_whatever_the_batch(bargainer):
    together = episodes(bargainer, 64)
    assert len({tuple(ids) for _, ids in together.values()}) == 12  # it does sample
    assert episodes(bargainer, 1) == episodes(bargainer, 3) == together
    assert episodes(bargainer, 3, order=-1) == together
    assert episodes(bargainer, 64, attempt=1) != together


def test_torch_has_no_say_in_it(bargainer):
    torch.manual_seed(0)
    before = episodes(bargainer, 12)
    torch.manual_seed(1)
    assert episodes(bargainer, 12) == before


class Fixed(torch.nn.Module):
    """Gives the same logits everywhere."""

    device = torch.device("cpu")

    def __init__(self, logits):
        super().__init__()
        self.logits = torch.tensor(logits)

    def forward(self, input_ids, **_):
        from types import SimpleNamespace

        return SimpleNamespace(logits=self.logits.expand(input_ids.shape[0], 1, -1))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_tokens_come_from_the_inverse_distribution_function(temperature):
    logits = [0.0, 1.0, -float("inf"), 2.0, -float("inf")]
    weights = (torch.tensor(logits) / temperature).softmax(-1)
    edges = weights.cumsum(-1).tolist()
    eps = 1e-5
    draws = [
        0.0,
        edges[0] - eps,
        edges[0] + eps,
        edges[1] - eps,
        edges[1] + eps,
        1.0 - 1e-12,
    ]  # the last is 1 in single precision
    generator = CachedGenerator(Fixed(logits), end=9, max_new_tokens=1, temperature=temperature)
    sampled, scores = generator([object() for _ in draws], [[5]] * len(draws), [[u] for u in draws])
    assert [ids[0] for ids in sampled] == [0, 0, 1, 1, 3, 3]
    expected = torch.tensor(logits).log_softmax(-1)
    assert [row[0] for row in scores] == pytest.approx([float(expected[ids[0]]) for ids in sampled])


def test_sampled_frequencies():
    logits = [0.0, 1.0, 2.0]
    stream = Stream(np.random.default_rng(0))
    generator = CachedGenerator(Fixed(logits), end=9, max_new_tokens=50, temperature=1.0)
    sampled, _ = generator(
        [object() for _ in range(400)], [[5]] * 400, [[stream.random() for _ in range(50)] for _ in range(400)]
    )
    counts = torch.tensor(sampled).flatten().bincount(minlength=3) / 20_000
    assert torch.allclose(counts, torch.tensor(logits).softmax(-1), atol=0.012)


class Local:
    """What a rollout needs of a trainer."""

    use_vllm = False

    class generation_config:
        max_new_tokens = 99

    class accelerator:
        unwrap_model = staticmethod(lambda model: model)


def test_a_group_is_the_same_whoever_plays_it(bargainer):
    engine, model, tokenizer = bargainer
    trainer = Local()
    trainer.model = model
    play = DialogueRollout(engine, tokenizer, GRPOConfig("Negotiation-v0", max_turn_tokens=6, max_episode_tokens=512))
    prompts = [[{"role": "user", "content": "", "seed": seed}] for seed in (3, 3, 3, 3, 4, 4, 4, 4)]
    whole = play(prompts, trainer)["completion_ids"]
    assert len({tuple(ids) for ids in whole}) == 8
    torch.manual_seed(7)
    assert play(prompts[4:], trainer)["completion_ids"] == whole[4:]


def test_vllm_speaks_turn_by_turn_and_its_logprobs_are_kept():
    engine = make_engine(TOY)
    model, tokenizer = load_model("tiny", engine)

    class Served(Local):
        """TRL with vLLM: it speaks turns of different lengths, and asks back once."""

        use_vllm = True
        limits = []

        class vllm_generation:
            max_completion_length = 768

        def _generate_single_turn(self, prompts, images, fields, generations):
            self.limits.append(self.vllm_generation.max_completion_length)
            words = ["What?" if len(self.limits) == 1 else "[serve tea]"] * len(prompts)
            ids = [
                tokenizer.encode(text) + [tokenizer.eos_token_id] * (i % 2) for i, text in enumerate(words)
            ]  # every second one is cut
            return ids, [[-0.5 - k for k in range(len(row))] for row in ids]

    trainer = Served()
    out = DialogueRollout(engine, tokenizer, GRPOConfig(TOY, max_turn_tokens=8, vllm="colocate"))(
        [[{"role": "user", "content": "", "seed": s}] for s in (0, 1)], trainer
    )
    assert trainer.limits == [8, 8] and trainer.vllm_generation.max_completion_length == 768
    for ids, mask, logprobs in zip(out["completion_ids"], out["env_mask"], out["logprobs"], strict=True):
        assert len(ids) == len(mask) == len(logprobs)
        assert [own == 1 for own in mask] == [logprob < 0 for logprob in logprobs]


def test_vllm_says_what_is_missing(tmp_path):
    if importlib.util.find_spec("vllm"):
        pytest.skip("vLLM is installed")
    with pytest.raises(ModuleNotFoundError, match="needs the package vllm"):
        train_grpo(GRPOConfig(TOY, out=tmp_path, vllm="colocate"))


# ---- several processes -----------------------------------------------------------------------------------------------

TESTS = Path(__file__).parents[1]
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


def launch(launcher, algorithm, **options):
    """`dialogym train` in two processes."""
    program = ("-m", "dialogym.scripts.main", "train", algorithm, TOY, "--module", "toy")
    return start(launcher, *program, *words(**options))


def words(**options):
    """Options as they are typed."""
    return [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def start(launcher, *program):
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


def trained(out, stage):
    rows = [row for row in map(json.loads, (out / "metrics.jsonl").read_text().splitlines()) if row["stage"] == stage]
    return (
        load_file(out / stage / "model" / "model.safetensors"),
        [row for row in rows if "loss" in row],
        [row["score"] for row in rows if "score" in row],
    )


def assert_same_training(one, other, stage, start):
    """Equal but for rounding:

    Adam makes a step of its full size of a gradient that is nothing but rounding, so single weights say little.
    """
    (a, losses, scores), (b, other_losses, other_scores) = trained(one, stage), trained(other, stage)
    assert [row["step"] for row in losses] == [row["step"] for row in other_losses]
    for key in ("loss", "grad_norm", "entropy", "reward"):
        assert [row.get(key, 0.0) for row in losses] == pytest.approx(
            [row.get(key, 0.0) for row in other_losses], rel=2e-3, abs=1e-5
        )
    assert scores == other_scores
    moved = sum(float((a[name] - start[name]).square().sum()) for name in a) ** 0.5
    apart = sum(float((a[name] - b[name]).square().sum()) for name in a) ** 0.5
    assert moved > 0.05 and apart < 0.01 * moved


@pytest.fixture(scope="module")
def alone(once):
    def train(out):
        train_bc(BCConfig(TOY, out=out, **SMALL["bc"]))
        train_grpo(GRPOConfig(TOY, out=out, model=str(out / "bc" / "model"), **SMALL["grpo"]))

    return once("alone", train)[0]


def test_bc_in_two_processes(alone, tmp_path):
    done = launch("torchrun", "bc", out=tmp_path, **SMALL["bc"])
    assert done.returncode == 0, done.stderr
    assert "destroy_process_group" not in done.stderr  # torch's warning where processes did not part
    model, _ = load_model("tiny", make_engine(TOY))
    assert_same_training(alone, tmp_path, "bc", model.state_dict())
    assert len(json.loads((tmp_path / "evaluation.json").read_text())) > 1


def test_grpo_in_two_processes(alone, tmp_path):
    start = alone / "bc" / "model"
    done = launch("accelerate", "grpo", out=tmp_path, model=start, **SMALL["grpo"])
    assert done.returncode == 0, done.stderr
    assert_same_training(alone, tmp_path, "grpo", load_file(start / "model.safetensors"))


SMALLER = {"max_turn_tokens": 8, "eval_episodes": 8, "final_episodes": 12, "threads": 1, "learning_rate": 1e-3}
OTHERS = {
    "ilql": (ILQLConfig, train_ilql, {"demonstrations": 64, "epochs": 1.0}),  # as `mc` and `awr`, by `train_offline`
    "dpo": (DPOConfig, train_dpo, {"scenarios": 24, "attempts": 4, "batch_size": 4}),
    "kto": (KTOConfig, train_kto, {"scenarios": 12, "attempts": 4, "batch_size": 8}),
}
IN_TURN = """
import json
import sys
import toy
from dialogym.scripts.main import main

for arguments in json.loads(sys.argv[1]):
    assert main(arguments) == 0
"""


@pytest.fixture(scope="module")
def others(alone, once):
    """All of them in two processes that are started once: the folder of the runs."""

    def train(folder):
        folder.mkdir()
        (folder / "in_turn.py").write_text(IN_TURN)
        commands = [
            ["train", algorithm, TOY, *words(model=alone / "bc" / "model", out=folder / algorithm, **SMALLER, **budget)]
            for algorithm, (_, _, budget) in OTHERS.items()
        ]
        done = start("torchrun", folder / "in_turn.py", json.dumps(commands))
        return done.returncode, done.stderr

    folder, (code, said) = once("in-two-processes", train)
    assert code == 0, said
    return folder


@pytest.mark.parametrize("algorithm", OTHERS)
def test_others_in_two_processes(alone, others, tmp_path, algorithm):
    config, train, budget = OTHERS[algorithm]
    start = alone / "bc" / "model"
    train(config(TOY, out=tmp_path, model=str(start), **SMALLER, **budget))
    assert_same_training(tmp_path, others / algorithm, algorithm, load_file(start / "model.safetensors"))


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


def test_processes_meet_and_hear_of_errors(tmp_path):
    script = tmp_path / "meet.py"
    script.write_text(MEETING)
    done = start("torchrun", script)
    for rank in (0, 1):
        assert f"<{rank} of 2: [0, '', 1, 'x'] ('only', 0)>" in done.stdout
        assert f"<{rank} heard: taken>" in done.stdout
    assert done.returncode == 1


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


# ---- memory and precision --------------------------------------------------------------------------------------------


def test_gradient_checkpointing_changes_no_weight(alone, tmp_path):
    train_bc(
        BCConfig(TOY, out=tmp_path, episodes_path=alone / "demonstrations", gradient_checkpointing=True, **SMALL["bc"])
    )
    train_grpo(
        GRPOConfig(TOY, out=tmp_path, model=str(alone / "bc" / "model"), gradient_checkpointing=True, **SMALL["grpo"])
    )
    for stage in ("bc", "grpo"):
        a, b = trained(alone, stage)[0], trained(tmp_path, stage)[0]
        assert all(torch.allclose(a[name], b[name], atol=1e-6) for name in a)


def test_bfloat16(alone, tmp_path):
    train_bc(BCConfig(TOY, out=tmp_path, episodes_path=alone / "demonstrations", bf16=True, **SMALL["bc"]))
    train_grpo(GRPOConfig(TOY, out=tmp_path, model=str(alone / "bc" / "model"), bf16=True, **SMALL["grpo"]))
    for stage in ("bc", "grpo"):
        (a, losses, _), (b, rounded, _) = trained(alone, stage), trained(tmp_path, stage)
        assert all(weight.dtype == torch.float32 for weight in b.values())  # only the computation is rounded
        assert any(not torch.equal(a[name], b[name]) for name in a)
        if stage == "bc":  # the same batch; GRPO's is sampled
            assert rounded[0]["grad_norm"] == pytest.approx(losses[0]["grad_norm"], rel=0.05)
