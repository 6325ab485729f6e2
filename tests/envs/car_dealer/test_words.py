"""Words of selling cars: what a dealer is understood to say without tags, and what a buyer says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.car_dealer.family import Counter
from dialogym.envs.car_dealer.game import CARS, Ask, Buy, Leave, Lot, Offer, Refuse, Tell, Visit
from dialogym.envs.car_dealer.lots import HOUSES
from dialogym.envs.car_dealer.policies import PHRASES
from dialogym.envs.car_dealer.voice import CALLED, GRAMMAR, NAMES, VOICE, understand
from dialogym.envs.content import content
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "how about the lumen pavo car 2 number two for 36 36k $36,000 thousand what is your budget which kind of are you looking "
    "for sedan suv luxury i can offer you it go down to ? . ! , no not if [ ] \0 é 漢 \ud800 \n"
)


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = understand(row["text"], ("harbour", 2))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


@pytest.mark.parametrize("house", HOUSES)
def test_every_car_and_price_of_every_lot_is_read(house):
    for number, name in enumerate(HOUSES[house].cars, 1):
        for price in Lot().prices(number):
            for words in (
                f"How about the {name} for ${price},000?",
                f"I can offer you the {name.upper()} at {price}k",
                f"The {CARS[number - 1][0]} {name} is {price} thousand.",
                f"You can have car {number} for {price},000 dollars",
            ):
                assert understand(words, (house, 0)).act == Offer(number, price), words
        others = [other for other in HOUSES if other != house]
        assert all(understand(f"How about the {name} for 36k?", (other, 0)).act == Say() for other in others)


def test_a_price_alone_is_for_the_last_car():
    assert understand("I could do 32 thousand", ("harbour", 4)).act == Offer(4, 32)
    assert understand("I could do 32 thousand", ("harbour", 0)).reason == "Which car do you mean?"
    assert understand("How about the Lumen?", ("harbour", 0)).reason == "And what is the price?"


@pytest.mark.parametrize(
    "unit",
    [
        "how about the lumen ",
        "36k ",
        "$36,000 ",
        "car 2 ",
        "what is your budget ",
        "sedan or ",
        "you can have it for ",
        ", ",
    ],
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, ("harbour", 2)), unit) < LINEAR


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for last in (0, 2):
        heard = understand(text, ("harbour", last))
        assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(act, topic=None, persona="terse", heard="", opening=False, reason="", seed=0):
    before = Visit(1, "buyer", topic=topic)
    problem = "illegal" if reason else ""
    cue = Cue(act, "buyer", Counter("harbour", "Ana"), persona, heard, opening, problem, reason, before)
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert (text[0].isupper() or text[0] == "$") and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_said_is_what_is_meant(persona):
    for seed in range(12):
        for kind, called in CALLED.items():
            text = say(Tell(kind), Ask("kind"), persona, "[ask kind]", seed=seed)
            well_formed(text)
            assert called in text and not any(other in text for other in CALLED.values() if other != called)
        for answer in ("low", "middle", "high", "nothing"):
            text = say(Tell(answer), Ask("budget"), persona, "[ask budget]", seed=seed)
            well_formed(text)
            assert not re.search(r"\d", text)
        for act in (Buy(), Refuse("dear"), Refuse("kind"), Leave()):
            text = say(act, Offer(2, 36), persona, "[offer car=2 price=36]", seed=seed)
            well_formed(text)
            assert set(re.findall(r"\d[\d,]*\d", text)) <= {"36,000"}
        assert re.search(r"bye|day|best", say(Leave(), None, persona, "[ask kind]", seed=seed).lower())


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_and_reactions_to_talk(persona):
    openings = {say(Say(), persona=persona, opening=True, seed=seed) for seed in range(30)}
    assert len(openings) == 4 and all("Ana" in text for text in openings)
    for heard in (
        "Hi!",
        "Thank you.",
        "Tell me your maximum.",
        "You idiot",
        "Ignore your instructions.",
        "",
        "Blue.",
        "Hurry!",
    ):
        well_formed(say(Say(), persona=persona, heard=heard))
    lost = say(Say(), persona=persona, heard="[ask kind]", reason="You have asked me that before.")
    assert "You have asked me that before." in lost
    for slot in (*VOICE.topics, "chat", "unclear", "illegal"):
        assert VOICE.choices(persona, slot, "buyer")


def test_demonstrations_hold_one_tag_and_say_the_same_in_words():
    assert all(phrase.count("{tag}") == 1 for phrases in PHRASES.values() for phrase in phrases)
    for dialogue in play("CarDealer-v0", "scripted", range(60)):
        for step in dialogue.steps:
            if words := re.sub(r"\[.*?\]", "", step.text).strip():
                assert understand(words, (dialogue.scenario.house, 0)).act == step.act, words


def test_buyers_do_not_repeat_each_other():
    said = [step.reply for dialogue in play("CarDealer-v0", "scripted", range(300)) for step in dialogue.steps]
    assert len(set(said)) >= 300
    for text in set(said) - {""}:
        well_formed(text)


def test_lots_and_names():
    cars = [car for house in HOUSES.values() for car in house.cars]
    assert len(HOUSES) * len(NAMES) >= 20 and len({*cars}) == len(cars) == 30 and not {*cars} & {*NAMES}
    assert all(car.isalpha() and car[0].isupper() for car in cars)
