"""Words of Mafia: what a bystander is understood to say without tags, and what people say."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.content import content
from dialogym.envs.mafia.game import NAMES, Accuse, Circle, Search
from dialogym.envs.mafia.policies import PHRASES
from dialogym.envs.mafia.stories import STORIES
from dialogym.envs.mafia.voice import GRAMMAR, VOICE, Affair, printed, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")
ROWS = [(text, kind) for kind, said in SAID["talk"].items() for text in said]
ROWS = [(text, "talk" if kind == "said" else kind) for text, kind in ROWS]
ROWS += [
    (text, f"{kind} {who}") for kind in ("question", "accuse") for who, some in SAID[kind].items() for text in some
]


@pytest.mark.parametrize(("text", "means"), ROWS)
def test_what_people_say_is_read_as_they_mean_it(text, means):
    heard = understand(text, "ben")
    assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == means


def test_where_nobody_has_spoken_somebody_has_to_be_named():
    heard = understand("Where were you?", "")
    assert heard.problem == "ambiguous" and heard.reason
    assert understand("It was Dan.", "").act == Accuse("dan")


@pytest.mark.parametrize("kind", ["question", "accuse"])
def test_demonstrations_read_as_they_bind(kind):
    for phrase in PHRASES[kind]:
        text = phrase.replace("{tag}", "").format(name="Cleo").strip()
        means = f"[{kind} cleo]" if "Cleo" in text else ""
        assert GRAMMAR.print(understand(text, "ben").act) == means, text
    assert all(understand(phrase, "ben").act == Say() for phrase in PHRASES["say"] + PHRASES["talk"])


@pytest.mark.parametrize("unit", ["where were you ", "i think it was ben ", "let us hear ", "ben did it. "])
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, "ben"), unit) < LINEAR


def test_every_story_has_words():
    assert len(STORIES) >= 20 and len({story.did for story in STORIES.values()}) == len(STORIES)
    for story in STORIES.values():
        assert len(set(story.alibis)) == len(set(story.clues)) == 3
        for words in (story.where, story.did, story.place, story.found, *story.alibis, *story.clues):
            assert words[0].islower() and words[-1] not in ".!?", words
            assert not any(name.capitalize() in words for name in NAMES) and not any(c.isdigit() for c in words), words


def test_people_do_not_repeat_each_other():
    lines = {line for d in play("Mafia-v0", "scripted", range(80)) for s in d.steps for line in s.reply.splitlines()}
    said = {line.partition(": ")[2] for line in lines if not line.startswith("Host: ")}
    assert len(said) > 150
    for text in said:
        well_formed(text)
    assert set(VOICE.personas) == {"terse", "friendly", "formal", "chatty", "shy"}


def prints(word, voices, day=0):
    state = Circle("search", day, 4, -1, voices, (True,) * 4)
    return printed(Cue(Search(word), "host", Affair("cake", 3), "", "", False, "", "", state))


def test_what_the_host_prints():
    assert "Voices: Ben 3, Dan 1." in prints("guilty", (0, 3, 0, 1)) and "It was Ben who ate" in prints(
        "guilty", (0, 3, 0, 1)
    )
    assert "Ben is innocent" in prints("clean", (0, 3, 0, 0)) and "over, and" not in prints("clean", (0, 3, 0, 0))
    assert "Voices: none." in prints("nobody", (0, 0, 0, 0)) and "nobody knows" in prints("nobody", (0, 0, 0, 0), 1)
