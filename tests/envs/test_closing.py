"""Closing an environment gives back what its language models hold, and leaves alone what others may use."""

from __future__ import annotations

import threading
import time

import gymnasium as gym
import pytest
from dialogym.envs.make import make_engine

pytest.importorskip("openai")

from ..simulated_users.backends.faults import FaultServer

ENV = "Negotiation-v0"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with FaultServer() as server:
        yield server


def threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("dialogym http")}


def cut(server):
    """Whether the server's connections end."""
    deadline = time.monotonic() + 5
    while server.writers and time.monotonic() < deadline:
        time.sleep(0.01)
    return not server.writers


def single(**arguments):
    return gym.make(ENV, **arguments)


def native(**arguments):
    return gym.make_vec(ENV, num_envs=3, **arguments)


def sync(**arguments):
    return gym.make_vec(ENV, num_envs=3, vectorization_mode="sync", vector_kwargs={}, **arguments)


@pytest.mark.parametrize("made", [single, native, sync])
@pytest.mark.parametrize("kind", ["voiced", "llm"])
def test_threads_and_connections_end_with_the_environment(made, kind, server):
    before = threads()
    env = made(user=f"{kind}:{server.url}#m(attempts=1)")
    env.reset(seed=1)
    env.step("Hello." if made is single else ["Hello."] * 3)
    assert server.writers and threads() > before
    env.close()
    assert threads() == before and cut(server)
    env.close()


def test_the_ear_and_the_verifier_end_too(server):
    before = threads()
    url = server.url
    env = gym.make(ENV, user=f"llm:{url}#m(attempts=1,verifier={url}#n)", ear=f"llm:{url}#e")
    env.reset(seed=1)
    env.unwrapped.engine.user.verifier.generate([])
    env.step("Would you take half?")
    assert len({body["model"] for body in server.bodies}) >= 2
    env.close()
    assert threads() == before and cut(server)


def test_a_closed_environment_says_so(server):
    env = gym.make(ENV, user=f"voiced:{server.url}#m(attempts=1)")
    env.close()
    with pytest.raises(ConnectionError, match="is closed"):
        env.reset(seed=1)


def test_a_user_that_was_given_is_not_closed(server):
    engine = make_engine(ENV, user=f"voiced:{server.url}#m(attempts=1)")
    env = gym.make(ENV, user=engine.user)
    env.reset(seed=1)
    env.close()
    other = gym.make(ENV, user=engine.user)
    assert other.reset(seed=1)[0]
    engine.close()
    with pytest.raises(ConnectionError, match="is closed"):
        other.reset(seed=1)


def test_scripted_environments_can_be_closed_and_played_on():
    env = gym.make(ENV)
    env.reset(seed=1)
    env.close()
    assert env.step("[walk]")[2]
