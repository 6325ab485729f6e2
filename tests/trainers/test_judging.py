"""The gate before training on a judge."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import pytest
from dialogym.rewards.judges import Opinion
from dialogym.trainers.judging import training_engine

REWARD = {"goal": 1.0, "judge/clarity": 0.1}


def judge(name="m", **more):
    parts = {
        "name": name,
        "model": name,
        "deterministic": True,
        "score": lambda items: [Opinion(1.0, 5.0)] * len(items),
    }
    return SimpleNamespace(**parts, close=lambda: None, **more)


def config(model="tiny", **settings):
    return SimpleNamespace(env_id="Negotiation-v0", model=model, settings=settings)


def test_a_judge_that_pays_and_has_no_card_is_warned_of():
    with pytest.warns(UserWarning, match="the judge m has no card: measure it with `dialogym judge card m`"):
        training_engine(config(judge=judge(prompt="p")), REWARD)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_engine(config(judge=judge(prompt="p")), "goal")  # reported, not paid
        training_engine(config(), "goal")


def test_a_judge_that_passes_is_not_warned_of(monkeypatch):
    figures = {name: {"value": 0.1, "low": 0.4} for name in ("rank_correlation", "regret")}
    effects = {name: {"sd": {"value": 0.0}} for name in ("injection", "verbose")}
    card = {**figures, "blind": {"value": 0.5}, "effects": effects}
    monkeypatch.setattr(
        "dialogym.rewards.judge_cards.find_card", lambda name, prompt: {("m", "p"): card}.get((name, prompt))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_engine(config(judge=judge(prompt="p")), REWARD)
    with pytest.warns(UserWarning, match="no card"):
        training_engine(config(judge=judge(prompt="another wording")), REWARD)


def test_who_is_trained_does_not_judge_itself():
    with pytest.raises(ValueError, match="favour their own words"):
        training_engine(config(model="m", judge=judge()), REWARD)
    with pytest.warns(UserWarning):
        training_engine(config(model="m", judge=judge(itself=True)), REWARD)
