"""`dialogym serve`: the same dialogues as in this process, many at a time, and a clear word to whoever asks wrongly."""

from __future__ import annotations

import asyncio
import json
import re
import runpy
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import dialogym
import pytest

uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("fastapi")
pytest.importorskip("websockets")

from dialogym.adapters.openenv import Lobby, make_app
from dialogym.adapters.session import Sessions
from dialogym.scripts.bench_serve import load, scripts
from dialogym.scripts.main import main
from websockets.asyncio.client import connect as aconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from .learner import flaky, plain, speak


@contextmanager
def serving(env_id="Negotiation-v0", body=65536, **named):
    app = make_app(env_id, body=body, **named)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, ws_max_size=body, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield address, app.state.lobby
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def server():
    with serving() as (address, _):
        yield address


def ask(address, path, data=None, **headers):
    """Status and reply of a request; bytes are sent as they are."""
    body = data if data is None or isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(f"http://{address}{path}", body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def over_http(address, seed, **headers):
    """Rewards and the last observation of `speak`."""
    status, result = ask(address, "/reset", {"seed": seed}, **headers)
    assert status == 200
    session, rewards = result["session_id"], []
    chat = [{"role": "user", "content": result["observation"]["text"]}]
    while not result["done"]:
        assert result["observation"]["end"] == {}
        text = speak(chat)
        status, result = ask(address, "/step", {"session_id": session, "action": {"text": text}}, **headers)
        assert status == 200
        rewards.append(result["reward"])
        chat += [{"role": "assistant", "content": text}, {"role": "user", "content": result["observation"]["text"]}]
    assert ask(address, f"/state?session_id={session}", **headers)[1]["messages"] == chat
    assert ask(address, "/close", {"session_id": session}, **headers) == (200, {"closed": True})
    return rewards, result["observation"]["end"]


async def over_socket(address, seed):
    async with aconnect(f"ws://{address}/ws") as socket:

        async def send(kind, **data):
            await socket.send(json.dumps({"type": kind, "data": data}))
            return json.loads(await socket.recv())["data"]

        result = await send("reset", seed=seed, episode_id=f"e{seed}")
        chat, rewards = [{"role": "user", "content": result["observation"]["text"]}], []
        while not result["done"]:
            text = speak(chat)
            result = await send("step", text=text)
            rewards.append(result["reward"])
            chat += [{"role": "assistant", "content": text}, {"role": "user", "content": result["observation"]["text"]}]
        state = await send("state")
        assert (state["messages"], state["step_count"], state["episode_id"]) == (chat, len(rewards), f"e{seed}")
        return rewards, result["observation"]["end"]


def same(played, env_id="Negotiation-v0"):
    """Whether returns, outcomes and hidden states are those of gymnasium for the seeds 0, 1, and so on."""
    for seed, (rewards, end) in enumerate(played):
        expected, info = plain(env_id, seed)
        assert rewards == expected
        assert (end["outcome"], end["hidden"], end["return"]) == (info["outcome"], info["hidden"], sum(expected))
        assert len(end["advantages"]) == len(rewards)
    return True


def test_twenty_at_a_time_over_http(server):
    with ThreadPoolExecutor(20) as pool:
        assert same(pool.map(lambda seed: over_http(server, seed), range(20)))


def test_twenty_at_a_time_over_websocket(server):
    async def all_of_them():
        return await asyncio.gather(*(over_socket(server, seed) for seed in range(20)))

    assert same(asyncio.run(all_of_them()))


def test_another_family_with_a_split():
    with serving("Tutoring-v0", split="test") as (address, lobby):
        for seed in range(3):
            rewards, end = over_http(address, seed)
            assert rewards == plain("Tutoring-v0", seed, "test")[0]
            assert end["seed"] == 5_000_000 + seed
        assert lobby.live == {} and lobby.sockets == 0


def test_what_is_hidden_does_not_travel_before_the_end(server):
    """Neither the answers nor the state tell anything of the hidden state, by its name or by its values."""
    session = ask(server, "/reset", {"seed": 0})[1]["session_id"]
    answers = [ask(server, "/step", {"session_id": session, "action": {"text": "Hello."}})[1]]
    answers.append(ask(server, f"/state?session_id={session}")[1])
    hidden = plain("Negotiation-v0", 0)[1]["hidden"]
    for answer in answers:
        assert "hidden" not in json.dumps(answer) and hidden["tactic"] not in json.dumps(answer)
        assert str(hidden["reservation"]) not in json.dumps(answer)


WRONG = {
    "no JSON": ("/reset", b"{", 422, "JSON"),
    "no object": ("/reset", b"[1]", 422, "body"),
    "not a number": ("/reset", b'{"seed": NaN}', 422, "seed"),
    "deep": ("/reset", b"[" * 60_000, 400, ""),
    "negative": ("/reset", {"seed": -1}, 422, "seed"),
    "large": ("/reset", {"seed": 2**63}, 422, "seed"),
    "half a character": ("/step", b'{"session_id": "x", "action": {"text": "\\ud800"}}', 422, "text"),
    "no session": ("/step", {"action": {"text": "Hi."}}, 422, "session_id"),
    "an unknown session": ("/step", {"session_id": "x", "action": {"text": "Hi."}}, 404, "there is no session 'x'"),
    "reset of an unknown one": ("/reset", {"session_id": "x"}, 404, "there is no session"),
    "close of an unknown one": ("/close", {"session_id": "x"}, 404, "there is no session"),
    "state of an unknown one": ("/state?session_id=x", None, 404, "there is no session"),
    "no action": ("/step", {"session_id": "x"}, 422, "action"),
    "no text": ("/step", {"session_id": "x", "action": {}}, 422, "text"),
    "a number": ("/step", {"session_id": "x", "action": {"text": 7}}, 422, "text"),
    "too large": ("/step", b'{"action": "%s"}' % (b"x" * 70_000), 413, "65536 bytes"),
    "no such page": ("/nowhere", None, 404, "Not Found"),
}


@pytest.mark.parametrize("name", WRONG)
def test_whoever_asks_wrongly_is_told_so(server, name):
    path, data, status, words = WRONG[name]
    found, reply = ask(server, path, data)
    assert found == status and words in reply["detail"]


def test_a_body_of_unknown_length_is_cut(server):
    def chunks():
        for _ in range(20):
            yield b"x" * 10_000

    request = urllib.request.Request(f"http://{server}/step", chunks(), {"Content-Type": "application/json"})
    with pytest.raises((urllib.error.URLError, ConnectionError)) as error:
        urllib.request.urlopen(request, timeout=30)
    hung_up = isinstance(getattr(error.value, "reason", error.value), ConnectionError)  # while it was still sent
    assert hung_up or error.value.code == 413


def test_a_dialogue_that_is_over_takes_no_more(server):
    session = ask(server, "/reset", {"seed": 0})[1]["session_id"]
    step = {"session_id": session, "action": {"text": "[walk]"}}
    assert ask(server, "/step", step)[1]["done"]
    assert ask(server, "/step", step)[0] == 409
    assert ask(server, "/reset", {"seed": 1, "session_id": session})[1]["session_id"] == session
    assert ask(server, "/step", step)[0] == 200


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", "INVALID_JSON"),
        ("[" * 60_000, "INVALID_JSON"),
        (b"\x00", "INVALID_JSON"),
        ("[1]", "UNKNOWN_TYPE"),
        ('{"type": "dance"}', "UNKNOWN_TYPE"),
        ('{"type": "reset", "data": {"seed": -1}}', "VALIDATION_ERROR"),
        ('{"type": "step", "data": {"text": "\\ud800"}}', "VALIDATION_ERROR"),
        ('{"type": "step", "data": 1}', "VALIDATION_ERROR"),
        ('{"type": "step", "data": {"text": "Hello."}}', "EXECUTION_ERROR"),
    ],
)
def test_wrong_messages_over_websocket(server, sent, code):
    with connect(f"ws://{server}/ws") as socket:
        socket.send(sent)
        assert json.loads(socket.recv())["data"]["code"] == code
        socket.send('{"type": "reset", "data": {"seed": 0}}')
        assert json.loads(socket.recv())["type"] == "observation"
        socket.send('{"type": "close"}')
        with pytest.raises(ConnectionClosed):
            socket.recv()


def test_a_message_that_is_too_large_ends_the_connection(server):
    with connect(f"ws://{server}/ws") as socket, pytest.raises(ConnectionClosed) as closed:
        socket.send("x" * 70_000)
        socket.recv()
    assert closed.value.rcvd.code == 1009


def test_no_more_sessions_than_there_may_be():
    with serving(sessions=2) as (address, lobby):
        first = ask(address, "/reset", {})[1]["session_id"]
        with connect(f"ws://{address}/ws") as second:
            assert ask(address, "/reset", {}) == (503, {"detail": "all 2 sessions are in use; try again later"})
            with connect(f"ws://{address}/ws") as third:
                assert json.loads(third.recv())["data"]["code"] == "CAPACITY_REACHED"
            second.send('{"type": "close"}')
            with pytest.raises(ConnectionClosed):
                second.recv()
        while lobby.sockets:
            time.sleep(0.01)
        assert ask(address, "/reset", {})[0] == 200
        assert ask(address, "/reset", {})[0] == 503
        ask(address, "/close", {"session_id": first})
        assert ask(address, "/reset", {})[0] == 200


def test_sessions_that_nobody_uses_expire():
    with serving(idle=0.4) as (address, lobby):
        session = ask(address, "/reset", {})[1]["session_id"]
        with connect(f"ws://{address}/ws") as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv()
        assert closed.value.rcvd.code == 1001
        while lobby.live:
            time.sleep(0.01)
        assert ask(address, "/step", {"session_id": session, "action": {"text": "Hello."}})[0] == 404


def test_one_that_is_used_does_not_expire():
    lobby = Lobby(Sessions("Negotiation-v0"), 2, idle=1000.0)
    lobby.live |= {"old": lobby.make(), "new": lobby.make()}
    lobby.live["old"].used -= 1001
    lobby.expire()
    assert list(lobby.live) == ["new"]


def test_one_that_is_at_work_does_not_expire(monkeypatch):
    lobby = Lobby(Sessions("Negotiation-v0"), 2, idle=0.01)
    lobby.live["slow"] = live = lobby.make()
    asyncio.run(live.reset(0))

    async def slowly(text):
        await asyncio.sleep(0.05)
        lobby.expire()
        return answer

    answer = live.session.step("Hello.")
    monkeypatch.setattr(live.session, "astep", slowly)
    asyncio.run(live.step("Hello."))
    assert list(lobby.live) == ["slow"]
    time.sleep(0.02)
    lobby.expire()
    assert lobby.live == {}


def test_a_token():
    with serving(token="abc") as (address, _):
        right, wrong = {"Authorization": "Bearer abc"}, {"Authorization": "Bearer abcd"}
        assert ask(address, "/health") == (200, {"status": "healthy"})
        assert ask(address, "/reset", {"seed": 0})[0] == ask(address, "/reset", {"seed": 0}, **wrong)[0] == 401
        assert over_http(address, 0, **right)[0] == plain("Negotiation-v0", 0)[0]
        with connect(f"ws://{address}/ws", additional_headers=right) as socket:
            socket.send('{"type": "state"}')
            assert json.loads(socket.recv())["data"]["messages"] == []
        with pytest.raises(InvalidStatus), connect(f"ws://{address}/ws", additional_headers=wrong):
            pass


def test_a_failure_of_the_simulated_user_is_no_score():
    with serving(user=flaky()) as (address, _):
        session = ask(address, "/reset", {"seed": 1})[1]["session_id"]
        status, reply = ask(address, "/step", {"session_id": session, "action": {"text": "Hello."}})
        assert status == 502 and "503" in reply["detail"]
        with connect(f"ws://{address}/ws") as socket:
            socket.send('{"type": "reset", "data": {"seed": 1}}')
            socket.recv()
            socket.send('{"type": "step", "data": {"text": "Hello."}}')
            assert json.loads(socket.recv())["data"]["code"] == "EXECUTION_ERROR"


def test_what_the_tools_of_openenv_ask_for(server):
    about = ask(server, "/metadata")[1]
    assert about["name"] == "Negotiation-v0" and "bargaining" in about["description"]
    assert set(ask(server, "/schema")[1]) == {"action", "observation", "state"}
    assert ask(server, "/mcp", {})[1]["jsonrpc"] == "2.0"
    assert {"/reset", "/step", "/state"} <= set(ask(server, "/openapi.json")[1]["paths"])


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Tutoring-v0"])
def test_the_client_of_openenv(env_id):
    openenv = pytest.importorskip("openenv")

    async def episode(address, seed):
        async with openenv.GenericEnvClient(base_url=f"http://{address}") as env:
            result = await env.reset(seed=seed)
            chat, rewards = [{"role": "user", "content": result.observation["text"]}], []
            while not result.done:
                text = speak(chat)
                result = await env.step({"text": text})
                rewards.append(result.reward)
                chat += [
                    {"role": "assistant", "content": text},
                    {"role": "user", "content": result.observation["text"]},
                ]
            return rewards, result.observation["end"]

    async def all_of_them(address):
        return await asyncio.gather(*(episode(address, seed) for seed in range(20)))

    with serving(env_id) as (address, _):
        assert same(asyncio.run(all_of_them(address)), env_id)


@pytest.mark.parametrize("wrong", [{"sessions": 0}, {"idle": 0.0}, {"body": -1}])
def test_limits_are_above_zero(wrong):
    with pytest.raises(ValueError, match="must be above 0"):
        make_app("Negotiation-v0", **wrong)


def test_a_small_load_is_borne():
    """`bench_serve` with 20 learners; some leave in the middle, and their sessions stay until they expire."""
    plays = scripts("Negotiation-v0", 40)
    with serving() as (address, lobby):
        counts = asyncio.run(load(address, plays, sessions=20, seconds=1.0))
        assert counts.dialogues >= 20 and counts.left >= 2
        assert counts.lost == counts.wrong == 0
        while lobby.sockets:
            time.sleep(0.01)
        assert 0 < len(lobby.live) <= counts.left
        for live in lobby.live.values():
            live.used -= 1000.0
        lobby.expire()
        assert lobby.live == {}
    wrong = [script._replace(opening="Good day.") for script in plays]
    with serving() as (address, _):
        counts = asyncio.run(load(address, wrong, sessions=2, seconds=0.1))
        assert counts.wrong == counts.dialogues > 0


def test_what_a_container_runs(monkeypatch):
    """`openenv.yaml` names an app that is there, and its variables say what it serves."""
    home = Path(dialogym.__file__).parent / "adapters" / "openenv_space"
    (named,) = re.findall(r"^app: (\S+)$", (home / "openenv.yaml").read_text(), re.MULTILINE)
    assert named == "server.app:app" and (home / "server" / "Dockerfile").exists()
    monkeypatch.setenv("DIALOGYM_ENV", "Tutoring-v0")
    monkeypatch.setenv("DIALOGYM_SESSIONS", "3")
    made = runpy.run_path(str(home / "server" / "app.py"))["app"].state.lobby
    assert (made.sessions.env_id, made.limit) == ("Tutoring-v0", 3)


def test_the_command_says_what_is_wrong(capsys):
    assert main(["serve", "Nowhere-v0"]) == 1
    assert "environment must be one of" in capsys.readouterr().err
