"""What the page says of models, with a server of OpenAI's protocol that is started here; and models by name alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gymnasium as gym
import pytest
from dialogym.scripts.main import main

from ...simulated_users.backends.faults import FaultServer, completion

pytest.importorskip("openai")


def answer(body):
    """A person that says what it may, a judge that is content, a student that takes what comes first."""
    system, last = body["messages"][0]["content"], body["messages"][-1]["content"]
    if "You rate" in system:
        return 200, completion(json.dumps({"evidence": ["How is the bike doing?"], "score": 4}))
    if "ACT:" in last:
        tag = re.search(r"\[[^]]+\]", last.split("What you can do:")[1])
        return 200, completion(f"PLAN: I answer.\nACT: {tag[0]}")
    if re.search("^1\\. ", last, re.MULTILINE):
        return 200, completion("1")
    told = re.findall(r'"([^"]{4,})"|first person: ([^.]+\.)', last.partition("\n")[2] or last)
    return 200, completion(next((word for pair in told for word in pair if word), "Well, let me see."))


@pytest.fixture
def server(monkeypatch):
    with FaultServer(answer=answer) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        yield server


def played(env, texts):
    env.reset(seed=3)
    for text in texts:
        reply, reward, terminated, truncated, info = env.step(text)
        assert not truncated and "error" not in info, info
    return reply, reward, terminated, info


def test_a_file_with_a_model_as_the_person_and_one_as_the_judge(server, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["scenario", "new", "my.toml"]) == 0 and main(["scenario", "check", "my.toml"]) == 0
    assert "ok  my/borrowed-bike" in capsys.readouterr().out
    env = gym.make(
        "Open-v0",
        scenario="my.toml",
        user="llm:gpt-4o-mini",
        judge="llm:qwen3-8b",
        reward={"goal": 1, "judge/courtesy": 0.2},
    )
    _, reward, _, info = played(env, ["How is the bike doing?", "[bye]"])
    assert info["mind"] == "free" and info["judge"]["courtesy"]["value"] == 0.75
    assert reward == pytest.approx(-0.03 + 0.2 * 0.75)
    asked = {body["model"] for body in server.bodies}
    assert asked == {"gpt-4o-mini", "qwen3-8b"}


def test_a_person_of_one_prompt_on_a_server(server):
    env = gym.make("Open-v0", user="llm:gpt-4o-mini(mind=prompt)")
    reply, _, _, info = played(env, ["Hello."])
    assert info["mind"] == "prompt" and reply == "Well, let me see." and len(server.bodies) == 1


def test_a_held_person_on_a_server_with_no_model_named(server):
    env = gym.make("Tutoring-v0", user=f"llm:{server.url}")
    reply, _, _, info = played(env, ["[quiz 1]", "[quiz 2]"])
    assert info["mind"] == "held" and "(exercise:" in reply


def test_the_page_shows_these_lines():
    pages = Path(__file__).parents[3] / "docs"
    assert 'user="llm:gpt-4o-mini"' in (pages / "open.md").read_text()
    assert 'user="llm:http://127.0.0.1:8000/v1"' in (pages / "users.md").read_text()
