"""A scenario given in options of `reset`: a field of a wrong type is named, in every family."""

from __future__ import annotations

from dataclasses import fields

import gymnasium as gym
import pytest
from dialogym.envs.make import make_engine

from ..reach import SHIPPED


@pytest.mark.parametrize("env_id", SHIPPED)
def test_a_field_of_a_wrong_type_is_named(env_id):
    env = gym.make(env_id, disable_env_checker=True)
    scenario = make_engine(env_id).family.scenarios()[0]
    for field in fields(scenario):
        with pytest.raises(ValueError, match=rf"^{field.name} of options\['scenario'\] must be of type .*, got None$"):
            env.reset(seed=0, options={"scenario": {field.name: None}})
        given = getattr(scenario, field.name)
        assert isinstance(env.reset(seed=0, options={"scenario": scenario})[0], str), given


def test_a_price_is_a_number():
    env = gym.make("Negotiation-v0")
    with pytest.raises(ValueError, match=r"list_price of options\['scenario'\] must be of type int, got 'a'"):
        env.reset(options={"scenario": {"list_price": "a"}})
