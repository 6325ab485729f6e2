"""Rewards by name."""

from __future__ import annotations

import dialogym
import gymnasium as gym
import pytest
from dialogym.rewards import Reward


def step_once(reward, text="Hello."):
    env = gym.make("Negotiation-v0", reward=reward)
    env.reset(seed=0)
    _, value, _, _, info = env.step(text)
    return value, info["reward_terms"]


def test_names_weights_and_strings_say_the_same():
    assert step_once({"goal": 1.0, "turn_cost": 0.5}) == step_once("goal=1,turn_cost=0.5") == (-0.5, {"goal": 0.0, "turn_cost": -0.5})


def test_format_counts_lost_turns():
    assert step_once("format", "[nonsense]")[0] == -1.0
    assert step_once("format", "[offer 999999]")[0] == -1.0
    assert step_once("format", "Good day.")[0] == 0.0


def test_callables():
    assert step_once(lambda step: 0.25 * step.index + 1.0)[0] == 1.0


@pytest.mark.parametrize("value", [None, "much", float("nan"), float("inf")])
def test_a_reward_that_is_no_number_is_named(value):
    @dialogym.register_reward("odd")
    def odd(step):
        return value

    with pytest.raises(ValueError, match="reward 'odd' must return a finite number"):
        step_once("odd")


@pytest.mark.parametrize("spec", [{}, 3, "", "goal=much", {"goal": True}, {"goal": "1"}])
def test_bad_specs(spec):
    with pytest.raises(ValueError, match="reward"):
        Reward(spec)


def test_bad_names():
    with pytest.raises(ValueError, match="name must be"):
        dialogym.register_reward("")
