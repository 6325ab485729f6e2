"""`dialogym bench --server URL`: do voiced dialogues keep a server as busy as bare requests do?"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
from rich.table import Table

from ..core.spec import parse_spec
from ..envs.make import make_engine
from ..envs.users import make_user
from ..simulated_users.backends.backend import Backend, Reply, Request
from ..simulated_users.user import Failure

STAND_IN = "stand-in"


class _Kept:
    """A backend that keeps what it was asked, and how often it failed."""

    def __init__(self, backend: Backend):
        self.name, self._backend, self.asked, self.failed = backend.name, backend, [], 0
        self.close = backend.close

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        self.asked.extend(requests)
        replies = self._backend.generate(requests)
        self.failed += sum(isinstance(reply, Failure) for reply in replies)
        return replies


class _Dialogues:
    """A vector of voiced dialogues."""

    def __init__(
        self, env_id: str, server: str, count: int, said: dict[Any, tuple[str, ...]], settings: dict[str, Any]
    ):
        address, given = parse_spec(server, "server")
        given = {"attempts": 1, "max_tokens": 30, "timeout": 600, "concurrency": 2 * count, **given}
        options = ",".join(f"{name}={value}" for name, value in given.items())
        user: Any = make_user(f"voiced:{address}({options})", make_engine(env_id, **settings).family)
        self.kept = user.voice.backend = _Kept(user.voice.backend)
        self._env: Any = gym.make_vec(env_id, num_envs=count, user=user, **settings)
        self._said, self._turn = said, 0
        self._env.reset(seed=0)

    def play(self, requests: int) -> float:
        """Play until at least so many requests were made; gives requests a second."""
        self.kept.asked.clear()
        begun = time.perf_counter()
        while len(self.kept.asked) < requests:
            texts = [self._said[dialogue.scenario] for dialogue in self._env.dialogues]
            self._env.step([some[(self._turn + i) % len(some)] for i, some in enumerate(texts)])
            self._turn += 1
        return len(self.kept.asked) / (time.perf_counter() - begun)


def measure(
    env_id: str,
    server: str,
    dialogues: int,
    requests: int,
    repeats: int,
    delay: float,
    said: dict[Any, tuple[str, ...]],
    settings: dict[str, Any],
) -> Table:
    """Requests a second: of voiced dialogues at once, of bare requests with the same bodies, and of one at a time.

    The bare requests are those that the dialogues have just made, sent again through aiohttp with as many connections
    and no barrier between steps, which is the most that the server gives. If it caches prompts, that favours them.

    Raises:
        ConnectionError: If requests fail.
    """
    with _serving(server, delay) as address:
        playing = _Dialogues(env_id, address, dialogues, said, settings)
        playing.play(min(dialogues, requests))  # opens the connections
        rates: dict[str, list[float]] = {"dialogues": [], "bare": [], "one": []}
        for _ in range(repeats):
            rates["dialogues"].append(playing.play(requests))
            asked = list(playing.kept.asked)
            rates["bare"].append(asyncio.run(_bare(address, asked, dialogues)))
            rates["one"].append(asyncio.run(_bare(address, asked[:4], 1)))
        if playing.kept.failed:
            raise ConnectionError(f"{playing.kept.failed} requests failed: the numbers would mean nothing")
        playing.kept.close()
    ratios = [ours / raw for ours, raw in zip(rates["dialogues"], rates["bare"], strict=True)]
    table = Table(title=f"{env_id}, voiced by {server}" + (f" ({delay:g} s a request)" if server == STAND_IN else ""))
    for heading in ("", "requests a second, median", "lowest", "highest"):
        table.add_column(heading, justify="right" if heading else "left")
    names = (f"{dialogues} dialogues at once", f"{dialogues} bare requests at once", "one bare request at a time")
    rows = [(name, values, ".2f") for name, values in zip(names, rates.values(), strict=True)]
    for name, values, shown in [*rows, ("dialogues / bare, paired", ratios, ".1%")]:
        table.add_row(name, *(format(value, shown) for value in (statistics.median(values), min(values), max(values))))
    return table


async def _bare(address: str, requests: Sequence[Request], at_once: int) -> float:
    import aiohttp

    from ..simulated_users.backends.server import ServerBackend

    url, _, model = parse_spec(address, "server")[0].partition("#")
    bodies = iter([ServerBackend(url, model).body(model, request) for request in requests])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as session:

        async def work() -> None:
            for body in bodies:
                async with session.post(f"{url}/chat/completions", json=body) as answer:
                    await answer.read()
                    if answer.status != 200:
                        raise ConnectionError(f"the server answered a bare request with status {answer.status}")

        begun = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        return len(requests) / (time.perf_counter() - begun)


@contextmanager
def _serving(server: str, delay: float) -> Iterator[str]:
    """The server's address; the stand-in runs in a process of its own meanwhile."""
    if server != STAND_IN:
        yield server
        return
    process = subprocess.Popen([sys.executable, "-m", __name__, str(delay)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"{process.stdout.readline().strip()}#{STAND_IN}"
    finally:
        process.terminate()
        process.wait()


async def _stand_in(delay: float) -> None:
    """A server that takes the same time for every request, however many there are."""
    message = {"message": {"role": "assistant", "content": "I see."}}
    body = json.dumps({"choices": [message], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}).encode()
    reply = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                await reader.readexactly(int(head.partition("content-length:")[2].split()[0]))
                await asyncio.sleep(delay)
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=256)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_stand_in(float(sys.argv[1])))
