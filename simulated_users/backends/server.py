"""Any OpenAI-compatible HTTP server. All requests of a call are in flight together."""

from __future__ import annotations

import asyncio
import json
import os
import re
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any

from ...core.checks import flag, integer, number, text
from ...core.thoughts import spoken
from ...core.tools import utterance
from ..user import REFUSAL, Failure
from .backend import Reply, Request, Running, lacking
from .chat import dicts, fold, words

GRAMMARS = ("", "llama.cpp", "vllm")

_BUSY = (408, 409, 425, 429)  # with 5xx, the statuses that may change by themselves
_TELLING = (400, 422, 500)  # those that come with what the server does not take
_SEEDS = 2**31  # servers disagree on the width of a seed; all take 31 bits
_ROOM = (256, 4096)  # tokens for thinking that are added to a request: at first, and at most
_ENDS = ("stop", "length", "tool_calls")  # of replies that their model has ended, or had no room for
_LIMITS = ("max_tokens", "max_completion_tokens")
_OPTIONAL = ("temperature", "seed", "stop", "chat_template_kwargs", *_LIMITS)
_FILTERED = re.compile(r"content[ _-](filter|policy|management)", re.IGNORECASE)  # OpenAI's and Azure's words
_REFUSES = re.compile(
    r"unsupported|not support|unrecogni[sz]ed|unknown|unexpected|extra.(?:inputs|fields|forbidden)|cannot find|"
    r"only the default|not (?:permitted|allowed|enabled|accepted|available|compatible)|must alternate|only user",
    re.IGNORECASE,
)
_ABOUT_ROLES = re.compile(
    r"(?:system|developer).? (?:role|message|prompt|instruction)|'system'|roles? must alternate|\brole\b|only user",
    re.IGNORECASE,
)


class ServerBackend(Running):
    """Asks a server through the ``openai`` client.

    The requests run on an event loop in a thread of the backend's own, so that `generate` can be called from anywhere,
    also where another loop runs. Refused connections, timeouts, the statuses 408, 409, 425, 429 and 5xx, and replies
    that are empty, cut off or no text are tried again after a wait that doubles each time, or that the server asked
    for; other statuses are final. An empty reply is asked for again with another seed.

    What the server and its model are like is learned from what they answer, and kept from then on:

    - A server that refuses ``temperature``, ``seed`` or ``stop``, as those of reasoning models do, is not sent it any
      more. Replies are cut at the stop texts here, whatever the server makes of them. ``max_tokens`` and
      ``max_completion_tokens`` are tried in turn.
    - To a server that refuses system messages, they are told by the user.
    - A model whose tokens all went into thinking is asked not to think. If it does so all the same, it gets more tokens
      where there were too few, and no stop texts where one of them ended its thoughts.

    The key is ``OPENAI_API_KEY`` of the environment. It is sent to `url` as well, if it is set.

    Args:
        url: Base URL, such as ``http://127.0.0.1:8000/v1``; ``""`` is OpenAI's own (or ``OPENAI_BASE_URL``).
        model: The model's name there; ``""`` takes the first that the server lists. Name it where replies are recorded:
            a record is found by this name.
        concurrency: Requests in flight at most: a vector of n dialogues asks for the last words of some and the first
            of others together, so up to 2n.
        timeout: Seconds for one attempt.
        attempts: Attempts for one request at most.
        backoff: Seconds before the second attempt; the wait doubles from there and is shortened by a random part of up
            to a half.
        longest_wait: Seconds between attempts at most, whatever the server asks for.
        grammar: How the server takes a request's grammar: ``"llama.cpp"``, ``"vllm"`` (0.11 or newer), or ``""`` if it
            takes none.
        extra: Further fields of the requests' body, such as ``{"top_p": 0.9}``.
        name: Replaces the name under which replies are recorded.
        silent: A reply without words is one, and no fault: for learners, who are not helped to find any.

    Attributes:
        name: URL, ``#``, model, and `extra` if there is any.
        tried_again: Attempts after the first, over all requests.

    Raises:
        ImportError: If the client is not installed.
        ValueError: If the key is missing, or an argument is invalid.
    """

    def __init__(
        self,
        url: str = "",
        model: str = "",
        *,
        concurrency: int = 128,
        timeout: float = 60.0,
        attempts: int = 6,
        backoff: float = 0.5,
        longest_wait: float = 30.0,
        grammar: str = "",
        extra: Mapping[str, Any] | None = None,
        name: str = "",
        silent: bool = False,
    ):
        try:
            import openai
        except ImportError as error:
            raise lacking("a model on a server needs the openai client", "llm") from error
        if grammar not in GRAMMARS:
            raise ValueError(f"grammar must be one of {', '.join(map(repr, GRAMMARS))}; got {grammar!r}")
        integer(1, concurrency=concurrency, attempts=attempts)
        number(0, strictly=True, timeout=timeout)
        number(0, backoff=backoff, longest_wait=longest_wait)
        text(name=name)
        flag(silent=silent)
        if not isinstance(extra, Mapping | None):
            raise ValueError(f"extra must be a mapping of fields of the requests' body, got {extra!r}")
        if not url and not model:
            raise ValueError("a model's name is needed where no URL is given")
        key = os.environ.get("OPENAI_API_KEY", "")
        if not url and not key:
            where = "in the environment variable OPENAI_API_KEY"
            raise ValueError(f"the model {model!r} of OpenAI's own API needs a key {where}")
        self._openai = openai
        # The client's own timeout is for single steps of an attempt and looks like a lost connection; ours comes first.
        self._settings: dict[str, Any] = {"api_key": key or "none", "base_url": url or None}
        self._settings |= {"max_retries": 0, "timeout": 2 * timeout}
        self._own = not url and not os.environ.get("OPENAI_BASE_URL")
        self._model, self._grammar, self._extra = model, grammar, dict(extra or {})
        self._concurrency, self._timeout, self._attempts = concurrency, timeout, attempts
        self._backoff, self._longest_wait, self._silent = backoff, longest_wait, silent
        self._refused: set[str] = set()  # what the server does not take: fields of a request, or "system"
        self._hush = False  # whether to ask the model not to think: once all its tokens went into thinking
        self._room = 0  # tokens for thinking, beside those of a reply
        self._random = Random()  # waits are no part of a dialogue's randomness
        place = url or os.environ.get("OPENAI_BASE_URL") or "openai"
        self.name = name or f"{place}#{model}" + (json.dumps(self._extra, sort_keys=True) if extra else "")
        self.tried_again = 0
        self._lock = threading.Lock()
        self._process = 0  # in which the thread was started; 0 before that
        self._closed = False
        self._loop: asyncio.AbstractEventLoop
        self._shut: weakref.finalize
        self._client: Any

    def generate(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        """One reply for each request; see `Backend`."""
        if not requests:
            return []
        self._start()
        if self._closed:
            return [Failure(f"{self.name} is closed") for _ in requests]
        waiting = asyncio.run_coroutine_threadsafe(self._answer_all(requests), self._loop)
        try:
            return waiting.result()
        except CancelledError:
            return [Failure(f"{self.name} was closed before the reply came") for _ in requests]
        finally:
            waiting.cancel()  # after Ctrl-C, the requests in flight; else nothing is left to cancel

    def close(self) -> None:
        """Cut the connections and end the thread."""
        with self._lock:
            self._closed = True
            if self._process:
                self._shut()

    def _start(self) -> None:
        """Start the thread: at the first request, and after a fork, which leaves threads and connections behind."""
        with self._lock:
            if self._closed or self._process == os.getpid():
                return
            self._process = os.getpid()
            self._loop = asyncio.new_event_loop()
            self._client = self._openai.AsyncOpenAI(**self._settings, http_client=self._http_client())
            self._turns = asyncio.Semaphore(self._concurrency)
            self._naming = asyncio.Lock()
            thread = threading.Thread(target=_run, args=(self._loop,), name=f"dialogym {self.name}", daemon=True)
            thread.start()
            # Also when nobody closes the backend, and it is just forgotten.
            self._shut = weakref.finalize(self, _shut, self._process, self._loop, thread, self._client)

    def _http_client(self) -> Any:
        """The client's transport over aiohttp, in half the time of its default; ``None`` if aiohttp is missing."""
        try:
            return self._openai.DefaultAioHttpClient()
        except RuntimeError:
            return None

    async def _answer_all(self, requests: Sequence[Request]) -> list[Reply | Failure]:
        return await asyncio.gather(*map(self._answer, requests))

    async def _answer(self, request: Request) -> Reply | Failure:
        trouble, empty = "", 0
        for attempt in range(self._attempts):
            wait = min(self._longest_wait, self._backoff * 2**attempt) * self._random.uniform(0.5, 1.0)
            self.tried_again += attempt > 0
            try:
                async with self._turns:
                    async with asyncio.timeout(self._timeout):
                        return await self._ask(request, request.seed + empty)
            except _Empty as error:
                trouble, wait, empty = str(error), 0.0, empty + 1
            except _Told as error:
                trouble = f"the server says: {error}"
            except TimeoutError:
                trouble = f"no reply within {self._timeout:g} s"
            except self._openai.APIConnectionError as error:
                trouble = f"the connection failed ({error.__cause__ or error})"
            except self._openai.APIStatusError as error:
                trouble = f"status {error.status_code}: {error.message}"
                if error.status_code < 500 and _FILTERED.search(f"{error.code} {error.message}"):
                    trouble = f"{REFUSAL} ({trouble})"
                if (error.status_code < 500 and error.status_code not in _BUSY) or error.code == "insufficient_quota":
                    return Failure(f"{self.name}: {trouble}")
                wait = min(self._longest_wait, max(wait, _asked_wait(error.response.headers)))
            except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
                trouble = f"the reply cannot be read ({type(error).__name__}: {error})"
            if attempt + 1 < self._attempts:
                await asyncio.sleep(wait)
        return Failure(f"{self.name}: {trouble}; gave up after {self._attempts} attempts")

    async def _ask(self, request: Request, seed: int) -> Reply:
        """One attempt.

        Raises:
            _Empty: If there are no words.
            _Told: If there is an error in their place.
            ValueError: If the reply is no JSON or holds no text.
            KeyError, IndexError, TypeError, AttributeError: If it is JSON of another shape.
            RecursionError: If it is nested too deeply.
        """
        model = self._model or await self._first_model()
        while True:
            room, body = self._room, self.body(model, request._replace(seed=seed))
            begun = time.perf_counter()
            try:
                # The client's typed method takes four times as long: it checks what is known to be right.
                answer: Any = await self._client.post("/chat/completions", cast_to=object, body=body)
            except self._openai.APIStatusError as error:
                if error.status_code not in _TELLING or not self._learn(f"{error.message} {error.body}", body):
                    raise
                continue
            seconds = time.perf_counter() - begun
            if not (told := _error(answer)):
                break
            if not self._learn(told, body):
                raise _Told(told)
        choice, usage = answer["choices"][0], answer.get("usage") or {}
        content, thoughts = _content(choice["message"])
        text = words(content, request.stop)
        if not text and choice.get("finish_reason") == "content_filter":
            raise _Empty(REFUSAL)
        if not text and not (self._silent and choice.get("finish_reason") in _ENDS):
            counted = usage.get("completion_tokens_details") or {}
            thoughts = thoughts or spoken(content) != content or counted.get("reasoning_tokens")
            raise _Empty(self._empty(body, room, choice.get("finish_reason")) if thoughts else "the reply is empty")
        return Reply(text, int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0), seconds)

    def _learn(self, told: str, body: Mapping[str, Any]) -> bool:
        """Whether the server's words say what it did not take in a request, so that another one may do better."""
        if not _REFUSES.search(told):
            return False
        spare = [name for name in _LIMITS if name not in body and name not in self._refused]
        named = {
            name: found.start()
            for name in _OPTIONAL
            if name in body and name not in self._extra and (name not in _LIMITS or spare)
            if (found := re.search(rf"(?<!\w){name}(?!\w)", told))
        }
        if named:
            self._refused.add(min(named, key=lambda name: named[name]))
        elif _ABOUT_ROLES.search(told) and fold(body["messages"]) != body["messages"]:
            self._refused.add("system")
        else:
            return False
        return True

    def _empty(self, body: Mapping[str, Any], room: int, reason: Any) -> str:
        """What to say of a reply that is all thinking; from now on the model is asked otherwise."""
        if "chat_template_kwargs" not in body and "chat_template_kwargs" not in self._refused and not self._own:
            self._hush = True
        elif reason == "length":
            if room == self._room:  # else another reply of the same kind has widened it already
                self._room = min(_ROOM[1], 2 * room or _ROOM[0])
            return f"the reply holds thinking only, and ends after {body.get(self._limit)} tokens"
        elif "stop" in body:
            self._refused.add("stop")  # it may stand in the thoughts
        return "the reply holds thinking only"

    def body(self, model: str, request: Request) -> dict[str, Any]:
        """What is sent for a request."""
        messages = dicts(request.messages)
        body: dict[str, Any] = {"model": model, "messages": fold(messages) if "system" in self._refused else messages}
        fields = {"temperature": request.temperature, "seed": request.seed % _SEEDS}
        fields[self._limit] = request.max_tokens + self._room
        if request.stop:
            fields["stop"] = list(request.stop)
        if self._hush:
            fields["chat_template_kwargs"] = {"enable_thinking": False}
        body |= {name: value for name, value in fields.items() if name not in self._refused} | self._extra
        if request.grammar and self._grammar:
            grammar = {"grammar": request.grammar}
            body |= grammar if self._grammar == "llama.cpp" else {"structured_outputs": grammar}
        return body

    @property
    def _limit(self) -> str:
        """OpenAI's newer models take only the new name of this field, and many servers only the old one."""
        names = _LIMITS[::-1] if self._own else _LIMITS
        return names[names[0] in self._refused]

    async def _first_model(self) -> str:
        async with self._naming:
            if not self._model:
                raw = await self._client.models.with_raw_response.list()
                self._model = str(json.loads(raw.http_response.content)["data"][0]["id"])
            return self._model


class _Empty(Exception):
    """The server answered, but said nothing."""


class _Told(Exception):
    """The server answered that something is wrong, in a reply that looks like a good one."""


def _content(message: Mapping[str, Any]) -> tuple[str, bool]:
    """The text of a message with what its calls of functions say, and whether there are thoughts beside it.

    Raises:
        ValueError: If it is neither text nor parts of text and thoughts.
    """
    calls = message.get("tool_calls") or []
    content = message.get("content") if calls else message["content"]
    thoughts = bool(message.get("reasoning_content") or message.get("reasoning"))
    if calls and (content is None or isinstance(content, str)):
        content = " ".join([spoken(content or ""), *map(utterance, calls)])
    if content is None or isinstance(content, str):
        return content or "", thoughts
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") or "" for part in parts if part.get("type") in ("text", "output_text")]
    thoughts = thoughts or any(part.get("type") in ("thinking", "reasoning") for part in parts)
    if not texts and not thoughts:
        raise ValueError(f"content is no text but {type(content).__name__}")
    return "".join(texts), thoughts


def _error(answer: Any) -> str:
    """The server's words where it puts an error into a reply of status 200; ``""`` if there is none."""
    error = answer.get("error") if isinstance(answer, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return str(message or error) if error else ""


def _run(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


def _shut(process: int, loop: asyncio.AbstractEventLoop, thread: threading.Thread, client: Any) -> None:
    """Cut the connections and end the thread; a process that was forked off has neither."""
    if process != os.getpid():
        return

    async def leave() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await client.close()
        loop.stop()

    loop.call_soon_threadsafe(lambda: loop.create_task(leave()))
    if thread is not threading.current_thread():  # the garbage collector may call from anywhere
        thread.join(5)


def _asked_wait(headers: Mapping[str, str]) -> float:
    """Seconds of a Retry-After header, which holds seconds or a date; 0 if there is none that can be read."""
    given = headers.get("retry-after", "")
    with suppress(ValueError):
        return float(given)
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return 0.0
