"""A learned reward: it learns what messages are worth, is paid by name, and has a card like a judge."""

from __future__ import annotations

import json
import warnings

import pytest

torch = pytest.importorskip("torch")

from dialogym.envs.make import make_engine
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards import Reward
from dialogym.rewards.judge_prompts import Shown
from dialogym.rewards.reward_model import RewardModel, judged, message_features, words_of_shown
from dialogym.rewards.user_model import Words
from dialogym.scripts.judge import Card, measured
from dialogym.trainers.configs import RewardModelConfig
from dialogym.trainers.judging import training_engine
from dialogym.trainers.reward_model import places_of, train_reward_model

ENV = "CoachingSmall-v0"


def config(out, **changes):
    return RewardModelConfig(**{"env_id": ENV, "out": out, "buckets": 4096, "hidden": 16, "threads": 1, **changes})


@pytest.fixture(scope="module")
def model(once):
    return once("reward", lambda out: train_reward_model(config(out, episodes=90, epochs=10)))


def test_it_learns_what_messages_are_worth(model):
    out, report = model
    assert report.places > 40 and report.error < 0.85 * report.spread
    assert report.rank > 0.3 and report.loss < 0.5 * report.blind
    assert json.loads((out / "report.json").read_text())["rank"] == report.rank
    with pytest.raises(FileExistsError, match="another --out"):
        train_reward_model(config(out))


def test_places_are_messages_with_their_exact_values():
    engine = make_engine(ENV)
    (dialogue,) = rollout(engine, make_policy("random", engine), [4])
    places = list(places_of(engine, dialogue, 2, 2.0))
    said = [step for step in dialogue.steps if not step.problem]
    assert len(places) == len(said)
    for place, step in zip(places, said, strict=True):
        solution, belief = dialogue.setting.solution, step.belief_before()
        best = solution.value(step.before, belief)
        value = max(solution.act_value(step.before, belief, step.act), best - 2.0) / 2.0
        assert place.values[0] == pytest.approx(value) and max(place.values) <= best / 2.0 + 1e-9
        assert place.seen[0] == judged(dialogue, step.index) and place.seen[0].lines[-1].endswith(step.text)
        assert len({seen.lines[-1] for seen in place.seen}) == len(place.seen) <= 3
    plain, other = (list(places_of(engine, dialogue, 2, 2.0, share)) for share in (0.0, 1.0))
    assert [place.values for place in plain] == [place.values for place in other] and plain != other


def test_what_it_reads():
    seen = Shown("buyer", "Buy the lamp.", ("Seller: It is $80.", "Buyer: Hm.", "Seller: Well?", "Buyer: [offer 60]"))
    words = words_of_shown(seen)
    assert words == Words("Buy the lamp.", "It is $80.", (("Hm.", "Well?"), ("[offer 60]", "")))
    features = set(message_features(words))
    assert {"now:offer", "now1:#15", "l:hm", "now:offer<well"} <= features and "l:offer" not in features


def test_the_terms_add_up_to_what_it_thinks_of_the_last_message(model):
    out, _ = model
    engine = make_engine(ENV, reward=f"reward_model:{out}")
    learned = RewardModel.load(out)
    assert learned is RewardModel.load(str(out)) and engine.reward.names == (f"reward_model(folder={out})",)
    for dialogue in rollout(engine, make_policy("random", engine), range(8)):
        last = learned.value(judged(dialogue, len(dialogue.steps) - 1))
        assert sum(step.reward for step in dialogue.steps) == pytest.approx(learned.unit * last)
        first = learned.unit * learned.value(judged(dialogue, 0))
        assert dialogue.steps[0].reward == pytest.approx(first) != pytest.approx(0.0)
    again = Reward(engine.reward.describe())
    assert again.names == engine.reward.names


def test_it_is_held_to_the_card_of_judges_and_training_on_it_warns(model, monkeypatch):
    out, _ = model
    found = measured(Card(f"reward_model:{out}", (ENV,), 12), {})
    assert found["rank_correlation"]["value"] > 0.2 and found["flips"]["value"] == 0.0
    assert found["name"].startswith("reward_model:") and found["effects"]["injection"]["n"] == 12

    reward = {"goal": 1.0, f"reward_model:{out}": 0.2}
    asked = type("Config", (), {"env_id": ENV, "settings": {}, "model": "acts"})()
    with pytest.warns(UserWarning, match=f"has no card: measure it with `dialogym judge card reward_model:{out}"):
        training_engine(asked, reward)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training_engine(asked, {**reward, f"reward_model:{out}": 0.0})


def test_bad_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="dialogym train reward"):
        Reward(f"reward_model:{tmp_path}")
    (tmp_path / "reward_model.json").write_text("{}")
    (tmp_path / "reward_model.npz").write_text("")
    with pytest.raises(ValueError, match="damaged"):
        Reward(f"reward_model:{tmp_path}")
