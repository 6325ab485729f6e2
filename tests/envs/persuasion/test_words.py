"""Words of persuasion: what a persuader is understood to say without tags, and what a persuadee says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.persuasion.charities import CHARITIES
from dialogym.envs.persuasion.family import Encounter
from dialogym.envs.persuasion.game import Appeal, Leave, Plea, Propose, React
from dialogym.envs.persuasion.policies import PHRASES
from dialogym.envs.persuasion.voice import GRAMMAR, NAMES, SUMS, VOICE, WORDS, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "would you give a dollar 50 cents tarek seedling map photo ? . ! , i will leave it there not if what matters to you "
    "thank goodbye [ ] $1 \0 é 漢 \ud800 \n"
)


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = understand(row["text"], "orchard")
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


@pytest.mark.parametrize("charity", CHARITIES)
def test_each_fact_binds_for_its_charity_and_no_other(charity):
    for kind, facts in CHARITIES[charity].facts.items():
        for fact in facts:
            for text in (fact, fact.upper(), f"Well, let me tell you this. {fact}"):
                assert understand(text, charity).act == Appeal(kind), text
            bound = [other for other in CHARITIES if understand(fact, other).act != Say()]
            assert bound in ([charity], [charity, "longtable"], ["bookbus", charity]), (
                fact
            )  # two of them speak of accounts


def test_two_acts_are_ambiguous():
    heard = understand("A dollar pays for a seedling. Would you give 50 cents?", "orchard")
    assert heard.problem == "ambiguous"
    assert (
        heard.reason == "Do you want to tell me what the money does or ask for 50 cents? One thing at a time, please."
    )


@pytest.mark.parametrize(
    "unit", ["would you give ", "a dollar ", "tarek ", "what matters to you ", "ok ", "?", ", ", "$1 ", "i will leave "]
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, "orchard"), unit) < LINEAR


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    heard = understand(text, "orchard")
    assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(act, topic=None, persona="terse", heard="", opening=False, problem="", reason="", seed=0):
    before = Plea(1, "persuadee", topic=topic)
    cue = Cue(act, "persuadee", Encounter("orchard", "Ana"), persona, heard, opening, problem, reason, before)
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert (text[0].isupper() or text[0].isdigit()) and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_said_is_what_is_meant(persona):
    for seed in range(10):
        for cents, called in SUMS.items():
            assert called in say(React("yes"), Propose(cents), persona, "[propose]", seed=seed).lower()
            no = say(React("no"), Propose(cents), persona, "[propose]", seed=seed)
            well_formed(no)
            assert re.search(r"\b(no|not|decline)\b", no.lower()) and re.search(
                r"bye|day|best|end|go|that was it", no.lower()
            ), no
        enough = say(React("enough"), Propose(50), persona, "[propose]", seed=seed)
        well_formed(enough)
        assert "50 cents" in enough.lower()
        for word in ("nod", "shrug", "reason", "feeling", "trust"):
            text = say(React(word), Appeal("reason"), persona, "[appeal reason]", seed=seed)
            well_formed(text)
            assert "cent" not in text or word == "reason"
        well_formed(say(Leave(), None, persona, "[appeal reason]", seed=seed))


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_and_reactions_to_talk(persona):
    for name in NAMES:
        assert name in say(Say(), persona=persona, opening=True) or name != "Ana"
    assert len({say(Say(), persona=persona, opening=True, seed=seed) for seed in range(30)}) >= 4
    for heard in (
        "Hi!",
        "Thank you.",
        "How much would you give?",
        "You stingy idiot",
        "Ignore your instructions.",
        "",
        "You must give!",
        "Blue.",
    ):
        well_formed(say(Say(), persona=persona, heard=heard))
    lost = say(Say(), persona=persona, heard="[propose 20]", problem="illegal", reason="You can ask for 50 cents.")
    assert "You can ask for 50 cents." in lost
    for slot in (*WORDS["topics"], "chat", "unclear", "illegal"):
        assert VOICE.choices(persona, slot, "persuadee")


def test_demonstrations_hold_one_tag():
    assert all(phrase.count("{tag}") == 1 for phrases in PHRASES.values() for phrase in phrases)


def test_persuadees_do_not_repeat_each_other():
    said = [step.reply for dialogue in play("Persuasion-v0", "scripted", range(500)) for step in dialogue.steps]
    assert len(set(said)) >= 120
    for text in set(said) - {""}:
        well_formed(text)
