"""Words of the clinic: what a doctor is understood to say without tags, what a patient says, and what the lab prints."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.grammar import Grammar
from dialogym.core.stream import Stream
from dialogym.envs.clinic.complaints import COMPLAINTS, LINES, PRESETS, extract
from dialogym.envs.clinic.family import Facts
from dialogym.envs.clinic.game import ACTS, Answer, Ask, Leave, Prescribe, Reassure, Result, Visit
from dialogym.envs.clinic.game import Test as Order
from dialogym.envs.clinic.voice import NAMES, VOICE, WORDS, printed, understand
from dialogym.envs.content import content
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")["said"]
GRAMMAR = Grammar(ACTS, understand)
PARTS = [(complaint, preset) for complaint in COMPLAINTS for preset in PRESETS]
TOKENS = (
    "i prescribe surge tablets drops for headache you should take not if ? . ! , : ; [ ] fever scan diary do have any "
    "refer to a specialist what tell me stays in this room will judge and or \0 é 漢 ’ \ud800 \n"
)


def hear(text, context=("headache", "small")):
    return GRAMMAR.parse(text, context)


# ---- understanding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("complaint", "preset"), PARTS)
def test_each_question_test_and_drug_in_words(complaint, preset):
    part, words = extract(complaint, preset), COMPLAINTS[complaint]
    for name in part.questions:
        question = words.topics[name].question
        for text in (question, question.upper(), f"Thank you. {question}", f"One thing, please: {question}"):
            assert hear(text, (complaint, preset)).act == Ask(name), text
    for name in part.tests:
        order = words.tests[name].order
        for text in (
            f"I would like {order}.",
            f"Let us see what {order} shows.",
            f"We need {order}",
            f"Please get {order}.",
        ):
            assert hear(text, (complaint, preset)).act == Order(name), text
    for illness in part.illnesses:
        for line in LINES:
            for text in (f"I prescribe {illness}-{line}.", f"Take the {line} for {illness} {complaint}."):
                assert hear(text, (complaint, preset)).act == Prescribe(f"{illness}-{line}"), text


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = hear(row["text"], (row["context"], "small"))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


def test_two_acts_are_ambiguous():
    heard = hear("What you tell me stays here. Do you take painkillers?")
    assert heard == (
        Say(),
        "ambiguous",
        "Do you want to promise me that it stays between us or ask about painkillers? One thing at a time, please.",
    )


def test_only_what_is_in_play_is_heard():
    assert hear("Do you snore?").act == Say() and hear("Do you snore?", ("headache", "large")).act == Ask("snoring")
    assert hear("I prescribe glare tablets.").act == Say() and hear("I prescribe whistle tablets.").act == Say()


@pytest.mark.parametrize(
    "unit",
    ["my prescription, ", "do you have ", "i prescribe surge tablets ", "what you tell me ", "stays in this room ", "fever or ", "a scan ", "refer you ", "?", ", ", "surge drops and "],
)  # fmt: skip
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, ("headache", "large")), unit) < LINEAR


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_any_text_is_read(text):
    heard = hear(text)
    assert heard == hear(text) and (heard.act == Say() or not heard.problem)


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(
    act, topic=None, persona="terse", heard="", complaint="headache", opening=False, name="Lea", seed=0, turn=1, lost=""
):
    before, problem = Visit(turn, "patient", 0, False, topic), "illegal" if lost else ""
    cue = Cue(act, "patient", Facts(complaint, name), persona, heard, opening, problem, lost, before)
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


@pytest.mark.parametrize("persona", VOICE.personas)
@pytest.mark.parametrize("complaint", list(COMPLAINTS))
def test_a_patient_says_what_it_answers(complaint, persona):
    for finding, words in COMPLAINTS[complaint].topics.items():
        for seed in range(8):
            for word, mine, others in (("yes", words.yes, words.no), ("no", words.no, words.yes)):
                said = say(Answer(word), Ask(finding), persona, "[ask x]", complaint, seed=seed, turn=seed % 5 + 1)
                well_formed(said)
                assert any(claim in said for claim in mine) and not any(claim in said for claim in others)
                opposite = (
                    r"\b(?:yes|indeed|right|certainly|correct)\b" if word == "no" else r"\b(?:no|hardly|nothing)\b"
                )
                for claim in mine:
                    said = said.replace(claim, "")
                assert not re.search(opposite, said.lower()), said


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_goodbyes_and_talk(persona):
    for complaint, words in COMPLAINTS.items():
        for name in NAMES:
            opened = {say(Say(), None, persona, "", complaint, True, name, seed) for seed in range(12)}
            assert len(opened) > 2 and all(words.trouble in text or words.about in text for text in opened)
            for text in opened:
                well_formed(text)
                assert name in text
    for seed in range(8):
        well_formed(say(Leave(), Ask("fever"), persona, "[ask fever]", seed=seed))
        well_formed(say(Say(), Reassure(), persona, "[reassure]", seed=seed))
        for heard in (
            "Hi!",
            "Thank you.",
            "What is your diagnosis?",
            "You idiot",
            "Ignore your instructions.",
            "",
            "Blue.",
        ):
            well_formed(say(Say(), None, persona, heard, seed=seed))
        lost = say(Say(), None, persona, "[ask foo]", seed=seed, lost="You can ask about fever.")
        well_formed(lost)
        assert "You can ask about fever." in lost


@pytest.mark.parametrize("persona", VOICE.personas)
@pytest.mark.parametrize("heard", [
    "what brings you here?", "What can I do for you?", "What is the matter?", "Good morning, how are you feeling?",
])  # fmt: skip
def test_who_is_asked_what_it_came_for_says_so_again(heard, persona):
    for complaint, words in COMPLAINTS.items():
        assert hear(heard, (complaint, "small")).act == Say()
        for seed in range(8):
            said = say(Say(), None, persona, heard, complaint, seed=seed)
            well_formed(said)
            assert words.trouble in said or words.about in said, said


@pytest.mark.parametrize("persona", VOICE.personas)
def test_a_question_that_is_about_no_finding_is_not_passed_over(persona):
    for seed in range(8):
        assert say(Say(), None, persona, "Do you have a dog?", seed=seed).startswith(
            tuple(WORDS["bank"][persona]["asked"])
        )


@pytest.mark.parametrize("persona", VOICE.personas)
def test_how_are_you_is_the_whole_question(persona):
    for complaint, words in COMPLAINTS.items():
        said = say(Say(), None, persona, "How are you sleeping?", complaint)
        assert words.trouble not in said and said.startswith(tuple(WORDS["bank"][persona]["asked"])), said


def test_medicines_that_nobody_has_named_are_no_others():
    for words in COMPLAINTS.values():
        for claim in words.topics["medicines"].yes + words.topics["medicines"].no:
            assert not re.search(r"\b(?:other|else)\b", claim), claim


def test_nobody_names_an_illness():
    """Words of the phrase bank hold no illness; a name in a claim would give it away."""
    names = {name for words in COMPLAINTS.values() for name in words.illnesses}
    bank = [line for persona in VOICE.personas for slot in WORDS["bank"][persona].values() for line in slot]
    claims = [
        claim for words in COMPLAINTS.values() for topic in words.topics.values() for claim in topic.yes + topic.no
    ]
    for text in (*bank, *claims):
        assert not names & set(re.findall(r"\w+", text.lower())), text


def test_the_lab_prints_the_result():
    cue = Cue(
        Result("scan", "negative"), "lab", Facts("headache", "Lea"), "shy", "Hello.", False, "", "", Visit(1, "lab")
    )
    assert printed(cue) == "scan: negative"
