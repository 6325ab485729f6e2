"""Environments for asyncio: many wait together, the loop goes on meanwhile, and every dialogue is the one of its seed."""

from __future__ import annotations

import asyncio
import pickle
import time

import gymnasium as gym
import pytest
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.waiting import in_thread
from dialogym.simulated_users.user import Failure, ScriptedUser

ENV = "Negotiation-v0"
WAIT = 0.2  # seconds that a reply takes, as from a server
N = 8
TALK = ["It is lovely.", "How old is it?", "Hm."]


class Slow(ScriptedUser):
    """A stand-in for a language model: each call takes a while, however many replies are asked for."""

    def __init__(self, wait=WAIT):
        super().__init__(Negotiation.voice)
        self.wait = wait

    def speak(self, dialogues, heards, texts, exchanges):
        time.sleep(self.wait)
        return super().speak(dialogues, heards, texts, exchanges)


class Clock:
    """Ticks on the event loop, every 5 ms if nothing blocks it; `gap` is the longest time between ticks."""

    async def __aenter__(self):
        self.gap, self.task = 0.0, asyncio.create_task(self._tick())
        self.begun = time.perf_counter()
        return self

    async def _tick(self):
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            self.gap, last = max(self.gap, now - last), now

    async def __aexit__(self, *_):
        self.seconds = time.perf_counter() - self.begun
        self.task.cancel()


def expected(seed, texts=TALK):
    env = gym.make(ENV)
    return [env.reset(seed=seed), *(env.step(text) for text in texts)]


def test_many_rollouts_wait_together_and_block_nobody():
    async def play(env, seed):
        return [await env.areset(seed=seed), *[await env.astep(text) for text in TALK]]

    async def all_of_them():
        user = Slow()
        envs = [gym.make(ENV, user=user).unwrapped for _ in range(N)]
        async with Clock() as clock:
            return await asyncio.gather(*map(play, envs, range(N))), clock

    played, clock = asyncio.run(all_of_them())
    assert played == [expected(seed) for seed in range(N)]
    one_by_one, together = N * (1 + len(TALK)) * WAIT, (1 + len(TALK)) * WAIT
    assert together <= clock.seconds < 2.5 * together < one_by_one / 3
    assert clock.gap < 0.8 * WAIT


def test_a_vector_asks_once_for_all_and_blocks_nobody():
    async def play():
        envs = gym.make_vec(ENV, num_envs=N, user=Slow())
        async with Clock() as clock:
            seen = [(await envs.areset(seed=0))[0]]
            for text in TALK:
                seen.append((await envs.astep([text] * N))[0])
        return seen, clock

    seen, clock = asyncio.run(play())
    plain = gym.make_vec(ENV, num_envs=N)
    assert seen == [plain.reset(seed=0)[0], *(plain.step([text] * N)[0] for text in TALK)]
    assert clock.seconds < 2.5 * (1 + len(TALK)) * WAIT and clock.gap < 0.8 * WAIT


def test_wrapped_environments_wait_too():
    async def play():
        env = gym.wrappers.TimeLimit(gym.make(ENV, user=Slow(0.01)), 2)
        await in_thread(env.reset, seed=3)
        await in_thread(env.step, TALK[0])
        return await in_thread(env.step, TALK[1])

    observation, _, _, truncated, _ = asyncio.run(play())
    assert truncated and observation == expected(3)[2][0]


def test_who_gives_up_waiting_disturbs_no_later_dialogue():
    async def play():
        env = gym.make(ENV, user=Slow()).unwrapped
        await env.areset(seed=1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(env.astep(TALK[0]), WAIT / 5)
        second = await env.areset()  # what goes on in the thread draws from the same random numbers
        return second

    env = gym.make(ENV)
    env.reset(seed=1), env.step(TALK[0])
    assert asyncio.run(play()) == env.reset()


def test_errors_come_to_who_waits():
    class Down(Slow):
        def speak(self, dialogues, heards, texts, exchanges):
            return [Failure("down")] * len(dialogues)

    async def play():
        env = gym.make(ENV, user=Down(0.0)).unwrapped
        with pytest.raises(ConnectionError, match="down"):
            await env.areset(seed=0)
        with pytest.raises(gym.error.ResetNeeded):
            await env.astep("Hello.")
        with pytest.raises(TypeError, match="action must be a str"):
            scripted = gym.make(ENV).unwrapped
            await scripted.areset(seed=0)
            await scripted.astep(3)

    asyncio.run(play())


def test_an_environment_that_has_waited_can_be_pickled():
    async def play():
        env = gym.make(ENV).unwrapped
        await env.areset(seed=0)
        return env

    env = pickle.loads(pickle.dumps(asyncio.run(play())))
    assert env.step(TALK[0]) == expected(0)[1]
