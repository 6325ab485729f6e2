"""A learner that thinks aloud: nobody hears it, and nothing in its thoughts binds."""

from __future__ import annotations

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.envs.episodes import record, replay
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.negotiation.game import Offer
from dialogym.envs.registration import lookup
from dialogym.policies.duel import Duel
from dialogym.simulated_users.user import ScriptedUser

ENV = "Negotiation-v0"
THOUGHT = "<think>I could say [offer 100] or [accept]. " + "Hm. " * 600 + "</think>\n\n"
SAID = "Here is my best. [offer 20]"


class Spy(ScriptedUser):
    """Keeps all that the simulated person is told of the learner's words."""

    def __init__(self, voice):
        super().__init__(voice)
        self.heard = []

    def decide(self, dialogues, heards):
        self.heard += [dialogue.hearing for dialogue in dialogues]
        return super().decide(dialogues, heards)

    def speak(self, dialogues, heards, texts, exchanges):
        self.heard += texts
        return super().speak(dialogues, heards, texts, exchanges)


def told(user):
    return "\n".join(user.heard)


def test_only_what_is_said_aloud_binds_and_is_heard():
    user = Spy(load_family(*lookup(ENV)).voice)
    env = gym.make(ENV, user=user, render_mode="ansi")
    env.reset(seed=4)
    *_, info = env.step(THOUGHT + SAID)
    (step,) = env.unwrapped.dialogue.steps
    assert (step.act, step.text, info["problem"]) == (Offer(20), SAID, "")
    assert SAID in told(user)
    for shown in (told(user), env.render(), str(env.unwrapped.messages()), env.unwrapped.dialogue.hearing):
        assert "<think" not in shown and "I could say" not in shown


def test_it_is_the_same_dialogue_as_without_thoughts():
    thinking, silent = gym.make(ENV), gym.make(ENV)
    assert thinking.reset(seed=4) == silent.reset(seed=4)
    for said in (SAID, "It is all I have.", "[walk]"):
        assert thinking.step(THOUGHT + said) == silent.step(said)


@pytest.mark.parametrize(
    "text", ["<think>I could [offer 100]", "I could [offer 100]</think>", "<think>[accept]</think>"]
)
def test_a_turn_that_is_all_thought_is_like_an_empty_one(text):
    thinking, silent = gym.make(ENV), gym.make(ENV)
    assert thinking.reset(seed=4) == silent.reset(seed=4)
    assert thinking.step(text) == silent.step("")
    (step,) = thinking.unwrapped.dialogue.steps
    assert step.text == "" and step.act == Say()


def test_vectors_take_thoughts_off_too():
    thinking, silent = gym.make_vec(ENV, num_envs=3), gym.make_vec(ENV, num_envs=3)
    thinking.reset(seed=4), silent.reset(seed=4)
    assert thinking.step([THOUGHT + SAID, THOUGHT, "Hi."])[0] == silent.step([SAID, "", "Hi."])[0]
    assert [dialogue.steps[0].act for dialogue in thinking.dialogues] == [Offer(20), Say(), Say()]


def test_two_learners_do_not_hear_each_others_thoughts():
    env = dialogym.aec(ENV)
    env.reset(seed=0)
    env.step(THOUGHT + SAID)
    (other,) = [agent for agent in env.agents if agent == env.agent_selection]
    assert env.observe(other)["utterance"] == SAID

    duel = Duel(load_family(*lookup(ENV)), 0)
    first = duel.mover
    duel.say(THOUGHT + SAID)
    duel.say("Hm. Let me see.")
    assert duel.dialogues[first].steps[0].text == SAID and duel.dialogues[first].steps[0].act == Offer(20)
    assert "think" not in str(duel.dialogues[duel.mover].messages())


def test_episodes_keep_no_thoughts_and_replay():
    engine = make_engine(ENV)
    (dialogue,) = engine.open([np.random.default_rng(3)], seeds=[3])
    for said in (SAID, "[walk]"):
        engine.step([dialogue], [THOUGHT + said])
    episode = record(dialogue, ENV, engine, "thinker")
    assert [turn.text for turn in episode.turns if turn.seat == episode.seat] == [SAID, "[walk]"]
    assert [step.act for step in replay(episode)] == [step.act for step in dialogue.steps]


def test_episodes_replay_in_which_thoughts_were_recorded_and_lost_the_turn():
    engine = make_engine(ENV)
    (dialogue,) = engine.open([np.random.default_rng(3)], seeds=[3])
    for said in ("[offer 1] or [offer 2]", "[walk]"):
        engine.step([dialogue], [said])
    episode = record(dialogue, ENV, engine, "thinker")
    turn = next(turn for turn in episode.turns if turn.problem)
    turn.text = THOUGHT + SAID
    steps = list(replay(episode))
    assert [(step.act, step.problem) for step in steps] == [(step.act, step.problem) for step in dialogue.steps]
    assert steps[0].problem == "malformed" and [step.reply for step in steps] == [s.reply for s in dialogue.steps]
