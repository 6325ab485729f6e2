"""What the PettingZoo faces do not take, and what they say of it."""

from __future__ import annotations

import dialogym
import pytest

from .. import toy_table

ENV = "Negotiation-v0"


@pytest.mark.parametrize("make", [dialogym.aec, dialogym.parallel])
@pytest.mark.parametrize(
    "argument", [{"reward": "turn_cost"}, {"user": "scripted"}, {"personas": "rich"}, {"ear": "grammar"}, {"judge": ""}]
)
def test_payoffs_are_the_rewards_and_minds_and_phrase_banks_speak(make, argument):
    (name,) = argument
    with pytest.raises(ValueError, match=rf"^{name} cannot be set .*payoffs are the rewards, .*phrase bank") as caught:
        make(ENV, **argument)
    there = str(caught.value).rpartition("there are ")[2].split(", ")
    assert there == ["grammar", "render_mode", "split", "on_error", "learners"]


@pytest.mark.parametrize("make", [dialogym.aec, dialogym.parallel])
def test_an_unknown_setting_is_answered_with_those_that_the_faces_take(make):
    with pytest.raises(
        ValueError, match=r"no setting 'colour'; valid settings are role, .*there are grammar, rend.*rs$"
    ):
        make(ENV, colour="red")


@pytest.mark.parametrize("action, kind", [(3, "int"), (None, "NoneType"), (b"Hello.", "bytes")])
def test_words_are_strings(action, kind):
    env = dialogym.aec(ENV)
    env.reset(seed=0)
    with pytest.raises(TypeError, match=f"^action must be a str, got {kind}$"):
        env.step(action)
    env.step("Hello.")
    env = dialogym.parallel(ENV)
    env.reset(seed=0)
    (mover,) = env.room.movers
    with pytest.raises(TypeError, match=rf"^actions\['{mover}'\] must be a str, got {kind}$"):
        env.step({mover: action})
    assert env.step({mover: "Hello.", **{seat: None for seat in env.agents if seat != mover}}), "nobody hears these"


def test_a_round_in_which_one_says_no_words_is_not_begun():
    env = dialogym.parallel(toy_table.TABLE)
    env.reset(seed=0)
    while len(env.room.movers) < 2:
        env.step(dict.fromkeys(env.agents, "Hello."))
    before, movers = env.state_, env.room.movers
    for wrong in ({movers[0]: "Hello.", movers[1]: None}, {movers[0]: "Hello."}):
        with pytest.raises((TypeError, ValueError), match=movers[1]):
            env.step(wrong)
        assert env.state_ == before and env.room.movers == movers


def test_only_agents_that_exist_act():
    env = dialogym.parallel(ENV)
    env.reset(seed=0)
    with pytest.raises(ValueError, match="actions may hold the words of buyer, seller; got those of 'zed'"):
        env.step({**dict.fromkeys(env.agents, "Hello."), "zed": "x"})
    with pytest.raises(ValueError, match="actions must be a mapping of agents to what they say, got 'Hello"):
        env.step("Hello.")
