"""Donor in words: what a learner is understood to say, and what visitors, neighbours and gossip say."""

from __future__ import annotations

import re

import pytest
from dialogym.core.acts import Say
from dialogym.envs.content import content
from dialogym.envs.donor.family import Home
from dialogym.envs.donor.game import PUNISHED, Give, Meet, Punish, Street
from dialogym.envs.donor.policies import PHRASES
from dialogym.envs.donor.villages import LONGEST, NAMES, PLACES, neighbour, visitor
from dialogym.envs.donor.voice import GRAMMAR, VOICE, WORDS, printed, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "i give take two 2 sacks of peat one nothing no sorry here are for you can not have spare help ? . ! , we [ ] \0 é 漢 "
    "\ud800 \n punish"
)


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = understand(row["text"], True)
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row["means"], row


def test_punishment_is_read_only_where_it_is_possible():
    assert (
        understand("I will punish you.", True).act == Punish() and understand("I will punish you.", False).act == Say()
    )


@pytest.mark.parametrize("key", PLACES)
def test_every_place_has_words_and_its_units_are_read(key):
    place = PLACES[key]
    assert understand(f"Here are two {place.units} of {place.of}.", False).act == Give(2)
    assert understand(f"I can spare one {place.unit}.", False).act == Give(1)
    assert understand(f"Sorry, I have no {place.of} for you.", False).act == Give(0)
    assert len(place.why) >= 3
    for sentence in place.why:
        well_formed(sentence)
        assert not re.search(r"\d", sentence) and place.about[0].islower()


def test_there_are_enough_places_and_nobody_is_met_twice():
    assert len(PLACES) >= 20 and len({place.about for place in PLACES.values()}) == len(PLACES)
    for key in PLACES:
        met = [name for number in range(LONGEST) for name in (visitor(key, number)[0], neighbour(key, number))]
        assert len(met) == len(set(met)) <= len(NAMES)


@pytest.mark.parametrize("unit", ["i give two ", "no ", "take one ", "two sacks of peat ", "i cannot ", "here are , "])
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, True), unit) < LINEAR


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=40).map(" ".join)))
def test_nothing_raises(text):
    found = understand(text, True)
    assert (found.problem == "") == (found.reason == "")


# ---- what people say -------------------------------------------------------------------------------------------------


def cue(act, phase, seat="visitor", record=(1, 1), heard="", excused=False, number=1):
    state = Street(phase, number, 0, record, excused)
    return Cue(act, seat, Home("moor", 6), "friendly", heard, False, "", "", state)


def test_every_sentence_is_well_formed():
    for persona in VOICE.personas:
        for number in range(3):
            for one in (
                cue(Say(), "ask", number=number),
                *(cue(Say(), "thank", record=(1, units)) for units in (PUNISHED, 0, 1, 2)),
                *(cue(Give(units), "receive", "neighbour", (1, last)) for units in (0, 1, 2) for last in (-1, 0, 1, 2)),
            ):
                for words in VOICE.possible(one._replace(persona=persona))[1]:
                    well_formed(words)


def test_there_is_variety():
    for slots in WORDS["bank"].values():
        assert len(slots["ask"]) >= 8 and all(len(set(said)) == len(said) >= 2 for said in slots.values())
        assert all(len(slots[name]) >= 5 for name in ("two", "one", "refused", "give_2", "give_1", "give_0"))


def test_only_the_visitor_answers_what_was_said():
    said = "Thank you for coming."
    leads = [VOICE.possible(one)[0] for one in (cue(Say(), "thank", heard=said), cue(Say(), "ask", heard=said))]
    assert leads == [["You are welcome!", "My pleasure!"], []]
    assert VOICE.possible(cue(Give(1), "receive", "neighbour", heard=said))[0] == []


def test_gossip_tells_both_records():
    def told(last, record, excused=False):
        return printed(cue(Meet(last), "gossip", "gossip", record, excused=excused))

    whole = "round 2 of 6. Carla gave two sacks when last asked. You gave one sack, then two sacks."
    assert told(2, (1, 2)) == whole
    assert told(0, (2, 0), True).endswith("You gave two sacks, then nothing, to somebody who had given nothing.")
    assert told(0, (PUNISHED, 1)).endswith("You punished somebody, then gave one sack.")
    assert told(0, (2, PUNISHED)).endswith("You gave two sacks, then punished somebody.")


def test_demonstrations_say_in_words_what_they_tag():
    for kind, phrases in PHRASES.items():
        assert all(phrase.count("{tag}") == (kind != "talk") for phrase in phrases)
    for dialogue in play("Donor-v0", "scripted", range(60)):
        for step in dialogue.steps:
            words = re.sub(r"\[.*?\]", "", step.text).strip()
            assert not words or understand(words, False).act == step.act, words


def test_a_dialogue_names_who_speaks():
    for dialogue in play("Donor-v0", "always-give", range(3)):
        for step in dialogue.steps[:-1]:
            names = [line.partition(":")[0] for line in step.reply.splitlines()]
            assert names == ["Visitor", "Neighbour", "Visitor", "Gossip"]
        assert [line.partition(":")[0] for line in dialogue.steps[-1].reply.splitlines()] == ["Visitor", "Neighbour"]
