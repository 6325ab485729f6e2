"""The PettingZoo face, over every family with two seats that can learn."""

from __future__ import annotations

import dialogym
import pytest
from dialogym.envs.make import load_family
from dialogym.envs.registration import TABLE
from dialogym.evaluation.conformance.subject import SCRIPT, STRANGE
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.utils.conversions import turn_based_aec_to_parallel

from .. import toy_table
from ..reach import SHIPPED

IDS = [toy_table.TABLE, *(env_id for env_id in SHIPPED if load_family(*TABLE[env_id]).duel is not None)]
pytestmark = pytest.mark.parametrize("env_id", IDS)


def test_api(env_id):
    api_test(dialogym.aec(env_id), num_cycles=200)


def test_seeds(env_id):
    seed_test(lambda: dialogym.aec(env_id), num_cycles=20)


def test_parallel(env_id):
    parallel_api_test(turn_based_aec_to_parallel(dialogym.aec(env_id)), num_cycles=100)
    parallel_seed_test(lambda: turn_based_aec_to_parallel(dialogym.aec(env_id)), num_cycles=10)


def test_any_words_of_either_seat_are_read(env_id):
    env = dialogym.aec(env_id)
    env.reset(seed=0)
    for _ in range(2):
        for text in (*SCRIPT, *STRANGE):
            if env.terminations[env.agent_selection] or env.truncations[env.agent_selection]:
                env.reset()
            env.step(text)


def test_three_lost_turns_truncate(env_id):
    env = dialogym.aec(env_id)
    env.reset(seed=0)
    for _ in env.agent_iter(max_iter=12):
        _, _, terminated, truncated, _ = env.last()
        if terminated or truncated:
            assert truncated
            return
        env.step("[unknown]")
    pytest.fail("the episode was not cut off")
