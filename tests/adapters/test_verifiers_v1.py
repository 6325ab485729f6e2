"""verifiers from 0.4 on plays the dialogues of gymnasium, and does not score a failed one. It starts a program each turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

if hasattr(pytest.importorskip("verifiers"), "MultiTurnEnv"):
    pytest.skip("verifiers before 0.4 is another client", allow_module_level=True)

from .learner import model, plain

EPISODES = int(os.environ.get("DIALOGYM_EPISODES", "3"))


def traces(folder, address, *arguments):
    """What `vf-eval dialogym-verifiers` writes."""
    command = [str(Path(sys.executable).parent / "vf-eval"), "dialogym-verifiers", "-m", "ladder", *arguments]
    command += ["--client.base-url", address, "--client.api-key-var", "NO_KEY", "--no-push", "--run.name", "it"]
    done = subprocess.run(command, cwd=folder, env={**os.environ, "NO_KEY": "none"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return list(map(json.loads, (folder / "outputs" / "it" / "traces.jsonl").read_text().splitlines()))


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Tutoring-v0"])
def test_returns_are_those_of_gymnasium(env_id, tmp_path):
    with model() as address:
        episodes = traces(tmp_path, address, "--env.taskset.env", env_id, "--env.taskset.episodes", str(EPISODES))
    assert len(episodes) == EPISODES
    for episode in episodes:
        (trace,) = episode["traces"]
        rewards, info = plain(env_id, trace["task"]["data"]["seed"], "test")
        told = trace["info"]["dialogue"]
        assert trace["rewards"]["return"]["score"] == pytest.approx(sum(rewards), abs=1e-12)
        assert told["rewards"] == pytest.approx(rewards, abs=1e-12) and told["outcome"] == info["outcome"]
        assert trace["metrics"]["regret"] == pytest.approx(-sum(told["advantages"]), abs=1e-6)


def test_a_failure_is_an_error_and_no_reward(tmp_path):
    user = json.dumps({"user": "voiced:http://127.0.0.1:9/v1#none(attempts=1)"})
    with model() as address:
        (episode,) = traces(tmp_path, address, "--env.taskset.episodes", "1", "--env.taskset.settings", user)
    assert not episode["ok"] and "127.0.0.1:9" in episode["errors"][0]["message"] and not episode["traces"]
