"""Collection on Ray, on a cluster on loopback: whatever plays the episodes and whatever happens to it, the store is the one of a single process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ray = pytest.importorskip("ray")

from dialogym.envs.episodes import read_episodes
from dialogym.envs.make import make_engine
from dialogym.envs.registration import TABLE
from dialogym.policies.collect import collect
from dialogym.policies.policy import FunctionPolicy

pytestmark = pytest.mark.long

ENV = "Negotiation-v0"
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import a test


def written(path):
    """Names and bytes of the files of a store."""
    return {file.name: file.read_bytes() for file in sorted(Path(path).iterdir())}


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """What one process writes: 60 episodes in chunks of 8."""
    path = tmp_path_factory.mktemp("single") / "episodes"
    collect(ENV, "scripted", 60, path, seed=100, batch=8)
    return written(path)


@pytest.fixture(scope="module")
def cluster():
    """A cluster of two processors that outlives a collection."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    context = ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=False,
        object_store_memory=10**8,
        log_to_driver=False,
        logging_level="warning",
        _node_ip_address="127.0.0.1",
    )
    yield context.address_info["gcs_address"]
    ray.shutdown()


def test_it_starts_and_stops_a_cluster_of_its_own(tmp_path, single, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert not ray.is_initialized()
    collect(ENV, "scripted", 60, tmp_path / "e", seed=100, batch=8, engine="ray", workers=2)
    assert written(tmp_path / "e") == single
    assert not ray.is_initialized()


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_workers_changes_nothing(cluster, tmp_path, single, workers):
    collect(ENV, "scripted", 60, tmp_path / "e", seed=100, batch=8, engine="ray", workers=workers)
    assert written(tmp_path / "e") == single
    assert ray.is_initialized()  # it is not ours to stop


class Watched:
    """Speaks like `scripted`, leaves a note of each turn, and waits in the middle of a dialogue until somebody has been killed."""

    name = "scripted"

    def __init__(self, folder):
        from dialogym.policies.registry import make_policy

        self.folder, self.policy = folder, make_policy("scripted", make_engine(ENV))

    def respond(self, dialogues, streams):
        seeds, turn = [dialogue.seed for dialogue in dialogues], len(dialogues[0].steps)
        (self.folder / f"turn-{os.getpid()}-{seeds[0]}-{turn}").touch()
        if turn == 2 and min(seeds) >= 116:
            (self.folder / f"waiting-{os.getpid()}").touch()
            for _ in range(400):
                if (self.folder / "killed").exists():
                    break
                time.sleep(0.05)
        return self.policy.respond(dialogues, streams)


def kill_a_waiting_worker(folder):
    """Kill the first process that waits in the middle of a chunk, and let the others go on."""
    for _ in range(400):
        if waiting := list(folder.glob("waiting-*")):
            victim = int(waiting[0].name.split("-")[1])
            os.kill(victim, signal.SIGKILL)
            (folder / "killed").write_text(str(victim))
            return
        time.sleep(0.05)


def test_a_killed_worker_loses_nothing_and_repeats_nothing(cluster, tmp_path, single):
    notes = tmp_path / "notes"
    notes.mkdir()
    killer = threading.Thread(target=kill_a_waiting_worker, args=(notes,))
    killer.start()
    collect(ENV, Watched(notes), 60, tmp_path / "e", seed=100, batch=8, engine="ray", workers=2)
    killer.join()
    victim = (notes / "killed").read_text()
    with pytest.raises(ProcessLookupError):
        os.kill(int(victim), 0)
    begun = {
        note.name.split("-")[2] for note in notes.glob(f"turn-{victim}-*-2")
    }  # chunks that it was in the middle of, by first seed
    again = [seed for seed in begun if len(list(notes.glob(f"turn-*-{seed}-0"))) > 1]
    assert len(again) == 1  # one chunk was begun by two processes
    assert written(tmp_path / "e") == single
    assert [episode.seed for episode in read_episodes(tmp_path / "e")] == list(range(100, 160))


def stumble(notes, dialogue, stream):
    """Ends the collection at seed 130, unless the stone has been moved."""
    if not dialogue.steps:
        (notes / f"{dialogue.seed}-{time.monotonic_ns()}").touch()
    if dialogue.seed == 130 and not (notes / "moved").exists():
        raise RuntimeError("there was a stone")
    return "[walk]"


def settle(folder):
    """Wait until other workers have noticed that the collection is over."""
    seen, since = -1, 0.0
    while time.monotonic() - since < 2.0:
        if (now := len(list(folder.iterdir()))) != seen:
            seen, since = now, time.monotonic()
        time.sleep(0.05)


@pytest.mark.parametrize("engine", ["local", "ray"])
def test_what_was_interrupted_goes_on(request, tmp_path, engine):
    if engine == "ray":
        request.getfixturevalue("cluster")
    notes = tmp_path / "notes"
    notes.mkdir()
    policy = FunctionPolicy("stumbler", partial(stumble, notes))
    command = partial(collect, ENV, policy, 60, tmp_path / "e", seed=100, batch=8, engine=engine)
    with pytest.raises(RuntimeError, match="there was a stone"):
        command()
    before = written(tmp_path / "e")
    held = {episode.seed for episode in read_episodes(tmp_path / "e")}
    assert held == set(range(100, 124))  # the three chunks before it
    if engine == "ray":
        settle(notes)
    for note in list(notes.iterdir()):
        note.unlink()
    (notes / "moved").touch()
    command(resume=True)
    played = Counter(int(note.name.split("-")[0]) for note in notes.iterdir() if note.name != "moved")
    assert played == dict.fromkeys(set(range(100, 160)) - held, 1)  # each missing one once, and no other
    assert before.items() <= written(tmp_path / "e").items()
    collect(ENV, policy, 60, tmp_path / "whole", seed=100, batch=8)
    assert written(tmp_path / "e") == written(tmp_path / "whole")
    assert command(resume=True) and written(tmp_path / "e") == written(
        tmp_path / "whole"
    )  # nothing is left to be played


def test_the_command_uses_the_cluster_that_there_is(cluster, tmp_path, single):
    arguments = ["collect", ENV, "--seed", "100", "--batch", "8", "--engine", "ray", "--out", str(tmp_path / "e")]
    run = partial(
        subprocess.run,
        env={**os.environ, "RAY_ADDRESS": cluster},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    collect(ENV, "scripted", 16, tmp_path / "e", seed=100, batch=8)
    ended = run([sys.executable, "-m", "dialogym.scripts.main", *arguments, "--episodes", "60", "--resume"])
    assert ended.returncode == 0 and "60 episodes" in ended.stdout, ended.stderr
    assert written(tmp_path / "e") == single
    assert ray.cluster_resources()["CPU"] == 2.0  # it was this cluster, and it is still there


def double(step):
    return 2.0 * step.payoff


def test_ids_and_rewards_of_the_program_are_known_to_the_workers(cluster, tmp_path, monkeypatch):
    monkeypatch.setitem(TABLE, "MyLessons-v0", ("dialogym.envs.tutoring.family:Tutoring", {"turns": 4}))
    command = partial(
        collect,
        "MyLessons-v0",
        "random+teach-then-quiz",
        12,
        batch=4,
        reward=double,
        best_of=2,
        skills=2,
        mastery=(0.5, 0.3, 0.2),
    )
    command(path=tmp_path / "local")
    command(path=tmp_path / "ray", engine="ray")
    assert written(tmp_path / "ray") == written(tmp_path / "local")
    episodes = read_episodes(tmp_path / "ray")
    assert all(episode.settings["turns"] == 4 and episode.settings["skills"] == 2 for episode in episodes)
    assert any(episode.payoff for episode in episodes)
    assert all(episode.episode_return == pytest.approx(2 * episode.payoff) for episode in episodes)


class Answering(BaseHTTPRequestHandler):
    """A chat server whose words follow from what it is asked, and nothing else."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(asked)
        words = ("Hello there.", "Well, let me see.", "That is how it is.")[len(json.dumps(asked["messages"])) % 3]
        body = json.dumps(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "it",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}],
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_voiced_users(cluster, tmp_path):
    pytest.importorskip("openai")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        user = f"voiced:http://127.0.0.1:{server.server_port}/v1#it(attempts=1)"
        collect("Coaching-v0", "recommend-now", 6, tmp_path / "local", batch=3, user=user)
        asked = len(server.asked)
        collect("Coaching-v0", "recommend-now", 6, tmp_path / "ray", batch=3, user=user, engine="ray")
    finally:
        server.shutdown()
        server.server_close()
    assert len(server.asked) == 2 * asked > 0
    assert written(tmp_path / "ray") == written(tmp_path / "local")
    assert not any(episode.error for episode in read_episodes(tmp_path / "ray"))


def test_language_models_are_loaded_by_the_workers(cluster, tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    from dialogym.policies import tiny
    from dialogym.policies.language_model import load_model

    monkeypatch.setattr(tiny, "CORPUS_EPISODES", 50)
    model, tokenizer = load_model("tiny", make_engine("CoachingSmall-v0"))
    model.save_pretrained(tmp_path / "model")
    tokenizer.save_pretrained(tmp_path / "model")
    collect("CoachingSmall-v0", f"lm:{tmp_path / 'model'}", 6, tmp_path / "local", batch=3)
    collect("CoachingSmall-v0", f"lm:{tmp_path / 'model'}", 6, tmp_path / "ray", batch=3, engine="ray", workers=1)
    assert written(tmp_path / "ray") == written(tmp_path / "local")
    assert {episode.policy for episode in read_episodes(tmp_path / "ray")} == {f"lm:{tmp_path / 'model'}"}


def test_what_is_wrong_is_said_as_it_is_without_ray(cluster, tmp_path):
    command = partial(collect, ENV, episodes=4, path=tmp_path / "e")
    for arguments, words in (
        ({"policy": "nobody"}, "policy must be one of"),
        ({"policy": "human"}, "a person cannot play"),
        ({"policy": "scripted", "role": "judge"}, "judge"),
        ({"policy": "scripted", "workers": 0}, "workers must be at least 1"),
    ):
        with pytest.raises(ValueError, match=words):
            command(**arguments, engine="ray")
    with pytest.raises(ValueError, match="engine must be one of local, ray; got 'spark'"):
        command("scripted", engine="spark")
    assert not (tmp_path / "e").exists()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"policy": "random"}, "policy"),
        ({"role": "seller"}, "settings"),
        ({"grammar": "tagged"}, "grammar"),
        ({"reward": "goal=2"}, "reward"),
        ({"env_id": "NegotiationEasy-v0"}, "env_id"),
    ],
)
def test_a_store_of_something_else_is_not_resumed(tmp_path, other, words):
    command = {"env_id": ENV, "policy": "scripted", "episodes": 3, "path": tmp_path / "e"}
    collect(**command)
    before = written(tmp_path / "e")
    with pytest.raises(ValueError, match=f"holds episodes with {words} .* cannot be resumed"):
        collect(**{**command, **other, "episodes": 5}, resume=True)
    assert written(tmp_path / "e") == before
