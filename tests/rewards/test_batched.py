"""Rewards that are asked for many steps at a time."""

from __future__ import annotations

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.envs.make import make_engine
from dialogym.rewards import Reward, registry
from dialogym.simulated_users.user import Failure

ENV = "Negotiation-v0"


@pytest.fixture(autouse=True)
def names(monkeypatch):
    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))


def words(step):
    return float(len(step.text.split()))


def opened(reward, n=3, **options):
    engine = make_engine(ENV, reward=reward, **options)
    return engine, engine.open([np.random.default_rng(seed) for seed in range(n)], seeds=range(n))


def test_all_steps_come_in_one_list_with_the_values_of_one_by_one():
    calls = []

    @dialogym.register_reward("words", batched=True)
    def many(steps, *, scale=1.0):
        calls.append(len(steps))
        return [scale * words(step) for step in steps]

    texts = ["Hello.", "Would you take [offer 420]?", "One two three."]
    engine, dialogues = opened({"turn_cost": 1.0, "words(scale=2)": 0.5})
    steps = engine.step(dialogues, texts)
    alone, others = opened(words)
    assert calls == [3]
    assert [step.reward for step in steps] == [s.reward - 1.0 for s in alone.step(others, texts)]
    assert steps[2].rewards == {"turn_cost": -1.0, "words(scale=2)": 3.0}
    assert engine.reward.describe() == {"turn_cost": 1.0, "words(scale=2)": 0.5}
    assert engine.reward(steps[0]) == steps[0].reward


def test_a_failure_cuts_that_dialogue_and_no_other():
    def second(steps):
        return [Failure("judge: no answer") if place == 1 else 1.0 for place in range(len(steps))]

    second.batched = True
    engine, dialogues = opened(second)
    steps = engine.step(dialogues, ["Hello."] * 3)
    assert [(step.reward, step.error, step.truncated) for step in steps] == [
        (1.0, "", False), (0, "judge: no answer", True), (1.0, "", False)
    ]  # fmt: skip
    assert dialogues[1].done and dialogues[1].error and not steps[1].rewards
    engine, dialogues = opened(second, on_error="raise")
    with pytest.raises(ConnectionError, match="judge: no answer"):
        engine.step(dialogues, ["Hello."] * 3)


def test_a_vector_goes_on_after_a_failure_with_a_new_dialogue():
    def fails(steps):
        return [Failure("judge: gone") for _ in steps]

    fails.batched = True
    env = gym.make_vec(ENV, num_envs=2, reward=fails)
    env.reset(seed=0)
    seen, rewards, _, cut, infos = env.step(["Hello."] * 2)
    assert cut.all() and not rewards.any() and infos["final_info"][0]["error"] == "judge: gone"
    assert [len(dialogue.steps) for dialogue in env.unwrapped.dialogues] == [0, 0] and all(seen)


@pytest.mark.parametrize("values", [[1.0], [1.0, float("nan"), 0.0], [1.0, "much", 0.0], [None] * 3])
def test_values_that_are_no_numbers_are_named(values):
    def odd(steps):
        return values

    odd.batched = True
    engine, dialogues = opened(odd)
    with pytest.raises(ValueError, match="reward 'odd' must"):
        engine.step(dialogues, ["Hello."] * 3)


def test_what_is_not_batched_fails_in_no_new_way():
    def fails(step):
        return Failure("gone")

    engine, dialogues = opened(fails)
    with pytest.raises(ValueError, match="finite number"):
        engine.step(dialogues, ["Hello."] * 3)
    assert not Reward("goal").batched
