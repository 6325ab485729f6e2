"""Words of repeated games: what a learner is understood to say without tags, and what a person says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.repeated.family import Met
from dialogym.envs.repeated.game import HANDS, PAYOFFS, Match, Play, Promise
from dialogym.envs.repeated.stories import NAMES, STORIES
from dialogym.envs.repeated.voice import GRAMMAR, VOICE, WORDS, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "i will share keep the notes promise to let us both if you not choose my choice is ? . ! , we [ ] \0 é 漢 \ud800 \n"
)


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = understand(row["text"], (row.get("story", "notes"), row.get("choosing", False)))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


@pytest.mark.parametrize("key", STORIES)
def test_what_is_said_is_what_is_meant(key):
    story = STORIES[key]
    for bank in WORDS["bank"].values():
        for place, option in enumerate(story.options):
            for kind, choosing in ((Promise, False), (Play, True)):
                for words in (*bank[kind.tag()], f"I will {option}.", "Let us both {do}!"):
                    text = words.format(name="Ana", thing=story.thing, do=story.do[place], result="")
                    well_formed(text)
                    assert understand(text, (key, choosing)).act == kind(option), text
        for slot in bank.keys() - {"promise", "play"}:
            for words in bank[slot]:
                text = words.format(name="Ana", thing=story.thing, do="")
                well_formed(text)
                assert all(understand(text, (key, choosing)) == (Say(), "", "") for choosing in (False, True)), text


def test_who_won_the_last_round_of_a_hand_game_is_said_with_the_next_choice():
    stream = Stream(np.random.default_rng(0))
    for persona, said in WORDS["results"].items():
        for (mine, theirs), result in (((1, 0), "lost"), ((0, 2), "lost"), ((0, 1), "won"), ((2, 2), "same")):
            for number in (1, 2):
                cue = Cue(
                    Play("paper"), "partner", Met("hands", "Ana"), persona, "", False, "", "",
                    Match(number, "reveal", (mine, theirs)), True,
                )  # fmt: skip
                text = VOICE.say([cue], [stream])[0]
                well_formed(text)
                assert text.startswith(f"{said[result][number % 2]} ") and text in VOICE.possible(cue)[1]
                assert understand(text, ("hands", True)).act == Play("paper"), text
        first = cue._replace(before=Match(0, "reveal"))
        other = cue._replace(public=Met("notes", "Ana"), act=Play("share"))
        for one in (first, other):
            assert not any(result in VOICE.say([one], [stream])[0] for kind in said.values() for result in kind)


@pytest.mark.parametrize(
    "unit", ["i will share ", "i promise to ", "share, ", "we both ", "keep the notes. ", "my choice is "]
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, ("notes", True)), unit) < LINEAR


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for choosing in (False, True):
        heard = understand(text, ("notes", choosing))
        assert (heard.problem == "") == (heard.reason == "")


def test_demonstrations_say_in_words_what_their_tag_says():
    for dialogue in play("Repeated-v0", "scripted", range(40)):
        for step in dialogue.steps:
            words = re.sub(r"\[.*?\]", "", step.text).strip()
            heard = understand(words, (dialogue.scenario.story, step.before.phase == "move"))
            assert heard.act in (Say(), step.act), words


def test_stories():
    assert [sum(story.game == game for story in STORIES.values()) for game in (*PAYOFFS, HANDS)] == [6] * 5
    assert len(set(NAMES)) == len(NAMES)
    for story in STORIES.values():
        assert "{name}" in story.about and story.about.endswith(".")
        assert len(set(story.options)) == len(story.options) == len(story.do) == 2 + (story.game == HANDS)
