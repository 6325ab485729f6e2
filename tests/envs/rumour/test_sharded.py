"""A town in parts on Ray, on a cluster on loopback: whatever is killed, who believes is as in one process, bit for bit."""

from __future__ import annotations

import os
import signal
import threading
import time
from functools import partial

import numpy as np
import pytest

ray = pytest.importorskip("ray")

from dialogym.envs.rumour.law import Law
from dialogym.envs.rumour.sharded import Part, ShardedTown
from dialogym.envs.rumour.town import Town, believers_at_first, communities, scale_free

LAW, PEOPLE, SEED = Law(), 5_000, 3
ROWS = partial(communities, people=PEOPLE, links=5, rewired=0.1, seed=SEED)
FIRST = believers_at_first(0.02, SEED, PEOPLE)
MEASURES = [(False, False), (False, False), (True, False), (True, True), (False, True), (False, False)]


@pytest.fixture(scope="module")
def cluster():
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local",
        num_cpus=3,
        include_dashboard=False,
        object_store_memory=10**8,
        log_to_driver=False,
        logging_level="error",
        _node_ip_address="127.0.0.1",
    )
    yield
    ray.shutdown()


def unbroken():
    """Who believes in the evenings of a town in one process."""
    town = Town(ROWS(0, PEOPLE), LAW, 1.5, FIRST, SEED)
    for measures in MEASURES:
        town.step(*measures)
        yield town.believers


def processes(town):
    """The numbers of the processes of the parts."""
    return ray.get([part.__ray_call__.remote(lambda _: os.getpid()) for part in town.parts])


@pytest.mark.long
def test_a_part_that_is_killed_in_the_middle_of_a_day_changes_nothing(cluster):
    """One is killed while it owes its evening, another between two days; the third answers once for each day."""
    town = ShardedTown(ROWS, LAW, 1.5, FIRST, SEED, 3)
    before, seen = processes(town), []
    for day, measures in enumerate(MEASURES):
        if day == 2:
            os.kill(before[0], signal.SIGSTOP)  # it is asked, and does not answer
            killer = threading.Thread(target=lambda: (time.sleep(0.3), os.kill(before[0], signal.SIGKILL)))
            killer.start()
            town.step(*measures)
            killer.join()
        else:
            if day == 4:
                os.kill(before[1], signal.SIGKILL)
            town.step(*measures)
        seen.append(town.believers)
    after = processes(town)
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, False, True]
    answered = ray.get([part.__ray_call__.remote(lambda part: part.answered) for part in town.parts])
    assert answered == [[2, 3, 4, 5], [4, 5], [0, 1, 2, 3, 4, 5]]  # each evening once, by whoever lives
    assert all((here == there).all() for here, there in zip(seen, unbroken(), strict=True))
    assert 0.05 < seen[1].mean() < 0.9  # there is something to lose
    town.close()


@pytest.mark.long
def test_parts_of_a_network_that_is_sent(cluster):
    net = scale_free(600, 4, np.random.default_rng(0))
    start = believers_at_first(0.05, 1, 600)
    one, two = Town(net, LAW, 1.2, start, 1), ShardedTown(net.rows, LAW, 1.2, start, 1, 2)
    assert [one.step(*measures) for measures in MEASURES] == [two.step(*measures) for measures in MEASURES]
    two.close()


@pytest.mark.long
def test_parts_must_be_as_many_as_people_at_most(cluster):
    with pytest.raises(ValueError, match="parts must be 1 to 5000, got 0"):
        ShardedTown(ROWS, LAW, 1.0, FIRST, 0, 0)


def test_ray_must_be_started(monkeypatch):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(RuntimeError, match=r"ray.init\(\)"):
        ShardedTown(ROWS, LAW, 1.0, FIRST, 0, 2)


def test_an_evening_is_a_function_of_the_morning():
    """Nothing moves in a part: asked again, in any order, it answers the same."""
    part = Part(ROWS, 100, 900, LAW, 1.5, SEED)
    first = part.evening(FIRST, 0, (False, False))
    part.evening(FIRST, 5, (True, True))
    assert (part.evening(FIRST, 0, (False, False)) == first).all() and len(first) == 800
