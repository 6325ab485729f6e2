"""The record of a dialogue while it runs."""

from __future__ import annotations

import numpy as np
from dialogym.envs.engine import Engine
from dialogym.envs.negotiation.family import Negotiation


def test_a_fork_goes_on_alone():
    engine = Engine(Negotiation())
    (dialogue,) = engine.open([np.random.default_rng(3)])
    engine.step([dialogue], ["[offer 1]"])
    belief, state, words = dialogue.belief(), dialogue.state, dialogue.messages()
    fork = dialogue.fork()
    assert (fork.state, fork.messages(), fork.belief(), fork.hidden) == (state, words, belief, dialogue.hidden)
    engine.step([fork], ["[walk]"])
    assert fork.done and len(fork.steps) == 2
    assert not dialogue.done and len(dialogue.steps) == 1
    assert (dialogue.state, dialogue.messages(), dialogue.belief()) == (state, words, belief)
    assert fork.steps[0] is dialogue.steps[0] and fork.steps[0].belief_after() == belief
    assert fork.steps[1].dialogue is fork
