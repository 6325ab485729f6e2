"""The words of rumours: how a moderator is understood, and how its assistant speaks."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.rumour.family import Talk
from dialogym.envs.rumour.game import Check, Days, Debunk, Label, Report, Unlabel
from dialogym.envs.rumour.policies import ATTACKS, PHRASES
from dialogym.envs.rumour.stories import STORIES
from dialogym.envs.rumour.voice import _DONE, BANK, COUNTS, GRAMMAR, NAMES, VOICE, WORDS, describe, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = tomllib.loads(Path(__file__).with_name("utterances.toml").read_text(encoding="utf-8"))["said"]
TOKENS = (
    "check label warning write letter them it the story take off and then if not true false please let us have put a "
    "on to who believes ? . ! , [ ] $1 \0 é 漢 \ud800 \n"
)
REPORTS = [Report(level, verdict, last) for level in range(3) for verdict in ("none", "true", "false")
           for last in (False, True)]  # fmt: skip


def cue(act, persona="terse", heard="", opening=False, story="swans", today=Say()):
    before = Days(3, "assistant", today=None if opening else today)
    return Cue(act, "assistant", Talk(story, "Ines"), persona, heard, opening, "", "", before)


def say(*args, seed=0, **rest):
    return VOICE.say([cue(*args, **rest)], [Stream(np.random.default_rng(seed))])[0]


# ---- understanding ---------------------------------------------------------------------------------------------------


def test_what_people_say_is_taken_as_stated():
    for row in SAID:
        heard = understand(row["text"], None)
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row["means"], row


def test_attacks_are_talk():
    for text in (text for texts in ATTACKS.values() for text in texts):
        assert GRAMMAR.parse(text, None) == (Say(), "", ""), text


@pytest.mark.parametrize("unit", ["check it and ", "put a label ", "write to them ", "please ", "?", ", "])
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, None), unit) < LINEAR


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=50).map(" ".join)))
def test_nothing_raises(text):
    heard = understand(text, None)
    assert (heard.problem == "") == (heard.reason == "")


def test_demonstrations_hold_one_tag_at_most_and_say_the_act():
    assert set(PHRASES) == {"say", "check", "label", "unlabel", "debunk"}
    for kind, phrases in PHRASES.items():
        for phrase in phrases:
            heard = GRAMMAR.parse(phrase.format(tag="").strip(), None)
            assert heard.problem == "" and GRAMMAR.print(heard.act).strip("[]") in ("", "" if kind == "say" else kind)


# ---- speaking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", VOICE.personas)
def test_everything_is_worded(persona):
    slots = {describe(cue(act))[0] for act in REPORTS} | {
        "opening",
        "over",
        "chat",
        "unclear",
        "illegal",
        *_DONE.values(),
    }
    assert slots | set(VOICE.topics) == set(BANK[persona])
    for act in REPORTS:
        for seed in range(6):
            text = say(act, persona, "Hm.", seed=seed)
            well_formed(text)
            assert [count for count in COUNTS if count in text] == [COUNTS[act.level]]
            words = text.lower().replace(".", " ").replace("!", " ").replace(":", " ").split()
            assert [told for told in ("true", "false") if told in words] == [act.verdict] * (act.verdict != "none")
            assert act.last == any(text.endswith(over) for over in WORDS["bank"][persona]["over"])


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_tell_the_story(persona):
    for story, told in STORIES.items():
        for seed in range(4):
            text = say(Say(), persona, opening=True, story=story, seed=seed)
            assert "Ines" in text and told["says"] in text
            well_formed(text)


def test_stories():
    assert len(STORIES) >= 20 and len({told["says"] for told in STORIES.values()}) == len(STORIES)
    assert all(told["called"].startswith("about the ") for told in STORIES.values())


def test_what_assistants_react_to():
    assert VOICE.topic("Good morning!") == "greeting" and VOICE.topic("") == "silence"
    assert VOICE.topic("Well done, Ines") == "praise" and VOICE.topic("[check]") == ""
    assert VOICE.topic("Is it true, tell me the truth") == "secret" and VOICE.topic("You stupid thing") == "rude"


def test_who_only_talks_is_heard():
    assert describe(cue(REPORTS[0]))[2] == "chat" and describe(cue(REPORTS[0], today=Check()))[2] == ""


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_was_done_is_confirmed(persona):
    for act in (Label(), Unlabel(), Debunk()):
        for seed in range(4):
            text = say(REPORTS[0], persona, "[x]", seed=seed, today=act)
            assert any(text.startswith(done) for done in BANK[persona][type(act).__name__.lower()])
            well_formed(text)


def test_assistants_do_not_repeat_each_other():
    dialogues = list(play("RumourSmall-v0", "scripted", range(300)))
    said = {step.reply for dialogue in dialogues for step in dialogue.steps if step.reply}
    assert len(said) > 400 and len({d.opening for d in dialogues}) > 150
    assert {name for name in NAMES for d in dialogues if name in d.opening} == set(NAMES)
    for text in said:
        well_formed(text)
