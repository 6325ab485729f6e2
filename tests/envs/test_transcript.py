"""What a person reads of a dialogue."""

import pytest
from dialogym.envs.make import make_engine
from dialogym.envs.transcript import plainly
from dialogym.evaluation.regret import likeliest_facts


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        ("plan", "plan"),
        (0.12345, "0.123"),
        (frozenset(), "none"),
        (("plan", "reception"), "plan and reception"),
        ({"fits": True, "floor": 40}, "(fits True, floor 40)"),
    ],
)
def test_facts_without_brackets_and_quotes(fact, told):
    assert plainly(fact) == told


def test_what_is_believed_is_told_so():
    family = make_engine("Helpdesk-v0").family
    (scenario, *_) = family.scenarios()
    prior = family.setting(scenario).mind.prior()
    name, value, share = likeliest_facts(family, scenario, prior)[0]
    facts = [(family.reveal(scenario, hidden)["faults"], p) for hidden, p in prior]
    best = max({fact for fact, _ in facts}, key=lambda fact: sum(p for other, p in facts if other == fact))
    assert (name, value) == ("faults", plainly(best))
    assert share == pytest.approx(sum(p for fact, p in facts if fact == best))
