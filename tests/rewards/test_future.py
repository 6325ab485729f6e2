"""The value of a turn by forward sampling against the exact one, and both against the regret of whole dialogues."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.envs.make import make_engine
from dialogym.evaluation.regret import dialogue_regret
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.future import Sampled, exact
from dialogym.rewards.registry import Reward

ENV = "CoachingSmall-v0"


def played(policy, seeds, reward="goal"):
    engine = make_engine(ENV, reward=reward)
    return engine, list(rollout(engine, make_policy(policy, engine), seeds))


def test_the_exact_value_adds_up_to_the_regret():
    engine, dialogues = played("random", range(20), "future/exact")
    for dialogue in dialogues:
        judged = dialogue_regret(dialogue, engine.grammar)
        assert sum(step.reward for step in dialogue.steps) == pytest.approx(-judged.regret, abs=1e-9)
    _, best = played("optimal", range(10), "future/exact")
    assert all(step.reward == pytest.approx(0.0, abs=1e-9) for dialogue in best for step in dialogue.steps)


def test_forward_sampling_is_unbiased_and_repeatable():
    _, dialogues = played("random", range(15))
    steps = [step for dialogue in dialogues for step in dialogue.steps]
    few, many = Sampled(futures=4), Sampled(futures=64)
    errors = {judge.futures: np.array([judge(step) - exact(step) for step in steps]) for judge in (few, many)}
    spread = errors[4].std() / 4  # of the mean of 64 in place of 4
    assert (
        errors[64].std() == pytest.approx(spread, rel=0.35) and abs(errors[64].mean()) < 3 * spread / len(steps) ** 0.5
    )
    assert [few(step) for step in steps[:5]] == [few(step) for step in steps[:5]]
    worse = np.array([Sampled(futures=16, player="random")(step) - exact(step) for step in steps])
    assert worse.mean() < -0.02  # futures that nobody would let happen


@pytest.mark.parametrize("spec", ["future/sampled(futures=0)", "future/sampled(player=me)"])
def test_wrong_arguments(spec):
    with pytest.raises(ValueError, match=r"futures must be|player must be"):
        Reward(spec)
