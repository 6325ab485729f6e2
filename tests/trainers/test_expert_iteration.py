"""Expert iteration: what it keeps, that it learns, and that it goes on as if nothing had happened."""

from __future__ import annotations

import dataclasses
import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from accelerate import Accelerator
from accelerate.state import AcceleratorState
from dialogym.envs.make import make_engine
from dialogym.policies.tokens import ChatFormat, TokenRecord
from dialogym.trainers.expert_iteration import (
    ExpertIterationConfig,
    ExpertIterationTrainer,
    best,
    train_expert_iteration,
)
from dialogym.trainers.ppo import PPOConfig, PPOTrainer
from dialogym.trainers.scoring import padded
from safetensors.torch import load_file

from ..resuming import same_weights
from ..toy import TOY


def config(out, model, **changes):
    small = {
        "rounds": 8,
        "scenarios": 24,
        "attempts": 6,
        "max_turn_tokens": 8,
        "learning_rate": 1e-3,
        "eval_every": 0,
        "final_episodes": 60,
        "compare": False,
        "threads": 1,
    }
    return ExpertIterationConfig(**{"env_id": TOY, "out": out, "model": str(model), **small, **changes})


def interrupted(monkeypatch, run, at, after=0):
    """Run until round `at`, and there for so many gradient steps, then have it die."""

    class Interrupt(Exception):
        pass

    learn, step, left = ExpertIterationTrainer.learn, ExpertIterationTrainer._step, [after]

    def dying_step(self, batch):
        if left[0] == 0:
            raise Interrupt
        left[0] -= 1
        return step(self, batch)

    def dying_learn(self, number):
        if number == at:
            patch.setattr(ExpertIterationTrainer, "_step", dying_step)
        return learn(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(ExpertIterationTrainer, "learn", dying_learn)
        with pytest.raises(Interrupt):
            train_expert_iteration(run)


def test_the_best_above_the_mean_are_kept():
    """Means 2, 1, 5 and, of those that count, 1.5; of equals the first."""
    returns = [1.0, 4.0, 0.0, 3.0] + [1.0] * 4 + [5.0, 6.0, 6.0, 3.0] + [None, 1.0, 2.0, None]
    assert best(returns, 4, 0.5) == [1, 3, 9, 10, 14]
    assert best(returns, 4, 0.25) == [1, 9, 14]
    assert best(returns, 4, 0.01) == [1, 9, 14]
    assert best([5.0, 0.0, 0.0, 0.0], 4, 0.75) == [0]  # never below the mean
    assert best([None, None], 2, 0.5) == []


@pytest.mark.long
def test_from_noise_to_the_optimum(noise, tmp_path):
    run = config(
        tmp_path,
        noise,
        rounds=4,
        scenarios=32,
        epochs=3,
        batch_size=8,
        learning_rate=2e-3,
        eval_every=2,
        eval_episodes=20,
    )
    assert train_expert_iteration(run) >= 0.9
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert {row["stage"] for row in rows} == {"expert-iteration"}
    assert [row["step"] for row in rows if "score" in row] == [0, 2, 4]
    last = next(row for row in rows if row["step"] == 4 and "loss" in row)
    assert last["episodes"] == 4 * 32 * 6 and {
        "reward",
        "payoff",
        "entropy",
        "grad_norm",
        "learning_rate",
        "seconds",
    } <= set(last)
    assert 0 < json.loads((tmp_path / "summary.json").read_text())["expert-iteration"]["kept"] <= 4 * 32 * 2
    assert list((tmp_path / "tensorboard").rglob("events*"))
    assert len(list((tmp_path / "expert-iteration" / "checkpoints").iterdir())) == 2
    with pytest.raises(FileExistsError, match="use --resume"):
        train_expert_iteration(run)


@pytest.mark.long
@pytest.mark.parametrize(("at", "after"), [(2, 0), (3, 1)], ids=["between rounds", "within a round"])
def test_resumed_equals_uninterrupted(noise, tmp_path, monkeypatch, at, after):
    whole, broken = (
        config(tmp_path / name, noise, rounds=4, scenarios=8, buffer=2, epochs=2, batch_size=4, final_episodes=4)
        for name in ("whole", "broken")
    )
    train_expert_iteration(whole)
    interrupted(monkeypatch, broken, at, after)
    train_expert_iteration(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "expert-iteration" / "model", broken.out / "expert-iteration" / "model")
    losses = [
        [
            (row["step"], row["loss"])
            for row in map(json.loads, (c.out / "metrics.jsonl").read_text().splitlines())
            if "loss" in row
        ]
        for c in (whole, broken)
    ]
    assert losses[0] == losses[1]


def test_lora_resumes_too(noise, tmp_path, monkeypatch):
    whole, broken = (
        config(tmp_path / name, noise, rounds=2, scenarios=4, lora_rank=2, final_episodes=4)
        for name in ("whole", "broken")
    )
    train_expert_iteration(whole)
    interrupted(monkeypatch, broken, 1)
    train_expert_iteration(dataclasses.replace(broken, resume=True))
    a, b = (load_file(c.out / "expert-iteration" / "model" / "adapter_model.safetensors") for c in (whole, broken))
    assert a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_the_buffer_holds_the_latest_rounds(noise, tmp_path):
    for size, held in ((1, 1), (2, 2), (0, 3)):
        learner = ExpertIterationTrainer(config(tmp_path, noise, scenarios=4, buffer=size), make_engine(TOY))
        for number in range(3):
            learner.play(number)
        assert len(learner.buffer) == held
        assert learner.kept >= sum(map(len, learner.buffer))


def test_loss_and_gradient_of_own_tokens_only(noise, tmp_path):
    """The loss is the mean negative log-probability of the own tokens; what follows the last of them changes nothing, a masked token is not learned."""
    learner = ExpertIterationTrainer(config(tmp_path, noise), make_engine(TOY))
    model, chat = learner.speaker.model, ChatFormat(learner.speaker.tokenizer)
    records = [
        chat.record([{"role": "user", "content": "Tea!"}, {"role": "assistant", "content": f"[serve {drink}]"}])
        for drink in ("tea", "coffee")
    ]
    records[1].mask[-1] = 0
    ids, mask, own = padded(records, chat.eos)
    assert own.sum() == sum(sum(record.mask) for record in records)
    expected = []
    for record in records:
        with torch.no_grad():
            scores = model(torch.tensor([record.ids])).logits[0].log_softmax(-1)
        labels = record.labels
        expected += [-float(scores[k - 1, token]) for k, token in enumerate(labels) if token != -100]
    before = {name: value.clone() for name, value in model.named_parameters()}
    loss, entropy, norm = learner._step(records)
    assert loss == pytest.approx(sum(expected) / len(expected), rel=1e-4)
    assert entropy > 0.0 and norm > 0.0
    assert any(not torch.equal(value, before[name]) for name, value in model.named_parameters())
    silent = TokenRecord(records[0].prompt_ids, records[0].completion_ids, [0] * len(records[0].mask))
    assert len(learner.reader(*padded([silent, records[0]], chat.eos)).logprobs) == sum(records[0].mask)


def test_the_plain_forward_gives_the_same(noise, tmp_path, monkeypatch):
    """What several processes and GPUs compute is what one on a CPU does."""
    learner = ExpertIterationTrainer(config(tmp_path, noise, scenarios=4), make_engine(TOY))
    learner.play(0)
    batch = padded(learner.buffer[0], learner.speaker.chat.eos)
    fast = learner.reader(*batch)
    monkeypatch.setattr("dialogym.trainers.scoring.plain_head", lambda model: False)
    for one, other in zip(fast, learner.reader(*batch), strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("bf16", [False, True])
def test_after_another_trainer_of_the_same_process(noise, tmp_path, monkeypatch, bf16):
    """Accelerate keeps the precision that the first one has set up; ours is what the configuration says."""
    AcceleratorState._reset_state()
    Accelerator(cpu=True, mixed_precision="no" if bf16 else "bf16")
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")  # what transformers leaves behind
    told = {"scenarios": 2, "bf16": bf16}
    learner = ExpertIterationTrainer(config(tmp_path, noise, **told), make_engine(TOY))
    other = PPOTrainer(PPOConfig(TOY, tmp_path, str(noise), episodes=2, bf16=bf16), make_engine(TOY))
    assert learner.accelerator.mixed_precision == other.accelerator.mixed_precision == "no"
    learner.play(0), other.play(0)
    record = learner.player.chat.record([{"role": "user", "content": "Tea!"}, {"role": "assistant", "content": "Tea"}])
    scores, layer = [], learner.model.get_output_embeddings()
    layer.register_forward_hook(lambda _, __, out: scores.append(out.dtype))
    learner._step([record])
    assert set(scores) == {torch.bfloat16 if bf16 else torch.float32}


def test_nothing_above_the_mean_is_nothing_to_learn(noise, tmp_path):
    """A reward that is the same for everybody."""
    learner = ExpertIterationTrainer(config(tmp_path, noise, scenarios=2), make_engine(TOY, reward="goal=0"))
    assert learner.play(0)["kept"] == 0
    assert learner.learn(0)["loss"] == 0.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attempts": 1}, "attempts must be at least 2, got 1"),
        ({"keep": 1.0}, "keep must be above 0 and below 1"),
        ({"buffer": -1}, "buffer"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_wrong_arguments(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        config(tmp_path, "tiny", **changes)
