"""Feedback in words: what is said of each turn, that records keep it, and that a clone is shown it before each message."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.envs.episodes import read_episodes, rescore
from dialogym.envs.make import make_engine
from dialogym.policies.collect import collect
from dialogym.policies.feedback import GOOD, keep_wanted, make_turn_critic, wanted_in
from dialogym.policies.language_model import LanguageModelPolicy, load_model
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.policies.tokens import ChatFormat
from dialogym.rewards.future import exact
from dialogym.trainers.bc import _dataset
from dialogym.trainers.configs import FCPConfig
from dialogym.trainers.demonstrations import recorded

from ..toy import TOY


def test_the_exact_critic_names_what_was_better():
    engine = make_engine("CoachingSmall-v0")
    comment, kinds = make_turn_critic("exact", engine), set()
    for dialogue in rollout(engine, make_policy("random", engine), range(20)):
        comment(dialogue)
        for step in dialogue.steps:
            lost = -exact(step)
            kind = "Bad" if lost >= 0.1 else "Fair" if lost >= 0.02 else "Good"
            assert step.feedback.startswith(f"{kind}: ")
            best = engine.grammar.print(step.dialogue.setting.solution.best_act(step.before, step.belief_before()))
            assert kind == "Good" or f"; {best or 'to talk'} was better." in step.feedback
            kinds.add(kind)
    assert kinds == {"Good", "Fair", "Bad"} or kinds == {"Good", "Bad"}
    with pytest.raises(ValueError, match="critic must be one of exact, reaction"):
        make_turn_critic("me", engine)


def test_records_keep_it(tmp_path):
    collect("Open-v0", "random", 6, tmp_path, critic="reaction")
    episodes = read_episodes(tmp_path)
    said = [turn.feedback for episode in episodes for turn in episode.turns if turn.seat == episode.seat]
    assert set(said) >= {"The person does not say how it takes it."} and all(said) and len(set(said)) > 1
    assert not any(turn.feedback for episode in episodes for turn in episode.turns if turn.seat != episode.seat)
    again = rescore(episodes, "turn_cost")
    assert [turn.feedback for turn in again[0].turns] == [turn.feedback for turn in episodes[0].turns]


def test_a_clone_is_shown_it_before_each_message(tmp_path):
    episodes, _ = recorded(FCPConfig(TOY, tmp_path, demonstrations=12))
    engine = make_engine(TOY)
    tokenizer = load_model("tiny", engine)[1]
    for row, episode in zip(_dataset(episodes, ChatFormat(tokenizer), "off", told=True), episodes, strict=True):
        text = tokenizer.decode(row["input_ids"])
        for turn in episode.turns:
            if turn.seat == episode.seat:
                assert f"(On your next message: {turn.feedback})<|end|><|assistant|>{turn.text}<|end|>" in text
        own = tokenizer.decode([token for token in row["labels"] if token != -100])
        assert "next message" not in own
    with pytest.raises(ValueError, match="must hold feedback"):
        collect(TOY, "scripted", 2, tmp_path / "bare")
        _dataset(read_episodes(tmp_path / "bare"), ChatFormat(tokenizer), "off", told=True)


def test_and_asked_for_the_best_when_it_plays(tmp_path):
    engine, prompts = make_engine(TOY), []
    tokenizer = load_model("tiny", engine)[1]

    def talk(asked):
        prompts.extend(map(tokenizer.decode, asked))
        return [[*tokenizer.encode("let me see"), tokenizer.eos_token_id] for _ in asked], None

    policy = LanguageModelPolicy(None, tokenizer, generate=talk)
    policy.wanted = GOOD["exact"]
    (dialogue,) = rollout(engine, policy, [1])
    note = f"(On your next message: {policy.wanted})<|end|><|assistant|>"
    assert [text.count(note) for text in prompts] == [1, 2, 3] and all(text.endswith(note) for text in prompts)
    again = LanguageModelPolicy(None, tokenizer, generate=talk)
    again.wanted = policy.wanted
    assert again._written(dialogue).ids == policy.record(dialogue).ids[: len(again._written(dialogue).ids)]
    keep_wanted(tmp_path, policy.wanted)
    assert wanted_in(tmp_path) == policy.wanted and wanted_in(tmp_path / "none") == ""
