"""What every registered environment must do: the checks of the library, and what needs other processes.

Written over the registry: a new family is tested by being registered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import gymnasium as gym
import numpy as np
import pytest
from dialogym.evaluation.conformance import Subject, run
from dialogym.evaluation.conformance.subject import SCRIPT, transcript
from gymnasium.vector import AsyncVectorEnv, AutoresetMode

from ..reach import ONE_OF_EACH, SHIPPED, in_time

TREE = 4000  # `dialogym check` sums trees of policies up to five times as large
THIN = 2, 4  # its samples are so many times as large: as those of one of each family, and of the variants of it
TEN_SECONDS = (
    "Commons-v0", "Division-v0", "Donor-v0", "Market-v0", "NegotiationPeople-v0", "Panel-v0", "SpacingSmall-v0",
)  # fmt: skip
"""What their checks take: for `make test-long`, as those of variants."""


@pytest.mark.parametrize("env_id", in_time(SHIPPED, without=TEN_SECONDS))
def test_all_checks_pass(env_id):
    subject = Subject(env_id)
    subject.tree, subject.thin = TREE, THIN[env_id not in ONE_OF_EACH]
    assert {name: problem for name, problem in run(subject) if problem} == {}
    assert subject.compared > 10  # the words for different secrets: it has looked at some


@cache
def in_another_process():
    """What a script comes to in each environment, in a process of its own."""
    code = f"""
import json, gymnasium as gym, dialogym
seen = {{}}
for env_id in {SHIPPED!r}:
    env = gym.make(env_id)
    out = seen[env_id] = [env.reset(seed=7)[0]]
    for text in {SCRIPT!r}:
        o, r, a, b, _ = env.step(text)
        out.append([o, r, a, b])
        if a or b:
            break
print(json.dumps(seen))"""
    return json.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("env_id", SHIPPED)
def test_same_seed_same_dialogue_in_another_process(env_id):
    (first, _), *steps = transcript(gym.make(env_id), 7)
    assert in_another_process()[env_id] == [first, *(list(step[:4]) for step in steps)]


@pytest.mark.long
@pytest.mark.parametrize("env_id", ONE_OF_EACH[::10])  # of the engine; that no family depends on the process is above
def test_same_seed_same_dialogue_in_a_vector_of_processes(env_id):
    makers = [lambda: gym.make(env_id)] * 2
    other = AsyncVectorEnv(makers, shared_memory=False, autoreset_mode=AutoresetMode.SAME_STEP)
    native = gym.make_vec(env_id, num_envs=2)
    assert list(native.reset(seed=11)[0]) == list(other.reset(seed=11)[0])
    for k in range(24):  # across episode ends, too
        ours, theirs = (envs.step([SCRIPT[k % len(SCRIPT)]] * 2) for envs in (native, other))
        assert list(ours[0]) == list(theirs[0])
        for part in (1, 2, 3):
            np.testing.assert_array_equal(ours[part], theirs[part])
    other.close()
