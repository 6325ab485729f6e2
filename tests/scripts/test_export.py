"""`dialogym export --to`: recorded episodes as datasets and TRL read them."""

from __future__ import annotations

import dataclasses
import json
from types import SimpleNamespace

import pytest
from dialogym.envs.chat_export import dpo_rows, kto_rows, sft_rows
from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.evaluation.dataset_card import export_hub
from dialogym.evaluation.datasets import make_datasets
from dialogym.policies.collect import collect
from dialogym.scripts.main import main

ENV = "NegotiationEasy-v0"
EPISODES = 12


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Two policies on the same seeds."""
    path = tmp_path_factory.mktemp("stores")
    for policy in ("random", "optimal"):
        collect(ENV, policy, EPISODES, path / policy)
    return path


def exported(stores, out, to, capsys):
    file = out / f"{to}.jsonl"
    assert main(["export", str(stores), "--to", to, "--out", str(file)]) == 0
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert f"{len(rows)} rows of {2 * EPISODES} episodes" in capsys.readouterr().out
    return file, rows


@pytest.mark.parametrize(
    "to, columns",
    [("sft", ["messages"]), ("dpo", ["prompt", "chosen", "rejected"]), ("kto", ["prompt", "completion", "label"])],
)
def test_datasets_and_trl_read_the_lines(to, columns, stores, tmp_path, capsys):
    datasets, trl = pytest.importorskip("datasets"), pytest.importorskip("trl.data_utils")
    file, rows = exported(stores, tmp_path, to, capsys)
    data = datasets.load_dataset("json", data_files=str(file), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(data) == len(rows) > 5 and set(columns) <= set(data.column_names)

    def apply_chat_template(messages, tools=None, tokenize=False, **_):
        return "".join(f"<{message['role']}>{message['content']}" for message in messages)

    template = SimpleNamespace(apply_chat_template=apply_chat_template)
    for row in data.select(range(5)):
        assert trl.is_conversational(row)
        told = trl.maybe_apply_chat_template({name: row[name] for name in columns}, template)
        if to == "sft":
            assert told["text"].startswith("<user>") and "<assistant>" in told["text"]
        else:
            assert all(told[name].count("<assistant>") == 1 for name in columns[1:] if isinstance(told[name], str))
            assert trl.maybe_extract_prompt(dict(row))["prompt"] == row["prompt"]


def test_sft_ends_with_the_learner(stores):
    episodes = read_episodes(stores / "optimal")
    for episode, row in zip(episodes, sft_rows(episodes), strict=True):
        assert (
            row["messages"][-1]["role"] == "assistant" and row["messages"] == episode.messages()[: len(row["messages"])]
        )
        assert [m["content"] for m in row["messages"] if m["role"] == "assistant"] == [
            t.text for t in episode.turns if t.seat == episode.seat
        ]


def test_dpo_prefers_the_higher_return_where_the_two_part(stores):
    random, optimal = (read_episodes(stores / name) for name in ("random", "optimal"))
    rows = list(dpo_rows([*random, *optimal]))
    assert 5 < len(rows) <= EPISODES
    for row in rows:
        (pair,) = [
            (a, b)
            for a, b in zip(random, optimal, strict=True)
            if row["prompt"][0] == a.messages()[0]
            and abs(abs(a.episode_return - b.episode_return) - row["margin"]) < 1e-12
        ]
        better, worse = sorted(pair, key=lambda episode: -episode.episode_return)
        at = len(row["prompt"])
        assert row["prompt"] == better.messages()[:at] == worse.messages()[:at]
        assert row["chosen"] == [better.messages()[at]] != [worse.messages()[at]] == row["rejected"]
    assert list(dpo_rows(random)) == []  # one episode a seed


def test_kto_labels_each_turn_by_the_return_of_its_episode(stores):
    random, optimal = (read_episodes(stores / name) for name in ("random", "optimal"))
    first = [random[0], optimal[0]]
    assert first[0].episode_return != first[1].episode_return
    best = max(first, key=lambda episode: episode.episode_return)
    rows = list(kto_rows(first))
    assert len(rows) == sum(turn.seat == episode.seat for episode in first for turn in episode.turns)
    said = {json.dumps(row["prompt"] + row["completion"]) for row in rows if row["label"]}
    own = [i for i, message in enumerate(best.messages()) if message["role"] == "assistant"]
    assert said == {json.dumps(best.messages()[: i + 1]) for i in own}
    labels = {row["label"] for row in kto_rows(random)}  # against the mean of all
    assert labels == {True, False}


def test_failed_episodes_and_other_rewards_are_kept_apart(stores):
    random, optimal = (read_episodes(stores / name) for name in ("random", "optimal"))
    failed = [dataclasses.replace(episode, error="ConnectionError") for episode in random]
    assert list(sft_rows(failed)) == list(kto_rows(failed)) == list(dpo_rows([*failed, *optimal])) == []
    other = [dataclasses.replace(episode, reward={"thrifty": 1.0}) for episode in random]
    assert list(dpo_rows([*other, *optimal])) == []


def test_hub_has_a_card_and_all_columns(tmp_path, capsys):
    datasets, yaml = pytest.importorskip("datasets"), pytest.importorskip("yaml")
    make_datasets(ENV, tmp_path / "made", episodes=EPISODES)
    out = tmp_path / "hub"
    assert main(["export", str(tmp_path / "made"), "--to", "hub", "--out", str(out), "--licence", "cc-by-4.0"]) == 0
    _, header, card = (out / "README.md").read_text().split("---\n", 2)
    head = yaml.safe_load(header)
    assert head["license"] == "cc-by-4.0" and head["size_categories"] == ["n<1K"]
    names = [one["config_name"] for one in head["configs"]]
    assert names == ["mixed", "near-optimal", "random", "scripted"]
    known = json.loads((tmp_path / "made" / "quality.json").read_text())
    for name in names:
        assert f"| {known[name]['mean_return']:.4f} (" in card and f"| {known[name]['score']:.3f} |" in card
    assert f"{known['random']['optimum']:.4f}, exact" in card and "from 0 to 11" in card
    data = datasets.load_dataset(str(out), "random", split="train", cache_dir=str(tmp_path / "cache"))
    episodes = read_episodes(tmp_path / "made" / "random")
    assert data["messages"][:] == [episode.messages() for episode in episodes]
    assert read_episodes(out / "data" / "random.parquet") == episodes
    assert main(["export", str(tmp_path / "made"), "--to", "hub", "--out", str(out)]) == 1
    assert "must be new or empty" in capsys.readouterr().err


def test_hub_measures_what_nobody_has(stores, tmp_path):
    export_hub([stores / "random"], tmp_path / "hub")
    mean = sum(episode.payoff for episode in read_episodes(stores / "random")) / EPISODES
    line = next(
        line for line in (tmp_path / "hub" / "README.md").read_text().splitlines() if line.startswith("| `random`")
    )
    assert f"| {mean:.4f} (" in line and line.endswith("| - |")
    collect("Tutoring-v0", "random", 2, tmp_path / "other")
    with pytest.raises(ValueError, match="a dataset is of one environment"):
        export_hub([stores / "random", tmp_path / "other"], tmp_path / "both")
    assert not (tmp_path / "both").exists()


def test_minari(stores, tmp_path, monkeypatch, capsys):
    pytest.importorskip("minari")
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    assert main(["export", str(stores / "random"), "--to", "minari", "--name", "dialogym/test/mine-v0"]) == 0
    assert f"dialogym/test/mine-v0, {EPISODES} episodes" in capsys.readouterr().out


def test_what_is_missing_is_named(stores, tmp_path, capsys):
    for arguments, said in (
        ([str(stores)], "--to sft"),
        ([str(stores), "--to", "minari"], "--name dialogym/negotiation/mine-v0"),
        ([str(tmp_path / "none"), "--to", "sft"], "no episodes at"),
        ([str(stores / "random"), "--to", "dpo", "--out", str(tmp_path / "x.jsonl")], "several of the same seed"),
    ):
        assert main(["export", *arguments]) == 1
        assert said in " ".join(capsys.readouterr().err.split())


def test_a_store_holds_no_chats(stores):
    import pyarrow.parquet as pq

    (file,) = EpisodeStore(stores / "random").files()
    assert "messages" not in pq.read_schema(file).names
