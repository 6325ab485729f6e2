"""Recorded episodes: round trip, readers, damage, replay, rescoring."""

from __future__ import annotations

import errno

import dialogym
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from dialogym.envs import episodes as module
from dialogym.envs.episodes import EpisodeStore, read_episodes, record, replay, rescore
from dialogym.envs.make import make_engine
from dialogym.policies.collect import collect
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout


@pytest.fixture
def store(tmp_path):
    return collect("Negotiation-v0", "scripted", 40, tmp_path / "episodes", batch=16)


def test_written_is_read(tmp_path):
    engine = make_engine("Negotiation-v0")
    recorded = [
        record(d, "Negotiation-v0", engine, "scripted")
        for d in rollout(engine, make_policy("scripted", engine), range(10))
    ]
    store = EpisodeStore(tmp_path / "e")
    store.append(recorded[:4])
    store.append(recorded[4:])
    assert read_episodes(tmp_path / "e") == recorded
    assert len(store) == 10
    assert recorded[0].version == dialogym.__version__ and recorded[3].seed == 3 and recorded[0].settings["rounds"] == 8


def test_pandas_and_datasets_read_it(store):
    pandas, datasets = pytest.importorskip("pandas"), pytest.importorskip("datasets")
    frame = pandas.read_parquet(store.path)
    assert len(frame) == 40 and set(frame["env_id"]) == {"Negotiation-v0"} and frame["turns"][0][0]["text"]
    files, cache = f"{store.path}/*.parquet", str(store.path.parent / "cache")
    data = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
    assert len(data) == 40 and data[0]["turns"][0]["seat"] == "seller"


def test_messages_are_those_of_the_dialogue(store):
    engine = make_engine("Negotiation-v0")
    dialogues = list(rollout(engine, make_policy("scripted", engine), range(40)))
    for episode, dialogue in zip(store, dialogues, strict=True):
        assert episode.messages() == [m for m in dialogue.messages() if m["content"]]


def test_damage_is_named_and_loses_nothing(store):
    file = store.files()[1]
    file.write_bytes(file.read_bytes()[:-200])
    with pytest.raises(ValueError, match=f"{file.name} is damaged"):
        read_episodes(store.path)
    assert len(read_episodes(store.files()[0])) == 16
    file.unlink()
    assert len(read_episodes(store.path)) == 24


def test_what_others_wrote_is_named(tmp_path):
    file = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), file)
    with pytest.raises(ValueError, match=r"other\.parquet holds no episodes: it has no column"):
        read_episodes(tmp_path)
    with pytest.raises(ValueError, match="holds no episodes: it has no column 'env_id'"):
        collect("Negotiation-v0", "random", 2, tmp_path, resume=True)
    assert file.exists()


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no episodes at"):
        read_episodes(tmp_path / "nowhere")


def test_a_full_disk_leaves_earlier_episodes_intact(store, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    before, files = read_episodes(store.path), store.files()
    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match=r"No space left.*earlier episodes are intact"):
        store.append(before[:3])
    assert read_episodes(store.path) == before and store.files() == files
    assert list(store.path.iterdir()) and not list(store.path.glob("*.tmp"))


def test_a_write_that_is_killed_half_way_is_never_seen(store, monkeypatch):
    def half(table, where, **kwargs):
        with open(where, "wb") as file:
            file.write(b"PAR1 half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", half)
    with pytest.raises(KeyboardInterrupt):
        store.append(read_episodes(store.path)[:3])
    assert len(read_episodes(store.path)) == 40


def test_schema_of_the_future(store, monkeypatch):
    monkeypatch.setattr(module, "SCHEMA_VERSION", 99)
    with pytest.raises(ValueError, match="this version reads 99"):
        read_episodes(store.path)


def test_rescoring_equals_having_been_scored_so(store):
    @dialogym.register_reward("length")
    def length(step):
        return -len(step.text) / 100

    spec = {"goal": 2.0, "length": 1.0, "turn_cost": 0.5}
    rescored = rescore(read_episodes(store.path), spec)
    engine = make_engine("Negotiation-v0", reward=spec)
    for episode, dialogue in zip(rescored, rollout(engine, make_policy("scripted", engine), range(40)), strict=True):
        assert episode.episode_return == pytest.approx(sum(sum(s.rewards.values()) for s in dialogue.steps))
        assert episode.reward == spec
    assert np.isclose(np.mean([e.payoff for e in rescored]), np.mean([e.payoff for e in store]))


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "x").write_text("hello")
    with pytest.raises(ValueError, match="is a file"):
        EpisodeStore(tmp_path / "x")


def test_half_an_emoji_loses_nothing(tmp_path):
    """As ``json.loads`` gives it; what can be read is kept, and the others of the batch."""
    store = collect("Negotiation-v0", lambda dialogue: "ok \ud83d [offer 20] \ud83d\ude00", 3, tmp_path)
    episodes = list(store)
    assert len(episodes) == 3
    said = [turn.text for turn in episodes[0].turns if turn.seat == episodes[0].seat]
    assert said[0] == "ok \ufffd [offer 20] \U0001f600"
    for episode in episodes:
        rewards = [turn.reward for turn in episode.turns if turn.seat == episode.seat]
        assert [step.reward for step in replay(episode)] == rewards


def test_the_home_folder(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    store = collect("Negotiation-v0", "scripted", 2, "~/episodes")
    assert store.path == home / "episodes" and len(store) == 2 and len(read_episodes("~/episodes")) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
