"""Information metrics: efficiency, the control index, belief accuracy, and the quality of guesses."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from dialogym.core.belief import Belief
from dialogym.core.setting import Setting
from dialogym.envs.coaching.game import Ask, Recommend, Suggest
from dialogym.envs.episodes import record
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import lookup
from dialogym.evaluation.evaluate import compare, evaluate
from dialogym.evaluation.information import (
    METRICS,
    belief_accuracy_by_turn,
    control_index,
    information_efficiency,
    information_metrics,
    measure,
    quality,
    quality_by_turn,
    replayed,
)
from dialogym.evaluation.results import Evaluation
from dialogym.evaluation.shaping import openings
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.beliefs import Filter
from dialogym.rewards.information import expected_gain
from dialogym.scripts.main import main

from ..core.test_solver import Chain, Quiz, Student, Teach
from ..rewards.forks import play_out

SUGGESTIBLE = "CoachingSuggestible-v0"


def coaching(env_id=SUGGESTIBLE):
    family = load_family(*lookup(env_id))
    return family.setting(family.scenarios()[0])


def mean(world, of):
    return math.fsum(p * of(dialogue) for p, dialogue in world)


GAME = coaching().game
ASK, PUSH = [Ask(name) for name in GAME.attributes[:6]], [Suggest(GAME.strategies[0])] * 6


def test_the_control_index_of_a_pusher():
    """.750 + 1.18 bits under the blind filter, 0 under the exact one; 0 for somebody who asks under either.

    Summed over all that can be said.
    """
    index = {(what, blind): mean(play_out(openings(coaching()), acts), lambda d, b=blind: control_index([d], Filter(b))[0])
             for what, acts in (("ask", ASK), ("push", PUSH)) for blind in (False, True)}  # fmt: skip
    assert index["push", True] == pytest.approx(1.93, abs=5e-3)
    assert [index[key] for key in (("push", False), ("ask", False), ("ask", True))] == pytest.approx(
        [0, 0, 0], abs=1e-12
    )


def test_the_control_index_is_0_where_the_hidden_state_moves():
    """For any policy; here one that looks at what was said."""

    def teach(dialogue):
        said = [act for step in dialogue.steps for _, _, act in step.exchange.replies]
        return (
            (Quiz(2) if len(said) != 1 else Teach(2 if getattr(said[0], "right", False) else 1))
            if len(said) < 4
            else None
        )

    world = play_out(openings(Setting(Chain(6), Student(), "tutor")), teach)
    assert mean(world, lambda d: control_index([d])[0]) == pytest.approx(0.0, abs=1e-12)
    assert max(abs(control_index([d])[0]) for _, d in world) > 0.5  # it is the mean that is 0


def pushing(dialogue, stream):
    return f"[{'suggest' if len(dialogue.steps) < 6 else 'recommend'} {dialogue.setting.game.strategies[0]}]"


def test_by_simulation():
    engine = make_engine(SUGGESTIBLE, grammar="tagged")
    dialogues = list(rollout(engine, FunctionPolicy("pushing", pushing), range(1500)))
    assert all(isinstance(d.steps[0].act, Suggest) and isinstance(d.steps[-1].act, Recommend) for d in dialogues)
    low, high = control_index(dialogues, Filter(blind=True))[1]
    assert low < 1.928 < high and high - low < 0.4
    low, high = control_index(dialogues)[1]
    assert low < 0.0 < high
    for policy in ("random", "optimal"):
        low, high = control_index(rollout(engine, make_policy(policy, engine), range(600)))[1]
        assert low <= 0.0 <= high


def test_efficiency_of_asking_and_of_talking():
    """Who always asks the most telling question gets all there is to be had, in expectation; who pushes less; who talks nothing."""
    efficiency = {}
    for what, acts in (("ask", ASK), ("push", PUSH)):
        world = play_out(openings(coaching()), acts)
        efficiency[what] = mean(world, lambda d: measure(d).gain) / mean(world, lambda d: measure(d).available)
    assert efficiency["ask"] == pytest.approx(1.0)
    assert 0.1 < efficiency["push"] < 0.5
    engine = make_engine(SUGGESTIBLE)
    assert information_efficiency(rollout(engine, FunctionPolicy("talk", lambda d, s: "Good."), range(5))) == 0.0


def test_nothing_to_be_had():
    engine = make_engine("CoachingSuggestible-v0", reliability=0.75, conformity=0.6)
    dialogues = list(rollout(engine, FunctionPolicy("talk", lambda d, s: "Good."), range(2)))
    nothing = [measure(d)._replace(available=0.0) for d in dialogues]
    assert information_metrics(nothing)["information_efficiency"] is None


@pytest.mark.parametrize(
    "env_id", [pytest.param("Negotiation-v0", marks=pytest.mark.long), "CoachingSmall-v0", "GuidedSolving-v0"]
)
def test_gain_is_what_was_to_be_expected_in_the_mean(env_id):
    """Realised bits less expected bits of the acts made is a martingale difference: 0 in the mean."""
    engine = make_engine(env_id)
    off = []
    for dialogue in rollout(engine, make_policy("scripted", engine), range(120)):
        told = sum(
            expected_gain(dialogue.setting, step.before, step.belief_before(), step.act) for step in dialogue.steps
        )
        one = measure(dialogue)
        assert told <= one.available + 1e-9
        off.append(one.gain - told)
    assert abs(np.mean(off)) < 4 * np.std(off) / len(off) ** 0.5 and np.std(off) > 0


def test_belief_accuracy_by_turn():
    """Asking six times: the chance that is given to the truth rises from a half, and can be summed by hand after one answer."""
    world = play_out(openings(coaching()), ASK)
    rows = [belief_accuracy_by_turn([d]) for _, d in world]
    curve = [math.fsum(p * row[turn] for (p, _), row in zip(world, rows, strict=True)) for turn in range(7)]
    assert curve[:2] == pytest.approx([0.5, 0.75**2 + 0.25**2])
    assert all(later > earlier for earlier, later in pairwise(curve))
    engine = make_engine(SUGGESTIBLE)
    short, long = (list(rollout(engine, make_policy(name, engine), range(20))) for name in ("random", "optimal"))
    joint = belief_accuracy_by_turn([*short, *long])
    assert len(joint) == 1 + max(len(d.steps) for d in [*short, *long])
    ends = [Filter().belief(d, len(d.steps)).probability(d.hidden) for d in [*short, *long]]
    assert joint[-1] == pytest.approx(np.mean(ends)) and belief_accuracy_by_turn([]) == []


def test_quality_of_guesses():
    sure, torn = Belief({"a": 0.95, "b": 0.05}), Belief({"a": 0.5, "b": 0.5})
    one = quality([(sure, "a"), (sure, "b"), (torn, "a"), (torn, "c")])
    assert one.count == 4
    assert one.accuracy == pytest.approx((1 + 0 + 0.5 + 0) / 4)
    assert one.log_loss == pytest.approx((-math.log2(0.95) - math.log2(0.05) + 1 + math.log2(1e6)) / 4)
    assert one.calibration_error == pytest.approx((abs(1 - 1.9) + abs(0.5 - 1.0)) / 4)
    assert quality([(Belief.certain("a"), "a")]).calibration_error == 0.0
    with pytest.raises(ValueError, match="guesses"):
        quality([])


def test_the_exact_filter_is_calibrated():
    engine = make_engine("Negotiation-v0")
    turns = quality_by_turn(rollout(engine, make_policy("scripted", engine), range(600)), Filter(about="tactic"))
    assert turns[0].count == 600 and turns[0].count >= turns[3].count
    assert turns[3].accuracy > turns[0].accuracy + 0.2 and turns[3].log_loss < turns[0].log_loss
    assert max(turn.calibration_error for turn in turns[:4]) < 0.08


def test_recorded_episodes_measure_the_same():
    engine = make_engine(SUGGESTIBLE)
    dialogues = list(rollout(engine, make_policy("optimal", engine), range(10)))
    again = replayed([record(d, SUGGESTIBLE, engine, "optimal") for d in dialogues])
    assert [measure(d) for d in again] == [measure(d) for d in dialogues]


def test_evaluate_with_information(tmp_path, capsys):
    result = evaluate(SUGGESTIBLE, "optimal", episodes=50, information=True)
    plain = evaluate(SUGGESTIBLE, "optimal", episodes=50)
    assert set(result.metrics) == {*plain.metrics, *METRICS} and {**result.metrics, **plain.metrics} == result.metrics
    assert 0.5 < result.metrics["belief_accuracy"] <= 1.0 and result.metrics["information_efficiency"] > 0.3
    assert Evaluation.from_json(json.loads(json.dumps(result.to_json()))).metrics == result.metrics
    assert "information efficiency" in str(result) and METRICS["belief_accuracy"].split()[0] in str(result)
    both = compare(SUGGESTIBLE, ["random"], episodes=20, information=True, references=False)
    assert "control index" in both.to_markdown()
    file = tmp_path / "result.json"
    assert (
        main(
            [
                "evaluate",
                SUGGESTIBLE,
                "--policy",
                "optimal",
                "random",
                "--episodes",
                "20",
                "--information",
                "--out",
                str(file),
            ]
        )
        == 0
    )
    assert all(set(METRICS) <= set(one["metrics"]) for one in json.loads(file.read_text())["evaluations"])
    assert "policy" in capsys.readouterr().out
