"""The structured face: numbered acts in, arrays out, and the very dialogues of the text environment."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import warnings
from dataclasses import dataclass

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.belief import ProductBelief
from dialogym.envs.acts_env import ActsEnv
from dialogym.envs.dialogue_env import DialogueEnv
from dialogym.envs.encoding import Encoding
from dialogym.envs.features import Features, features
from dialogym.policies.rollout import policy_stream
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env

from ..reach import ONE_OF_EACH, in_few
from ..toy import TOY, Cafe, Scenario, Serve
from .conftest import LESS
from .test_encoding import without_secrets

pytestmark = pytest.mark.usefixtures("explored_less")

every_env = pytest.mark.parametrize("env_id", in_few([*ONE_OF_EACH, TOY]))


def acts(env_id, **arguments):
    env = gym.make(env_id, face="acts", **arguments)
    assert isinstance(env.unwrapped, ActsEnv)
    return env


def play(env, seed, strays=0.0):
    """A dialogue of open acts chosen at random; with `strays`, any act in that share of the turns."""
    rng, env = np.random.default_rng((seed, 7)), env.unwrapped
    observation, info = env.reset(seed=seed)
    seen, done = [(observation, info)], False
    while not done:
        open_now = np.flatnonzero(info["action_mask"])
        act = (
            env.action_space.n * rng.random() if rng.random() < strays else open_now[int(rng.random() * len(open_now))]
        )
        observation, reward, over, cut, info = env.step(int(act))
        seen.append((observation, reward, over, cut, info))
        done = over or cut
    return seen


def same(one, other):
    """Whether two things that environments give are equal, arrays among them."""
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(np.array_equal(one, other))


@every_env
@pytest.mark.parametrize("belief", [True, False])
def test_gymnasiums_checker_has_nothing_to_say(env_id, belief):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(acts(env_id, belief=belief).unwrapped, skip_render_check=True)


@every_env
def test_the_same_acts_give_the_dialogue_of_the_text_environment(env_id):
    env, text = acts(env_id).unwrapped, gym.make(env_id).unwrapped
    assert type(text) is DialogueEnv
    problems = set()
    for seed in range(8):
        (_, _), *steps = play(env, seed, strays=0.1)
        assert text.reset(seed=seed)[0] == env.messages()[0]["content"]
        for step, (_, reward, over, cut, info) in zip(env.dialogue.steps, steps, strict=True):
            reply, *told = text.step(step.text)
            assert reply == step.reply and told[:3] == [reward, over, cut]
            info = dict(info)
            info.pop("action_mask")
            assert told[3] == info
            problems.add(info["problem"])
        assert text.dialogue.hidden == env.dialogue.hidden and text.messages() == env.messages()
    assert problems <= {"", "illegal"}


@every_env
def test_open_acts_are_understood_as_what_they_are(env_id):
    env = acts(env_id).unwrapped
    texts = set()
    for seed in range(8):
        play(env, seed)
        assert not any(step.problem for step in env.dialogue.steps)
        texts |= {step.text for step in env.dialogue.steps}
    env.reset(seed=3)
    for slot in np.flatnonzero(env.action_masks()):
        env.reset(seed=3)
        env.step(int(slot))
        assert env.dialogue.steps[0].act == env.features.encoding.act(env.dialogue.scenario, int(slot))
    if env_id != TOY:  # it has no phrases
        assert any(not text.startswith("[") and "[" in text for text in texts)


@every_env
def test_the_belief_in_the_array_is_the_exact_one(env_id):
    env = acts(env_id).unwrapped
    told, moved = env.features, 0
    for seed in range(12):
        play(env, seed)
        dialogue = env.dialogue
        for turn in range(len(dialogue.steps) + 1):
            before = dialogue.fork()  # as it was then; the last one is the end
            before.steps, before.done = dialogue.steps[:turn], turn == len(dialogue.steps)
            before.state = dialogue.steps[turn].before if turn < len(dialogue.steps) else dialogue.state
            belief = dialogue.belief_at(turn)
            factors = belief.factors if isinstance(belief, ProductBelief) else (belief,)
            exact = sorted(p for factor in factors for _, p in factor.items())
            array = told.observation(before)[-told.believed :]
            assert sorted(array[array > 0]) == pytest.approx(exact, abs=1e-6)
            moved += belief != dialogue.setting.prior
    assert moved


@every_env
def test_nothing_hidden_is_looked_at(env_id):
    env = acts(env_id).unwrapped
    blind = copy.copy(env.features)  # but nothing is remembered of what was looked at
    blind.encoding, blind._known = Encoding(env.family, blind.encoding.to_json()), {}
    for seed in range(4):
        play(env, seed)
        dialogue = env.dialogue.fork()
        dialogue._beliefs = []
        told = blind.observation(without_secrets(dialogue))
        assert (told == env.features.observation(env.dialogue)).all()


def test_labels_say_what_each_number_is():
    env = acts("Negotiation-v0").unwrapped
    labels = env.features.labels
    assert len(labels) == len(set(labels)) == env.observation_space.shape[0]
    env.reset(seed=2)
    slot = int(np.flatnonzero(env.action_masks())[4])
    observation = env.step(slot)[0]
    told = dict(zip(labels, observation, strict=True))
    assert [name for name in labels if name.startswith("said") and told[name]] == [
        f"said {env.features.encoding.name(slot)}"
    ]
    best, p = max(env.belief().items(), key=lambda pair: pair[1])
    name = f"belief: hidden.floor={best.floor}, hidden.tactic={best.tactic}, hidden.demand={best.demand}"
    assert told[name] == pytest.approx(p)


def test_names_mean_the_same_in_every_scenario():
    env = acts("Coaching-v0").unwrapped
    domains = {scenario.domain: scenario for scenario in env.family.scenarios()}
    shapes = set()
    for scenario in domains.values():
        support = env.family.setting(scenario).prior.support
        places = []
        for hidden in support:
            env.reset(seed=0, options={"scenario": scenario, "hidden": hidden})
            right = next(
                slot
                for slot in np.flatnonzero(env.action_masks())
                if getattr(env.features.encoding.act(scenario, slot), "strategy", None) == hidden
            )
            places.append((right, env.features._told(scenario, 0, hidden)))
        shapes.add(tuple(sorted(places)))
    assert len(domains) == 2 and len(shapes) == 1, "the act that suits a hidden state has the same number everywhere"


def test_without_belief_the_rest_is_the_same():
    whole, part = acts("Tutoring-v0").unwrapped, acts("Tutoring-v0", belief=False).unwrapped
    n = part.observation_space.shape[0]
    assert 0 < n == whole.observation_space.shape[0] - whole.features.believed and part.features.believed == 0
    for one, other in zip(play(whole, 5), play(part, 5), strict=True):
        assert (one[0][:n] == other[0]).all() and same(one[1:], other[1:])


def test_an_act_that_is_not_open_costs_the_turn():
    env = acts("Coaching-v0").unwrapped
    env.reset(seed=0)
    asked = int(np.flatnonzero(env.action_masks())[0])
    *_, info = env.step(asked)
    assert not info["problem"] and not info["action_mask"][asked] and not env.action_masks()[asked]
    before = env.dialogue.state
    *_, info = env.step(asked)
    assert info["problem"] == "illegal" and env.dialogue.state.turn == before.turn + 1


@dataclass(frozen=True)
class Corners(Cafe):
    """A café with two corners: one has no tea."""

    def scenarios(self):
        return (Scenario("the bar"), Scenario("the cellar"))

    def parts(self, scenario):
        game, mind = super().parts(scenario)
        return (Cellar() if scenario.place == "the cellar" else game), mind


class Cellar(type(Cafe().parts(None)[0])):
    def choices(self, state, seat):
        return (act for act in super().choices(state, seat) if act != Serve("tea"))


def test_an_act_that_a_scenario_lacks_is_talk():
    env = ActsEnv(Corners())
    tea = env.features.encoding.slot(Scenario("the bar"), Serve("tea"))
    env.reset(seed=0, options={"scenario": Scenario("the cellar")})
    assert not env.action_masks()[tea]
    _, reward, over, _, info = env.step(tea)
    assert (reward, over, info["problem"]) == (0.0, False, "") and "[" not in env.dialogue.steps[0].text


# ---- many dialogues


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "SpacingSmall-v0", TOY])
def test_a_vector_is_single_environments(env_id):
    n, steps = 3, 60
    envs = gym.make_vec(env_id, num_envs=n, face="acts")
    singles = [acts(env_id) for _ in range(n)]
    seen, infos = envs.reset(seed=20)
    first = [env.reset(seed=20 + i) for i, env in enumerate(singles)]
    rng, ends = np.random.default_rng(0), 0
    assert seen in envs.observation_space
    for _ in range(steps):
        assert same(list(seen), [observation for observation, _ in first])
        assert same(list(infos["action_mask"]), [info["action_mask"] for _, info in first])
        assert (envs.action_masks() == infos["action_mask"]).all()
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in infos["action_mask"]])
        seen, rewards, over, cut, infos = envs.step(actions)
        first = []
        for i, env in enumerate(singles):
            observation, *told, info = env.step(actions[i])
            assert told == [rewards[i], over[i], cut[i]]
            if over[i] or cut[i]:
                ends += 1
                assert (infos["final_obs"][i] == observation).all() and same(infos["final_info"][i], info)
                assert info["action_mask"].all()
                observation, info = env.reset()
            first.append((observation, info))
    assert ends > 3


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_gymnasiums_own_vectors(mode):
    envs = gym.make_vec("SpacingSmall-v0", num_envs=2, vectorization_mode=mode, face="acts", belief=False)
    seen, infos = envs.reset(seed=1)
    alone = acts("SpacingSmall-v0", belief=False)
    observation, info = alone.reset(seed=2)
    assert (seen[1] == observation).all() and (infos["action_mask"][1] == info["action_mask"]).all()
    assert envs.step(np.array([0, 1]))[0].shape == seen.shape
    envs.close()


# ---- in the text environment


def scored(env):
    """Some fixed way to choose, far from random."""
    weights = np.random.default_rng(4).normal(size=(env.action_space.n, env.observation_space.shape[0]))
    return lambda observation, mask: int(np.argmax(np.where(mask, weights @ observation, -np.inf)))


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Coaching-v0", "GuidedSolving-v0", "SpacingSmall-v0"])
def test_a_policy_of_numbers_speaks_in_the_text_environment(env_id):
    env = acts(env_id).unwrapped
    choose = scored(env)
    result = dialogym.evaluate(env_id, env.policy(choose, "linear"), episodes=12, seed=40, regret=0)
    assert result.policy == "linear" and result.metrics["malformed"] == result.metrics["illegal"] == 0
    text, speak = gym.make(env_id).unwrapped, env.policy(choose)
    for place in range(12):
        (observation, info), done = env.reset(seed=40 + place), False
        text.reset(seed=40 + place)
        stream = policy_stream(40 + place)
        while not done:
            text.step(speak(text.dialogue, stream))
            observation, _, over, cut, info = env.step(choose(observation, info["action_mask"].astype(bool)))
            done = over or cut
        assert env.messages() == text.messages(), "word for word"
        assert env.dialogue.steps[-1].payoff == result.returns[place]


def test_the_best_acts_by_number_reach_the_optimum():
    env = acts("CoachingSmall-v0").unwrapped

    def best(dialogue):
        act = dialogue.setting.solution.best_act(dialogue.state, dialogue.belief())
        return env.policy(lambda observation, mask: env.features.encoding.slot(dialogue.scenario, act))(
            dialogue, policy_stream(0)
        )

    ours, theirs = (dialogym.evaluate("CoachingSmall-v0", policy, episodes=60) for policy in (best, "optimal"))
    assert ours.mean_return == pytest.approx(theirs.mean_return) and ours.score == pytest.approx(theirs.score)


def test_a_loop_in_the_style_of_cleanrl_learns():
    """REINFORCE with a mask, in numpy, on a vector: whoever counts guests' orders serves what they want."""
    envs = gym.make_vec(TOY, num_envs=16, face="acts", split="train")
    seen, infos = envs.reset(seed=0)
    weights = np.zeros((envs.single_observation_space.shape[0], envs.single_action_space.n))
    rng, recent = np.random.default_rng(0), []
    for _ in range(300):
        logits = np.where(infos["action_mask"], seen @ weights, -1e9)
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        actions = np.array([rng.choice(len(row), p=row) for row in p])
        before = seen
        seen, rewards, over, cut, infos = envs.step(actions)
        gained = rewards - np.mean(rewards)
        weights += 0.1 * before.T @ ((np.eye(p.shape[1])[actions] - p) * gained[:, None])
        recent.append(rewards.mean())
    assert np.mean(recent[:5]) < 0.5 and np.mean(recent[-30:]) > 0.95


def test_maskable_ppo_learns():
    sb3_contrib = pytest.importorskip("sb3_contrib")
    from stable_baselines3.common.env_checker import check_env as check_for_sb3

    env = acts(TOY)
    check_for_sb3(env.unwrapped)
    model = sb3_contrib.MaskablePPO("MlpPolicy", env, n_steps=256, learning_rate=3e-3, gamma=1.0, seed=0, device="cpu")
    model.learn(4000)
    policy = env.unwrapped.policy(lambda seen, mask: model.predict(seen, action_masks=mask, deterministic=True)[0])
    assert dialogym.evaluate(TOY, policy, episodes=60).mean_return > 0.95


# ---- as the text environment is


@pytest.mark.parametrize("copied", [lambda env: pickle.loads(pickle.dumps(env)), copy.deepcopy])
def test_a_running_environment_goes_on_in_a_copy(copied):
    env = acts("Negotiation-v0")
    observation, info = env.reset(seed=6)
    env.step(int(np.flatnonzero(info["action_mask"])[3]))
    other = copied(env)
    for _ in range(12):
        open_now = np.flatnonzero(env.unwrapped.action_masks())
        act = int(open_now[len(open_now) // 3])
        one, two = env.step(act), other.step(act)
        assert same(one, two) and env.unwrapped.messages() == other.unwrapped.messages()
        if one[2] or one[3]:
            assert same(env.reset(), other.reset())


def test_the_features_are_the_same_in_another_process():
    code = """
import json, gymnasium as gym, dialogym
from dialogym.envs import encoding
vars(encoding).update(LESS)
env = gym.make("Commons-v0", face="acts").unwrapped
observation, info = env.reset(seed=9)
print(json.dumps([env.features.labels, observation.tolist(), info["action_mask"].tolist()]))"""
    code = code.replace("LESS", str(LESS))
    labels, seen, mask = json.loads(subprocess.check_output([sys.executable, "-c", code], text=True))
    env = acts("Commons-v0").unwrapped
    observation, info = env.reset(seed=9)
    assert labels == env.features.labels and (observation == np.array(seen, np.float32)).all()
    assert info["action_mask"].tolist() == mask


@pytest.mark.parametrize("env_id", ["Coaching-v0", "Commons-v0", TOY])
def test_exploring_is_the_same_every_time(env_id):
    env = acts(env_id).unwrapped
    assert Features(env.family).labels == env.features.labels


def test_features_are_found_once_for_a_family():
    one, other = acts("Coaching-v0").unwrapped, acts("Coaching-v0").unwrapped
    assert one.features is other.features is features(one.family)
    assert acts("Coaching-v0", belief=False).unwrapped.features is not one.features


def test_asyncio_and_splits():
    env = acts("CoachingSmall-v0", split="test").unwrapped
    text = gym.make("CoachingSmall-v0", split="test").unwrapped
    text.reset(seed=0)

    async def begin():
        await env.areset(seed=0)
        return await env.astep(0)

    observation, *_, info = asyncio.run(begin())
    assert observation in env.observation_space and not info["action_mask"][0]
    assert env.dialogue.seed == text.dialogue.seed > 0 and env.dialogue.scenario == text.dialogue.scenario


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="face must be one of text, acts; got 'numbers'"):
        gym.make("Coaching-v0", face="numbers")
    with pytest.raises(ValueError, match="face must be one of"):
        gym.make_vec("Coaching-v0", face="numbers")
    with pytest.raises(ValueError, match="no setting 'belief'"):
        gym.make("Coaching-v0", belief=True)
    env, envs = acts("Coaching-v0").unwrapped, gym.make_vec("Coaching-v0", num_envs=2, face="acts")
    with pytest.raises(ResetNeeded):
        env.step(0)
    with pytest.raises(ResetNeeded):
        envs.step([0, 0])
    env.reset(seed=0)
    envs.reset(seed=0)
    for wrong in (env.action_space.n, -1, 0.5, "[ask job]"):
        with pytest.raises(ValueError, match="action must be in Discrete"):
            env.step(wrong)
    for wrong in ([0], [0, env.action_space.n], [[0, 0]]):
        with pytest.raises(ValueError, match="action must be in MultiDiscrete"):
            envs.step(wrong)
    play(env, 0)
    with pytest.raises(ResetNeeded):
        env.step(0)
