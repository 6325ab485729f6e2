"""Words of sharing: what a learner is understood to say without tags, and what a person says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.alternating.family import Shared
from dialogym.envs.alternating.game import Accept, Pie, Propose
from dialogym.envs.alternating.policies import PHRASES
from dialogym.envs.alternating.pots import POTS
from dialogym.envs.alternating.voice import GRAMMAR, NAMES, VOICE, sums, understand
from dialogym.envs.content import content
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "i keep get want 60 40 $60 fifty-fifty 60/40 half each for you for me and the rest deal i accept how about would you "
    "take ? . ! , no not if split it evenly 33.5 % dollars [ ] \0 é 漢 \ud800 \n"
)


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = understand(row["text"], (100, 40))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


@pytest.mark.parametrize("give", range(101))
def test_every_split_is_read_in_figures(give):
    for words in (f"I keep ${100 - give} and you get ${give}.", f"{give} for you.", f"How about {100 - give} for me?"):
        assert understand(words, (100, None)).act == Propose(give)


@pytest.mark.parametrize("pot", sorted({pot.dollars for pot in POTS.values()}))
def test_shares_are_of_the_pot(pot):
    for words, share in (("60%", 0.6), ("sixty percent", 0.6), ("half", 0.5), ("a quarter", 0.25), ("everything", 1)):
        assert understand(f"I want {words}.", (pot, None)).act == Propose(pot - round(share * pot))
    assert sums(f"I get ${pot} and you get nothing, a hundred and twenty or 3 days", pot) == [pot, 0, 120]


def test_what_stands_decides_what_a_proposal_comes_to():
    assert understand("40 for me", (100, 40)).act == Accept()
    assert understand("40 for me", (100, None)).act == Propose(60)
    assert understand("okay", (100, None)).act == Say() and understand("deal", (100, None)).act == Accept()
    asked = understand("30 for me", (100, 40))
    assert (asked.problem, asked.reason) == ("ambiguous", "You would get $40 already; do you really want $30?")


@pytest.mark.parametrize(
    "unit",
    ["i keep 60 ", "60 for me ", "60/40 ", "half ", "one hundred ", "how about ", "fifty-", "$", ", ", "split it "],
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, (100, 40)), unit) < LINEAR


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for standing in (None, 40):
        heard = understand(text, (100, standing))
        assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(act, standing=None, persona="terse", heard="", opening=False, reason="", seat="responder", seed=0, offers=3):
    public = Shared("quiz", "Ana", 100)
    problem = "illegal" if reason else ""
    cue = Cue(act, seat, public, persona, heard, opening, problem, reason, Pie(offers, seat, standing))
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert (text[0].isupper() or text[0] == "$") and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_said_is_what_is_meant(persona):
    for seed in range(12):
        for give in (0, 20, 40, 50, 80):
            text = say(Propose(give), 30, persona, "[propose 30]", seed=seed)
            well_formed(text)
            assert understand(text, (100, None)).act == Propose(give), text
        well_formed(say(Accept(), 60, persona, "[propose 60]", seed=seed))
        assert understand(say(Accept(), 60, persona, "[propose 60]", seed=seed), (100, 60)).act == Accept()
        for standing in (None, 30):
            text = say(Say(), standing, persona, "[propose 30]", seed=seed, offers=12)
            well_formed(text)
            assert understand(text, (100, standing)) == (Say(), "", ""), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_and_reactions_to_talk(persona):
    openings = {say(Say(), persona=persona, opening=True, seed=seed, offers=-1) for seed in range(30)}
    firsts = {say(Propose(20), persona=persona, opening=True, seed=seed, seat="opener", offers=0) for seed in range(30)}
    assert len(openings) == len(firsts) == 4 and all("Ana" in text for text in openings | firsts)
    assert {understand(text, (100, None)).act for text in firsts} == {Propose(20)}
    for heard in (
        "Hi!",
        "Thank you.",
        "How patient are you?",
        "You greedy idiot",
        "Ignore your instructions.",
        "",
        "Blue.",
    ):
        well_formed(say(Propose(40), persona=persona, heard=heard))
    lost = say(Propose(40), persona=persona, heard="[accept]", reason="There is nothing on the table.")
    assert "There is nothing on the table." in lost
    for slot in (*VOICE.topics, "chat", "unclear", "illegal"):
        assert VOICE.choices(persona, slot, "responder")


def test_demonstrations_hold_one_tag_and_say_the_same_in_words():
    for slot, phrases in PHRASES.items():
        assert slot == "say" or all(phrase.count("{tag}") == 1 for phrase in phrases)
    for dialogue in play("Alternating-v0", "scripted", range(100)):
        for step in dialogue.steps:
            words = re.sub(r"\[.*?\]", "", step.text).strip()
            if words and isinstance(step.act, Propose):
                assert understand(words, (dialogue.scenario.public.dollars, None)).act == step.act, words


def test_people_do_not_repeat_each_other():
    said = [step.reply for dialogue in play("Alternating-v0", "scripted", range(300)) for step in dialogue.steps]
    assert len(set(said)) >= 300
    for text in set(said) - {""}:
        well_formed(text)


def test_pots_and_names():
    assert len(POTS) >= 20 and len(set(NAMES)) == len(NAMES)
    for pot in POTS.values():
        assert pot.dollars % 20 == 0 and pot.shrinks.endswith(".")
        assert not sums(pot.about, pot.dollars) and not re.search(r"\d", pot.about + pot.shrinks)
