"""A chat server on loopback that answers as it is told: well, late, wrongly or not at all."""

from __future__ import annotations

import asyncio
import json
import threading


class FaultServer:
    """Answers the first requests by `script`, an action each, and all others by `otherwise`; or all by `answer`.

    `answer` is given the body of a request and returns a status and the JSON to send, see `completion`.

    Actions: ``ok`` (the reply is ``reply N`` for the Nth request), ``empty``, ``truncated`` (the body ends early),
        ``halved`` (half of the JSON, whole body),
    ``nontext`` (content is a list), ``binary``, ``shapeless`` (JSON without choices), ``thinking``, ``hang``, ``drop``
    (the connection is cut), ``told`` (status 200, and an error in the JSON), or a status, optionally with a Retry-After header: ``429``, ``429 after 2``.
    """

    def __init__(self, script=(), otherwise="ok", delay=0.0, answer=None):
        self.script, self.otherwise, self.delay, self.answer = list(script), otherwise, delay, answer
        self.bodies, self.headers, self.times = [], [], []
        self.now = self.most = self.connections = 0
        self.port = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self):
        self._run(self._start())
        return self

    def stop(self):
        """Die: no new connections, and the old ones are cut."""
        self._run(self._stop())

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def _start(self):
        self.writers = set()
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=256)
        self.port = self.server.sockets[0].getsockname()[1]

    async def _stop(self):
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.writers.add(writer)
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                raw = await reader.readexactly(int(fields.get("content-length", 0)))
                if head[0].startswith("GET"):
                    await self._send(writer, 200, {"object": "list", "data": [{"id": "first"}, {"id": "second"}]})
                    continue
                body = json.loads(raw)
                self.bodies.append(body)
                self.headers.append(fields)
                self.times.append(self.loop.time())
                self.now += 1
                self.most = max(self.most, self.now)
                try:
                    await asyncio.sleep(self.delay)
                    if not await self._act(writer, self.script.pop(0) if self.script else self.otherwise, body):
                        return
                finally:
                    self.now -= 1
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    async def _act(self, writer, action, body):
        """Do it; false if the connection is over."""
        if self.answer is not None:
            await self._send(writer, *self.answer(body))
            return True
        words = {
            "ok": f"reply {len(self.bodies)}",
            "empty": " \n",
            "nontext": [{"type": "image"}],
            "thinking": "<think>hm, let me",
        }
        good = json.dumps(completion(words.get(action, "half of a reply"))).encode()
        if action == "hang":
            await asyncio.sleep(3600)
        elif action == "drop":
            return False
        elif action == "truncated":
            writer.write(_head(200, len(good)) + good[: len(good) // 2])
            await writer.drain()
            return False
        elif action == "halved":
            await self._send(writer, 200, good[: len(good) // 2])
        elif action == "binary":
            await self._send(writer, 200, b"\xff\xfe\x00\x01")
        elif action == "shapeless":
            await self._send(writer, 200, {"id": "1", "object": "chat.completion"})
        elif action == "nested":
            await self._send(writer, 200, b"[" * 200_000)
        elif action == "told":
            await self._send(writer, 200, {"error": {"message": "the model is overloaded", "code": 503}})
        elif action[:3].isdecimal():
            status, _, wait = action.partition(" after ")
            message = {"error": {"message": f"the server's own words on {status}", "code": None}}
            await self._send(writer, int(status), message, f"Retry-After: {wait}\r\n" if wait else "")
        else:
            await self._send(writer, 200, good)
        return True

    async def _send(self, writer, status, body, more=""):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        writer.write(_head(status, len(data), more) + data)
        await writer.drain()


def completion(content, reason="stop", **fields):
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": content, **fields}}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [choice],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3},
    }


def _head(status, length, more=""):
    return (
        f"HTTP/1.1 {status} Status\r\nContent-Type: application/json\r\n{more}Content-Length: {length}\r\n\r\n".encode()
    )
