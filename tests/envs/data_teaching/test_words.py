"""Words of data teaching: what a teacher is understood to say without tags, and what a trainer says."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.data_teaching.domains import DOMAINS, vocabulary
from dialogym.envs.data_teaching.family import Project
from dialogym.envs.data_teaching.game import Errors, Explore, Make, Over, Report, Training
from dialogym.envs.data_teaching.policies import ATTACKS, PHRASES
from dialogym.envs.data_teaching.voice import BANK, GRAMMAR, NAMES, SHOWN, VOICE, WORDS, describe, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = (
    "make data on algebra geometry areas factoring explore the errors in and stop skill a b1 train ? . ! , not if [ ] "
    "$1 \0 é 漢 \ud800 \n"
)
KEYS = ("a", "a1", "a2", "b", "b1", "b2")
PAIRS = [
    *((Report(right), Make(data)) for right in ("few", "half", "most") for data in ("a", "b2")),
    (Errors("a2"), Explore("a")),
    (Say(), None),
    (Over(), None),
]


def cue(act, topic=None, persona="terse", heard="", opening=False, problem="", reason="", domain="maths", left=2):
    public = Project(domain, "Amara")
    before = Training(left, "trainer", topic=topic)
    return Cue(act, "trainer", public, persona, heard, opening, problem, reason, before)


def say(*args, seed=0, **rest):
    return VOICE.say([cue(*args, **rest)], [Stream(np.random.default_rng(seed))])[0]


# ---- understanding ---------------------------------------------------------------------------------------------------


def test_what_people_say_is_taken_as_stated():
    for row in SAID:
        heard = understand(row["text"], ("maths", row.get("after", "")))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"]), row


def test_two_acts_are_ambiguous():
    heard = understand("Let us make data on factoring and areas.", ("maths", ""))
    assert heard == (
        Say(), "ambiguous", "Do you want to make data on factoring or make data on areas? One thing at a time, please."
    )  # fmt: skip


def test_a_skill_that_is_named_with_its_part_says_where_it_belongs():
    assert understand("More examples on factoring in algebra, please.", ("maths", "")).act == Make("a2")
    assert understand("More examples on factoring in geometry, please.", ("maths", "")).problem == "ambiguous"


def test_attacks_are_talk():
    for text in (text for texts in ATTACKS.values() for text in texts):
        for domain in DOMAINS:
            assert GRAMMAR.parse(text, (domain, "")) == (Say(), "", ""), text


@pytest.mark.parametrize("unit", ["algebra ", "algebra and ", "make data ", "the errors in ", "train it ", "?", ", "])
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, ("maths", "a1")), unit) < LINEAR


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=50).map(" ".join)))
def test_nothing_raises(text):
    heard = understand(text, ("maths", ""))
    assert (heard.problem == "") == (heard.reason == "")


# ---- domains ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_skill_and_part_can_be_named(domain):
    called = DOMAINS[domain]
    assert set(called) == {"called", *KEYS} and len(set(called.values())) == 7
    for key in KEYS:
        assert understand(f"Let us make new examples on {called[key]}.", (domain, "")).act == Make(key), key
        assert [mention.value for mention in vocabulary(domain).mark(called[key])[1]] == [key]
    for skill in ("a", "b"):
        assert understand(f"Where does it go wrong in {called[skill]}?", (domain, "")).act == Explore(skill)


def test_domains():
    assert len(DOMAINS) >= 20 and len({called["called"] for called in DOMAINS.values()}) == len(DOMAINS)


# ---- speaking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("persona", VOICE.personas)
def test_everything_is_worded(persona):
    for act, topic in PAIRS:
        for left in (0, 2):
            for seed in range(8):
                well_formed(say(act, topic, persona, "[make a]" if topic else "Hello there", seed=seed, left=left))
    slots = {describe(cue(act, topic, left=left))[0] for act, topic in PAIRS for left in (0, 2)} | {"opening"}
    assert slots | set(VOICE.topics) | {"chat", "unclear", "illegal"} == set(BANK[persona])


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_shown_is_said_outright(persona):
    words = {"few": ("few", "hardly any"), "half": ("half",), "most": ("nearly", "almost")}
    for domain, called in DOMAINS.items():
        for seed in range(4):
            for right, one_of in words.items():
                text = say(Report(right), Make("b1"), persona, "[make b1]", domain=domain, seed=seed)
                assert called["b"] in text and any(word in text.lower() for word in one_of), text
                well_formed(text)
            text = say(Errors("a2"), Explore("a"), persona, "[explore a]", domain=domain, seed=seed)
            assert called["a"] in text and called["a2"] in text and called["a1"] not in text
            well_formed(text)


@pytest.mark.parametrize("persona", VOICE.personas)
def test_a_question_that_is_only_talk_is_not_agreed_to(persona):
    for seed in range(8):
        text = say(Say(), None, persona, "Is that certain?", seed=seed)
        assert text.startswith(tuple(BANK[persona]["asked"])), text
        told = say(Errors("a2"), Explore("a"), persona, "Where does it fail? [explore a]", seed=seed)
        assert not told.startswith(tuple(BANK[persona]["asked"])), told
        assert not say(Say(), None, persona, "That is certain.", seed=seed).startswith(tuple(BANK[persona]["asked"]))


@pytest.mark.parametrize("persona", VOICE.personas)
def test_the_end_is_said(persona):
    for act, topic in PAIRS[:-2]:
        said = say(act, topic, persona, "[make a]", left=0)
        assert any(said.endswith(over) for over in WORDS["bank"][persona]["over"])
        assert not any(said == over for over in WORDS["bank"][persona]["over"])


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_name_the_trainer(persona):
    opened = {say(Say(), persona=persona, opening=True, seed=seed) for seed in range(20)}
    assert len(opened) >= 4 and all("Amara" in text for text in opened)
    for text in opened:
        well_formed(text)


def test_no_sentence_says_two_things():
    for slots in BANK.values():
        for one in SHOWN:
            for other in {*SHOWN, "talk", "over"} - {one}:
                assert not set(slots[one]) & set(slots[other])


def test_what_trainers_react_to():
    assert VOICE.topic("Good morning!") == "greeting" and VOICE.topic("") == "silence"
    assert VOICE.topic("Well done, Amara") == "praise" and VOICE.topic("[make a]") == ""
    assert VOICE.topic("How good is the model?") == "secret" and VOICE.topic("You stupid thing") == "rude"


def test_demonstrations_hold_one_tag_and_say_the_act():
    assert set(PHRASES) == {"explore", "make", "stop"}
    for kind, phrases in PHRASES.items():
        for phrase in phrases:
            assert phrase.count("{tag}") == 1
            for domain, called in DOMAINS.items():
                heard = GRAMMAR.parse(phrase.format(tag="", data=called["b"]).strip(), (domain, ""))
                assert heard.problem == "" and GRAMMAR.print(heard.act).strip("[]").split(" ")[0] in ("", kind)


def test_trainers_do_not_repeat_each_other():
    dialogues = list(play("DataTeaching-v0", "scripted", range(400)))
    said = {step.reply for dialogue in dialogues for step in dialogue.steps if step.reply}
    assert len(said) > 900 and len({d.opening for d in dialogues}) > 80
    assert {name for name in NAMES for d in dialogues if name in d.opening} == set(NAMES)
    for text in said:
        well_formed(text)
