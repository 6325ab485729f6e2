"""Inspect plays the dialogues of gymnasium, scores them as `dialogym evaluate` does, and does not score a failed one."""

from __future__ import annotations

import math

import pytest

inspect_ai = pytest.importorskip("inspect_ai")

from dialogym.adapters import inspect as adapter
from dialogym.adapters.inspect import TASKS, dialogue
from dialogym.adapters.session import Sessions
from dialogym.evaluation.evaluate import evaluate
from dialogym.policies.policy import FunctionPolicy

from .learner import flaky, model, plain, speak


def log_of(task, monkeypatch, tmp_path, **named):
    monkeypatch.setenv("LOCAL_API_KEY", "none")
    named |= {"log_dir": str(tmp_path), "log_format": "json", "display": "none"}
    with model() as address:
        return inspect_ai.eval(task, model="openai-api/local/ladder", model_base_url=address, **named)[0]


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Tutoring-v0"])
def test_returns_are_those_of_gymnasium_and_the_score_that_of_evaluate(env_id, monkeypatch, tmp_path):
    log = log_of(dialogue(env_id, episodes=20), monkeypatch, tmp_path)
    assert log.status == "success"
    for sample in log.samples:
        rewards, info = plain(env_id, sample.metadata["seed"], "test")
        score = sample.scores["episode_return"]
        assert score.value == sum(rewards) and score.metadata["rewards"] == rewards
        assert score.metadata["outcome"] == info["outcome"] and len(score.metadata["advantages"]) == len(rewards)
    policy = FunctionPolicy("it", lambda dialogue, _: speak(dialogue.messages()))
    expected = evaluate(env_id, policy, 20, split="test")
    metrics = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    assert metrics["mean"] == pytest.approx(expected.mean_return)
    assert metrics["optimality"] == pytest.approx(expected.score)
    assert metrics["regret"] > 0.0


def test_without_an_optimum_there_is_no_score(monkeypatch, tmp_path):
    log = log_of(dialogue("Negotiation-v0", episodes=2, settings={"reward": "turn_cost"}), monkeypatch, tmp_path)
    metrics = log.results.scores[0].metrics
    assert math.isnan(metrics["regret"].value) and metrics["mean"].value < 0.0


def test_a_failure_is_an_error_and_no_score(monkeypatch, tmp_path):
    monkeypatch.setattr(adapter, "Sessions", lambda env, **settings: Sessions(env, user=flaky(), **settings))
    log = log_of(dialogue("Negotiation-v0", episodes=4), monkeypatch, tmp_path, fail_on_error=False)
    failed = {sample.metadata["seed"] for sample in log.samples if sample.error}
    assert failed == {1, 3} and log.results.completed_samples == 2
    assert all("503" in sample.error.message for sample in log.samples if sample.error)
    assert log_of(dialogue("Negotiation-v0", episodes=4), monkeypatch, tmp_path).status == "error"


def test_settings_are_recorded_so_they_are_json():
    with pytest.raises(ValueError, match="what JSON can hold"):
        dialogue("Negotiation-v0", settings={"user": flaky()})


def test_a_limit_ends_a_dialogue_where_it_stands(monkeypatch, tmp_path):
    log = log_of(dialogue("Tutoring-v0", episodes=2), monkeypatch, tmp_path, message_limit=4)
    for sample in log.samples:
        told = sample.scores["episode_return"].metadata
        assert sample.limit and len(told["rewards"]) == 2 and told["return"] > 0.0


def test_a_task_for_each_family():
    assert {"negotiation", "coaching", "tutoring", "spacing", "guided_solving"} <= set(TASKS)
    assert len(TASKS["coaching"](episodes=3).dataset) == 3
