"""`dialogym serve`: an environment behind HTTP and WebSocket."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import tyro
from rich.console import Console


@dataclass(frozen=True)
class Serve:
    """Serve an environment over HTTP and WebSocket, in the protocol of OpenEnv, to many learners at once."""

    env_id: tyro.conf.Positional[str]
    """Environment; `dialogym list` shows them."""
    host: str = "127.0.0.1"
    """Address to listen at; `0.0.0.0` for every one of this machine (then set a token)."""
    port: int = 8000
    """Port to listen at."""
    sessions: int = 256
    """How many dialogues there may be at a time; whoever comes later gets 503."""
    idle: float = 600.0
    """Seconds after which a session is closed that nobody uses."""
    token: str = ""
    """What clients have to send, as `Authorization: Bearer TOKEN`; `DIALOGYM_TOKEN` by default."""
    body: int = 65536
    """Bytes of a request, at most."""
    split: Literal["train", "validation", "test"] | None = None
    """Seeds count from the first of this split's own."""
    reward: str = "goal"
    """Registered reward."""
    grammar: str = "natural"
    """`natural` understands plain words besides tags, `tagged` only tags."""
    user: str = "scripted"
    """Who is talked to: `scripted`, `voiced:MODEL` (a language model speaks) or `llm:MODEL` (it decides or
    chooses as well)."""


def main(arguments: Sequence[str], settings: dict[str, Any]) -> None:
    """Serve until interrupted."""
    options = tyro.cli(Serve, args=list(arguments), prog="dialogym serve")
    try:
        import uvicorn
        import websockets  # noqa: F401  # what uvicorn speaks WebSocket with

        from ..adapters.openenv import make_app
    except ModuleNotFoundError as error:
        raise ImportError(f'{error}; install it with: pip install "dialogym[openenv]"') from error
    named = {
        name: getattr(options, name) for name in ("sessions", "idle", "body", "split", "reward", "grammar", "user")
    }
    token = options.token or os.environ.get("DIALOGYM_TOKEN", "")
    if not 0 <= options.port <= 65535:
        raise ValueError(f"port must be from 0 to 65535, got {options.port}")
    app = make_app(options.env_id, token=token, **{**named, **settings})
    console = Console(highlight=False)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    with socket.create_server((options.host, options.port), family=family, backlog=2048) as listening:
        port = listening.getsockname()[1]  # with 0 the system has chosen
        console.print(f"{options.env_id} at http://{options.host}:{port} (WebSocket: /ws). Ctrl-C ends it.")
        config = uvicorn.Config(app, ws_max_size=options.body, log_level="warning")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
