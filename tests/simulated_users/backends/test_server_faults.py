"""The HTTP backend against a server that does everything wrong that a server can."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from itertools import pairwise
from types import SimpleNamespace

import pytest

openai = pytest.importorskip("openai")

from dialogym.simulated_users.backends import server as module
from dialogym.simulated_users.backends.backend import Reply, Request
from dialogym.simulated_users.backends.server import ServerBackend
from dialogym.simulated_users.user import Failure, is_refusal

from .faults import FaultServer

HELLO = Request(
    (("system", "You sell a lamp."), ("user", "Hello?")),
    max_tokens=9,
    temperature=0.5,
    seed=3,
    stop=("\n", "User:"),
    grammar='root ::= "a"',
)
QUICK = {"timeout": 0.3, "backoff": 0.01, "attempts": 4}


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


@pytest.fixture(params=["aiohttp", "httpx"])
def transport(request, monkeypatch):
    """Both transports of the client: their errors must be told apart alike."""
    if request.param == "httpx":
        monkeypatch.setattr(ServerBackend, "_http_client", lambda self: None)
    else:
        pytest.importorskip("aiohttp")
    return request.param


def ask(server, request=HELLO, **options):
    backend = ServerBackend(server.url, "m", **{**QUICK, **options})
    try:
        return backend.generate([request])[0]
    finally:
        backend.close()


@pytest.mark.parametrize(
    "fault",
    [
        "hang",
        "drop",
        "429",
        "408",
        "500",
        "503",
        "empty",
        "truncated",
        "halved",
        "nontext",
        "binary",
        "shapeless",
        "nested",
        "told",
        "thinking",
    ],
)
def test_a_passing_fault_is_tried_again(fault, transport):
    with FaultServer([fault, fault]) as server:
        reply = ask(server)
        assert isinstance(reply, Reply), reply
        assert reply == Reply("reply 3", 7, 3, reply.seconds)
        assert len(server.bodies) == 3


@pytest.mark.parametrize(
    "fault, said",
    [("hang", "0.3 s"), ("drop", "connection failed"), ("429", "own words on 429"), ("500", "own words on 500"), ("empty", "empty"), ("truncated", "connection failed"),
     ("halved", "cannot be read"), ("nontext", "no text but list"), ("binary", "cannot be read"), ("shapeless", "KeyError"), ("nested", "RecursionError"), ("told", "the server says: the model is overloaded"), ("thinking", "thinking only")],
)  # fmt: skip
def test_a_lasting_fault_is_a_failure_after_bounded_attempts(fault, said, transport):
    with FaultServer(otherwise=fault) as server:
        reply = ask(server)
        assert isinstance(reply, Failure) and said in reply and "4 attempts" in reply
        assert len(server.bodies) == 4


@pytest.mark.parametrize("status", ["400", "401", "403", "404", "422"])
def test_final_statuses_are_not_tried_again(status, transport):
    with FaultServer(otherwise=status) as server:
        reply = ask(server)
        assert isinstance(reply, Failure) and f"own words on {status}" in reply
        assert len(server.bodies) == 1


def test_refused_connections(transport):
    with socket.socket() as taken:  # bound but not listening
        taken.bind(("127.0.0.1", 0))
        server = SimpleNamespace(url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1")
        begun = time.monotonic()
        reply = ask(server)
    assert isinstance(reply, Failure) and "connection failed" in reply and "4 attempts" in reply
    assert time.monotonic() - begun < 5


def test_a_server_that_dies_and_comes_back(transport):
    with FaultServer() as server:
        backend = ServerBackend(server.url, "m", attempts=8, backoff=0.1, timeout=2)
        assert isinstance(backend.generate([HELLO])[0], Reply)
        server.delay = 5.0  # the next requests are in flight when the server dies
        death, rebirth = threading.Timer(0.2, server.stop), threading.Timer(0.7, server.start)
        for timer in (death, rebirth):
            timer.start()
        replies = []
        speaking = threading.Thread(target=lambda: replies.extend(backend.generate([HELLO] * 5)))
        speaking.start()
        death.join()
        server.delay = 0.0
        speaking.join(20)
        rebirth.join()
        assert len(replies) == 5 and all(isinstance(reply, Reply) for reply in replies)
        assert backend.tried_again >= 5
        server.stop()
        backend._attempts = 2
        assert all(isinstance(reply, Failure) for reply in backend.generate([HELLO] * 2))
        server.start()
        assert isinstance(backend.generate([HELLO])[0], Reply)
        backend.close()


def test_only_the_spoiled_fail():
    with FaultServer(["400"]) as server:
        backend = ServerBackend(server.url, "m", concurrency=1, **QUICK)
        replies = backend.generate([HELLO._replace(seed=seed) for seed in range(5)])
        backend.close()
    assert [type(reply) for reply in replies] == [Failure, Reply, Reply, Reply, Reply]
    assert [reply.text for reply in replies[1:]] == ["reply 2", "reply 3", "reply 4", "reply 5"]


def test_the_wait_that_the_server_asks_for_is_kept():
    with FaultServer(["429 after 1"]) as server:
        assert isinstance(ask(server), Reply)
        assert server.times[1] - server.times[0] >= 1.0
    with FaultServer(["503 after 3600"]) as server:  # but not any wait
        assert isinstance(ask(server, longest_wait=0.2), Reply)


def test_the_wait_may_be_a_date():
    assert module._asked_wait({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0.0
    assert module._asked_wait({"retry-after": "Wed, 21 Oct 2099 07:28:00 GMT"}) > 1e6
    assert module._asked_wait({"retry-after": "soon"}) == module._asked_wait({}) == 0.0


def test_waits_double_and_vary():
    with FaultServer(otherwise="500") as server:
        ask(server, backoff=0.1)
        gaps = [b - a for a, b in pairwise(server.times)]
    for gap, least in zip(gaps, (0.05, 0.1, 0.2), strict=True):
        assert gap >= least


def test_what_is_sent():
    with FaultServer(["empty"]) as server:
        ask(server)
        first, second = server.bodies
    assert first["messages"] == [
        {"role": "system", "content": "You sell a lamp."},
        {"role": "user", "content": "Hello?"},
    ]
    assert (first["model"], first["max_tokens"], first["temperature"], first["seed"], first["stop"]) == (
        "m",
        9,
        0.5,
        3,
        ["\n", "User:"],
    )
    assert "grammar" not in first and "structured_outputs" not in first
    assert second["seed"] == 4, "an empty reply is not asked for with the same seed again"


@pytest.mark.parametrize(
    "kind, field, value",
    [("llama.cpp", "grammar", 'root ::= "a"'), ("vllm", "structured_outputs", {"grammar": 'root ::= "a"'})],
)
def test_grammars_go_where_they_are_understood(kind, field, value):
    with FaultServer() as server:
        ask(server, grammar=kind, extra={"top_p": 0.9})
        ask(server, HELLO._replace(grammar=""), grammar=kind)
    assert server.bodies[0][field] == value and server.bodies[0]["top_p"] == 0.9
    assert field not in server.bodies[1]


def test_a_model_that_only_thinks_is_asked_not_to():
    with FaultServer(["thinking"]) as server:
        ask(server)
    assert "chat_template_kwargs" not in server.bodies[0]
    assert server.bodies[1]["chat_template_kwargs"] == {"enable_thinking": False}


def test_the_first_model_is_taken_where_none_is_named():
    with FaultServer() as server:
        backend = ServerBackend(server.url, **QUICK)
        assert isinstance(backend.generate([HELLO])[0], Reply)
        backend.close()
    assert server.bodies[0]["model"] == "first"


def test_key_comes_from_the_environment(monkeypatch):
    with FaultServer() as server:
        ask(server)
        monkeypatch.setenv("OPENAI_API_KEY", "sesame")
        ask(server)
    assert [fields["authorization"] for fields in server.headers] == ["Bearer none", "Bearer sesame"]


def test_any_text_can_be_sent():
    with FaultServer() as server:
        assert isinstance(ask(server, HELLO._replace(messages=(("user", "\x00 \udc80 \U0001f600 [offer 10]"),))), Reply)
    assert server.bodies[0]["messages"][0]["content"] == "\x00 ? \U0001f600 [offer 10]"


def test_requests_of_a_call_are_in_flight_together(transport):
    with FaultServer(delay=0.5) as server:
        backend = ServerBackend(server.url, "m", timeout=30)
        replies = backend.generate([HELLO._replace(seed=seed) for seed in range(64)])
        backend.close()
    assert all(isinstance(reply, Reply) for reply in replies)
    assert server.most >= 32
    assert sorted(body["seed"] for body in server.bodies) == list(range(64))


def test_concurrency_is_bounded():
    with FaultServer(delay=0.02) as server:
        backend = ServerBackend(server.url, "m", concurrency=3, timeout=30)
        backend.generate([HELLO] * 12)
        backend.close()
    assert server.most == 3


def test_more_than_a_hundred_at_once():
    with FaultServer(delay=1.0) as server:
        backend = ServerBackend(server.url, "m", concurrency=160, timeout=30)
        assert all(isinstance(reply, Reply) for reply in backend.generate([HELLO] * 160))
        backend.close()
    assert server.most > 100


def test_ctrl_c_cancels_and_the_backend_goes_on():
    with FaultServer(["hang"] * 8) as server:
        backend = ServerBackend(server.url, "m", concurrency=64, timeout=60)
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            backend.generate([HELLO] * 8)
        timer.join()
        deadline = time.monotonic() + 5
        while (
            backend._turns._value < 64 and time.monotonic() < deadline
        ):  # the cancelled requests give their places back
            time.sleep(0.01)
        assert backend._turns._value == 64
        assert isinstance(backend.generate([HELLO])[0], Reply)
        backend.close()


def test_closing_ends_what_is_in_flight():
    with FaultServer(otherwise="hang") as server:
        backend = ServerBackend(server.url, "m", timeout=60)
        replies = []
        speaking = threading.Thread(target=lambda: replies.extend(backend.generate([HELLO] * 3)))
        speaking.start()
        while len(server.bodies) < 3:
            time.sleep(0.01)
        backend.close()
        speaking.join(5)
        assert [type(reply) for reply in replies] == [Failure] * 3
        assert "closed" in backend.generate([HELLO])[0]
        backend.close()
        assert not [thread for thread in threading.enumerate() if thread.name == f"dialogym {backend.name}"]


def test_after_a_fork_the_child_has_connections_of_its_own():
    with FaultServer() as server:
        backend = ServerBackend(server.url, "m", timeout=5)
        assert isinstance(backend.generate([HELLO])[0], Reply)
        child = os.fork()
        if child == 0:
            os._exit(0 if isinstance(backend.generate([HELLO])[0], Reply) else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert isinstance(backend.generate([HELLO])[0], Reply)
        backend.close()


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"grammar": "yacc"}, "llama.cpp"),
        ({"concurrency": 0}, "concurrency must be at least 1, got 0"),
        ({"attempts": 1.5}, "attempts must be a whole number, got 1.5"),
        ({"timeout": 0}, "timeout must be a number above 0, got 0"),
        ({"timeout": "abc"}, "timeout must be a number above 0, got 'abc'"),
        ({"backoff": -1}, "backoff must be a number of at least 0, got -1"),
        ({"longest_wait": float("nan")}, "longest_wait must be a number of at least 0, got nan"),
        ({"extra": "top_p"}, "extra must be a mapping of fields of the requests' body, got 'top_p'"),
        ({"name": 5}, "name must be text, got 5"),
        ({"silent": "no"}, "silent must be true or false, got 'no'"),
    ],
)
def test_bad_arguments(arguments, said):
    with pytest.raises(ValueError, match=said):
        ServerBackend("http://127.0.0.1:1/v1", "m", **arguments)


@pytest.mark.parametrize(
    "told",
    [
        (400, {"error": {"code": "content_filter", "message": "The response was filtered due to the prompt."}}),
        (400, {"error": {"code": None, "message": "Filtered by Azure OpenAI's content management policy."}}),
        (200, {"choices": [{"message": {"role": "assistant", "content": ""}, "finish_reason": "content_filter"}]}),
    ],
)
def test_words_that_a_filter_refuses_are_told_from_a_server_that_fails(told):
    """The learner may have caused it, so it must not be dropped like a server that is down."""
    with FaultServer(answer=lambda body: told) as server:
        reply = ask(server)
    assert isinstance(reply, Failure) and is_refusal(reply), reply


def test_other_refusals_are_failures_of_the_server():
    with FaultServer(answer=lambda body: (400, {"error": {"code": None, "message": "no such model"}})) as server:
        reply = ask(server)
    assert isinstance(reply, Failure) and not is_refusal(reply), reply
