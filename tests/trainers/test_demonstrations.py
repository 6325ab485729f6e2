"""The episodes that trainers learn from: completed, never mistaken for others, clear of the evaluation's."""

from __future__ import annotations

import dataclasses

import pytest

pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.core.episode import EpisodeTurn
from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.envs.make import make_engine
from dialogym.policies.collect import collect
from dialogym.policies.language_model import load_model
from dialogym.policies.tokens import ChatFormat
from dialogym.trainers.acts.configs import BCConfig as ActsBCConfig
from dialogym.trainers.acts.recorded import recorded_batch
from dialogym.trainers.acts.training import Training
from dialogym.trainers.bc import BCConfig, _dataset, train_bc
from dialogym.trainers.demonstrations import recorded, respected
from dialogym.trainers.dpo import DPOConfig, train_dpo
from dialogym.trainers.kto import KTOConfig, train_kto
from dialogym.trainers.mc import MCConfig, train_mc
from dialogym.trainers.run import Run

from ..toy import TOY


def test_a_collection_that_was_interrupted_is_completed(tmp_path):
    collect(TOY, "scripted", 3, tmp_path / "demonstrations", 200_000)
    episodes, dropped = recorded(BCConfig(TOY, tmp_path, demonstrations=10, seed=2))
    assert dropped == 0 and sorted(episode.seed for episode in episodes) == list(range(200_000, 200_010))
    fewer, _ = recorded(BCConfig(TOY, tmp_path, demonstrations=4, seed=2))
    assert sorted(episode.seed for episode in fewer) == list(range(200_000, 200_004))


def test_those_of_something_else_are_not_learned_from(tmp_path):
    recorded(BCConfig(TOY, tmp_path, demonstrations=4))
    with pytest.raises(ValueError, match="holds episodes with policy"):
        recorded(MCConfig(TOY, tmp_path, demonstrations=4))  # another demonstrator
    with pytest.raises(ValueError, match="holds episodes with env_id"):
        recorded(BCConfig("CoachingSmall-v0", tmp_path, demonstrations=4))
    with pytest.raises(
        ValueError, match="holds episodes with policy 'scripted', and cannot be resumed with 'scripted, best of 2'"
    ):
        recorded(BCConfig(TOY, tmp_path, demonstrations=4, best_of=2), best_of=2)


def test_episodes_of_another_environment_are_refused(tmp_path):
    collect("CoachingSmall-v0", "scripted", 3, tmp_path / "e")
    for config, train in ((BCConfig, train_bc), (MCConfig, train_mc), (DPOConfig, train_dpo), (KTOConfig, train_kto)):
        with pytest.raises(
            ValueError, match=f"episodes must be of {TOY}, as it is to be trained in; one is of CoachingSmall-v0"
        ):
            train(config(TOY, tmp_path / config.__name__, episodes_path=tmp_path / "e"))
    with pytest.raises(ValueError, match=r"with other settings \(cost\)"):
        recorded(BCConfig("CoachingSmall-v0", episodes_path=tmp_path / "e", settings={"cost": 0.1}))
    assert len(recorded(BCConfig("CoachingSmall-v0", episodes_path=tmp_path / "e"))[0]) == 3


def test_failed_ones_are_dropped(tmp_path):
    collect(TOY, "scripted", 3, tmp_path / "good")
    good = read_episodes(tmp_path / "good")
    EpisodeStore(tmp_path / "some").append([*good, dataclasses.replace(good[0], error="server gone")])
    assert recorded(BCConfig(TOY, episodes_path=tmp_path / "some")) == (good, 1)
    EpisodeStore(tmp_path / "none").append([dataclasses.replace(good[0], error="server gone")])
    with pytest.raises(ValueError, match="episodes_path"):
        train_bc(BCConfig(TOY, tmp_path / "run", episodes_path=tmp_path / "none"))


def test_a_run_does_not_write_over_what_it_learns_from(tmp_path):
    collect(TOY, "scripted", 3, tmp_path / "episodes")
    with pytest.raises(ValueError, match="episodes_path must not be"):
        train_bc(BCConfig(TOY, tmp_path, episodes_path=tmp_path / "episodes"))
    assert len(read_episodes(tmp_path / "episodes")) == 3


def test_a_run_that_left_no_checkpoint_begins_anew(tmp_path):
    config = BCConfig(TOY, tmp_path)
    run = Run(config, "bc")
    run.begin()
    run.log(0, 0, score=0.1)
    Run(config, "other").log(0, 0, score=0.2)
    run.begin()
    run.start()
    assert [(row["stage"], row["score"]) for row in run.metrics()] == [("other", 0.2)]


def test_turns_that_the_person_takes_badly_are_not_cloned(tmp_path):
    """By the sign of its next words: their tokens are context, and their acts none of the learner's own."""
    collect(TOY, "scripted", 2, tmp_path / "e")
    first, second = read_episodes(tmp_path / "e")
    said = [
        "host: hello",
        "guest: Hm.",
        "host: go on",
        "guest: I told you!",
        "guest: Stop it.",
        "host: sorry",
        "guest: Thanks!",
    ]
    turns = [EpisodeTurn(*line.split(": "), "") for line in said]
    episode = dataclasses.replace(first, turns=[EpisodeTurn("guest", "Thank you!", ""), *turns])
    wanted = {"off": [True, True, True], "not-bad": [True, False, True], "good": [False, False, True]}
    assert {name: respected(episode, name) for name in wanted} == wanted

    chat = ChatFormat(load_model("tiny", make_engine(TOY))[1])
    for name, kept in wanted.items():
        (row,) = _dataset([episode], chat, name)
        own = chat.tokenizer.decode([token for token in row["labels"] if token != -100])
        assert own == "".join(
            f"{text}<|end|>" for text, keep in zip(("hello", "go on", "sorry"), kept, strict=True) if keep
        )
    with pytest.raises(ValueError, match="must leave turns to clone"):
        _dataset([second], chat, "good")
    with pytest.raises(ValueError, match="respect must be one of off, not-bad, good"):
        BCConfig(TOY, respect="yes")


def test_nor_by_act_policies(tmp_path):
    options = {"env_id": "Open-v0", "model": "acts", "demonstrator": "random", "demonstrations": 30}
    batches = {}
    for respect in ("off", "not-bad"):
        config = ActsBCConfig(**options, out=tmp_path / respect, respect=respect)
        batches[respect] = recorded_batch(Training(config), config, respect=respect)
    every, some = batches["off"].own, batches["not-bad"].own
    episodes = [episode for episode in read_episodes(tmp_path / "off" / "demonstrations") if episode.turns]
    for row, episode in enumerate(episodes):
        kept = respected(episode, "not-bad")
        assert some[row, : len(kept)].tolist() == [a and b for a, b in zip(every[row].tolist(), kept, strict=False)]
    assert 0 < some.sum() < every.sum()
