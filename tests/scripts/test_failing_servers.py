"""Commands that talk to a language-model server which fails: what failed is said, kept apart, and played again."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("openai")

from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.policies.collect import collect
from dialogym.scripts import export
from dialogym.scripts.main import main
from dialogym.simulated_users.user import REFUSAL

from ..simulated_users.backends.faults import FaultServer, completion

ENV = "Negotiation-v0"
FILTERED = 400, {"error": {"message": "the content filter", "code": "content_filter"}}


class Ill:
    """Answers with a status of its own to the first so many requests; `times` may be changed."""

    def __init__(self, times, answer=(500, {"error": {"message": "out of order"}})):
        self.times, self.answer = times, answer

    def __call__(self, body):
        self.times -= 1
        return self.answer if self.times >= 0 else (200, completion("Let us talk."))


ALWAYS = 10**9


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def voiced(server):
    return f"voiced:{server.url}#m(backoff=0.001,attempts=1)"


def collecting(user, out, *more):
    return main(["collect", ENV, "--episodes", "3", "--batch", "1", "--user", user, "--out", str(out), *more])


def test_a_collection_in_which_all_failed_says_so_and_resumes(tmp_path, capsys):
    out, state = tmp_path / "c", Ill(ALWAYS)
    with FaultServer(answer=state) as server:
        assert collecting(voiced(server), out) == 1
        err = " ".join(capsys.readouterr().err.split())
        assert "all 3 episodes failed" in err and "played again with resume" in err and "out of order" in err
        assert [bool(episode.error) for episode in EpisodeStore(out)] == [True] * 3
        assert collecting(voiced(server), out, "--resume") == 1
        assert len(EpisodeStore(out)) == 3 == len(read_episodes(out)), "a try that failed does not count twice"
        state.times = 0
        assert collecting(voiced(server), out, "--resume") == 0
        assert "3 episodes in" in capsys.readouterr().out
        asked = len(server.bodies)
        assert collecting(voiced(server), out, "--resume") == 0 and len(server.bodies) == asked, "all is held"
    store = EpisodeStore(out)
    assert len(store) == 3 and [episode.error for episode in store] == [""] * 3 and store.failures() == {}
    assert sorted(episode.seed for episode in read_episodes(out)) == [0, 1, 2]


def test_a_collection_in_which_some_failed_says_how_many_and_why(tmp_path, capsys):
    out = tmp_path / "c"
    with FaultServer(answer=Ill(6)) as server:  # the attempts at the first reply
        assert collecting(voiced(server), out) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert (
            "2 episodes in" in said and "1 more failed, which do not count and are played again with --resume" in said
        )
        assert "out of order" in said
        assert collecting(voiced(server), out, "--resume") == 0
    assert "3 episodes in" in capsys.readouterr().out and len(EpisodeStore(out)) == 3


def test_what_a_content_filter_has_refused_is_not_played_again(tmp_path, capsys):
    with FaultServer(answer=Ill(1, FILTERED)) as server:
        assert collecting(voiced(server), tmp_path / "c") == 0
        said = " ".join(capsys.readouterr().out.split())
        assert f"1 more failed, which do not count; in the last one: {server.url}#m: {REFUSAL}" in said
        asked = len(server.bodies)
        assert collecting(voiced(server), tmp_path / "c", "--resume") == 0 and len(server.bodies) == asked


def test_from_python_it_is_the_same(tmp_path):
    with (
        FaultServer(answer=Ill(ALWAYS)) as server,
        pytest.raises(ConnectionError, match=r"all 2 episodes failed.*out of order"),
    ):
        collect(ENV, "scripted", 2, tmp_path / "c", user=voiced(server))
    assert set(EpisodeStore(tmp_path / "c").failures()) == {0, 1}
    collect(ENV, "scripted", 2, tmp_path / "c")  # those that failed are nobody's, so this plays none twice
    assert EpisodeStore(tmp_path / "c").failures() == {}


@pytest.mark.parametrize(("to", "why"), [("sft", "all 3 episodes failed"), ("dpo", "all 3 episodes failed")])
def test_an_export_of_nothing_touches_nothing_and_says_why(to, why, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with FaultServer(answer=Ill(ALWAYS)) as server:
        collecting(voiced(server), tmp_path / "c")
    keep = tmp_path / "keep.jsonl"
    keep.write_text("precious\n")
    assert main(["export", "c", "--to", to, "--out", str(keep)]) == 1
    err = " ".join(capsys.readouterr().err.split())
    assert why in err and "out of order" in err and "dpo" not in err and keep.read_text() == "precious\n"
    assert main(["export", "c", "--to", to]) == 1 and not (tmp_path / "runs").exists()


def test_an_export_is_there_when_it_is_whole(tmp_path, capsys, monkeypatch):
    collect(ENV, "scripted", 2, tmp_path / "c")
    keep = tmp_path / "keep.jsonl"
    keep.write_text("precious\n")
    assert main(["export", str(tmp_path / "c"), "--to", "dpo", "--out", str(keep)]) == 1
    assert "dpo needs episodes that differ in return, several of the same seed" in capsys.readouterr().err.replace(
        "\n", " "
    )

    def breaks(episodes):
        yield {"messages": []}
        raise OSError("no more")

    monkeypatch.setitem(export.CHATS, "kto", breaks)
    assert main(["export", str(tmp_path / "c"), "--to", "kto", "--out", str(keep)]) == 1
    assert keep.read_text() == "precious\n" and sorted(file.name for file in tmp_path.iterdir()) == ["c", "keep.jsonl"]
    assert main(["export", str(tmp_path / "c"), "--to", "sft", "--out", str(keep)]) == 0
    assert len(list(map(json.loads, keep.read_text().splitlines()))) == 2


def test_a_scorecard_of_nobody_is_an_error(tmp_path, capsys):
    with FaultServer(answer=Ill(ALWAYS)) as server:
        out = tmp_path / "card.json"
        given = ["--user", voiced(server), "--policy", "none", "--episodes", "2", "--out", str(out)]
        assert main(["scorecard", ENV, *given]) == 1
    told = capsys.readouterr()
    assert "all 2 dialogues with voiced:" in " ".join(told.err.split()) and "out of order" in told.err
    assert "adherence" not in told.out and not out.exists()
