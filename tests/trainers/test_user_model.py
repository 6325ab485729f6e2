"""The learned user model: better than a guess, no better than the exact filter, and a belief source like the others."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from dialogym.envs.episodes import EpisodeStore, read_episodes, record, rescore
from dialogym.envs.make import make_engine
from dialogym.evaluation.information import control_index, quality_by_turn
from dialogym.policies.collect import collect
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.user_model import UserModel, Words, words_of
from dialogym.scripts.main import main
from dialogym.trainers.user_model import Example, UserModelConfig, _split, train_user_model, words_of_episode

from ..toy import DRINKS, TOY

BARGAIN = "Negotiation-v0"


def config(env_id, out, **changes):
    return UserModelConfig(**{"env_id": env_id, "out": out, "buckets": 4096, "hidden": 32, "threads": 1, **changes})


@pytest.fixture(scope="module")
def cafe(once):
    return once("cafe", lambda out: train_user_model(config(TOY, out, episodes=200, policy="random")))


@pytest.fixture(scope="module")
def bargain(once):
    def train(folder):
        collect(BARGAIN, "scripted", 500, folder / "episodes")
        return train_user_model(config(BARGAIN, folder / "model", episodes_path=folder / "episodes", about="tactic"))

    folder, report = once("bargain", train)
    return folder / "model", report


def test_a_guest_who_says_what_it_wants_is_understood(cafe):
    out, report = cafe
    assert report.about == "drink" and set(UserModel.load(out).labels) == set(DRINKS)
    assert report.overall["model"].accuracy == report.overall["exact"].accuracy == 1.0
    assert report.overall["model"].log_loss < 0.1 and report.overall["model"].calibration_error < 0.1
    assert report.overall["prior"].accuracy < 0.6
    assert json.loads((out / "report.json").read_text()) == report.to_json()


@pytest.mark.long
def test_bargainers_are_told_apart_but_no_better_than_can_be(bargain):
    """125 held-out dialogues.

    The exact filter is the best there can be in expectation, at every turn; the noise of a difference is estimated from
    as many.
    """
    _, report = bargain
    model, exact, prior = (report.overall[name] for name in ("model", "exact", "prior"))
    assert model.count == exact.count == prior.count > 500
    assert model.accuracy > prior.accuracy + 0.08 and model.log_loss < prior.log_loss - 0.2
    assert model.accuracy < exact.accuracy and model.log_loss > exact.log_loss
    assert model.calibration_error < 0.2
    for one, best in zip(report.model, report.exact, strict=True):
        assert one.accuracy < best.accuracy + 3 * (0.25 / one.count) ** 0.5
    assert report.model[3].accuracy > report.model[0].accuracy + 0.1  # it learns from what it hears


def test_saved_and_loaded(bargain):
    out, _ = bargain
    model = UserModel.load(out)
    assert UserModel.load(str(out)) is model
    engine = make_engine(BARGAIN)
    for dialogue in rollout(engine, make_policy("scripted", engine), range(900_000, 900_003)):
        words = words_of(dialogue, len(dialogue.steps))
        assert words == words_of_episode(record(dialogue, BARGAIN, engine, "scripted"))
        for index in range(len(dialogue.steps) + 1):
            belief = model.belief(dialogue, index)
            assert sum(p for _, p in belief) == pytest.approx(1.0)
            assert dict(belief) == pytest.approx(dict(model.believe(words_of(dialogue, index))), abs=1e-5)
            assert model.truth(dialogue, index) == dialogue.hidden.tactic


def test_rewards_by_name(bargain):
    out, _ = bargain
    names = [f"curiosity/{kind}(model={out})" for kind in ("accuracy", "log_accuracy", "entropy", "information_gain")]
    spec = dict.fromkeys(names, 1.0)
    engine = make_engine(BARGAIN, reward=spec)
    dialogues = list(rollout(engine, make_policy("scripted", engine), range(900_000, 900_040)))
    model, episodes = UserModel.load(out), []
    for dialogue in dialogues:
        rows = [step.rewards for step in dialogue.steps]
        assert all(math.isfinite(value) for row in rows for value in row.values())
        assert sum(row[names[0]] for row in rows) == pytest.approx(
            -model.belief(dialogue, 0).probability(dialogue.hidden.tactic)
        )
        assert sum(row[names[2]] for row in rows) == pytest.approx(model.belief(dialogue, 0).entropy)
        episodes.append(record(dialogue, BARGAIN, engine, "scripted"))
    assert rescore(episodes, spec) == episodes
    assert quality_by_turn(dialogues, model)[3].accuracy > 0.4
    assert abs(control_index(dialogues, model)[0]) < 1.0  # not exactly calibrated, but no fantasy


def test_a_model_takes_the_place_of_a_filter(bargain):
    out, _ = bargain
    for parameters in ("filter=blind", "about=reservation"):
        with pytest.raises(ValueError, match="a learned model takes the place of a filter, and is about 'tactic'"):
            make_engine(BARGAIN, reward=f"curiosity/entropy(model={out},{parameters})")
    make_engine(BARGAIN, reward=f"curiosity/entropy(model={out},about=tactic)")


def test_unforeseen_words(bargain):
    """Any text gives a belief."""
    model = UserModel.load(bargain[0])
    for text in ("", "\x00", "١٢٣ ½ ²", "9" * 400, "[[[[", "x" * 10_000, "\ud800"):
        belief = model.believe(Words(text, text, ((text, text), ("", ""))))
        assert all(0.0 <= p <= 1.0 for _, p in belief)


def test_episodes_that_cannot_be_replayed_are_learned_from_by_what_was_revealed(cafe, tmp_path):
    """As with a user whose mind is not ours: no exact filter to compare with."""
    out, _ = cafe
    episodes = read_episodes(out / "episodes")
    strange = [replace(e, turns=[replace(turn, branch=-1) for turn in e.turns]) for e in episodes]
    EpisodeStore(tmp_path / "e").append(strange)
    report = train_user_model(config(TOY, tmp_path / "m", episodes_path=tmp_path / "e"))
    assert report.exact == [] and "exact" not in report.overall and report.overall["model"].accuracy == 1.0


@pytest.mark.long
def test_embeddings_of_a_language_model(tmp_path):
    from dialogym.policies.language_model import load_model

    engine = make_engine(TOY)
    model, tokenizer = load_model("tiny", engine, 0)
    model.save_pretrained(tmp_path / "lm")
    tokenizer.save_pretrained(tmp_path / "lm")
    report = train_user_model(
        config(TOY, tmp_path / "m", episodes=150, features=f"lm:{tmp_path / 'lm'}", learning_rate=1e-2, epochs=40)
    )
    assert report.overall["model"].accuracy > report.overall["prior"].accuracy + 0.3
    learned = UserModel.load(tmp_path / "m")
    dialogue = next(rollout(engine, make_policy("random", engine), range(7, 8)))
    assert learned.belief(dialogue, 0).probability(dialogue.hidden) > 0.5


def test_nobody_is_on_both_sides():
    examples = [Example(None, [seed], []) for seed in (0, 1, 2, 3, 4) for _ in range(3)]
    parts = _split(examples, [example.truths[0] for example in examples], config(TOY, "nowhere", held_out=0.4))
    people = [{example.truths[0] for example in part} for part in parts]
    assert [len(each) for each in people] == [2, 1, 2] and set().union(*people) == {0, 1, 2, 3, 4}
    assert sum(map(len, parts)) == 15


def test_the_same_seed_gives_the_same_model(tmp_path):
    for name in ("a", "b"):
        train_user_model(config(TOY, tmp_path / name, episodes=60, epochs=3))
    one, two = (UserModel.load(tmp_path / name).weights for name in ("a", "b"))
    assert all(np.array_equal(one[key], two[key]) for key in one)


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    collect(TOY, "random", 80, tmp_path / "e")
    arguments = [
        "train",
        "user-model",
        TOY,
        "--episodes-path",
        str(tmp_path / "e"),
        "--out",
        str(tmp_path / "m"),
        "--epochs",
        "3",
        "--threads",
        "1",
    ]
    assert main(arguments) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "belief about drink" in printed and "curiosity/entropy(model=" in printed
    assert main(arguments) == 1
    assert "holds a user model already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"held_out": 1.0}, "held_out must be above 0 and below 1"),
        ({"features": "vibes"}, "features must be ngrams or lm:NAME"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"about": "mood", "episodes": 10}, "about must be one of drink"),
        ({"episodes": 2}, "too few"),
        ({"env_id": BARGAIN}, "episodes must be of the family of Negotiation-v0; got ToyCafe-v0"),
    ],
)
def test_refusals(tmp_path, changes, message):
    if changes.get("env_id"):
        collect(TOY, "random", 10, tmp_path / "e")
        changes = {**changes, "episodes_path": tmp_path / "e"}
    with pytest.raises(ValueError, match=message):
        train_user_model(config(**{"env_id": TOY, "out": tmp_path / "m", **changes}))


def test_damage(cafe, tmp_path):
    (tmp_path / "user_model.json").write_text((cafe[0] / "user_model.json").read_text())
    (tmp_path / "user_model.npz").write_bytes((cafe[0] / "user_model.npz").read_bytes()[:300])
    with pytest.raises(ValueError, match="is damaged"):
        UserModel.load(tmp_path)
