"""A model behind an API as the learner: asked for all dialogues at once, counted, recorded, and blamed for its own words only."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

pytest.importorskip("openai")

from dialogym.envs.make import make_engine
from dialogym.envs.registration import representatives
from dialogym.evaluation.evaluate import compare, evaluate
from dialogym.evaluation.results import Evaluation
from dialogym.policies.collect import collect
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.remote import RemotePolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.main import main

from ..simulated_users.backends.faults import FaultServer, completion

ENV = "Negotiation-v0"
QUICK = "(attempts=2,backoff=0.01)"


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def speak(turn):
    """What the learner says at its turn of this number, as a model or by itself."""
    return f"How about this? [offer {150 + 40 * turn}]" if turn < 4 else "[accept]"


LOCAL = FunctionPolicy("local", lambda dialogue, _: speak(len(dialogue.steps)))


def ladder(body):
    turn = sum(message["role"] == "assistant" for message in body["messages"])
    return 200, completion(speak(turn))


def thinking(body):
    """Thinks aloud about prices; in one dialogue of two it never comes to an end of it."""
    status, answer = ladder(body)
    said = answer["choices"][0]["message"]["content"]
    hopeless = len(body["messages"][0]["content"]) % 2
    thought = "<think>Is it [offer 100] or [offer 200]?"
    return status, completion(thought if hopeless else f"{thought}</think>{said}", "length" if hopeless else "stop")


def calling(body):
    turn = sum(message["role"] == "assistant" for message in body["messages"])
    call = {"name": "offer", "arguments": json.dumps({"price": 150 + 40 * turn, "message": "How about this?"})}
    call = call if turn < 4 else {"name": "accept", "arguments": "{}"}
    return 200, completion(None, "tool_calls", tool_calls=[{"id": "1", "type": "function", "function": call}])


def first_words(seeds):
    """What the model is shown first in the dialogues of these seeds."""
    return {dialogue.messages()[0]["content"] for dialogue in rollout(make_engine(ENV), LOCAL, seeds)}


def same(one, other):
    return (one.returns == other.returns).all() and one.score == other.score and one.metrics == other.metrics


@pytest.fixture(scope="module")
def local():
    return evaluate(ENV, LOCAL, 24)


def test_it_plays_like_the_same_words_without_a_server_and_all_dialogues_at_once(local):
    with FaultServer(answer=ladder, delay=0.1) as server:
        result = evaluate(ENV, f"{server.url}#m", 24)
    assert same(result, local) and result.policy == f"{server.url}#m"
    assert server.most == 24
    counts = result.conduct["policy"]
    assert counts["requests"] == len(server.bodies) > 48 and counts["failures"] == 0
    assert (counts["prompt_tokens"], counts["tokens"]) == (7 * len(server.bodies), 3 * len(server.bodies))
    assert len({body["seed"] for body in server.bodies}) == len(server.bodies)


def test_costs_and_tokens_are_in_the_tables(local):
    with FaultServer(answer=ladder) as server:
        spec = f"{server.url}#m(input_price=1000,output_price=20000)"
        compared = compare(ENV, [spec, LOCAL], 24, references=False)
    result = compared[f"{server.url}#m"]
    cost = len(server.bodies) * (7 * 1000 + 3 * 20000) / 1e6
    assert result.conduct["policy"]["cost"] == pytest.approx(cost)
    assert f"cost ${cost:.4f}" in " ".join(str(result).split()) and "turns asked for, 0 failed" in str(result)
    header, row, other = (
        compared.to_markdown().replace("| ---", "").splitlines()[0::2][:1] + compared.to_markdown().splitlines()[2:4]
    )
    assert "| tokens | cost |" in header and f"| {10 * len(server.bodies)} | ${cost:.4f} |" in row
    assert "|  |  |" in other
    assert Evaluation.from_json(json.loads(json.dumps(result.to_json()))).conduct == result.conduct
    assert "policy" not in local.conduct and "tokens" not in compare(ENV, [LOCAL], 4).to_markdown()


def test_a_server_that_fails_costs_episodes_and_no_points(local):
    bad = first_words([2, 5])

    def answer(body):
        late = len(body["messages"]) > 1
        return (
            (500, {"error": {"message": "out of memory"}})
            if late and body["messages"][0]["content"] in bad
            else ladder(body)
        )

    with FaultServer(answer=answer) as server:
        result = evaluate(ENV, f"{server.url}#m{QUICK}", 24)
        assert (result.episodes, result.dropped, result.refused) == (22, 2, 0)
        assert [i for i, one in enumerate(result.returns) if one != local.returns[i]] == [2, 5]
        assert result.conduct["policy"]["failures"] == 2
        with pytest.raises(
            ConnectionError, match=r"2 of \d+ dialogues failed: the learner's model failed: .*out of memory"
        ):
            evaluate(ENV, f"{server.url}#m{QUICK}", 24, on_error="raise")
    with pytest.raises(
        ConnectionError, match=r"all 3 episodes failed; in the last one: the learner's model failed: .*connection"
    ):
        evaluate(ENV, f"{server.url}#m{QUICK}", 3)


@pytest.mark.parametrize("late", [False, True])
def test_words_that_a_filter_refuses_are_the_learners_own(local, late):
    bad = first_words([2, 5])

    def answer(body):
        if body["messages"][0]["content"] in bad and (len(body["messages"]) > 1) >= late:
            return 400, {"error": {"message": "the content filter has objected", "code": "content_filter"}}
        return ladder(body)

    with FaultServer(answer=answer) as server:
        result = evaluate(ENV, f"{server.url}#m{QUICK}", 24)
        assert (result.episodes, result.dropped, result.refused) == (24, 0, 2)
        assert evaluate(ENV, f"{server.url}#m{QUICK}", 24, on_error="raise").refused == 2  # nothing has failed
    assert all(result.returns[i] <= 0.0 for i in (2, 5))
    assert {i for i in range(24) if result.returns[i] != local.returns[i]} <= {2, 5}
    assert any(local.returns[i] != 0.0 for i in (2, 5))


def test_thoughts_are_taken_off_and_silence_is_the_models_own():
    with FaultServer(answer=thinking) as server:
        engine = make_engine(ENV)
        policy = RemotePolicy.load(f"{server.url}#m", engine)
        dialogues = list(rollout(engine, policy, range(8)))
    hopeless = [len(dialogue.messages()[0]["content"]) % 2 == 1 for dialogue in dialogues]
    assert 0 < sum(hopeless) < 8
    for dialogue, silent in zip(dialogues, hopeless, strict=True):
        assert not dialogue.error
        assert [step.text for step in dialogue.steps] == [
            "" if silent else speak(turn) for turn in range(len(dialogue.steps))
        ]
    assert policy.counts.failures == 0 and len(server.bodies) == policy.counts.requests  # nothing was asked twice
    assert not any("chat_template_kwargs" in body for body in server.bodies)
    assert all(body["max_tokens"] == 2048 for body in server.bodies)


@pytest.mark.parametrize("env_id", [env_id for env_id in representatives() if not env_id.startswith("Toy")])
def test_a_model_that_thinks_loses_no_turn_in_any_family(env_id):
    """Its thoughts are full of tags, in every spelling, and it says what `scripted` says."""
    engine = make_engine(env_id)
    begun = {
        str(dialogue.messages()[0]): dialogue for dialogue in rollout(engine, make_policy("scripted", engine), range(9))
    }
    expected = list(begun.values())[:6]  # the model tells dialogues apart by what it hears
    tags = " or ".join(f"[{tag}]" for tag in engine.family.grammar.acts)
    lines = {}
    for dialogue in expected:
        chat = dialogue.messages()
        own = [place for place, message in enumerate(chat) if message["role"] == "assistant"]
        for place in own:
            lines[tuple(message["content"] for message in chat[:place])] = chat[place]["content"]

    def think(body):
        heard = tuple(message["content"] for message in body["messages"])
        thought = ("<think>{}</think>", "<thinking>{}</thinking>\n", "{}\n</think>\n\n", "<think>\n{}\n</think>")
        return 200, completion(thought[len(heard) // 2 % 4].format(f"Do I say {tags}?") + lines[heard])

    with FaultServer(answer=think) as server:
        played = list(rollout(engine, RemotePolicy.load(f"{server.url}#m", engine), [d.seed for d in expected]))
    for one, other in zip(played, expected, strict=True):
        assert not one.error and [step.problem for step in one.steps] == [""] * len(one.steps)
        assert [(step.text, step.reply, step.payoff) for step in one.steps] == [
            (step.text, step.reply, step.payoff) for step in other.steps
        ]


def test_acts_as_functions(local):
    with FaultServer(answer=calling) as server:
        result = evaluate(ENV, f"{server.url}#m(tools=true)", 24)
    assert same(result, local) and result.policy.endswith("#m(tools=true)")
    assert [tool["function"]["name"] for tool in server.bodies[0]["tools"]] == ["offer", "accept", "walk", "say"]


def test_the_brief_as_a_system_message(local):
    with FaultServer(answer=ladder) as server:
        result = evaluate(ENV, f"{server.url}#m(system=true,temperature=0,max_tokens=50)", 24)
    assert same(result, local)
    body = server.bodies[0]
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (body["temperature"], body["max_tokens"]) == (0, 50)


def test_openai_s_own_names(local, monkeypatch):
    with FaultServer(answer=ladder) as server:
        with pytest.raises(ValueError, match="OPENAI_API_KEY"):
            evaluate(ENV, "openai:org/model", 24)
        monkeypatch.setenv("OPENAI_API_KEY", "sesame")
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert same(evaluate(ENV, "openai:org/model", 24), local)
    assert server.bodies[0]["model"] == "org/model" and server.headers[0]["authorization"] == "Bearer sesame"


def test_a_second_run_asks_nobody_and_a_longer_one_only_for_what_is_new(local, tmp_path):
    with FaultServer(answer=ladder) as server:
        spec = f"{server.url}#m(cache={tmp_path})"
        first = evaluate(ENV, spec, 16)
        asked = len(server.bodies)
        again = evaluate(ENV, spec, 16)
        assert same(again, first) and len(server.bodies) == asked
        assert again.conduct["policy"]["tokens"] == first.conduct["policy"]["tokens"]
        assert same(evaluate(ENV, spec, 24), local)
        assert len(server.bodies) == asked + sum(len(d.steps) for d in rollout(make_engine(ENV), LOCAL, range(16, 24)))
    assert same(evaluate(ENV, f"replay:{tmp_path}", 24), local)


def test_after_a_crash_the_same_command_goes_on(local, tmp_path, capsys):
    out = tmp_path / "result.json"
    with FaultServer(answer=ladder, delay=0.05) as server:
        command = ["evaluate", ENV, "--policy", f"{server.url}#m", "--episodes", "24"]
        command += ["--cache", str(tmp_path / "replies"), "--out", str(out), "--input-price", "2"]
        process = subprocess.Popen([sys.executable, "-m", "dialogym.scripts.main", *command])
        end = time.monotonic() + 120
        while len(server.bodies) <= 24 and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        process.kill()
        assert process.wait() != 0 and not out.exists()
        time.sleep(0.2)
        kept = sum(len(file.read_text().splitlines()) for file in (tmp_path / "replies").glob("*.jsonl"))
        assert kept >= 24
        server.bodies.clear()
        assert main(command) == 0
    result = Evaluation.from_json(json.loads(out.read_text()))
    assert result.score == local.score and result.metrics == local.metrics
    turns = sum(len(dialogue.steps) for dialogue in rollout(make_engine(ENV), LOCAL, range(24)))
    assert len(server.bodies) == turns - kept and result.conduct["policy"]["requests"] == turns
    assert f"cost ${turns * 7 * 2 / 1e6:.4f}" in " ".join(capsys.readouterr().out.split())


def test_its_episodes_are_recorded(tmp_path):
    with FaultServer(answer=ladder) as server:
        store = collect(ENV, f"{server.url}#m", 6, tmp_path, split="test")
        collect(ENV, f"{server.url}#m", 8, tmp_path, split="test", resume=True)
    plain = list(rollout(make_engine(ENV, split="test"), LOCAL, range(8)))
    assert [episode.payoff for episode in store] == [dialogue.steps[-1].payoff for dialogue in plain]
    assert store.values("policy") == [f"{server.url}#m"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "http://127.0.0.1:1/v1#m(tmp=1)",
            r"no parameter 'tmp'; valid ones are system, tools, .*temperature, .*cache, .*timeout, ",
        ),
        ("http://127.0.0.1:1/v1#m(url=1,model=2)", "no parameter 'url', 'model'; valid ones are system"),
        ("http://127.0.0.1:1/v1#m(system=1)", "system must be true or false, got 1"),
        ("http://127.0.0.1:1/v1#m(tools=some)", "tools must be true or false, got 'some'"),
        ("http://127.0.0.1:1/v1#m(max_tokens=many)", "max_tokens must be a whole number, got 'many'"),
        ("http://127.0.0.1:1/v1#m(temperature=hot)", "temperature must be a number of at least 0, got 'hot'"),
        ("http://127.0.0.1:1/v1#m(timeout=abc)", "timeout must be a number above 0, got 'abc'"),
        ("http://127.0.0.1:1/v1#m(max_tokens=0)", "max_tokens must be at least 1"),
        ("http://127.0.0.1:1/v1#m(output_price=-1)", "output_price must be a number of at least 0, got -1"),
        ("http://#m", "names no host"),
        ("replay:nowhere", "holds no recorded replies"),
        ("openai:", "needs a key in the environment variable OPENAI_API_KEY"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(spec, message):
    with pytest.raises(ValueError, match=message):
        make_policy(spec, make_engine(ENV))


def test_prices_are_for_models_behind_an_api(capsys):
    assert main(["evaluate", ENV, "--policy", "random", "--input-price", "1", "--episodes", "2"]) == 1
    assert "input_price is for policies behind an API" in " ".join(capsys.readouterr().err.split())


def test_play_says_what_failed(capsys):
    assert main(["play", ENV, "--policy", f"http://127.0.0.1:1/v1#m{QUICK}"]) == 1
    assert "the learner's model failed: http://127.0.0.1:1/v1#m: the connection failed" in " ".join(
        capsys.readouterr().err.split()
    )
