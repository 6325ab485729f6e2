"""Environments for asyncio: what waits, for a language model or a solution, waits in a thread of its own."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 512  # environments that wait at a time, at most; a thread is started when it is needed
_RUNNING: WeakKeyDictionary[Any, Future] = WeakKeyDictionary()  # environment -> what runs there, or ran last


async def in_thread(method: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a method of an environment and wait for it, without blocking the event loop.

    It works for wrapped environments too: ``await in_thread(env.step, "[offer 240]")``. Calls to the same environment
    run one after the other, also after one that nobody waits for any more (a timeout, say).

    Args:
        method: Of an environment, a wrapper or a vector.
        *arguments: Its arguments.
        **named: Its arguments by name.

    Returns:
        What it returns.
    """
    owner: Any = method.__self__  # type: ignore[attr-defined]  # it is bound
    env = getattr(owner, "unwrapped", owner)
    while (before := _RUNNING.get(env)) is not None and not before.done():
        await _end_of(before)
    running = _RUNNING[env] = _pool(os.getpid()).submit(method, *arguments, **named)
    return await asyncio.wrap_future(running)


async def _end_of(running: Future) -> None:
    """Wait until it is done, whatever comes of it."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    running.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))
    await ended.wait()


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """The threads of a process: one that is forked off has none of its parent's."""
    return ThreadPoolExecutor(THREADS, "dialogym")
