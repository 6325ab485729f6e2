"""A session tells at the end what it must, and nothing before."""

from __future__ import annotations

import asyncio
import json

import pytest
from dialogym.adapters.session import Session, Sessions, metrics

from .learner import flaky, plain, speak


def played(session, seed):
    session.reset(seed)
    answers = []
    while not (answers and answers[-1].done):
        answers.append(session.step(speak(session.env.messages())))
    return answers


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Tutoring-v0"])
def test_it_is_the_dialogue_of_gymnasium(env_id):
    session = Session(env_id)
    for seed in range(20):
        answers, (rewards, info) = played(session, seed), plain(env_id, seed)
        assert [answer.reward for answer in answers] == rewards
        assert all(not answer.end for answer in answers[:-1])
        end = answers[-1].end
        assert (end["outcome"], end["hidden"]) == (info["outcome"], info["hidden"])
        assert end["return"] == sum(rewards)
        assert len(end["advantages"]) == len(rewards)
        assert json.loads(json.dumps(end))["seed"] == seed


def test_advantages_say_what_the_turns_have_lost():
    """The expected payoff is the optimum plus the expected advantages; whoever plays the best acts loses nothing."""
    session = Session("Tutoring-v0")
    session.reset(0)
    while True:
        act = session.env.best_act()
        answer = session.step(session.env.engine.grammar.print(act) or "Hm.")
        if answer.done:
            break
    assert max(map(abs, answer.end["advantages"])) < 1e-9
    assert metrics(answer.end)["regret"] == pytest.approx(0.0, abs=1e-9)
    session.reset(0)
    worse = session.step("[stop]").end
    assert worse["advantages"][0] < -0.01 and worse["optimum"] > worse["return"]


@pytest.mark.parametrize("settings", [{"env_id": "Spacing-v0"}, {"env_id": "Negotiation-v0", "reward": "turn_cost"}])
def test_where_they_cannot_be_computed_there_are_none(settings):
    session = Session(**settings)
    session.reset(0)
    while not (answer := session.step("Hello.")).done:
        pass
    assert answer.end["advantages"] is None and "regret" not in metrics(answer.end)
    assert answer.end["return"] == session.total


def test_a_failure_of_the_simulated_user_is_raised():
    session = Session("Negotiation-v0", user=flaky())
    session.reset(1)
    with pytest.raises(ConnectionError, match="503"):
        session.step("Hello.")
    session.reset(3)
    with pytest.raises(ConnectionError, match="503"):
        asyncio.run(session.astep("Hello."))


def test_only_words():
    with pytest.raises(ValueError, match="face must be 'text'"):
        Session("Negotiation-v0", face="acts")


def test_sessions_share_one_language_model_and_meet_the_same_people():
    pytest.importorskip("openai")
    named = {"user": "voiced:http://127.0.0.1:9/v1#none(attempts=1)", "split": "test"}
    sessions, alone = Sessions("Negotiation-v0", **named), Session("Negotiation-v0", **named)
    first, second = sessions().env.engine, sessions().env.engine
    assert first.user is second.user is sessions.engine.user and first.split == "test"
    assert first.people == alone.env.engine.people is not None
    assert Sessions("Negotiation-v0")().env.engine.people is None
    sessions.close()
    alone.env.close()
