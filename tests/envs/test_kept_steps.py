"""A step that somebody has kept, such as a reward's log, is worth as much after the environment has gone on."""

from __future__ import annotations

import gc
import pickle
import weakref

import gymnasium as gym
import numpy as np
import pytest
from dialogym.envs.make import make_engine

ENV = "Negotiation-v0"


@pytest.fixture
def no_collector():
    gc.disable()
    yield
    gc.enable()


def said(step):
    dialogue = step.dialogue
    return (dialogue.messages(), list(dialogue.turns()), step.belief_before(), step.belief_after(), dialogue.scenario)


def test_it_outlives_the_next_dialogue():
    kept = []

    def log(step):
        kept.append(step)
        return 0.0

    env = gym.make(ENV, reward=log)
    env.reset(seed=1)
    for text in ("[offer 30]", "Hello.", "[walk]"):
        env.step(text)
    before = [said(step) for step in kept]
    env.reset(seed=2)
    env.step("[walk]")
    env.reset(seed=3)
    assert [said(step) for step in kept[:3]] == before
    assert len({step.dialogue for step in kept[:3]}) == 1
    assert said(pickle.loads(pickle.dumps(kept[0])))[0] == before[0][0]


def test_it_outlives_the_next_dialogue_of_a_vector():
    kept = []

    def log(step):
        kept.append(step)
        return 0.0

    envs = gym.make_vec(ENV, num_envs=2, reward=log)
    envs.reset(seed=1)
    envs.step(["[offer 30]"] * 2)
    belief = kept[0].belief_after()
    for _ in range(2):
        envs.step(["[walk]"] * 2)
    assert kept[0].belief_after() == belief and kept[0].dialogue.steps == [kept[0], kept[2]]


def test_one_of_a_dialogue_that_was_kept_for_a_while_outlives_it():
    env = gym.make(ENV)
    env.reset(seed=1)
    env.step("Hello.")
    env.step("[offer 30]")
    dialogue = env.unwrapped.dialogue
    env.reset(seed=2)
    step = dialogue.steps[0]
    belief = step.belief_after()
    del dialogue
    assert step.belief_after() == belief and len(step.dialogue.steps) == 2


def test_a_fork_outlives_the_dialogue_that_it_is_of():
    env = gym.make(ENV)
    env.reset(seed=1)
    env.step("Hello.")
    fork = env.unwrapped.dialogue.fork()
    env.reset(seed=2)
    assert fork.steps[0].belief_after() == fork.belief_at(1)


def test_what_nobody_keeps_needs_no_garbage_collector(no_collector):
    """Cycles wait for the collector, and in a large batch half of the time goes there."""
    env, envs = gym.make(ENV), gym.make_vec(ENV, num_envs=2)
    envs.reset(seed=1)
    gone = []
    for seed in range(3):
        env.reset(seed=seed)
        gone += [weakref.ref(dialogue) for dialogue in (env.unwrapped.dialogue, *envs.dialogues)]
        for text in ("Hello.", "[walk]"):
            env.step(text)
            envs.step([text] * 2)
    env.reset()
    assert [dialogue() for dialogue in gone] == [None] * 9


def test_what_was_kept_ends_with_its_steps():
    (dialogue,) = make_engine(ENV).open([np.random.default_rng(1)])
    engine = make_engine(ENV)
    step, *_ = engine.step([dialogue], ["Hello."])
    gone = weakref.ref(dialogue)
    dialogue.release()
    del dialogue
    assert gone() is step.dialogue
    del step
    gc.collect()
    assert gone() is None
