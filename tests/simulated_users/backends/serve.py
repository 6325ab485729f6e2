"""A small OpenAI-compatible server over any backend: ``python serve.py smollm2 --port 8000``. Prints its URL and serves until it is ended."""

from __future__ import annotations

import argparse
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from dialogym.simulated_users.backends.backend import Request
from dialogym.simulated_users.backends.presets import load_backend
from dialogym.simulated_users.user import Failure


class ChatServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, backend, port=0):
        super().__init__(("127.0.0.1", port), _Handler)
        self.backend = backend

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ChatServer

    def do_GET(self):
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": [{"id": self.server.backend.name, "object": "model"}]})
        else:
            self._send(404, {"error": {"message": f"there is no {self.path}"}})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/v1/chat/completions":
            return self._send(404, {"error": {"message": f"there is no {self.path}"}})
        try:
            asked = json.loads(body)
            stop = asked.get("stop") or ()
            request = Request(
                tuple((turn["role"], turn["content"]) for turn in asked["messages"]),
                int(asked.get("max_tokens") or 64),
                float(asked.get("temperature", 0.7)),
                int(asked.get("seed") or 0),
                (stop,) if isinstance(stop, str) else tuple(stop),
                str(asked.get("grammar") or ""),
            )
        except (ValueError, KeyError, TypeError) as error:
            return self._send(400, {"error": {"message": f"the request cannot be read: {error!r}"}})
        reply = self.server.backend.generate([request])[0]
        if isinstance(reply, Failure):
            return self._send(400, {"error": {"message": str(reply)}})
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": reply.text}}
        usage = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.tokens, "total_tokens": reply.prompt_tokens + reply.tokens}
        self._send(200, {"id": "chat", "object": "chat.completion", "created": 0, "model": self.server.backend.name, "choices": [choice], "usage": usage})

    def _send(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    server = ChatServer(load_backend(arguments.model), arguments.port)
    print(server.url, flush=True)
    server.serve_forever()
