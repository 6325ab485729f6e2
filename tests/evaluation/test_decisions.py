"""Decisions hold the exact value of each act, and any answer to one is graded."""

from __future__ import annotations

import json

import gymnasium as gym
import pytest
from dialogym.evaluation.decisions import Grader, decisions
from dialogym.scripts.main import main
from dialogym.simulated_users.user import ScriptedUser


def test_they_are_what_the_environment_says_at_that_point():
    rows = list(decisions("Tutoring-v0", "random", range(6)))
    assert len({row["seed"] for row in rows}) == 6 and max(row["turn"] for row in rows) >= 2
    env = gym.make("Tutoring-v0").unwrapped
    for row in rows:
        env.reset(seed=row["seed"])
        for message in row["prompt"]:
            if message["role"] == "assistant":
                env.step(message["content"])
        assert env.messages() == row["prompt"] and len(row["prompt"]) == 1 + 2 * row["turn"]
        values = {env.engine.grammar.print(act): value for act, value in env.act_values().items()}
        assert {act["act"]: act["value"] for act in row["acts"]} == values
        assert row["acts"][0]["value"] == max(values.values()) == pytest.approx(env.value())
        assert row["acts"][-1]["value"] == min(values.values()) < row["acts"][0]["value"]
        assert row["said_value"] <= row["acts"][0]["value"] + 1e-9
        assert json.loads(json.dumps(row)) == row


def test_answers_are_graded():
    row = next(row for row in decisions("Negotiation-v0", seeds=[3]) if row["turn"] == 1)
    grade = Grader("Negotiation-v0")
    best, worst = row["acts"][0], row["acts"][-1]
    for act in row["acts"]:
        assert grade(row, act["act"]).value == pytest.approx(act["value"])
    assert grade(row, best["act"])[1:] == pytest.approx((0.0, 1.0))
    assert grade(row, worst["act"])[1:] == pytest.approx((best["value"] - worst["value"], 0.0))
    assert grade(row, row["said"]).value == pytest.approx(row["said_value"])
    talk = next(act["value"] for act in row["acts"] if act["act"] == "")
    assert grade(row, "[offer one] [accept]").value == pytest.approx(talk)  # a lost turn counts as talk
    listed = {act["act"] for act in row["acts"]}
    price = next(price for price in range(100, 400) if f"[offer {price}]" not in listed)
    assert grade(row, f"[offer {price}]").regret >= -1e-9


def test_a_row_of_another_environment_is_refused():
    row = next(decisions("Negotiation-v0", seeds=[3]))
    with pytest.raises(ValueError, match="its dialogue is another one"):
        Grader("Negotiation-v0", role="seller")(row, "[accept]")


class Stranger(ScriptedUser):
    """Decides by something else than the family's mind."""

    exact = False


def test_without_exact_values_there_are_none():
    with pytest.raises(ValueError, match="can be computed"):
        next(decisions("Spacing-v0"))
    with pytest.raises(ValueError, match="must be 'scripted'"):
        next(decisions("Tutoring-v0", user=Stranger(gym.make("Tutoring-v0").unwrapped.family.voice)))


def test_the_command(tmp_path, capsys):
    out = tmp_path / "some" / "decisions.jsonl"
    assert main(["export", "Tutoring-v0", "--decisions", "--episodes", "3", "--split", "test", "--out", str(out)]) == 0
    rows = list(map(json.loads, out.read_text().splitlines()))
    assert rows == list(decisions("Tutoring-v0", seeds=range(5_000_000, 5_000_003)))
    assert f"{len(rows)} decisions of 3 dialogues" in " ".join(capsys.readouterr().out.split())
    assert main(["export", "Tutoring-v0"]) == 1 and "--decisions" in capsys.readouterr().err
