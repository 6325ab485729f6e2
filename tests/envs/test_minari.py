"""Export to Minari: what is read back is what was recorded, and what the recovered environment says."""

from __future__ import annotations

import json

import pytest

minari = pytest.importorskip("minari")

from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.envs.minari_export import export_minari
from dialogym.policies.collect import collect
from dialogym.policies.policy import FunctionPolicy

pytestmark = pytest.mark.filterwarnings("error::UserWarning")


@pytest.fixture(autouse=True)
def datasets_path(tmp_path, monkeypatch):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))


@pytest.mark.parametrize(
    ("env_id", "settings"),
    [
        ("Negotiation-v0", {"role": "seller", "grammar": "tagged", "reward": "goal=2,turn_cost=0.01"}),
        ("Tutoring-v0", {"turns": 5}),
        ("GuidedSolving-v0", {}),
        ("CoachingSmall-v0", {"personas": "rich"}),
        ("SpacingSmall-v0", {}),
    ],
)
def test_exports_read_back_equal(tmp_path, env_id, settings):
    store = collect(env_id, "random+scripted", 12, tmp_path / "e", seed=40, **settings)
    export_minari(store, "dialogym/test/mixed-v0", -0.5, 0.75, "for a test")
    dataset = minari.load_dataset("dialogym/test/mixed-v0")
    episodes = read_episodes(tmp_path / "e")
    metadata = list(dataset.storage.get_episode_metadata(range(len(episodes))))
    assert len(dataset) == 12 and dataset.total_steps == sum(turn.seat == e.seat for e in episodes for turn in e.turns)
    for episode, read, facts in zip(episodes, dataset, metadata, strict=True):
        own = [turn for turn in episode.turns if turn.seat == episode.seat]
        said = [message["content"] for message in episode.messages()]
        assert read.actions == [turn.text for turn in own] == said[1::2]
        assert [text for text in read.observations if text] == said[::2]
        assert len(read.observations) == len(own) + 1
        assert read.rewards.tolist() == [turn.reward for turn in own]
        assert read.terminations.tolist() == [False] * (len(own) - 1) + [not episode.truncated]
        assert read.truncations.tolist() == [False] * (len(own) - 1) + [episode.truncated]
        assert read.infos["act"].tolist() == ["", *(turn.act for turn in own)]
        assert read.infos["problem"].tolist() == ["", *(turn.problem for turn in own)]
        assert [act for act in read.infos["reply_act"] if act] == [
            turn.act for turn in episode.turns if turn.seat != episode.seat and turn.act
        ]
        assert [json.loads(terms) for terms in read.infos["reward_terms"]] == [{}, *(turn.reward_terms for turn in own)]
        assert not any(read.infos["outcome"][:-1]) and json.loads(read.infos["outcome"][-1]) == episode.outcome
        assert json.loads(read.infos["hidden"][-1]) == episode.hidden
        assert (facts["seed"], facts["policy"], facts["payoff"]) == (episode.seed, "random+scripted", episode.payoff)
        assert facts["scenario"] == json.loads(json.dumps(episode.scenario))
        assert (facts["persona"]["style"] if settings.get("personas") else facts["persona"]) == episode.persona
        assert all(dataset.observation_space.contains(text) for text in read.observations)
        assert all(dataset.action_space.contains(text) for text in read.actions)
    raw = dataset.storage.metadata
    assert raw["description"] == "for a test" and raw["dataset_size"] > 0
    assert minari.get_normalized_score(dataset, 0.125) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("env_id", "settings"),
    [
        ("Negotiation-v0", {"role": "seller", "reward": "goal=2,turn_cost=0.01"}),
        ("TutoringHard-v0", {"guess": 0.2}),
        ("Spacing-v0", {}),
    ],
)
def test_the_recovered_environment_repeats_the_episodes(tmp_path, env_id, settings):
    store = collect(env_id, "random+scripted", 6, tmp_path / "e", seed=7, **settings)
    dataset = export_minari(store, "repeat-v0")
    env = dataset.recover_environment()
    for read, facts in zip(dataset, dataset.storage.get_episode_metadata(range(6)), strict=True):
        seen = [env.reset(seed=facts["seed"])[0]]
        steps = [env.step(action) for action in read.actions]
        assert [*seen, *(step[0] for step in steps)] == read.observations
        assert [step[1:4] for step in steps] == list(
            zip(read.rewards.tolist(), read.terminations.tolist(), read.truncations.tolist(), strict=True)
        )
        assert steps[-1][4]["outcome"] == json.loads(read.infos["outcome"][-1])


def test_any_text_and_lost_turns(tmp_path):
    """Words in any script, none at all, and a dialogue that is cut off."""
    texts = ["Ça va? 好的 🙂 \n\t", "", "[offer]"]
    store = collect(
        "Negotiation-v0",
        FunctionPolicy(
            "babbler", lambda dialogue, stream: texts[len(dialogue.steps) % 3] if dialogue.seed else "[offer]"
        ),
        2,
        tmp_path / "e",
    )
    dataset = export_minari(store, "babble-v0")
    first, second = dataset
    assert first.truncations.tolist() == [False, False, True] and not first.terminations.any()
    assert first.infos["problem"].tolist() == ["", *["malformed"] * 3]
    assert second.actions[:3] == texts
    assert all(dataset.action_space.contains(text) for text in second.actions)


def test_failed_episodes_are_left_out(tmp_path):
    episodes = list(collect("Negotiation-v0", "scripted", 3, tmp_path / "e"))
    episodes[1].error = "the server is down"
    dataset = export_minari(episodes, "some-v0")
    assert [facts["seed"] for facts in dataset.storage.get_episode_metadata(range(len(dataset)))] == [0, 2]
    for episode in episodes:
        episode.error = "the server is down"
    with pytest.raises(ValueError, match="no episodes to export"):
        export_minari(episodes, "none-v0")


def test_what_cannot_be_exported(tmp_path):
    store = collect("Negotiation-v0", "scripted", 2, tmp_path / "e")
    export_minari(tmp_path / "e", "taken-v0")
    for dataset_id in ("taken-v0", "no version", ""):
        with pytest.raises(ValueError, match="dataset_id must be new"):
            export_minari(store, dataset_id)
    collect("Negotiation-v0", "scripted", 1, tmp_path / "e", seed=9, role="seller")
    with pytest.raises(ValueError, match=r"one environment, but settings is .*buyer.*seller"):
        export_minari(EpisodeStore(tmp_path / "e"), "mixed-v0")
    with pytest.raises(FileNotFoundError, match="no episodes"):
        export_minari(tmp_path / "nothing", "nothing-v0")
