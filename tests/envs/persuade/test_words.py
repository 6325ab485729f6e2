"""Persuade in words: what experts say and what it is taken for, what travellers say, and how a guide holds them to it."""

from __future__ import annotations

import re

import pytest
from dialogym.core.acts import Say
from dialogym.envs.content import content
from dialogym.envs.persuade.family import Journey
from dialogym.envs.persuade.game import REVIEWS, STOCK, Book, Deal, Pass, Show, Visit
from dialogym.envs.persuade.guide import GUIDE
from dialogym.envs.persuade.policies import PHRASES
from dialogym.envs.persuade.tours import HOTELS, MOST, QUOTES, TOURS, quote, stop
from dialogym.envs.persuade.voice import GRAMMAR, VOICE, printed, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import JUNK, fault_by, faults, heard, swapped, well_formed

SAID = content(__file__, "utterances.toml")
SPOKEN = heard("Persuade-v0", 30, "scripted")


def taken(text, kind=""):
    found = understand(text, ("portugal", 0, kind))
    return found.problem or GRAMMAR.print(found.act).strip("[]") or "talk"


@pytest.mark.parametrize("row", SAID["said"], ids=[row["text"] for row in SAID["said"]])
def test_what_experts_say_is_read_as_they_mean_it(row):
    assert taken(row["text"]) == row["means"]


@pytest.mark.parametrize("row", SAID["shown"], ids=[row["text"] for row in SAID["shown"]])
def test_a_review_is_known_by_its_words_and_its_score(row):
    assert taken(row["text"], "fair") == row["means"]


def test_every_review_is_known_by_what_it_says():
    for tour in TOURS:
        for number in range(MOST):
            for kind, hotel in STOCK:
                for which, score in zip(REVIEWS, hotel.scores, strict=True):
                    act = understand(f'"{quote(tour, number, score)}."', (tour, number, kind)).act
                    assert act == Show(which), (kind, score, quote(tour, number, score))


@pytest.mark.parametrize("unit", ["it is good ", "do not ", "9.6 ", "i recommend ", ", ", "the anchor "])
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, ("portugal", 0, "fair")), unit) < LINEAR


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["", "good"]))
def test_nothing_raises(text, kind):
    found = understand(text, ("portugal", 3, kind))
    assert (found.problem == "") == (found.reason == "")


def test_travellers_say_whether_they_go_and_what_all_know():
    assert len(SPOKEN) > 400 and faults(GUIDE, SPOKEN) == []
    for _, _, words in SPOKEN:
        well_formed(words)
    assert {line.intent for _, line, _ in SPOKEN} >= {
        "opening",
        "go",
        "skip",
        "go_kept",
        "skip_kept",
        "warned",
        "silent",
    }


def cue(act, **state):
    before = Visit(**{"round": 2, "mover": "traveller", "shown": 10.0} | state)
    return Cue(act, "traveller", Journey("portugal", "Ana", False), "friendly", "", before.round < 0, "", "", before)


fault = fault_by(GUIDE)


@pytest.mark.parametrize("act", [Book(), Pass()])
@pytest.mark.parametrize("honest", [None, True, False])
def test_every_sentence_of_the_bank_passes(act, honest):
    one = cue(act, honest=honest)
    for persona in VOICE.personas:
        for words in VOICE.possible(one._replace(persona=persona))[1]:
            assert fault(one._replace(persona=persona), words) == "", words


@pytest.mark.parametrize(
    ("one", "passes", "fails"),
    [
        (cue(Book()), "Fine, I'll take a room there.", "Hm, I will look elsewhere."),
        (cue(Book(), honest=True), "You were right about the last one. I will book it.", "I will book it."),
        (cue(Book(), honest=False), "You were wrong about the last one, but I will book it.", "You were right last time. I will book it."),
        (cue(Pass()), "No, I will find another one.", "I will book it."),
        (cue(Pass()), "I would rather look elsewhere.", "I do not trust you, so no."),
        (cue(Pass()), "I will not stay there.", "No, one more true word and I will believe you."),
        (cue(Pass(), shown=0.0), "Oh, I will not stay there, then.", "You were right about the last one, so I will not."),
        (cue(Pass(), shown=None), "You have said nothing about it, so I will not go.", "I will book it."),
        (cue(Say(), round=-1, shown=None), "Hello, I am Ana, and I need a hotel every night.", "Hello, I need a hotel."),
    ],
)  # fmt: skip
def test_the_guide_holds_words_to_the_act(one, passes, fails):
    assert fault(one, passes) == "" and fault(one, fails)


def test_junk_fails_and_words_for_other_acts_do_not_pass():
    goes = [one for one in SPOKEN if one[1].intent == "go"]
    stays = [one for one in SPOKEN if one[1].intent in ("skip", "warned", "silent")]
    assert swapped(GUIDE, goes, stays) == [] and swapped(GUIDE, stays, goes) == []
    for words in JUNK:
        assert fault(cue(Book()), words), words


def test_the_office_tells_the_expert_in_one_line():
    one = Cue(Deal("fair"), "office", Journey("portugal", "Ana", True), "", "", False, "", "", Visit(0, "office"))
    assert printed(one).startswith(
        'night 1, the Anchor in Porto: 7.6 on average, so it is not good. Reviews: high 9.6 "'
    )
    assert printed(one._replace(public=one.public._replace(reviews=False))) == "night 1, the Anchor in Porto: poor."


def test_demonstrations_say_in_words_what_they_tag():
    for slot, phrases in PHRASES.items():
        assert slot == "say" or all(phrase.count("{tag}") == 1 for phrase in phrases)
    for dialogue in play("Persuade-v0", "scripted", range(40)):
        for step in dialogue.steps:
            words = re.sub(r"\[.*?\]", "", step.text).strip()
            context = (dialogue.scenario.tour, step.before.round, "")
            assert not words or understand(words, context).act == step.act, words


def test_tours_and_hotels():
    assert len(TOURS) >= 20 and MOST == 12
    for tour in TOURS:
        assert len({stop(tour, number) for number in range(MOST)}) == MOST == len(set(TOURS[tour].towns))
    said = [words for some in QUOTES.values() for words in some]
    assert len(said) == len(set(said)) and not any(re.search(r"\d", words) for words in said)
    assert set(QUOTES) == {score for _, hotel in STOCK for score in hotel.scores} and len(HOTELS) == len(set(HOTELS))
