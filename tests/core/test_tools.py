"""Acts as functions: the schema says what the grammar takes, and a call comes to the act that its tag would."""

from __future__ import annotations

import json
from dataclasses import asdict

import dialogym
import gymnasium as gym
import pytest
from dialogym.core.acts import Say
from dialogym.core.dialogue import YOU_OPEN
from dialogym.core.tools import HINT, utterance
from dialogym.envs.make import make_engine
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout

IDS = pytest.mark.parametrize("env_id", dialogym.ids())


def functions(env):
    return {tool["function"]["name"]: tool["function"] for tool in env.unwrapped.tools()}


def test_the_functions_of_a_bargain():
    found = functions(gym.make("Negotiation-v0"))
    assert list(found) == ["offer", "accept", "walk", "say"]
    schema = found["offer"]["parameters"]
    assert schema["properties"]["price"] == {"type": "integer"} and schema["required"] == ["price"]
    assert set(schema["properties"]) == {"price", "message"} and schema["additionalProperties"] is False
    assert found["offer"]["description"].startswith("Propose a price")
    assert found["say"]["parameters"]["required"] == ["message"]


@IDS
def test_every_act_can_be_called_and_is_the_same_by_its_tag(env_id):
    env, engine = gym.make(env_id), make_engine(env_id)
    env.reset(seed=0)
    dialogue, found, seen = env.unwrapped.dialogue, functions(env), 0
    if all(isinstance(act, Say) for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat)):
        env.step("Hello.")  # where one can only talk at first
    for act in dialogue.setting.game.choices(dialogue.state, dialogue.seat):
        if isinstance(act, Say):
            continue
        assert set(asdict(act)) == set(found[act.tag()]["parameters"]["required"])
        for arguments in (asdict(act), json.dumps({**asdict(act), "message": "Well then."})):
            heard = engine.grammar.parse(utterance({"name": act.tag(), "arguments": arguments}))
            assert heard == engine.grammar.parse(engine.grammar.print(act)) and heard.act == act
        seen += 1
    assert seen
    json.dumps(env.unwrapped.tools())


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("offer", '{"price": 120.0}', ""),
        ("offer", '{"price": "$1,200"}', ""),
        ("accept", None, ""),
        ("accept", "", ""),
        ("offer", "{price: 120", "malformed"),
        ("offer", "[120]", "malformed"),
        ("offer", "{}", "malformed"),
        ("offer", {"amount": 120}, "malformed"),
        ("offer", {"price": 120, "currency": "$"}, "malformed"),
        ("offer", {"price": 120.5}, "malformed"),
        ("offer", {"price": None}, "malformed"),
        ("offer", {"price": [120]}, "malformed"),
        ("offer", {"price": 120, "message": "or [accept]"}, "malformed"),
        ("steal", {}, "malformed"),
        (None, None, "malformed"),
    ],
)
def test_what_is_wrong_with_a_call_the_grammar_says(name, arguments, problem):
    env = gym.make("Negotiation-v0")
    env.reset(seed=0)
    said = utterance({"type": "function", "function": {"name": name, "arguments": arguments}})
    assert (env.unwrapped.engine.grammar.parse(said).problem == "malformed") == bool(problem)
    assert env.step(said)[4]["problem"] in ((problem,) if problem else ("", "illegal"))


def test_to_say_something_binds_nothing():
    said = utterance({"name": "say", "arguments": '{"message": "Hello."}'})
    assert said == "Hello." and utterance({"name": "say", "arguments": "{}"}) == ""


@IDS
def test_the_brief_can_be_a_system_message(env_id):
    env = gym.make(env_id)
    env.reset(seed=1)
    first, second = env.unwrapped.messages(system=True)
    dialogue = env.unwrapped.dialogue
    assert first == {"role": "system", "content": dialogue.brief}
    assert second == {"role": "user", "content": dialogue.opening or YOU_OPEN}
    env.step("Hello.")
    assert env.unwrapped.messages(system=True)[2:] == env.unwrapped.messages()[1:]


@IDS
def test_a_chat_with_calls_says_what_was_done(env_id):
    engine = make_engine(env_id)
    for dialogue in rollout(engine, make_policy("scripted", engine), range(3)):
        chat = dialogue.messages(tools=True)
        assert HINT in chat[0]["content"] and len(chat) == 1 + 2 * len(dialogue.steps)
        calls = 0
        for step, said, reply in zip(dialogue.steps, chat[1::2], chat[2::2], strict=True):
            assert reply["content"] == step.reply
            if isinstance(step.heard.act, Say):
                assert said["content"] == step.text and reply["role"] == "user"
                continue
            (call,) = said["tool_calls"]
            assert reply["tool_call_id"] == call["id"] and reply["role"] == "tool"
            again = utterance(call)
            assert engine.grammar.parse(again, engine.family.context(dialogue)).act == step.heard.act
            calls += 1
        assert calls and len({m["tool_calls"][0]["id"] for m in chat if "tool_calls" in m}) == calls
        assert dialogue.messages(system=True, tools=True)[2:] == chat[1:]


def test_words_that_nobody_understood_stay_words():
    env = gym.make("Negotiation-v0")
    env.reset(seed=14)
    for text in ("[offer 100] or [offer 200]", "How are you?", "I could stretch to 480."):
        env.step(text)
    chat = env.unwrapped.messages(tools=True)
    assert [message.get("content") for message in chat[1::2]] == ["[offer 100] or [offer 200]", "How are you?", ""]
    arguments = json.loads(chat[5]["tool_calls"][0]["function"]["arguments"])
    assert arguments == {"price": 480, "message": "I could stretch to 480."}


def test_a_vector_shows_the_same():
    envs = gym.make_vec("Negotiation-v0", num_envs=2)
    envs.reset(seed=0)
    assert envs.messages(system=True, tools=True)[0][0]["content"].endswith(HINT)
