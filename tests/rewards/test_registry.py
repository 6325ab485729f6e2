"""Rewards by name."""

from __future__ import annotations

import json
from dataclasses import dataclass

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
    assert (
        step_once({"goal": 1.0, "turn_cost": 0.5})
        == step_once("goal=1,turn_cost=0.5")
        == (-0.5, {"goal": 0.0, "turn_cost": -0.5})
    )


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


# ---- parameters ------------------------------------------------------------------------------------------------------


@pytest.fixture
def patient():
    @dialogym.register_reward("patient")
    def patient(step, *, after: int = 3, tone="kind"):
        return float(step.index >= after) + (tone == "harsh")

    return patient


def test_parameters_are_keyword_only_arguments(patient):
    assert [
        step_once(spec)[0] for spec in ("patient", "patient()", "patient(after=0)", "patient(after=0, tone=harsh)")
    ] == [0.0, 0.0, 1.0, 2.0]
    assert step_once({"patient(after=0)": 0.5})[0] == 0.5


def test_parameters_and_weights_in_one_line(patient):
    spec = " goal=2 , patient( after = 0 , tone = harsh ) = 0.5, patient(after=1), turn_cost"
    terms = {"goal": 2.0, "patient(after=0,tone=harsh)": 0.5, "patient(after=1)": 1.0, "turn_cost": 1.0}
    assert Reward(spec).describe() == terms
    assert Reward(terms).describe() == terms and Reward(json.loads(json.dumps(terms))).describe() == terms
    assert step_once(spec) == step_once(terms)


def test_classes_are_made_once_and_check_their_parameters():
    made = []

    @dialogym.register_reward("counted")
    @dataclass(frozen=True)
    class Counted:
        per: float = 2.0

        def __post_init__(self):
            made.append(self.per)
            if self.per == 0:
                raise ValueError("per must not be 0")

        def __call__(self, step):
            return (step.index + 1) / self.per

    assert step_once("counted(per=4)")[0] == 0.25 and step_once("counted")[0] == 0.5 and made == [4, 2.0]
    with pytest.raises(ValueError, match="per must not be 0"):
        Reward("counted(per=0)")
    assert Reward(Counted(4)).describe() == {"counted(per=4)": 1.0} and Reward(Counted()).names == ("counted",)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("patient(before=3)", "parameters of reward 'patient' are after, tone; got 'before'"),
        ("goal(weight=3)", "parameters of reward 'goal' are none; got 'weight'"),
        ("patient(after)", "must be given as name=value, got 'after'"),
        ("patient(after=)", "must be given as name=value"),
        ("patient(after=1", "must be in parentheses"),
        ("patient(after=1)x", "must be in parentheses"),
        ("patient(after=1)x=2", "must be in parentheses"),
        ("impatient(after=1)", "reward must be one of"),
        ("patient(after=1)=much", "weight of reward 'patient\\(after=1\\)' must be a number"),
    ],
)
def test_bad_parameters(patient, spec, message):
    with pytest.raises(ValueError, match=message):
        Reward(spec)


@pytest.mark.parametrize("name", ["a(b)", "a,b", "a=b"])
def test_names_that_could_not_be_read_back(name):
    with pytest.raises(ValueError, match="name must be"):
        dialogym.register_reward(name)


def test_a_parameter_without_default_is_asked_for():
    @dialogym.register_reward("needy")
    def needy(step, *, model):
        return float(len(model))

    assert step_once("needy(model=runs/a.b)")[0] == 8.0
    with pytest.raises(ValueError, match="reward 'needy' needs model"):
        Reward("needy")


def test_a_reward_of_the_package_is_not_replaced_by_accident(monkeypatch):
    from dialogym.rewards import registry

    monkeypatch.setattr(registry, "_REGISTRY", dict(registry._REGISTRY))
    with pytest.raises(ValueError, match="name must be a new one, 'goal' comes with the package"):
        dialogym.register_reward("goal")(lambda step: 7.0)
    assert Reward("goal").terms[0][2] is registry._REGISTRY["goal"]
    dialogym.register_reward("goal", replace=True)(lambda step: 7.0)
    assert registry._REGISTRY["goal"](None) == 7.0
    for value in (1.0, 2.0):  # a cell of a notebook that is run again
        dialogym.register_reward("mine")(lambda step, value=value: value)
    assert registry._REGISTRY["mine"](None) == 2.0
