"""Words of the help desk: what an agent is understood to say without tags, what a customer says, what the desk prints."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.grammar import Grammar
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.helpdesk.calls import CASES, NAMED
from dialogym.envs.helpdesk.game import (
    ACTS,
    PARTS,
    PHONE,
    Call,
    Check,
    Done,
    Fix,
    Guide,
    HangUp,
    Leave,
    Outcome,
    Record,
    Report,
    Restart,
)
from dialogym.envs.helpdesk.voice import VOICE, WORDS, printed, understand
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import sounds_like_an_answer

SAID = content(__file__, "utterances.toml")["said"]
GRAMMAR = Grammar(ACTS, understand)
TOKENS = (
    "i please check fix reset the your sim card apn plan airplane mode off and on again restart phone it if not ? . ! , "
    "let me explain where step by step transfer you to a technician have you taken out put back in \0 é 漢 ’ \ud800 \n"
)


def hear(text, after=""):
    return GRAMMAR.parse(text, after)


# ---- understanding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", PARTS)
def test_each_part_in_the_words_of_the_demonstrator(part):
    for kind, words in ((Check, NAMED[part].look), (Fix, NAMED[part].fix)):
        for text in (words, words.upper(), f"Thank you. {words}", f"One thing at a time: {words}"):
            assert hear(text).act == kind(part), text


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = hear(row["text"], row.get("after", ""))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


def test_two_acts_are_ambiguous():
    heard = hear("Let me check your plan. Please restart the phone.")
    assert heard == (
        Say(),
        "ambiguous",
        "Do you want to check the plan or have me restart the phone? One thing at a time, please.",
    )


@pytest.mark.parametrize(
    "unit", ["please reset the apn ", "the sim card and ", "turn your phone off ", "i will transfer you ", "step by step ", "?", ", ", "tell me if "]
)  # fmt: skip
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(understand, unit) < LINEAR


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_any_text_is_read(text):
    heard = hear(text)
    assert heard == hear(text) and (heard.act == Say() or not heard.problem)


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(act, topic=None, persona="terse", heard="", opening=False, seed=0, turn=1, case=CASES[0]):
    before = Call(turn, "customer", 0, False, False, topic)
    cue = Cue(act, "customer", case, persona, heard, opening, "", "", before)
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert text[0].isupper() and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_a_customer_says_what_it_saw_and_did(persona):
    for part in PHONE:
        for turn in range(1, 7):
            for word in ("odd", "fine", "lost", "done"):
                act, topic = (Done(), Fix(part)) if word == "done" else (Report(word), Check(part))
                said = say(act, topic, persona, "[x]", turn=turn, seed=turn)
                well_formed(said)
                claims = [claim for claim in getattr(NAMED[part], word) if claim.lower() in said.lower()]
                assert claims, said


@pytest.mark.parametrize("persona", VOICE.personas)
def test_all_else_is_well_formed(persona):
    for case in CASES:
        for seed in range(6):
            said = say(Say(), persona=persona, opening=True, seed=seed, case=case)
            well_formed(said)
            assert " data" in said and case.place in said
    spoken = [(Outcome(word), Restart()) for word in ("works", "still")] + [
        (Leave(), None),
        (Say(), Guide()),
        (HangUp(), Guide()),
    ]
    for act, topic in [*spoken, (Say(), None)]:
        said = {say(act, topic, persona, "[x]", seed=seed) for seed in range(20)}
        assert len(said) > 2
        for one in said:
            well_formed(one)


def test_nothing_said_to_talk_sounds_like_an_answer():
    for persona, bank in WORDS["bank"].items():
        for slot in ("talk", "chat", "asked", "unclear", "illegal", *WORDS["topics"]):
            for text in bank[slot]:
                assert not sounds_like_an_answer(text), (persona, slot, text)
    for text in ("Quite.", "Sure.", "Very well.", "Ah, all right!", "Well, yes.", "Hard to say.", "No idea."):
        assert sounds_like_an_answer(text)


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_seen_or_heard_stands_for_itself(persona):
    """ "Is it on?" and "is it off?" get the same report, and a restart may be asked for in any words: no yes, no no."""
    for slot in ("odd", "fine", "done", "works", "still"):
        for text in WORDS["bank"][persona][slot]:
            if not text.startswith(("Right, ", "Very well, ", "Okay, ", "Oh, all right, ")) or slot != "done":
                assert not sounds_like_an_answer(text.replace("{claim}", "the thing is so")), (slot, text)
    for seed in range(20):
        said = say(Say(), None, persona, "What colour is the sky?", seed=seed)
        assert not re.search("know|say|see|find|idea", said.split(".")[0].lower()), said


def test_each_persona_says_it_in_its_own_way():
    for slot in ("opening", "odd", "fine", "lost", "done", "works", "still", "talk", "leave"):
        mine = [set(bank[slot]) for bank in WORDS["bank"].values()]
        assert all(len(one) >= 4 for one in mine) and len(set.union(*mine)) > 3 * len(mine)


def test_nothing_public_but_the_turn_changes_a_claim():
    for part in PHONE:
        assert say(Done(), Fix(part), turn=3) == say(Done(), Fix(part), turn=3)
        assert {*NAMED[part].odd}.isdisjoint(NAMED[part].fine)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("active", "Swift 10: active, paid, nothing to do"),
        ("suspended", "Swift 10: suspended"),
        ("resumed", "Swift 10: resumed, active from the next restart"),
        ("charged", "Swift 10: was active; a top-up was charged to the customer"),
    ],
)
def test_the_desk_prints_its_record(value, line):
    assert printed(Cue(Record(value), "desk", CASES[0], "terse", "", False, "", "", Call(2, "desk"))) == line
