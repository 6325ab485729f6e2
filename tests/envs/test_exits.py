"""No exit from a dialogue pays more than the optimum: neither lost turns, nor limits, nor to be cut off."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import make_engine
from dialogym.envs.registration import families
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.exact import optimum
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

IDS = [env_id for path, some in families().items() if path.startswith("dialogym.") for env_id in some]
SOLVED = [env_id for env_id in IDS if env_id != "Spacing-v0"]
LOST = "[unknown]"


def leave(engine, after):
    """The optimum for some turns, then lost turns until the dialogue is cut off."""

    def speak(dialogue, stream):
        if dialogue.lost_in_row or len(dialogue.steps) >= after:
            return LOST
        return engine.grammar.print(dialogue.setting.solution.best_act(dialogue.state, dialogue.belief())) or "Hm."

    return FunctionPolicy(f"leave after {after}", speak)


def flee(engine):
    """The optimum, but lost turns as soon as nothing is to be gained any more."""

    def speak(dialogue, stream):
        solution, belief = dialogue.setting.solution, dialogue.belief()
        if dialogue.lost_in_row or solution.value(dialogue.state, belief) <= 0.0:
            return LOST
        return engine.grammar.print(solution.best_act(dialogue.state, belief)) or "Hm."

    return FunctionPolicy("flee", speak)


@pytest.mark.parametrize("env_id", SOLVED)
def test_lost_turns_are_no_better_exit(env_id):
    """Wherever one leaves by lost turns, the mean is at most the optimum's, four standard errors allowed."""
    engine = make_engine(env_id)
    best = optimum(engine.family)
    for policy in (*(leave(engine, after) for after in (0, 1, 2, 4)), flee(engine)):
        payoffs = np.array([dialogue.steps[-1].payoff for dialogue in rollout(engine, policy, range(200))])
        assert payoffs.mean() <= best + 4 * payoffs.std() / len(payoffs) ** 0.5, policy.name


@pytest.mark.parametrize("env_id", ["GuidedSolving-v0", "GuidedSolvingHard-v0"])
def test_who_flees_from_a_loss_does_not_escape_it(env_id):
    """Once a dialogue that was cut off paid 0, and this policy scored 1.04 and 1.06."""
    engine = make_engine(env_id)
    result = evaluate(env_id, flee(engine), episodes=400)
    assert result.score_interval.low <= 1.0 and result.score <= 1.0 + 1e-9


@pytest.mark.parametrize("env_id", IDS)
def test_a_cut_pays_what_the_game_pays_there(env_id):
    engine = make_engine(env_id, reward={"goal": 2.0})
    (dialogue,) = rollout(engine, FunctionPolicy("lost", lambda dialogue, stream: LOST), [3])
    last, game = dialogue.steps[-1], dialogue.setting.game
    assert last.truncated and not last.over and len(dialogue.steps) == 3
    assert last.payoff == game.payoff(dialogue.state, dialogue.seat, dialogue.hidden)
    assert last.reward == 2.0 * last.payoff
    (*_, again) = replay(record(dialogue, env_id, engine, "lost"), engine)
    assert (again.payoff, again.reward, again.truncated) == (last.payoff, last.reward, True)


def test_costs_are_not_erased():
    """Questions that were asked are paid for, also by a learner who then babbles until it is cut off."""
    env = gym.make("Coaching-v0")
    env.reset(seed=0)
    domain = env.unwrapped.dialogue.setting.game
    env.step(f"[ask {domain.attributes[0]}]")
    for _ in range(2):
        env.step(LOST)
    _, reward, terminated, truncated, info = env.step(LOST)
    assert truncated and not terminated and reward == pytest.approx(-0.02) and info["outcome"]["questions"] == 1


def test_a_failure_pays_nothing_and_is_dropped():
    """It is not the learner's doing: no reward term is computed."""
    engine = make_engine("Coaching-v0")
    (dialogue,) = engine.open([np.random.default_rng(0)])
    (step,) = engine.step([dialogue], ["Hello."])
    dialogue.cut("the server is down")
    assert step.truncated and step.payoff == 0.0
