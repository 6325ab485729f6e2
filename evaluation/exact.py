"""Exact expected payoffs, where scenarios and hidden states are finitely many and both sides are deterministic."""

from __future__ import annotations

import math

import numpy as np

from ..envs.engine import Engine
from ..envs.family import Family
from ..policies.policy import Policy
from ..policies.registry import make_policy
from ..policies.rollout import policy_stream


def expected_return(family: Family, policy: str | Policy, one_scale: bool = True) -> float:
    """The expected payoff of a deterministic policy, summed over every scenario and hidden state instead of sampled.

    Args:
        family: The family, with its settings.
        policy: A deterministic policy, or its name.
        one_scale: Count scenarios that share a solution once. They must then be equally many, and the policy blind to scale.

    Raises:
        ValueError: If the simulated user's mind is not deterministic.
    """
    engine = Engine(family)
    speaker = make_policy(policy, engine)
    scenarios = list(family.scenarios())
    if one_scale:
        scenarios = list({_solution(family, scenario): scenario for scenario in scenarios}.values())
    total = []
    for scenario in scenarios:
        for hidden, p in family.setting(scenario).prior:
            dialogue = engine.open([np.random.default_rng(0)], {"scenario": scenario, "hidden": hidden})[0]
            stream = policy_stream(0)
            while not dialogue.done:
                text = speaker.respond([dialogue], [stream])[0]
                if len(dialogue.setting.exchange(dialogue.state, dialogue.hidden, engine.grammar.parse(text, family.context(dialogue)).act)) > 1:
                    raise ValueError("the mind is not deterministic: sample instead (see evaluate)")
                engine.step([dialogue], [text])
            total.append(p * dialogue.steps[-1].payoff)
    return math.fsum(total) / len(scenarios)


def _solution(family: Family, scenario: object) -> int:
    solution = family.setting(scenario).solution
    return id(getattr(solution, "base", solution))
