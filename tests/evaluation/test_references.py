"""What scores begin at: nobody needs a policy for it, and it does not depend on the episodes of an evaluation."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.solver import OutOfReach
from dialogym.envs.make import make_engine
from dialogym.evaluation.evaluate import evaluate
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.evaluation.references import SILENT, nothing_value, references, zero_of
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.docs import DOCS

from ..reach import ONE_OF_EACH, OUT_OF_REACH, SHIPPED, in_few

TABLE = {
    env_id: (float(random), float(nothing), zero)
    for env_id, random, nothing, zero in re.findall(
        r"^\| `(\S+-v0)` \| (\S+) \| (\S+) \| (.+) \|$", (DOCS / "scores.md").read_text(), re.MULTILINE
    )
}


@pytest.mark.parametrize("env_id", in_few(SHIPPED))
def test_the_zero_is_what_the_page_says(env_id):
    engine = make_engine(env_id)
    random, nothing, zero = TABLE[env_id]
    assert zero_of(engine) == zero and (zero == "random") == (random > nothing)
    assert nothing_value(engine) == pytest.approx(nothing, abs=6e-4)
    if env_id in OUT_OF_REACH:
        with pytest.raises(OutOfReach):
            optimum(engine.family)
    elif env_id in ONE_OF_EACH:
        assert nothing_value(engine) < optimum(engine.family)


@pytest.mark.parametrize("env_id", in_few())
def test_doing_nothing_is_the_better_of_silence_and_leaving(env_id):
    """Silence summed exactly and played; leaving as the mean of what the game pays before the first word."""
    engine = make_engine(env_id)
    silent = np.array([dialogue.steps[-1].payoff for dialogue in rollout(engine, SILENT, range(300))])
    first = rollout(engine, SILENT, range(300), goes_on=lambda dialogue: False)
    left = np.array([d.setting.game.payoff(d.steps[0].before, d.seat, d.hidden_at(0)) for d in first])
    assert abs(silent.mean() - expected_return(engine.family, SILENT)) <= 4 * silent.std() / 300**0.5 + 1e-12
    better = max((silent, left), key=lambda some: some.mean())
    assert nothing_value(engine) == pytest.approx(better.mean(), abs=4 * better.std() / 300**0.5 + 1e-12)
    found = references(engine, range(60))  # plays the random and the optimal policy, too
    assert any(np.array_equal(found.nothing, some[:60]) for some in (silent, left))


def test_the_zero_does_not_depend_on_the_episodes():
    """Of three episodes random play may win by luck; the score is from doing nothing all the same."""
    engine = make_engine("Tutoring-v0")
    random, nothing, *_ = references(engine, range(600))
    lucky = next(first for first in range(597) if random[first : first + 3].mean() > nothing[first : first + 3].mean())
    result = evaluate("Tutoring-v0", "scripted", episodes=3, seed=lucky)
    assert result.random_return > result.nothing_return and result.zero == "do nothing"


def test_an_act_that_binds_at_once_is_no_zero():
    """To accept the asking price needs no listening, and pays; but it is a decision."""
    accept = FunctionPolicy("accept", lambda dialogue, stream: "[accept]")
    result = evaluate("Negotiation-v0", accept, episodes=200)
    assert result.mean_return < 0.0 and result.score < 0.0  # most list prices are more than the item is worth
