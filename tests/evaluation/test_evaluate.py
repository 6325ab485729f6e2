"""Scores are what they say: 0 for the better of random play and doing nothing, 1 for the optimum, on the same episodes for everyone, without those that failed."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import numpy as np
import pytest
from dialogym.core.setting import Setting
from dialogym.core.solver import OutOfReach
from dialogym.envs.guided_solving.family import GuidedSolving as Tutor
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.envs.registration import TABLE
from dialogym.evaluation import references
from dialogym.evaluation.evaluate import compare, evaluate
from dialogym.evaluation.references import SILENT
from dialogym.evaluation.results import Comparison, Evaluation
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.user import REFUSAL, Failure, ScriptedUser

ENV = "Negotiation-v0"


class FlakyUser(ScriptedUser):
    """Loses its voice after the first exchange of some dialogues."""

    def __init__(self, fails=lambda seed: seed % 5 == 2, text="the server is down", family=Negotiation):
        super().__init__(family.voice)
        self.fails, self.text = fails, text

    def speak(self, dialogues, heards, texts, exchanges):
        words = super().speak(dialogues, heards, texts, exchanges)
        lost = [
            heard is not None and self.fails(dialogue.seed) for heard, dialogue in zip(heards, dialogues, strict=True)
        ]
        return [Failure(self.text) if failed else said for failed, said in zip(lost, words, strict=True)]


@dataclass(frozen=True)
class Unsolved(Negotiation):
    """A family whose optimum is out of reach."""

    def setting(self, scenario):
        def optimum():
            raise OutOfReach("too large to solve")

        solved = super().setting(scenario)
        return Setting(solved.game, solved.mind, solved.seat, optimum=optimum)


@pytest.fixture
def unsolved(monkeypatch):
    monkeypatch.setitem(TABLE, "Unsolved-v0", (f"{__name__}:Unsolved", {}))
    return "Unsolved-v0"


@pytest.fixture(scope="module")
def scripted():
    return evaluate(ENV, "scripted", episodes=120)


def test_the_zero_scores_zero_and_the_optimum_one():
    random, optimal = evaluate(ENV, "random", episodes=60, seed=3), evaluate(ENV, "optimal", episodes=60, seed=3)
    silent = evaluate(ENV, SILENT, episodes=60, seed=3)
    assert (silent.score, silent.score_interval, silent.zero) == (0.0, (0.0, 0.0), "do nothing")
    assert silent.mean_return == silent.nothing_return == random.nothing_return and silent.nothing_score == 0.0
    assert random.score < -0.1 and random.over_random == 0.0  # it loses money
    assert (optimal.score, optimal.score_interval, optimal.over_random) == (1.0, (1.0, 1.0), 1.0)
    easy = evaluate("CoachingSmall-v0", "random", episodes=60, seed=3)
    assert (easy.score, easy.score_interval, easy.zero) == (0.0, (0.0, 0.0), "random")
    assert easy.nothing_score < 0.0 and easy.over_random == easy.score
    assert random.mean_return == random.random_return == optimal.random_return
    assert optimal.mean_return == optimal.optimal_return == random.optimal_return


def test_scripted_lies_between(scripted):
    low, high = scripted.score_interval
    assert 0.0 < low < scripted.score < high < 1.0
    assert scripted.return_interval.low < scripted.mean_return < scripted.return_interval.high
    for score, zero in ((scripted.score, scripted.nothing_return), (scripted.over_random, scripted.random_return)):
        assert score == pytest.approx((scripted.mean_return - zero) / (scripted.optimal_return - zero))


@pytest.mark.long
def test_a_thousand_episodes_of_the_optimum_take_seconds_and_agree_with_it():
    started = time.process_time()  # others may be busy on the machine
    result = evaluate(ENV, "optimal", episodes=1000, seed=500)
    assert time.process_time() - started < 10.0
    error = result.returns.std() / np.sqrt(1000)
    assert abs(result.mean_return - result.optimum) < 3.5 * error


def test_common_random_numbers(scripted):
    fewer = evaluate(ENV, "scripted", episodes=40, seed=20, batch=7)
    assert np.array_equal(fewer.returns, scripted.returns[20:60])
    assert np.array_equal(compare(ENV, ["scripted"], episodes=120)["scripted"].returns, scripted.returns)


def test_metrics_skip_what_is_undefined(scripted):
    family = Negotiation()
    outcomes = [family.outcome(dialogue) for dialogue in play(ENV, "scripted", range(120))]
    prices = [outcome["price"] for outcome in outcomes if outcome["price"] is not None]
    assert 0 < len(prices) < 120
    assert scripted.metrics["price"] == pytest.approx(np.mean(prices))
    assert scripted.metrics["deal"] == len(prices) / 120
    assert list(scripted.metrics) == list(family.metrics)
    walker = evaluate(ENV, FunctionPolicy("walker", lambda dialogue, stream: "[walk]"), episodes=10)
    assert walker.metrics["price"] is None and walker.metrics["deal"] == 0.0


def test_payoff_is_scored_whatever_the_reward(scripted):
    other = evaluate(ENV, "scripted", episodes=120, reward={"goal": 1.0, "turn_cost": 0.01})
    turns = np.mean([len(dialogue.steps) for dialogue in play(ENV, "scripted", range(120))])
    assert (other.score, other.mean_return) == (scripted.score, scripted.mean_return)
    assert other.mean_reward == pytest.approx(scripted.mean_return - 0.01 * turns)
    assert scripted.mean_reward == pytest.approx(scripted.mean_return)
    assert "0.01 turn_cost" in str(other)


def test_references_are_played_once(monkeypatch):
    played = []

    def counting(engine, policy, seeds, batch):
        played.append((policy.name, len(list(seeds))))
        return original(engine, policy, seeds, batch)

    original = references.rollout
    monkeypatch.setattr(references, "rollout", lambda *given, goes_on=None: counting(*given))
    evaluate(ENV, "scripted", episodes=1)  # the zero is known from now on
    played.clear()
    evaluate(ENV, "scripted", episodes=10, seed=90_000)
    evaluate(ENV, "wait", episodes=15, seed=90_000)
    evaluate(f"dialogym:{ENV}", "wait", episodes=5, seed=90_000)
    some = ("random", "say nothing", "optimal")
    assert played == [*((name, 10) for name in some), *((name, 5) for name in some)]


def test_json_round_trip(scripted):
    back = Evaluation.from_json(json.loads(json.dumps(scripted.to_json())))
    assert back == scripted
    assert str(back) == str(scripted)
    with pytest.raises(ValueError, match="must hold score"):
        Evaluation.from_json({name: value for name, value in scripted.to_json().items() if name != "score"})


def test_printed_tables_fit(scripted):
    comparison = compare(ENV, ["split-difference", "scripted"], episodes=120, difference=True)
    for table in (str(scripted), str(comparison)):
        assert max(map(len, table.splitlines())) <= 80
        assert "\x1b" not in table
    assert all(name.replace("_", " ") in str(scripted) for name in scripted.metrics)
    assert f"{scripted.score:.3f}" in str(scripted) and f"{scripted.score:.3f}" in str(comparison)
    assert scripted._repr_html_().startswith("<pre>")


def test_comparison_order_and_markdown():
    comparison = compare(ENV, ["optimal", "scripted", "wait"], episodes=30)
    assert [e.policy for e in comparison.evaluations] == ["random", "scripted", "wait", "optimal"]
    lines = comparison.to_markdown().splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == ["random", "scripted", "wait", "optimal"]
    assert len({line.count("|") for line in lines}) == 1
    assert "surplus share" in lines[0]
    assert [e["policy"] for e in json.loads(json.dumps(comparison.to_json()))["evaluations"]] == [
        "random",
        "scripted",
        "wait",
        "optimal",
    ]
    bare = compare(ENV, ["wait", "scripted"], episodes=30, references=False)
    assert [e.policy for e in bare.evaluations] == ["wait", "scripted"]
    assert "scripted" in bare["scripted"].to_markdown()


def test_difference_is_paired():
    comparison = compare(ENV, ["scripted", "wait"], episodes=80, difference=True)
    mean, (low, high) = comparison.difference("wait", "scripted")
    a, b = comparison["wait"].returns, comparison["scripted"].returns
    assert mean == pytest.approx(np.mean(a - b))
    assert low < mean < high
    values = comparison.to_json()
    assert values["baseline"] == "scripted" and values["differences"]["scripted"]["mean"] == 0.0
    with pytest.raises(KeyError, match="policy must be one of random, scripted, wait, optimal"):
        comparison["nobody"]
    unkept = Comparison(tuple(Evaluation.from_json(e.to_json()) for e in comparison.evaluations))
    with pytest.raises(ValueError, match="do not hold"):
        unkept.difference("wait", "scripted")


def test_failed_episodes_are_dropped_everywhere(scripted):
    result = evaluate(ENV, "scripted", episodes=120, user=FlakyUser())
    kept = np.arange(120) % 5 != 2
    assert (result.episodes, result.dropped, result.user) == (96, 24, "FlakyUser")
    assert np.array_equal(np.isnan(result.returns), ~kept)
    assert np.array_equal(result.returns[kept], scripted.returns[kept])
    random, optimal = (evaluate(ENV, name, episodes=120).returns[kept] for name in ("random", "optimal"))
    assert result.random_return == pytest.approx(random.mean()) and result.optimal_return == pytest.approx(
        optimal.mean()
    )
    assert result.over_random == pytest.approx((result.returns[kept] - random).mean() / (optimal - random).mean())
    assert result.score == pytest.approx(result.returns[kept].mean() / optimal.mean())
    assert "24 dropped" in str(result) and not result.warning


def test_a_score_over_few_episodes_says_so_first():
    result = evaluate(ENV, "scripted", episodes=30, user=FlakyUser(lambda seed: seed % 3))
    assert (result.episodes, result.dropped) == (10, 20)
    first = "Fewer than half of 30 episodes came to their end: 20 failed."
    assert str(result).startswith(first) and result.to_markdown().startswith(f"scripted: {first}")
    assert str(Comparison((result,))).startswith(first)
    assert Evaluation.from_json(json.loads(json.dumps(result.to_json()))).warning == result.warning


def test_words_that_are_refused_are_no_exit():
    """A learner whose words a content filter refuses must not choose which of its episodes count."""
    text = f"server: status 400: {REFUSAL} (content_filter)"
    plain, filtered = (
        evaluate("GuidedSolving-v0", "scripted", episodes=40, user=FlakyUser(lambda seed: seed % 4 == 0, said, Tutor))
        for said in ("the server is down", text)
    )
    assert (plain.episodes, plain.dropped, plain.refused) == (30, 10, 0)
    assert (filtered.episodes, filtered.dropped, filtered.refused) == (40, 0, 10)
    engine = make_engine("GuidedSolving-v0")
    stood = list(rollout(engine, make_policy("scripted", engine), range(0, 40, 4), goes_on=lambda dialogue: False))
    cut = [d.setting.game.payoff(d.state, d.seat, d.hidden) for d in stood]
    assert filtered.returns[::4].tolist() == cut and min(cut) < 0.0  # the turns so far are paid for
    kept = np.arange(40) % 4 != 0
    assert np.array_equal(plain.returns[kept], filtered.returns[kept])
    assert "10 refused)" in str(filtered) and not filtered.warning
    most = evaluate(ENV, "scripted", episodes=20, user=FlakyUser(lambda seed: seed > 7, text))
    assert str(most).startswith("Fewer than half of 20 episodes came to their end: 12 were refused")


def test_nothing_left_is_an_error():
    with pytest.raises(ConnectionError, match=r"all 6 episodes.*the server is down"):
        evaluate(ENV, "scripted", episodes=6, user=FlakyUser(lambda seed: True))


@pytest.mark.long
def test_without_an_exact_optimum(unsolved):
    result = evaluate(unsolved, "scripted", episodes=20)
    assert (result.score, result.score_interval, result.optimal_return, result.optimum) == (None, None, None, None)
    assert result.random_return is not None
    assert "no exact optimum" in str(result)
    assert Evaluation.from_json(json.loads(json.dumps(result.to_json()))) == result
    assert [e.policy for e in compare(unsolved, ["scripted"], episodes=10).evaluations] == ["random", "scripted"]
    with pytest.raises(OutOfReach):
        compare(unsolved, ["scripted", "optimal"], episodes=10)


def test_settings_reach_the_family():
    seller = evaluate(ENV, "scripted", episodes=20, role="seller", grammar="tagged")
    assert (seller.settings["role"], seller.grammar) == ("seller", "tagged")


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="episodes must be at least 1"):
        evaluate(ENV, "scripted", episodes=0)
    with pytest.raises(ValueError, match="policy must be one of random, scripted"):
        evaluate(ENV, "cunning")
    with pytest.raises(ValueError, match="environment must be one of"):
        evaluate("Chess-v0")
    with pytest.raises(ValueError, match="policies must be a non-empty list"):
        compare(ENV, "scripted")
