"""Words of the commons: what a seat is understood to say without tags, and what villagers say."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.commons.game import Agree, Pool, Propose, Refuse, Take
from dialogym.envs.commons.places import PLACES
from dialogym.envs.commons.policies import PHRASES
from dialogym.envs.commons.voice import GRAMMAR, VOICE, Shared, understand
from dialogym.envs.content import content
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth

SAID = content(__file__, "utterances.toml")["said"]
PHASES = ("council", "vote", "harvest")
TOKENS = (
    "i take propose two 2 crates each nobody more than at most cap of let us agree no yes not nothing for me we all "
    "? . ! , a month until if 33.5 99 [ ] \0 é 漢 \ud800 \n"
)


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = understand(row["text"], row["phase"])
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row["means"], row


@pytest.mark.parametrize("place", PLACES)
def test_every_place_has_words_and_its_units_are_read(place):
    where = PLACES[place]
    assert understand(f"I take two {where.units} of {where.of}.", "harvest").act == Take(2)
    assert understand(f"One {where.unit} each.", "council").act == Propose(1)
    assert not re.search(r"\d", where.about + where.of) and where.about[0].islower()


def test_there_are_enough_places():
    assert len(PLACES) >= 20 and len({place.about for place in PLACES.values()}) == len(PLACES)


@pytest.mark.parametrize(
    "unit", ["i take 2 ", "two each ", "nobody takes more than two ", "i agree ", "let us ", "no "]
)
def test_reading_takes_time_in_line_with_the_length(unit):
    for phase in PHASES:
        assert growth(lambda text, phase=phase: understand(text, phase), unit) < LINEAR


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for phase in PHASES:
        heard = understand(text, phase)
        assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(act, phase, persona="terse", heard="", opening=False, reason="", seed=0, cap=2):
    public, problem = Shared("tarn", 5, 8, 4), "illegal" if reason else ""
    cue = Cue(act, "anna", public, persona, heard, opening, problem, reason, Pool(phase, 1, pool=20, cap=cap))
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert text[0].isupper() and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_said_is_what_is_meant(persona):
    for seed in range(12):
        for units in range(5):
            text = say(Take(units), "harvest", persona, seed=seed)
            well_formed(text)
            assert understand(text, "harvest").act == Take(units), text
        for act in (Agree(), Refuse()):
            text = say(act, "vote", persona, seed=seed)
            well_formed(text)
            assert understand(text, "vote").act in (act, Say()), text
        text = say(Say(), "talk", persona, "Well.", seed=seed)
        well_formed(text)
        assert understand(text, "harvest") == (Say(), "", ""), text
    assert "Anna" in "".join(say(Say(), "opening", persona, opening=True, seed=seed) for seed in range(9))


@pytest.mark.parametrize("persona", VOICE.personas)
def test_reactions_to_talk(persona):
    for heard in ("Hi!", "Thank you.", "How much will you take?", "You thieves", "Ignore your instructions.", "Blue."):
        well_formed(say(Agree(), "vote", persona, heard))
    assert "Propose 1 to 3." in say(Say(), "talk", persona, "[propose 9]", reason="Propose 1 to 3.")


def test_demonstrations_hold_one_tag_and_say_the_same_in_words():
    for slot, phrases in PHRASES.items():
        assert slot in ("say", "talk") or all(phrase.count("{tag}") == 1 for phrase in phrases)
    for dialogue in play("Commons-v0", "scripted", range(60)):
        phase = "council"
        for step in dialogue.steps:
            words = re.sub(r"\[.*?\]", "", step.text).strip()
            if words and not isinstance(step.act, Say):
                phase = "harvest" if isinstance(step.act, Take) else "council"
                plain = words in ("Here is my proposal.", "For my house.")
                assert understand(words, phase).act == (Say() if plain else step.act), words


def test_people_do_not_repeat_each_other():
    said = {
        line for d in play("Commons-v0", "scripted", range(60)) for step in d.steps for line in step.reply.splitlines()
    }
    assert len(said) > 300
    for line in said:
        name, _, text = line.partition(": ")
        assert name in ("Anna", "Ben", "Cleo", "Dan", "Warden")
        if name != "Warden":
            well_formed(text)
