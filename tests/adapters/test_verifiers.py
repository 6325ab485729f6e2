"""verifiers 0.1 plays the dialogues of gymnasium, and does not score a failed one."""

from __future__ import annotations

import pytest

vf = pytest.importorskip("verifiers")
if not hasattr(vf, "MultiTurnEnv"):
    pytest.skip("verifiers from 0.4 on is another client", allow_module_level=True)

from dialogym.adapters.session import Session
from dialogym.adapters.verifiers import load_environment
from verifiers.types import ClientConfig

from .learner import flaky, model, plain, speak


def outputs(env, monkeypatch, count=20, **named):
    monkeypatch.setenv("NO_KEY", "none")
    with model() as address:
        client = ClientConfig(api_base_url=address, api_key_var="NO_KEY")
        found = env.evaluate_sync(client, model="ladder", num_examples=count, rollouts_per_example=1, **named)
    return found["outputs"]


@pytest.mark.parametrize("env_id", ["Negotiation-v0", "Tutoring-v0"])
def test_returns_are_those_of_gymnasium(env_id, monkeypatch):
    env = vf.load_environment("dialogym-verifiers", env=env_id, episodes=3, eval_episodes=20)
    played = outputs(env, monkeypatch, state_columns=["trajectory", "dialogue"])
    assert len(played) == 20
    for output in played:
        rewards, info = plain(env_id, output["info"]["seed"], "test")
        assert output["reward"] == sum(rewards)
        assert [step["reward"] for step in output["trajectory"]] == rewards
        assert [step["extras"]["advantage"] for step in output["trajectory"]] == output["dialogue"]["advantages"]
        assert output["dialogue"]["outcome"] == info["outcome"]
        assert output["metrics"]["regret"] == pytest.approx(-sum(output["dialogue"]["advantages"]))


def test_exact_advantages_in_the_place_of_the_groups(monkeypatch):
    env = load_environment("Tutoring-v0", episodes=1, eval_episodes=4, exact=True)
    for output in outputs(env, monkeypatch, 4, state_columns=["trajectory", "dialogue"]):
        assert [step["advantage"] for step in output["trajectory"]] == output["dialogue"]["advantages"]


def test_the_last_turn_that_is_allowed_has_its_reward(monkeypatch):
    env = load_environment("Negotiation-v0", episodes=1, eval_episodes=20, max_turns=2)
    expected = [sum(plain("Negotiation-v0", seed, "test")[0][:2]) for seed in range(20)]
    assert [output["reward"] for output in outputs(env, monkeypatch)] == expected and any(expected)


def test_a_dialogue_that_comes_to_a_limit_pays_what_the_game_pays_there(monkeypatch):
    env = load_environment("Tutoring-v0", episodes=1, eval_episodes=4, max_turns=2)
    for output in outputs(env, monkeypatch, 4, state_columns=["trajectory"]):
        session = Session("Tutoring-v0", split="test")
        session.reset(output["info"]["seed"])
        for _ in range(2):
            session.step(speak(session.env.messages()))
        assert output["reward"] == session.env.outcome()["payoff"] == session.leave()["return"] > 0.0
        assert len([step["extras"]["advantage"] for step in output["trajectory"]]) == 2


def test_training_and_evaluation_share_no_seed():
    env = load_environment("Negotiation-v0", episodes=3, eval_episodes=3)
    first, other = env.get_dataset(), env.get_eval_dataset()
    assert first[0]["prompt"] != other[0]["prompt"]
    assert [row["info"]["part"] for row in (first[0], other[0])] == ["train", "test"]


def test_a_failure_is_an_error_and_no_reward(monkeypatch):
    env = load_environment("Negotiation-v0", episodes=1, eval_episodes=10, user=flaky())
    played = outputs(env, monkeypatch, 10)
    assert [bool(output["error"]) for output in played] == [output["info"]["seed"] % 2 == 1 for output in played]
    assert any("503" in str(output["error"]) for output in played)
