"""No exit from a dialogue pays more than the optimum: neither lost turns, nor limits, nor to be cut off."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import make_engine
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.exact import optimum
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import Failure, ScriptedUser
from gymnasium.wrappers import TimeLimit

from ..reach import ONE_OF_EACH, OUT_OF_REACH

SOLVED = [env_id for env_id in ONE_OF_EACH if env_id not in OUT_OF_REACH][::3]  # `check` looks at all, exactly
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
        payoffs = np.array([dialogue.steps[-1].payoff for dialogue in rollout(engine, policy, range(100))])
        assert payoffs.mean() <= best + 4 * payoffs.std() / len(payoffs) ** 0.5, policy.name


@pytest.mark.parametrize("env_id", ["GuidedSolving-v0", "GuidedSolvingHard-v0"])
def test_who_flees_from_a_loss_does_not_escape_it(env_id):
    """Once a dialogue that was cut off paid 0, and this policy scored 1.04 and 1.06."""
    engine = make_engine(env_id)
    result = evaluate(env_id, flee(engine), episodes=400)
    assert result.score_interval.low <= 1.0 and result.score <= 1.0 + 1e-9


@pytest.mark.parametrize("env_id", ONE_OF_EACH)
def test_a_cut_pays_what_the_game_pays_there(env_id):
    engine = make_engine(env_id, reward={"goal": 2.0})
    (dialogue,) = rollout(engine, FunctionPolicy("lost", lambda dialogue, stream: LOST), [3])
    last, game = dialogue.steps[-1], dialogue.setting.game
    assert last.truncated and not last.over and len(dialogue.steps) == 3
    assert last.payoff == game.payoff(dialogue.state, dialogue.seat, dialogue.hidden)
    assert last.reward == 2.0 * last.payoff
    (*_, again) = replay(record(dialogue, env_id, engine, "lost"), engine)
    assert (again.payoff, again.reward, again.truncated) == (last.payoff, last.reward, True)


@pytest.mark.parametrize("env_id", SOLVED)
def test_a_limit_is_no_better_exit(env_id):
    """Wherever a limit cuts off the optimum, or what it does as long as it pays, the mean is at most the optimum's."""
    engine = make_engine(env_id)
    best, cuts = optimum(engine.family), (1, 2, 3, 5)
    for policy in (make_policy("optimal", engine), flee(engine)):
        paid = {}  # (seed, turns) -> what a limit of so many turns leaves

        def goes_on(dialogue, paid=paid):
            paid[dialogue.seed, len(dialogue.steps)] = now(dialogue)
            return len(dialogue.steps) < max(cuts)

        played = list(rollout(engine, policy, range(100), goes_on=goes_on))
        for turns in cuts:
            payoffs = np.array([paid.get((dialogue.seed, turns), now(dialogue)) for dialogue in played])
            assert payoffs.mean() <= best + 4 * payoffs.std() / len(payoffs) ** 0.5, (turns, policy.name)


def now(dialogue):
    """What a dialogue pays that is over, or is cut off where it stands."""
    if dialogue.done:
        return dialogue.steps[-1].payoff
    return dialogue.setting.game.payoff(dialogue.state, dialogue.seat, dialogue.hidden)


def depart(engine, after):
    """The optimum for some turns, then the act that ends the dialogue at once for most, if there is one, else silence."""

    def speak(dialogue, stream):
        setting, belief = dialogue.setting, dialogue.belief()
        acts = [setting.solution.best_act(dialogue.state, belief)]
        if len(dialogue.steps) >= after:
            ends = lambda act: setting.game.mover(setting.game.apply(dialogue.state, setting.seat, act)) is None  # noqa: E731
            acts = list(filter(ends, setting.game.choices(dialogue.state, setting.seat))) or [Say()]
        return engine.grammar.print(max(acts, key=lambda act: setting.solution.act_value(dialogue.state, belief, act)))

    return FunctionPolicy(f"depart after {after}", speak)


@pytest.mark.parametrize("env_id", SOLVED)
def test_to_leave_is_no_better_exit(env_id):
    engine = make_engine(env_id)
    best = optimum(engine.family)
    for after in (0, 1, 2, 4):
        payoffs = np.array([d.steps[-1].payoff for d in rollout(engine, depart(engine, after), range(100))])
        assert payoffs.mean() <= best + 4 * payoffs.std() / len(payoffs) ** 0.5, after


class Breaks(ScriptedUser):
    """Its machinery fails at some turn, of the mind or of the voice."""

    def __init__(self, voice, turn, part):
        super().__init__(voice)
        self.turn, self.part = turn, part

    def fails(self, dialogue, heard):
        return heard is not None and len(dialogue.steps) == self.turn

    def decide(self, dialogues, heards):
        found = super().decide(dialogues, heards)
        return [
            Failure("down") if self.part == "mind" and self.fails(d, heard) else exchange
            for d, heard, exchange in zip(dialogues, heards, found, strict=True)
        ]

    def speak(self, dialogues, heards, texts, exchanges):
        said = super().speak(dialogues, heards, texts, exchanges)
        return [
            Failure("down") if self.part == "voice" and self.fails(d, heard) else words
            for d, heard, words in zip(dialogues, heards, said, strict=True)
        ]


@pytest.mark.parametrize("env_id", ONE_OF_EACH)
def test_a_server_that_fails_pays_nothing(env_id):
    """In every family, at the first turn and later: no reward, no outcome, an error, and the episode does not count."""
    for turn, part in ((0, "mind"), (1, "voice")):
        user = Breaks(make_engine(env_id).family.voice, turn, part)
        env = gym.make(env_id, user=user)
        env.reset(seed=0)
        for _ in range(turn + 1):
            _, reward, terminated, truncated, info = env.step("Hm.")
        assert (reward, truncated, info["error"]) == (0.0, True, "down") and "outcome" not in info and not terminated
        with pytest.raises(ConnectionError, match="down"):
            evaluate(env_id, FunctionPolicy("talk", lambda dialogue, stream: "Hm."), episodes=3, user=user)


@pytest.mark.parametrize("env_id", ONE_OF_EACH)
def test_a_time_limit_has_an_outcome(env_id):
    """Gymnasium's wrapper tells the environment nothing; `outcome` says how the dialogue stands where it cuts."""
    env = TimeLimit(gym.make(env_id), 2)
    env.reset(seed=1)
    for _ in range(2):
        _, reward, terminated, truncated, info = env.step("Hm.")
    assert truncated and not terminated and reward == 0.0 and "outcome" not in info
    found, dialogue = env.unwrapped.outcome(), env.unwrapped.dialogue
    assert set(found) == {*full(env_id), "payoff"}
    assert found["payoff"] == dialogue.setting.game.payoff(dialogue.state, dialogue.seat, dialogue.hidden)
    assert found.get("ending", "truncated") == "truncated"


def full(env_id):
    """The outcome of a dialogue that was cut off, as info has it; and it is what `outcome` says then."""
    env = gym.make(env_id)
    env.reset(seed=1)
    for _ in range(3):
        *_, info = env.step(LOST)
    last = env.unwrapped.outcome()
    assert last == {**info["outcome"], "payoff": env.unwrapped.dialogue.steps[-1].payoff}
    return info["outcome"]


def test_a_time_limit_does_not_hide_what_was_spent():
    env = TimeLimit(gym.make("Coaching-v0"), 2)
    env.reset(seed=0)
    attributes = env.unwrapped.dialogue.setting.game.attributes
    for name in attributes[:2]:
        _, reward, _, truncated, _ = env.step(f"[ask {name}]")
    assert truncated and reward == 0.0
    assert env.unwrapped.outcome()["payoff"] == pytest.approx(-0.04) and env.unwrapped.outcome()["questions"] == 2


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
