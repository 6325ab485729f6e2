"""Gymnasium's own vectors of processes, as anybody makes them; and what its wrappers count on the native batch."""

from __future__ import annotations

import copy
import multiprocessing
import tomllib
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from dialogym.envs.spaces import Utterance
from dialogym.evaluation.conformance.subject import SCRIPT
from gymnasium.vector import AsyncVectorEnv
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from packaging.requirements import Requirement

MADE = {
    "AsyncVectorEnv": lambda env_id: AsyncVectorEnv([lambda: gym.make(env_id)] * 2),
    "spawned": lambda env_id: AsyncVectorEnv([lambda: gym.make(f"dialogym:{env_id}")] * 2, context="spawn"),
    "make_vec": lambda env_id: gym.make_vec(env_id, num_envs=2, vectorization_mode="async"),
    "not copied": lambda env_id: AsyncVectorEnv([lambda: gym.make(env_id)] * 2, copy=False),
}


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Tutoring-v0"])
def test_vectors_of_processes_work_as_they_are(env_id, made):
    ours, theirs = gym.make_vec(env_id, num_envs=2, vectorization_mode="sync"), made(env_id)
    kept = [(ours.reset(seed=11)[0], theirs.reset(seed=11)[0])]
    for k in range(24):
        mine, other = (envs.step([SCRIPT[k % len(SCRIPT)], "Hm."]) for envs in (ours, theirs))
        assert tuple(mine[0]) == tuple(other[0])
        for part in (1, 2, 3):
            np.testing.assert_array_equal(mine[part], other[part])
        kept.append((mine[0], other[0]))
    if theirs.copy:
        assert all(tuple(mine) == other and isinstance(other, tuple) for mine, other in kept)
        dialogue = theirs.get_attr("unwrapped")[0].dialogue
        assert dialogue.belief() == ours.envs[0].unwrapped.dialogue.belief()
    theirs.close()


@pytest.mark.parametrize("texts", [("", "Grüß Gott, 240 €?\n"), ("出价四百 🙂", "\x00\x00"), ("\ud800", "x" * 50)])
def test_any_text_can_be_shared(texts):
    space = Utterance(50)
    memory = create_shared_memory(space, 2, multiprocessing)
    seen = read_from_shared_memory(space, memory, 2)
    assert copy.deepcopy(seen) == ("", "")
    for _ in range(2):
        for i, text in enumerate(texts):
            write_to_shared_memory(space, i, text, memory)
    assert copy.deepcopy(seen) == tuple(seen) == seen[:] == texts and len(seen) == 2 and seen[-1] == texts[1]
    write_to_shared_memory(space, 0, "Hm.", memory)
    assert tuple(seen) == ("Hm.", texts[1])
    with pytest.raises(IndexError):
        seen[2]


def test_a_text_that_is_too_long_to_be_shared_says_so():
    space = Utterance(5)
    memory = create_shared_memory(space, 2, multiprocessing)
    with pytest.raises(ValueError, match=r"at most 5 characters.*got 6; pass shared_memory=False"):
        write_to_shared_memory(space, 0, "123456", memory)


def test_statistics_of_the_native_batch_count_every_step():
    """Gymnasium before 1.4 counts one step too few in every episode but the first of a batch that resets at once."""
    rewards = {"goal": 1.0, "turn_cost": 1.0}
    envs = RecordEpisodeStatistics(gym.make_vec("Negotiation-v0", num_envs=2, reward=rewards))
    envs.reset(seed=3)
    length, total, seen = np.zeros(2), np.zeros(2), 0
    for _ in range(40):
        _, reward, over, cut, infos = envs.step(("Hello.", "[walk]"))
        length, total = length + 1, total + reward
        for i in np.flatnonzero(over | cut):
            assert infos["episode"]["l"][i] == length[i]
            assert infos["episode"]["r"][i] == pytest.approx(total[i])
            length[i] = total[i] = 0
            seen += 1
    assert seen > 40


def test_no_version_of_gymnasium_that_miscounts_is_allowed():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    (gymnasium,) = [one for one in map(Requirement, project["dependencies"]) if one.name == "gymnasium"]
    assert "1.4.0" in gymnasium.specifier and "1.3.0" not in gymnasium.specifier
