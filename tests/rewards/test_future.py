"""The value of a turn by forward sampling against the exact one, and both against the regret of whole dialogues."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.envs.make import make_engine
from dialogym.evaluation.lookahead import forward_errors
from dialogym.evaluation.regret import dialogue_regret
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.future import Sampled, exact
from dialogym.rewards.registry import Reward
from dialogym.scripts.judge import main

ENV = "CoachingSmall-v0"


def played(policy, seeds, reward="goal", env_id=ENV):
    engine = make_engine(env_id, reward=reward)
    return engine, list(rollout(engine, make_policy(policy, engine), seeds))


def test_the_exact_value_adds_up_to_the_regret():
    engine, dialogues = played("random", range(20), "future/exact")
    for dialogue in dialogues:
        judged = dialogue_regret(dialogue, engine.grammar)
        assert sum(step.reward for step in dialogue.steps) == pytest.approx(-judged.regret, abs=1e-9)
    _, best = played("optimal", range(10), "future/exact")
    assert all(step.reward == pytest.approx(0.0, abs=1e-9) for dialogue in best for step in dialogue.steps)


def test_forward_sampling_is_unbiased_and_repeatable():
    _, dialogues = played("random", range(15))
    steps = [step for dialogue in dialogues for step in dialogue.steps]
    few, many = Sampled(futures=4), Sampled(futures=64)
    errors = {judge.futures: np.array([judge(step) - exact(step) for step in steps]) for judge in (few, many)}
    spread = errors[4].std() / 4  # of the mean of 64 in place of 4
    assert (
        errors[64].std() == pytest.approx(spread, rel=0.35) and abs(errors[64].mean()) < 3 * spread / len(steps) ** 0.5
    )
    assert [few(step) for step in steps[:5]] == [few(step) for step in steps[:5]]
    worse = np.array([Sampled(futures=16, player="random")(step) - exact(step) for step in steps])
    assert worse.mean() < -0.02  # futures that nobody would let happen


def test_futures_that_are_cut_off_pay_what_the_game_pays_then():
    _, dialogues = played("random", range(8))
    steps = [step for dialogue in dialogues for step in dialogue.steps]
    for step in steps:
        assert Sampled(turns=99)(step) == Sampled()(step)
        if not step.done:  # one future, cut off at once: the state in which the others have answered
            game, seat = step.dialogue.setting.game, step.dialogue.setting.seat
            short = Sampled(futures=1, turns=1)(step) + step.dialogue.setting.solution.value(
                step.before, step.belief_before()
            )
            assert any(
                short == pytest.approx(game.payoff(state, seat, hidden), abs=1e-9)
                for hidden in step.dialogue.setting.prior.support
                for state in _after_a_turn(step, hidden)
            )


def _after_a_turn(step, hidden):
    """States one turn of the learner after those that can follow a step, and final ones."""
    setting = step.dialogue.setting
    for then, _ in setting.exchange(step.before, hidden, step.act):
        yield then.after
        if not then.over:
            for act in setting.game.choices(then.after, setting.seat):
                yield from (last.after for last, _ in setting.exchange(then.after, then.hidden, act))


@pytest.mark.parametrize("env_id", [ENV, "Open-v0"])
def test_the_error_against_the_exact_value_is_printed(env_id, capsys):
    """In open scenarios too, where the exact value is the one against the stand-in."""
    found = list(forward_errors(env_id, "random", 12, (4, 16), players=("optimal",)))
    steps = [step for dialogue in played("random", range(12), env_id=env_id)[1] for step in dialogue.steps]
    true = np.array([exact(step) for step in steps])
    wrong = np.array([Sampled(4)(step) for step in steps]) - true
    assert found[0].error == pytest.approx((wrong**2).mean() ** 0.5) and found[0].bias == pytest.approx(wrong.mean())
    assert found[1].error < 0.8 * found[0].error and found[1].correlation > 0.8
    options = ["lookahead", env_id, "--policy", "random", "--episodes", "12", "--futures", "4", "--players", "optimal"]
    assert main(options, {}) == 0
    assert f"{found[0].error:.3f}" in capsys.readouterr().out


@pytest.mark.parametrize("spec", ["future/sampled(futures=0)", "future/sampled(player=me)", "future/sampled(turns=-1)"])
def test_wrong_arguments(spec):
    with pytest.raises(ValueError, match=r"futures must be|player must be|turns must be"):
        Reward(spec)
