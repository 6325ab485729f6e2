"""Several simulated people: who says what, in what manner, and what is kept back until all have moved."""

from __future__ import annotations

import io
import pickle

import dialogym
import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.dialogue import Together
from dialogym.envs.episodes import record, replay
from dialogym.envs.human_user import HumanUser
from dialogym.envs.make import make_engine
from dialogym.envs.transcript import Transcript
from dialogym.policies.duel import Duel, play_duels
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.personas import Company, Persona, read_persona, spell_persona
from dialogym.simulated_users.user import ScriptedUser
from rich.console import Console

from ..toy_table import FRIENDS, TABLE, Sharing


def opened(user="scripted", seed=0, **options):
    engine = make_engine(TABLE, user=user)
    return engine, engine.open([np.random.default_rng(seed)], options)[0]


class Listener:
    """The family's voice, and what it was told."""

    personas = Sharing.voice.personas

    def __init__(self):
        self.cues = []

    def say(self, cues, streams):
        self.cues += cues
        return Sharing.voice.say(cues, streams)


def test_each_says_its_words_after_its_name():
    engine, dialogue = opened()
    step = engine.step([dialogue], ["[take 2]"])[0]
    assert isinstance(step.reply, Together)
    assert [line.partition(": ")[0] for line in step.reply.splitlines()] == ["Anna", "Ben"]
    assert [turn.seat for turn in step.answers] == list(FRIENDS)
    shown = Transcript(engine.family).text(dialogue)
    assert "\nAnna: " in shown and "Anna: Anna:" not in shown


def test_nobody_hears_a_sealed_move_before_all_have_moved():
    listener = Listener()
    engine, dialogue = opened(ScriptedUser(listener))
    engine.step([dialogue], ["[ask ben]"])
    engine.step([dialogue], ["I am hungry! [take 3]"])
    asked, *sealed = listener.cues
    assert asked.heard == "[ask ben]" and [cue.seat for cue in sealed] == list(FRIENDS)
    assert all(cue.heard == "" and cue.before.wanted == () for cue in sealed)


def test_each_has_a_persona_of_its_own():
    persons = [opened(seed=seed)[1].persona for seed in range(20)]
    assert {len({persona.seats[name] for name in FRIENDS}) for persona in persons} == {1, 2}
    _, dialogue = opened(persona="polite")
    assert dialogue.persona.seats == dict.fromkeys(FRIENDS, "polite")
    _, dialogue = opened(persona={"ben": Persona("plain", 70), "anna": "polite"})
    assert dialogue.persona == "anna: polite, ben: plain" and dialogue.persona.seats["ben"].age == 70
    told = read_persona(spell_persona(dialogue.persona))
    assert isinstance(told, Company) and told.seats["ben"].age == 70 and told == dialogue.persona
    assert pickle.loads(pickle.dumps(told)).seats == told.seats
    with pytest.raises(ValueError, match="must be one of plain, polite"):
        opened(persona={"ben": "shouting"})


def test_episodes_replay():
    engine = make_engine(TABLE)
    for dialogue in rollout(engine, make_policy("random", engine), range(10)):
        episode = record(dialogue, TABLE, engine, "random")
        assert {turn.seat for turn in episode.turns} == {"you", *FRIENDS}
        again = list(replay(episode, engine))
        assert [step.reply for step in again] == [step.reply for step in dialogue.steps]
        assert again[-1].payoff == dialogue.steps[-1].payoff


def test_a_person_takes_one_of_the_seats():
    class Scripted(Console):
        def input(self, *args, **kwargs):
            return "Just a bit. [take 1]"

    out = io.StringIO()
    engine = make_engine(TABLE)
    user = HumanUser(engine.family, console=Scripted(file=out), seat="ben")
    engine = make_engine(TABLE, user=user)
    dialogue = engine.open([np.random.default_rng(0)], {"hidden": ("hungry", "modest")})[0]
    step = engine.step([dialogue], ["[take 2]"])[0]
    anna, ben = step.reply.parts
    assert ben == "Ben: Just a bit. [take 1]" and "Just a bit" not in anna
    assert "norm modest" in out.getvalue() and "hungry" not in out.getvalue()


@pytest.mark.parametrize("face", [dialogym.aec, dialogym.parallel])
def test_who_may_learn(face):
    with pytest.raises(ValueError, match="learners must be some of the seats you, anna, ben"):
        face(TABLE, learners=("cleo",))
    with pytest.raises(ValueError, match="learners must include you: nobody is simulated"):
        face(TABLE, learners=("ben",)).reset(seed=0)
    env = face(TABLE, learners=("ben", "you"))
    env.reset(seed=0)
    assert env.agents == ["you", "ben"]


def test_sealed_words_wait_in_the_inbox():
    env = dialogym.aec(TABLE, render_mode="ansi")
    env.reset(seed=0)
    env.step("I am modest. [take 3]")
    for seat, text in (("anna", "[take 0]"), ("ben", "[take 1]")):
        assert env.agent_selection == seat and env.observe(seat)["utterance"] == "" and env.render() == ""
        env = pickle.loads(pickle.dumps(env))
        env.step(text)
    assert env.observe("anna")["utterance"] == "You: I am modest. [take 3]\nBen: [take 1]"
    assert env.observe("ben")["utterance"] == "You: I am modest. [take 3]\nAnna: [take 0]"


def test_all_move_at_once_in_the_parallel_face():
    env = dialogym.parallel(TABLE, rounds=2)
    observations, _ = env.reset(seed=0)
    assert {seat: told["turn"] for seat, told in observations.items()} == {"you": 1, "anna": 1, "ben": 1}
    observations, rewards, *_ = env.step(dict.fromkeys(env.agents, "[take 1]"))
    assert observations["ben"]["utterance"] == "You: [take 1]\nAnna: [take 1]" and set(rewards.values()) == {0.0}
    _, rewards, over, cut, _ = env.step({"you": "[take 2]", "anna": "[take 2]", "ben": "Nothing for me."})
    assert rewards == pytest.approx({"you": 3 / 8, "anna": 3 / 8, "ben": 1 / 8})
    assert all(over.values()) and not any(cut.values()) and env.agents == []
    env.reset(seed=0)
    observations, *_ = env.step(dict.fromkeys(env.agents, "[ask ben]"))
    assert [told["turn"] for told in observations.values()] == [0, 0, 1]  # only the first was said
    with pytest.raises(ValueError, match="the words of 'ben', whose turn it is"):
        env.step({"anna": "Hello."})


def test_three_lost_turns_cut_it_off_for_all():
    env = dialogym.parallel(TABLE)
    env.reset(seed=0)
    for _ in range(3):
        _, rewards, over, cut, infos = env.step({"you": "[unknown]", "anna": "[take 1]", "ben": "[take 1]"})
    assert all(cut.values()) and not any(over.values()) and infos["you"]["problem"] == "malformed"
    assert rewards["you"] == 0.0 and rewards["anna"] > 0.0


def test_policies_meet_in_all_seats_or_some():
    family = Sharing(rounds=2)
    engine = make_engine(TABLE, rounds=2)
    random = make_policy("random", engine)
    whole, some = play_duels(family, [dict.fromkeys(("you", *FRIENDS), random), {"you": random, "ben": random}], [3, 3])
    assert set(whole.payoffs) == {"you", *FRIENDS} and set(some.payoffs) == {"you", "ben"}
    for duel in (whole, some):
        for seat, dialogue in duel.dialogues.items():
            assert dialogue.done and dialogue.steps[-1].payoff == pytest.approx(duel.payoffs[seat])
            for step in dialogue.steps:
                assert all(before.wanted == () for before, _, _ in step.exchange.replies)
    duel = Duel(family, 0)
    duel.say("[take 3]")
    assert duel.mover == "anna" and not duel.dialogues["anna"].opening


def test_one_dialogue_is_one_for_every_face():
    env = gym.make(TABLE)
    engine, dialogue = opened()
    text, _ = env.reset(seed=0)
    (other,) = engine.open([gym.utils.seeding.np_random(0)[0]])
    assert other.observation() == text
    assert engine.step([other], ["[take 1]"])[0].reply == env.step("[take 1]")[0]
    assert dialogue.brief == other.brief.replace(other.scenario.dish, dialogue.scenario.dish)
