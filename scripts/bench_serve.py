"""What `dialogym serve` bears: ``python -m dialogym.scripts.bench_serve Negotiation-v0 --sessions 200 --seconds 120``.

A server in a process of its own is spoken to by many learners at once, half of them over HTTP, half over WebSocket, and
some of them leave without a word. Every reply and reward is held against the same dialogue in this process.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tyro

from ..envs.make import make_engine
from ..policies.registry import make_policy
from ..policies.rollout import rollout

SCRIPTS = 400  # dialogues that are played again and again
LEFT = 10  # one dialogue in so many is left in the middle


class Line(NamedTuple):
    """What is said, and what must come of it."""

    text: str
    reply: str
    reward: float
    done: bool


class Script(NamedTuple):
    """A dialogue that is known: its seed, its first observation and its turns."""

    seed: int
    opening: str
    lines: list[Line]


@dataclass
class Counts:
    """What the learners have met with."""

    dialogues: int = 0
    left: int = 0
    wrong: int = 0
    lost: int = 0
    seconds: list[float] = field(default_factory=list)  # of each step


def scripts(env_id: str, count: int = SCRIPTS) -> list[Script]:
    """Dialogues of a policy that speaks at random."""
    engine = make_engine(env_id)
    return [
        Script(
            dialogue.seed or 0,
            f"{dialogue.brief}\n\n{dialogue.opening}" if dialogue.opening else dialogue.brief,
            [Line(step.text, str(step.reply), step.reward, step.done) for step in dialogue.steps],
        )
        for dialogue in rollout(engine, make_policy("random", engine), range(count))
    ]


async def load(address: str, plays: list[Script], sessions: int, seconds: float) -> Counts:
    """Speak to a server from many sessions at once.

    Args:
        address: ``"HOST:PORT"``.
        plays: Known dialogues.
        sessions: How many at a time.
        seconds: After which no session begins another dialogue.
    """
    counts, end = Counts(), time.monotonic() + seconds
    learners = [
        (_over_socket if place % 2 else _over_http)(address, plays, place, end, counts) for place in range(sessions)
    ]
    await asyncio.gather(*learners)
    return counts


Send = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _play(script: Script, leaves: bool, send: Send, counts: Counts) -> None:
    """Play one dialogue, and hold what comes against what is known."""
    result = await send("reset", {"seed": script.seed})
    right = result["observation"]["text"] == script.opening
    for place, line in enumerate(script.lines):
        if leaves and place == len(script.lines) // 2:
            counts.left += 1
            break
        begun = time.perf_counter()
        result = await send("step", {"text": line.text})
        counts.seconds.append(time.perf_counter() - begun)
        seen = line.text, result["observation"]["text"], result["reward"], result["done"]
        right = right and seen == line and bool(result["observation"]["end"]) == line.done
    counts.dialogues += 1
    counts.wrong += not right


async def _over_socket(address: str, plays: list[Script], place: int, end: float, counts: Counts) -> None:
    from websockets.asyncio.client import connect

    turn = place
    while time.monotonic() < end:
        async with connect(f"ws://{address}/ws", open_timeout=60) as connection:

            async def send(kind: str, data: dict[str, Any], connection: Any = connection) -> dict[str, Any]:
                await connection.send(json.dumps({"type": kind, "data": data}))
                return json.loads(await connection.recv())["data"]

            try:
                for _ in range(LEFT):  # a connection serves several dialogues, one after the other
                    await _play(plays[turn % len(plays)], turn % LEFT == 0, send, counts)
                    turn += 1
            except KeyError:
                counts.lost += 1


async def _over_http(address: str, plays: list[Script], place: int, end: float, counts: Counts) -> None:
    host, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    turn, session = place, ""

    async def post(path: str, data: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(data).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(lines.partition("content-length:")[2].partition("\r\n")[0])
        return json.loads(await reader.readexactly(size))

    async def send(kind: str, data: dict[str, Any]) -> dict[str, Any]:
        nonlocal session
        result = await post(f"/{kind}", data if kind == "reset" else {"session_id": session, "action": data})
        session = result["session_id"]
        return result

    while time.monotonic() < end:
        leaves = turn % LEFT == 0
        try:
            await _play(plays[turn % len(plays)], leaves, send, counts)
        except KeyError:
            counts.lost += 1
        if not leaves:  # whoever leaves does not say so: the session must expire
            await post("/close", {"session_id": session})
        turn += 1
    writer.close()


def _memory(process: int) -> float:
    """Resident memory in MB; of Linux."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _watched(process: int, playing: Awaitable[Counts]) -> tuple[Counts, list[float]]:
    """Play, and look at the server's memory every second."""
    task, seen = asyncio.ensure_future(playing), [_memory(process)]
    while not task.done():
        await asyncio.wait([task], timeout=1.0)
        seen.append(_memory(process))
    return task.result(), seen


def main(env_id: tyro.conf.Positional[str], sessions: int = 200, seconds: float = 120.0, idle: float = 10.0) -> None:
    """Measure and print."""
    plays = scripts(env_id)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dialogym.scripts.main", "serve", env_id, "--port", str(port)]
    server = subprocess.Popen([*command, "--sessions", "4096", "--idle", str(idle)], stdout=subprocess.DEVNULL)
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        address = f"127.0.0.1:{port}"
        counts, seen = asyncio.run(_watched(server.pid, load(address, plays, sessions, seconds)))
        used = sum(os.sysconf("SC_CLK_TCK") ** -1 * int(n) for n in _stat(server.pid)[13:15])
    finally:
        server.terminate()
        server.wait()
    step, steps = np.percentile(np.array(counts.seconds) * 1000, [50, 99]), len(counts.seconds)
    print(f"{counts.dialogues} dialogues, {steps} steps by {sessions} learners at once in {seconds:.0f} s")
    print(f"lost {counts.lost}, with a wrong word or reward {counts.wrong}, left in the middle {counts.left}")
    print(f"a step: median {step[0]:.0f} ms, 99% within {step[1]:.0f} ms; {used / steps * 1e3:.2f} ms of CPU")
    print("memory at each fifth of the time:", *(f"{seen[i * (len(seen) - 1) // 5]:.0f} MB" for i in range(6)))


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().split()


if __name__ == "__main__":
    tyro.cli(main)
