"""Pay for the way there leaves the best policy the best, beside the goal and in its place."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.envs.make import make_engine
from dialogym.evaluation.shaping import best_policies, openings
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards import Reward

FILE = """
format = 1
id = "my/borrow"
title = "A bike"
domain = "social"
turns = 4
opening = ["Hello."]
[learner]
role = "friend"
brief = "Get the bike back."
[person]
role = "neighbour"
name = "Ana"
about = "You are Ana."
[hidden.reason]
broken = 0.4
needed = 0.6
[state.mood]
start = 1
max = 2
[[fact]]
id = "why"
of = "reason"
text = { broken = "It is broken.", needed = "You need it." }
words = ["broke", "need it"]
[fact.say]
broken = ["I broke it."]
needed = ["I need it."]
[[move]]
id = "ask"
cues = ["\\\\bwhy\\\\b"]
examples = ["Why do you still have it?"]
[[move]]
id = "insist"
cues = ["\\\\bnow\\\\b"]
examples = ["I want it now."]
[[rule]]
on = "ask"
when = { state = { mood = { min = 1 } } }
chance = 0.7
tell = "why"
[[rule]]
on = "insist"
when = { hidden = { reason = "needed" } }
end = "settled"
set = { mood = "-1" }
[[rule]]
on = "insist"
set = { mood = "-1" }
[score]
cost = 0.03
[[score.check]]
id = "heard"
weight = 0.4
when = { told = "why" }
[[score.check]]
id = "friends"
weight = 0.3
when = { state = { mood = { min = 1 } } }
[[score.check]]
id = "back"
weight = 0.3
when = { outcome = "settled" }
"""


@pytest.fixture(scope="module")
def borrowed(tmp_path_factory):
    path = tmp_path_factory.mktemp("open") / "borrow.toml"
    path.write_text(FILE)
    return str(path)


@pytest.fixture(scope="module")
def setting(borrowed):
    family = make_engine("Open-v0", scenario=borrowed).family
    return family.setting(family.scenarios()[0])


@pytest.mark.parametrize("reward", ["goal=1,goal/progress=3", "goal/progress(terminal_potential=keep)"])
def test_the_best_policy_stays_the_best(setting, reward):
    value, acts = best_policies(setting, "goal")
    shaped, acts_shaped = best_policies(setting, reward)
    start = sum(
        p * setting.game.payoff(dialogue.state, setting.seat, dialogue.hidden) for p, dialogue in openings(setting)
    )
    assert acts_shaped == acts and len(acts) > 50
    assert shaped == pytest.approx(value - start * (3.0 if "=3" in reward else 1.0), abs=1e-9) and start > 0.2
    assert best_policies(setting, "goal=1,goal/progress(terminal_potential=keep,gamma=0.5)=3")[1] != acts  # not theirs


def test_with_a_discount_of_the_return_too(setting):
    acts = best_policies(setting, "goal", gamma=0.8)[1]
    for reward in ("goal=1,goal/progress(gamma=0.8)=3", "goal/progress(gamma=0.8,terminal_potential=keep)"):
        assert best_policies(setting, reward, gamma=0.8)[1] == acts


def test_a_check_that_is_met_pays_at_once(borrowed):
    env = gym.make("Open-v0", scenario=borrowed, reward="goal/progress(terminal_potential=keep)")
    for seed in range(9):
        env.reset(seed=seed)
        answer, reward, *_ = env.step("Why do you still have it?")
        told = "broke" in answer or "need it" in answer
        assert reward == pytest.approx((0.4 if told else 0.0) - 0.03)


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Coaching-v0", "Market-v0"])
def test_in_every_family_it_adds_up_to_the_payoff(env_id):
    engine = make_engine(env_id, reward={"goal/progress(terminal_potential=keep)": 1.0, "goal/progress": 1.0})
    for dialogue in rollout(engine, make_policy("random", engine), range(6)):
        terms = [sum(step.rewards[name] for step in dialogue.steps) for name in engine.reward.names]
        assert terms[0] - terms[1] == pytest.approx(dialogue.steps[-1].payoff, abs=1e-9)


@pytest.mark.parametrize("spec", ["goal/progress(gamma=0)", "goal/progress(terminal_potential=some)"])
def test_wrong_parameters(spec):
    with pytest.raises(ValueError, match=r"gamma must be|terminal_potential must be"):
        Reward(spec)
