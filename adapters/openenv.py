"""An environment behind HTTP and WebSocket, in the protocol of OpenEnv: ``dialogym serve``.

OpenEnv's own server makes an environment for each HTTP request, so that no dialogue lives from ``/reset`` to ``/step``,
and brings along what no dialogue needs. Here a session lives until it is closed or was idle for too long. Its clients,
``openenv.GenericEnvClient`` for one, work unchanged over WebSocket; over HTTP a session has an id.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import math
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from gymnasium.error import ResetNeeded
from pydantic import AfterValidator, BaseModel, Field, ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import __version__
from .session import Session, Sessions

SWEEPS = 4  # times that idle sessions are looked for in the time after which they expire
GREATEST_SEED = 2**63 - 1


def _whole(text: str) -> str:
    """The same. Half a surrogate pair, which JSON may hold and no reply could, is a `ValueError`."""
    text.encode()
    return text


Text = Annotated[str, AfterValidator(_whole)]


class Say(BaseModel):
    """What the learner does: it speaks."""

    text: Text = Field(description="What you say to the other person; one tag in it binds, such as [offer 240]")
    metadata: dict[str, Any] = {}


class Heard(BaseModel):
    """What the learner sees. What was hidden is told at the end, with the exact advantage of each turn."""

    text: str = Field(description="The other person's words; at the start the brief comes first")
    problem: str = Field(default="", description="malformed, ambiguous or illegal if the turn was lost")
    truncated: bool = Field(default=False, description="Whether the dialogue was cut off")
    reward_terms: dict[str, float] = Field(default={}, description="What the reward of this turn is made of")
    end: dict[str, Any] = Field(
        default={}, description="At the end: outcome, hidden, return, seed, optimum, advantages"
    )


class State(BaseModel):
    """Where a session stands; nothing hidden."""

    episode_id: str | None = None
    step_count: int = 0
    messages: list[dict[str, Any]] = Field(default=[], description="The chat so far; the learner is the assistant")


class Reset(BaseModel):
    """Starts a dialogue."""

    seed: int | None = Field(
        default=None, ge=0, le=GREATEST_SEED, description="Fixes the whole dialogue but the learner"
    )
    episode_id: Text | None = Field(default=None, max_length=255)
    session_id: str | None = Field(
        default=None, max_length=64, description="A session to go on with; without it a new one"
    )


class Step(BaseModel):
    """Says something in a session."""

    action: Say
    session_id: str = Field(max_length=64, description="As `reset` has returned it")


class Close(BaseModel):
    """Ends a session."""

    session_id: str = Field(max_length=64)


class Result(BaseModel):
    """What `reset` and `step` return."""

    observation: Heard
    reward: float | None = None
    done: bool = False
    session_id: str | None = None


class Live:
    """A session of a client, and when it was last heard of: never too long ago while it is at work."""

    def __init__(self, session: Session):
        self.session, self.used, self.episode = session, time.monotonic(), None

    async def reset(self, seed: int | None = None, episode_id: str | None = None) -> Result:
        """Start a dialogue."""
        with self._at_work():
            text = await self.session.areset(seed)
        self.episode = episode_id
        return Result(observation=Heard(text=text))

    async def step(self, text: str) -> Result:
        """Say something."""
        with self._at_work():
            answer = await self.session.astep(text)
        seen = Heard(
            text=answer.reply,
            problem=answer.problem,
            truncated=answer.truncated,
            reward_terms=answer.reward_terms,
            end=answer.end,
        )
        return Result(observation=seen, reward=answer.reward, done=answer.done)

    def state(self) -> State:
        """What was said so far."""
        self.used = time.monotonic()
        try:
            dialogue = self.session.env.dialogue
        except ResetNeeded:
            return State(episode_id=self.episode)
        return State(episode_id=self.episode, step_count=len(dialogue.steps), messages=dialogue.messages())

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        self.used = math.inf
        try:
            yield
        finally:
            self.used = time.monotonic()


class Lobby:
    """All sessions of a server.

    Args:
        sessions: Makes them.
        limit: How many there may be at a time.
        idle: Seconds after which one that was not heard of is closed.
    """

    def __init__(self, sessions: Sessions, limit: int, idle: float):
        self.sessions, self.limit, self.idle = sessions, limit, idle
        self.live: dict[str, Live] = {}
        self.sockets = 0

    def make(self) -> Live:
        """A session, not yet reset.

        Raises:
            HTTPException: If there are too many.
        """
        if len(self.live) + self.sockets >= self.limit:
            raise HTTPException(503, f"all {self.limit} sessions are in use; try again later", {"Retry-After": "5"})
        return Live(self.sessions())

    def get(self, session_id: str) -> Live:
        """The session of an id.

        Raises:
            HTTPException: If there is none.
        """
        if session_id not in self.live:
            raise HTTPException(404, f"there is no session {session_id!r}: it was closed, or idle for too long")
        return self.live[session_id]

    def expire(self) -> None:
        """Close sessions that were idle for too long."""
        oldest = time.monotonic() - self.idle
        for session_id in [name for name, live in self.live.items() if live.used < oldest]:
            del self.live[session_id]

    async def watch(self) -> None:
        """Expire sessions for ever."""
        while True:
            await asyncio.sleep(self.idle / SWEEPS)
            self.expire()


class Gate:
    """Lets in what has the token, and is not too large."""

    def __init__(self, app: ASGIApp, token: str, limit: int):
        self.app, self.token, self.limit = app, token.encode(), limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers = dict(scope["headers"])
        given = headers.get(b"authorization", b"")
        if self.token and scope["path"] != "/health" and not hmac.compare_digest(given, b"Bearer " + self.token):
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008, "reason": "wrong or missing token"})
            return await _refuse(
                401, "wrong or missing token: send 'Authorization: Bearer TOKEN'", scope, receive, send
            )
        size = headers.get(b"content-length", b"0")
        if not size.isdigit() or int(size) > self.limit:
            return await _refuse(413, self._too_large, scope, receive, send)
        read = 0

        async def measured() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.limit:
                raise HTTPException(413, self._too_large)
            return message

        return await self.app(scope, measured if scope["type"] == "http" else receive, send)

    @property
    def _too_large(self) -> str:
        return f"a request may have {self.limit} bytes at most"


async def _refuse(status: int, why: str, scope: Scope, receive: Receive, send: Send) -> None:
    await JSONResponse({"detail": why}, status)(scope, receive, send)


def make_app(
    env_id: str, sessions: int = 256, idle: float = 600.0, token: str = "", body: int = 65536, **settings: Any
) -> FastAPI:
    """The server of an environment, for any ASGI server: ``uvicorn.run(make_app("Negotiation-v0"))``.

    Args:
        env_id: A registered id.
        sessions: How many there may be at a time.
        idle: Seconds after which a session is closed that nobody uses.
        token: What clients have to send as ``Authorization: Bearer TOKEN``; ``""`` for nothing.
        body: Bytes of a request, at most.
        **settings: As for ``gym.make``.

    Raises:
        ValueError: If an argument is not valid.
    """
    for name, value in (("sessions", sessions), ("idle", idle), ("body", body)):
        if value <= 0:
            raise ValueError(f"{name} must be above 0, got {value}")
    lobby = Lobby(Sessions(env_id, **settings), sessions, idle)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(lobby.watch())
        yield
        watching.cancel()
        lobby.sessions.close()

    app = FastAPI(title=env_id, version="1.0.0", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Gate, token=token, limit=body)
    app.state.lobby = lobby
    _add_facts(app, lobby.sessions)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Any, error: RequestValidationError) -> JSONResponse:
        return JSONResponse({"detail": _in_words(error.errors())}, 422)

    @app.exception_handler(ResetNeeded)
    async def ended(_: Any, error: ResetNeeded) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    @app.exception_handler(ConnectionError)
    async def failed(_: Any, error: ConnectionError) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 502)

    @app.post("/reset")
    async def reset(request: Reset) -> Result:
        """Start a dialogue, in a new session or in one that is there."""
        known = request.session_id
        live = lobby.get(known) if known else lobby.make()
        name = known or secrets.token_urlsafe(16)
        lobby.live[name] = live
        try:
            result = await live.reset(request.seed, request.episode_id)
        except BaseException:
            if not known:
                lobby.live.pop(name, None)
            raise
        return result.model_copy(update={"session_id": name})

    @app.post("/step")
    async def step(request: Step) -> Result:
        """Say something."""
        result = await lobby.get(request.session_id).step(request.action.text)
        return result.model_copy(update={"session_id": request.session_id})

    @app.get("/state")
    async def state(session_id: str) -> State:
        """What was said so far."""
        return lobby.get(session_id).state()

    @app.post("/close")
    async def close(request: Close) -> dict[str, bool]:
        """End a session."""
        lobby.get(request.session_id)
        del lobby.live[request.session_id]
        return {"closed": True}

    @app.websocket("/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            live = lobby.make()
        except HTTPException as full:
            await websocket.send_json(_error("CAPACITY_REACHED", full.detail))
            return await websocket.close(1013)
        lobby.sockets += 1
        try:
            await _converse(websocket, live, idle)
        finally:
            lobby.sockets -= 1
        return None

    return app


def _add_facts(app: FastAPI, sessions: Sessions) -> None:
    """The routes by which OpenEnv's tools find out what a server is."""

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "healthy"}

    @app.get("/metadata")
    async def metadata() -> dict[str, str]:
        about = (type(sessions.engine.family).__doc__ or "").strip().partition("\n")[0]
        return {"name": sessions.env_id, "description": about, "version": __version__}

    @app.get("/schema")
    async def schema() -> dict[str, Any]:
        named = {"action": Say, "observation": Heard, "state": State}
        return {name: model.model_json_schema() for name, model in named.items()}

    @app.post("/mcp")
    async def mcp() -> dict[str, Any]:
        error = {"code": -32601, "message": "there are no tools here: use /ws, or /reset and /step"}
        return {"jsonrpc": "2.0", "id": None, "error": error}


async def _converse(websocket: WebSocket, live: Live, idle: float) -> None:
    """A session over WebSocket, until it is closed or nobody speaks for too long."""
    with suppress(WebSocketDisconnect):
        while True:
            try:
                raw = await asyncio.wait_for(websocket.receive_text(), idle)
            except TimeoutError:
                return await websocket.close(1001, "idle for too long")
            except KeyError:
                await websocket.send_json(_error("INVALID_JSON", "messages are text, not bytes"))
                continue
            answer = await _answer(raw, live)
            if answer is None:
                return await websocket.close()
            await websocket.send_json(answer)


async def _answer(raw: str, live: Live) -> dict[str, Any] | None:
    """What a message of a client comes to; ``None`` to close."""
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return _error("INVALID_JSON", f"not JSON: {error}")
    kind, data = (message.get("type"), message.get("data") or {}) if isinstance(message, dict) else (None, None)
    try:
        if kind == "reset":
            request = Reset.model_validate(data)
            result = await live.reset(request.seed, request.episode_id)
        elif kind == "step":
            result = await live.step(Say.model_validate(data).text)
        elif kind == "state":
            return {"type": "state", "data": live.state().model_dump()}
        elif kind == "close":
            return None
        else:
            return _error("UNKNOWN_TYPE", f"type must be one of reset, step, state, close; got {kind!r:.80}")
    except ValidationError as error:
        return _error("VALIDATION_ERROR", _in_words(error.errors()))
    except (ResetNeeded, ConnectionError) as error:
        return _error("EXECUTION_ERROR", str(error))
    return {"type": "observation", "data": result.model_dump(exclude={"session_id"})}


def _in_words(errors: Sequence[Any]) -> str:
    """What is wrong with a request, without its text: that may hold what no JSON can."""
    return "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"type": "error", "data": {"message": message, "code": code}}
