"""Running environments can be pickled and copied, and go on with the very same dialogues."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import TABLE
from dialogym.evaluation.conformance.subject import SCRIPT
from dialogym.simulated_users.backends.backend import Reply
from dialogym.simulated_users.backends.replay import ReplayBackend
from dialogym.simulated_users.llm_voice import Spoken
from pettingzoo.utils.conversions import turn_based_aec_to_parallel

from .test_voiced_conformance import parroted

IDS = [env_id for env_id, (path, _) in TABLE.items() if path.startswith("dialogym.")]
DUELS = [env_id for env_id in IDS if load_family(*TABLE[env_id]).duel is not None]
ENV = "Negotiation-v0"
COPIES = [lambda env: pickle.loads(pickle.dumps(env)), copy.deepcopy]
copied = pytest.mark.parametrize("copied", COPIES, ids=["pickled", "deepcopied"])


def running(env_id, turns=2, **arguments):
    env = gym.make(env_id, **arguments)
    env.reset(seed=5)
    for text in SCRIPT[:turns]:
        env.step(text)
    return env


def goes_on(env, steps=40):
    """What follows, across the end of the dialogue: the next one is drawn from the environment's own generator."""
    seen = []
    for k in range(steps):
        *seen_now, info = env.step(SCRIPT[(2 + k) % len(SCRIPT)])
        seen.append((*seen_now, info))
        if seen_now[2] or seen_now[3]:
            seen.append(env.reset())
    return seen


@copied
@pytest.mark.parametrize("env_id", IDS)
def test_a_running_environment_goes_on_as_the_original(env_id, copied):
    env = running(env_id)
    other = copied(env)
    assert other.unwrapped.messages() == env.unwrapped.messages()
    assert other.unwrapped.dialogue.belief() == env.unwrapped.dialogue.belief()
    assert other.unwrapped.outcome() == env.unwrapped.outcome() and other.spec.id == env_id
    assert other.np_random is other.unwrapped.dialogue.stream._generator is not env.np_random
    first = goes_on(other)
    assert first == goes_on(env) and len(first) > 40


def test_a_pickle_goes_on_in_another_process(tmp_path):
    envs = [running(env_id, turns=1) for env_id in IDS]  # in a later turn some people may hang up
    (tmp_path / "envs").write_bytes(pickle.dumps(envs))
    code = (
        "import pickle, sys; print([[env.step(text)[:4] for text in ('Hm.', '[nonsense 3]')] "
        "for env in pickle.load(open(sys.argv[1], 'rb'))])"
    )
    ran = subprocess.run([sys.executable, "-c", code, tmp_path / "envs"], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str([[env.step(text)[:4] for text in ("Hm.", "[nonsense 3]")] for env in envs])


@copied
def test_vectors_go_on_as_the_original(copied):
    envs = gym.make_vec(ENV, num_envs=3)
    envs.reset(seed=1)
    envs.step(["Hello."] * 3)
    other = copied(envs)
    for k in range(24):
        ours, theirs = (e.step([SCRIPT[k % len(SCRIPT)], "[walk]", "Hm."]) for e in (envs, other))
        assert ours[0] == theirs[0]
        for part in (1, 2, 3):
            np.testing.assert_array_equal(ours[part], theirs[part])
        assert list(ours[4].get("final_info", ())) == list(theirs[4].get("final_info", ()))


@copied
@pytest.mark.parametrize("env_id", DUELS)
@pytest.mark.parametrize("parallel", [False, True])
def test_dialogues_of_two_learners_go_on_as_the_original(env_id, parallel, copied):
    env = dialogym.aec(env_id)
    whole = turn_based_aec_to_parallel(env) if parallel else env
    assert copied(whole).possible_agents == env.possible_agents
    env.reset(seed=3)
    env.step("Hello there.")
    other = copied(whole)
    other = other.unwrapped if parallel else other
    for _ in range(2):
        for text in ("Well, what do you say?", "[walk]"):
            env.step(text)
            other.step(text)
            assert [env.last(), env.rewards, env.agent_selection] == [
                other.last(),
                other.rewards,
                other.agent_selection,
            ]
            assert env.both.game == other.both.game
        env.reset()
        other.reset()
        assert env.both.briefs == other.both.briefs


@copied
def test_what_was_given_goes_along(copied):
    weights = {"goal": 1.0, "curiosity/entropy(gamma=0.9)": 0.5}
    env = running(ENV, reward=weights, grammar="tagged", personas="rich", rounds=5, render_mode="human")
    other = copied(env)
    assert other.unwrapped.engine.reward.describe() == weights and other.unwrapped.engine.grammar.mode == "tagged"
    assert other.unwrapped.dialogue.persona.as_dict() == env.unwrapped.dialogue.persona.as_dict()
    assert other.unwrapped.family == env.unwrapped.family and other.render_mode == "human"
    assert goes_on(other) == goes_on(env)


def test_a_dialogue_that_the_environment_is_done_with_can_be_pickled():
    env = running(ENV)
    dialogue = env.unwrapped.dialogue
    said, belief = dialogue.messages(), dialogue.belief()
    env.reset()
    for kept in (dialogue, *dialogue.steps):
        other = pickle.loads(pickle.dumps(kept))
        other = getattr(other, "dialogue", other)
        assert other.messages() == said and other.steps[0].belief_after() == dialogue.belief_at(1)
        assert other.steps[-1].dialogue is other and other.belief() == belief


def test_pickles_stay_small():
    """They hold no solution, no utterances that were read before, no belief and no briefs of other dialogues."""
    env = running("Spacing-v0")
    env.unwrapped.dialogue.belief()
    assert len(pickle.dumps(env)) < 40_000


def test_one_goes_on_with_a_copy_of_another_and_neither_notices():
    env = running(ENV)
    other = copy.deepcopy(env)
    other.step("[walk]")
    assert other.unwrapped.dialogue.done and not env.unwrapped.dialogue.done
    assert len(env.unwrapped.dialogue.steps) == 2


# ---- language models


def test_a_language_model_by_name_is_connected_anew(tmp_path):
    """The pickle holds its name; the one that is unpickled has a connection of its own, and closes it."""
    user, _ = parroted(ENV, tmp_path)
    expected = goes_on(running(ENV, user=user, personas="rich"), 5)  # records what the parrot says
    env = running(ENV, user=f"voiced:replay:{tmp_path}")
    other = pickle.loads(pickle.dumps(env))
    ours, theirs = env.unwrapped.engine, other.unwrapped.engine
    assert theirs.user.voice.backend is not ours.user.voice.backend and len(theirs.owned) == 1
    assert isinstance(other.unwrapped.dialogue.steps[0].reply, Spoken)
    env.close()
    assert goes_on(other, 5) == expected and "voice" in expected[0][4] and "error" not in expected[0][4]


def test_a_copy_shares_the_language_model_and_leaves_it_open(tmp_path):
    env = gym.make(ENV, user=parroted(ENV, tmp_path)[0], personas="rich")
    env.reset(seed=5)
    env.step("Hello.")
    env = gym.make(ENV, user=f"voiced:replay:{tmp_path}")
    env.reset(seed=5)
    other = copy.deepcopy(env)
    assert other.unwrapped.engine.user is env.unwrapped.engine.user
    other.close()
    assert not env.step("Hello.")[4].get("error")


class Waiting(ReplayBackend):
    name = "a model"

    def __init__(self):
        pass

    def generate(self, requests):
        return [Reply("Well.", 1, 1, 0.0) for _ in requests]


@pytest.mark.parametrize("made", [gym.make, lambda *a, **k: gym.make_vec(*a, num_envs=2, **k)])
def test_a_language_model_that_was_given_as_an_object_says_what_to_do(made):
    user, _ = parroted(ENV)
    user.voice.backend = Waiting()
    env = made(ENV, user=user)
    env.reset(seed=1)
    with pytest.raises(
        TypeError, match=r"language model a model .* cannot be pickled.*user='voiced:MODEL'.*make the env"
    ):
        pickle.dumps(env)
    assert copy.deepcopy(env).reset(seed=1)[0] == env.reset(seed=1)[0]


def test_engines_that_were_made_by_hand_can_be_pickled():
    engine = make_engine(ENV, reward="goal", rounds=5)
    other = pickle.loads(pickle.dumps(engine))
    texts = []
    for one in (engine, other):
        (dialogue,) = one.open([np.random.default_rng(3)])
        texts.append([dialogue.observation(), one.step([dialogue], ["Hello."])[0].reply])
    assert texts[0] == texts[1] and other.family == engine.family
