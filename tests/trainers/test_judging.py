"""The gate before training on a judge."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from dialogym.rewards.judges import Opinion, Preference
from dialogym.trainers.judging import group_preferences, training_engine

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


class Prefers:
    """A judge that prefers the shorter dialogue."""

    name = model = "short"
    deterministic, prompt = True, ""

    def prefer(self, items):
        return [Preference(*[0.5 + 0.5 * float(np.sign(len(b.lines) - len(a.lines)))] * 3) for _, a, b in items]

    def score(self, items):
        raise AssertionError("nothing else is asked")


def test_groups_of_grpo_are_paid_by_the_judges_preferences(tmp_path):
    pytest.importorskip("torch")
    from dialogym.trainers.acts.configs import GRPOConfig
    from dialogym.trainers.acts.training import Training

    options = {"env_id": "CoachingSmall-v0", "model": "acts", "out": tmp_path, "settings": {"judge": Prefers()}}
    with pytest.warns(UserWarning, match="no card"):
        run = Training(GRPOConfig(**options, reward="judge/prefer=1"))
    run.numbers = {}
    batch, dialogues = run.play_groups(0, 4, 4)
    assert len({len(d.steps) for d in dialogues}) > 1
    for first in range(0, 16, 4):
        some = dialogues[first : first + 4]
        ranked = sorted(some, key=lambda d: len(d.steps))
        rewards = [d.steps[-1].reward for d in ranked]
        assert rewards == sorted(rewards, reverse=True) and {*map(len, (d.steps[-1].rewards for d in some))} <= {1}
        assert sum(rewards) == pytest.approx(2.0)
    assert batch.rewards.sum() == pytest.approx(8.0)


def test_who_plays_alone_or_has_no_judge_that_compares_is_told():
    with pytest.raises(ValueError, match="compares the dialogues of a group"):
        training_engine(config(judge=Prefers()), "judge/prefer")
    engine = training_engine(config(), "goal=1,judge/prefer=0.1", groups=True)
    with pytest.raises(ValueError, match="needs a judge that can compare"):
        group_preferences(engine, "goal=1,judge/prefer=0.1")
    with pytest.raises(ValueError, match="favour their own words"):
        training_engine(config(model="short", judge=Prefers()), "judge/prefer", groups=True)
