"""Playing in a browser: several people at once keep apart, what they say is shown as they said it, and all is kept."""

from __future__ import annotations

import json
import time

import pytest
from dialogym.envs.episodes import EpisodeStore, read_episodes
from dialogym.scripts.main import main
from dialogym.scripts.play import Play, room_of
from dialogym.scripts.web import page, read_conditions

CONDITIONS = """
[[condition]]
name = "easy"
note = "She is in a good mood."
settings = {population = "easy"}

[[condition]]
name = "told"
advice = true
"""


def texts(messages):
    return [message["content"] for message in messages]


def ended(room, key):
    for _ in range(500):
        if room.talks[key].over:
            return texts(room.talks[key].console.messages)
        time.sleep(0.01)
    raise AssertionError("the dialogue did not end")


def sessions(folder):
    return [json.loads(line) for line in (folder / "sessions.jsonl").read_text().splitlines()]


def test_two_people_keep_apart(tmp_path):
    room = room_of(Play("Negotiation-v0", seed=7, record=tmp_path), {})
    first, second = room.start(), room.start()
    assert first != second and len(first) > 16
    assert texts(room.messages(first)) != texts(room.messages(second))  # another seed
    room.say(first, "[offer <b>1</b> *x*]")
    seen = room.say(second, "[walk]")
    assert not any("<b>" in text or "*x*" in text for text in texts(seen))
    mine = texts(room.say(first, "[walk]"))
    assert "\\*x\\*" in " ".join(mine) and "&lt;b&gt;" in " ".join(mine)  # as it was said, not as a page would read it
    over = ended(room, first)
    assert "hidden: reservation" in " ".join(over) and "best" in over[-1]
    ended(room, second)
    kept = sessions(tmp_path)
    assert sorted(row["seed"] for row in kept) == [7, 8] and all(row["finished"] for row in kept)
    assert sorted(episode.seed for episode in read_episodes(tmp_path)) == [7, 8]
    assert room.say(first, "more") == room.talks[first].console.messages  # nobody answers any more
    assert room.say("guessed", "[walk]") == [] == room.messages("guessed")


def test_who_leaves_is_noted_and_not_recorded(tmp_path):
    room = room_of(Play("Coaching-v0", record=tmp_path), {})
    key = room.start()
    room.messages(key)
    talk = room.talks[key]
    again = room.start(key)  # a new dialogue in place of the old one
    for _ in range(500):
        if talk.over:
            break
        time.sleep(0.01)
    assert key not in room.talks and again in room.talks
    assert [row["finished"] for row in sessions(tmp_path)] == [False] and len(EpisodeStore(tmp_path)) == 0
    room.leave(again)


def test_a_person_sits_on_the_other_side():
    room = room_of(Play("Negotiation-v0", side="partner"), {})
    key = room.start()
    seen = texts(room.messages(key))
    assert "Only you know" in seen[0]
    seen = texts(room.say(key, "It is $300."))
    assert any(text.startswith("**Buyer:**") for text in seen[1:])
    room.leave(key)


def test_an_experiment(tmp_path):
    """Each condition meets the same seeds; what is shown is the condition's."""
    file = tmp_path / "conditions.toml"
    file.write_text(CONDITIONS)
    room = room_of(Play("Negotiation-v0", seed=3, record=tmp_path / "kept", conditions=file), {})
    keys = [room.start() for _ in range(4)]
    assert [room.messages(key)[0]["content"] for key in keys][::2] == ["*She is in a good mood.*"] * 2
    shown = [" ".join(texts(room.say(key, "[offer 1]"))) for key in keys]
    assert ["likeliest: reservation" in text for text in shown] == [False, True, False, True]
    for key in keys:
        room.say(key, "[walk]")
        ended(room, key)
    kept = sessions(tmp_path / "kept")
    assert sorted((row["condition"], row["seed"]) for row in kept) == [
        ("easy", 3),
        ("easy", 4),
        ("told", 3),
        ("told", 4),
    ]
    settings = {episode.settings["population"] for episode in read_episodes(tmp_path / "kept")}
    assert settings == {"easy", "default"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must be some"),
        ("[[condition]]\nname = 'a'\n[[condition]]\nname = 'a'", "a name of its own"),
        ("[[condition]]\nname = 'a'\ncolour = 'red'", "colour"),
        ("[[", "TOML"),
    ],
)
def test_conditions_that_cannot_be_read(text, message, tmp_path):
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_conditions(tmp_path / "c.toml")


def test_wrong_arguments(capsys):
    with pytest.raises(ValueError, match="somebody plays"):
        room_of(Play("Coaching-v0", policy="random"), {})
    assert main(["play", "Coaching-v0", "--conditions", "x.toml"]) != 0
    assert "give --web too" in capsys.readouterr().err


def test_what_goes_wrong_is_told():
    def broken(condition, seed, console):
        raise ConnectionError("no model")

    room = room_of(Play("Coaching-v0"), {})
    room.play = broken
    key = room.start()
    assert "cannot go on: no model" in ended(room, key)[-1]


def test_the_page_in_a_client(tmp_path):
    pytest.importorskip("gradio")
    client = pytest.importorskip("gradio_client")
    app = page(room_of(Play("Negotiation-v0", record=tmp_path), {}), "Negotiation-v0", recorded=True)
    _, address, _ = app.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, share=False)
    try:
        one, other = (client.Client(address, verbose=False) for _ in range(2))
        for each in (one, other):
            each.predict(api_name="/start")
        one.predict("[walk]", api_name="/say")
        other.predict("[walk]", api_name="/say")
        for _ in range(200):
            if len(EpisodeStore(tmp_path)) == 2:
                break
            time.sleep(0.02)
        assert sorted(row["seed"] for row in sessions(tmp_path)) == [0, 1]
    finally:
        app.close()
