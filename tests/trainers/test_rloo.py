"""RLOO, and GRPO with each credit: they learn a trivial environment, and go on from a checkpoint as if nothing had happened."""

from __future__ import annotations

import dataclasses
import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.make import make_engine
from dialogym.policies.language_model import load_model
from dialogym.trainers.credit import CREDITS, leave_one_out
from dialogym.trainers.grpo import DialogueRollout, GRPOConfig, train_grpo
from dialogym.trainers.rloo import RLOOConfig, train_rloo
from trl import GRPOTrainer

from ..resuming import interrupted, same_weights
from ..toy import DRINKS, TOY

SMALL = {"groups": 4, "group_size": 8, "max_turn_tokens": 8, "eval_every": 0, "final_episodes": 60}
SMALL |= {"compare": False, "threads": 1}


def grpo(out, model, **changes):
    return GRPOConfig(**{"env_id": TOY, "out": out, "model": str(model), "learning_rate": 1e-3, **SMALL, **changes})


def rloo(out, model, **changes):
    return RLOOConfig(**{"env_id": TOY, "out": out, "model": str(model), "learning_rate": 1e-3, **SMALL, **changes})


def speaking(served):
    """A trainer whose model serves as it is told, and the tokenizer."""
    engine = make_engine(TOY)
    _, tokenizer = load_model("tiny", engine)

    class Trainer:
        use_vllm = True  # has TRL's own generation asked

        class generation_config:
            max_new_tokens = 99

        def _generate_single_turn(self, ids, *_):
            return [tokenizer.encode(f"[serve {drink}]") + [tokenizer.eos_token_id] for drink in served], None

    return engine, tokenizer, Trainer()


@pytest.mark.parametrize(("scale", "divisor"), [("none", 1.0), ("batch", None)])
def test_leave_one_out_advantages_reach_the_tokens(scale, divisor):
    """A guest is served each drink once, so one of three is right: 1 less the others' mean of 0, and 0 less their mean of 1/2."""
    engine, tokenizer, trainer = speaking(DRINKS)
    rollout = DialogueRollout(engine, tokenizer, RLOOConfig(TOY, groups=1, group_size=3, scale=scale))
    out = rollout([[{"role": "user", "content": "", "seed": 5}]] * 3, trainer)
    width = max(map(len, out["completion_ids"]))
    advantages = rollout.advantages(torch.zeros(3, width, dtype=torch.long))
    right = out["dialogue_return"].index(1.0)
    values = torch.full((3,), -0.5)
    values[right] = 1.0
    if divisor is None:
        divisor = float(values.std(correction=0)) + 1e-4
    for row, ids in enumerate(out["completion_ids"]):
        assert advantages[row, : len(ids)].tolist() == pytest.approx([float(values[row]) / divisor] * len(ids))
        assert not advantages[row, len(ids) :].any()
    assert values.tolist() == pytest.approx(
        [float(a[0]) for a in leave_one_out([[r] for r in out["dialogue_return"]], 3)]
    )


def test_exact_credit_reads_the_dialogues():
    """In the café serving right is optimal and serving wrong loses everything: 0 and -1, less the mean of the others."""
    engine, tokenizer, trainer = speaking(DRINKS)
    rollout = DialogueRollout(engine, tokenizer, GRPOConfig(TOY, groups=1, group_size=3, scale="none", credit="exact"))
    out = rollout([[{"role": "user", "content": "", "seed": 5}]] * 3, trainer)
    advantages = rollout.advantages(torch.zeros(3, max(map(len, out["completion_ids"])), dtype=torch.long))
    assert advantages[:, 0].tolist() == pytest.approx([1.0 if value else -0.5 for value in out["dialogue_return"]])


@pytest.mark.long
def test_rloo_from_noise_to_the_optimum(noise, tmp_path):
    config = rloo(tmp_path, noise, steps=16, updates=4, groups=8, kl=0.1, learning_rate=2e-3)
    assert train_rloo(config) >= 0.9
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert {row["stage"] for row in rows} == {"rloo"} and {"reward", "loss", "kl"} <= set(rows[0])
    assert json.loads((tmp_path / "config.json").read_text())["algorithm"] == "rloo"
    with pytest.raises(FileExistsError, match="holds a run of rloo already"):
        train_rloo(config)


def test_rloo_resumed_equals_rloo_uninterrupted(noise, tmp_path, monkeypatch):
    whole, broken = (rloo(tmp_path / name, noise, steps=4, save_every=2, group_size=4) for name in ("whole", "broken"))
    train_rloo(whole)
    interrupted(monkeypatch, GRPOTrainer, lambda: train_rloo(broken), at=3)
    train_rloo(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "rloo" / "model", broken.out / "rloo" / "model")


@pytest.mark.long
@pytest.mark.parametrize("credit", ["exact(lambda=1)", "discounted"])
def test_grpo_learns_by_a_credit(noise, tmp_path, credit):
    """`exact` alone would not: an optimal host could still serve next turn, so talking has no fault before the last one."""
    budget = {"steps": 12, "updates": 4, "groups": 8, "kl": 0.1, "learning_rate": 2e-3, "seed": 1}
    train_grpo(grpo(tmp_path, noise, credit=credit, **budget))
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    rewards = [row["reward"] for row in rows if "reward" in row]
    assert sum(rewards[-4:]) / 4 > sum(rewards[:4]) / 4 + 0.15


@pytest.mark.parametrize("credit", sorted(set(CREDITS) - {"trajectory", "exact", "discounted", "leave-one-out"}))
def test_grpo_takes_every_credit(noise, tmp_path, credit):
    assert train_grpo(grpo(tmp_path, noise, steps=2, final_episodes=4, credit=credit)) is not None
    assert not same_weights(noise, tmp_path / "grpo" / "model")


@pytest.mark.long
def test_what_a_critic_has_learned_is_part_of_the_checkpoint(noise, tmp_path, monkeypatch):
    whole, broken = (
        grpo(tmp_path / name, noise, steps=3, save_every=1, updates=2, credit="critic(lambda=0.9)", final_episodes=4)
        for name in ("whole", "broken")
    )
    train_grpo(whole)
    interrupted(monkeypatch, GRPOTrainer, lambda: train_grpo(broken), at=5)
    train_grpo(dataclasses.replace(broken, resume=True))
    assert same_weights(whole.out / "grpo" / "model", broken.out / "grpo" / "model")
