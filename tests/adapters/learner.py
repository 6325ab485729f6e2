"""What tests of adapters share: a learner that reads nothing but the chat, and what it gets in plain gymnasium."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dialogym  # noqa: F401
import gymnasium as gym
from dialogym.simulated_users.user import Failure, ScriptedUser


def speak(messages):
    """A buyer in Negotiation-v0, or a tutor in Tutoring-v0."""
    brief, last = messages[0]["content"], messages[-1]["content"]
    spoken = sum(message["role"] == "assistant" for message in messages)
    if "You tutor" in brief:
        skills = re.findall(r"\d (\w+) \(", brief)
        act = ("example", "explain")[spoken % 2]
        return f"[{act} {skills[spoken // 2]}]" if spoken // 2 < len(skills) else "[stop]"
    worth = int(re.search(r"worth \$(\d+) to you", brief)[1])
    asked = re.findall(r"\$(\d+)", last.split("\n\n")[-1])
    offer = int(worth * min(0.95, 0.6 + 0.06 * spoken)) // 10 * 10
    return "[accept]" if asked and int(asked[-1]) <= max(offer, 0.85 * worth) else f"[offer {offer}]"


@cache
def plain(env_id, seed, split=None):
    """The rewards of `speak`, and the last info, from plain gymnasium."""
    env = gym.make(env_id, split=split)
    env.reset(seed=seed)
    rewards = []
    while True:
        _, reward, over, cut, info = env.step(speak(env.unwrapped.messages()))
        rewards.append(reward)
        if over or cut:
            return rewards, info


class Model(BaseHTTPRequestHandler):
    """A model behind an OpenAI-compatible API that speaks as `speak`."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat = [message for message in body["messages"] if message["role"] != "system"]
        for message in chat:
            if isinstance(message["content"], list):
                message["content"] = "".join(part["text"] for part in message["content"])
        message = {"role": "assistant", "content": speak(chat)}
        whole = {"id": "x", "created": 0, "model": body["model"]}
        if not body.get("stream"):
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            return self.reply({**whole, "object": "chat.completion", "choices": [choice], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for delta, finish in ((message, None), ({}, "stop")):
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            chunk = {**whole, "object": "chat.completion.chunk", "choices": [choice]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def do_GET(self):
        self.reply({"object": "list", "data": [{"id": "ladder", "object": "model"}]})

    def reply(self, answer):
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@contextmanager
def model():
    """The address of a `Model`, such as ``http://127.0.0.1:1234/v1``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


class Flaky(ScriptedUser):
    """A simulated user whose machinery fails on the first reply in dialogues of odd seeds."""

    def speak(self, dialogues, heards, texts, exchanges):
        spoken = super().speak(dialogues, heards, texts, exchanges)
        return [
            Failure("503") if heard is not None and dialogue.seed % 2 else words
            for dialogue, heard, words in zip(dialogues, heards, spoken, strict=True)
        ]


def flaky(env_id="Negotiation-v0"):
    """Such a user of a family."""
    return Flaky(gym.make(env_id).unwrapped.family.voice)
