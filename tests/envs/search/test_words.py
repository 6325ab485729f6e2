"""Words of search: what an assistant is understood to say, what a user says, and what models may say for it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.make import load_family
from dialogym.envs.registration import lookup
from dialogym.envs.search.family import Public
from dialogym.envs.search.family import Search as Family
from dialogym.envs.search.game import UNSURE, VALUES, Clarify, Confirm, Correct, Explain, Leave, Search, Session, Tell
from dialogym.envs.search.guide import GUIDE
from dialogym.envs.search.mind import Need
from dialogym.envs.search.policies import PHRASES, demonstrate, improvise
from dialogym.envs.search.queries import QUERIES, QUESTIONS, words_of
from dialogym.envs.search.voice import BANK, GRAMMAR, VOICE, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.cast import FAILED, MET, OPEN, Moment
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import fault_by, said_to, sounds_like_an_answer, well_formed, words_tests

SAID = content(__file__, "utterances.toml")["said"]
TOKENS = "do you mean the car animal i will search for here is what found pictures news brief a question save you time not if ? . , [ ] goodbye \0 é ’ \ud800 \n"


def test_what_people_say_is_read_as_they_mean_it():
    for row in SAID:
        heard = GRAMMAR.parse(row["text"], ("jaguar", row.get("told", "")))
        assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row["means"], row


def test_every_meaning_of_every_query_can_be_named():
    for query, (meanings, _) in QUERIES.items():
        for k, meaning in enumerate(meanings, 1):
            assert GRAMMAR.parse(f"I will search for {meaning}.", (query, "")).act == Search(k), (query, meaning)
            assert GRAMMAR.parse(f"Do you mean {meaning}?", (query, "")).act == Clarify("meaning"), (query, meaning)
        for facet, question in QUESTIONS.items():
            assert GRAMMAR.parse(question, (query, "")).act == Clarify(facet), (query, question)


@pytest.mark.parametrize(
    "unit",
    ["do you mean the car ", "i will search for ", "pictures or ", "a question will save you ", "?", ", ", "here is "],
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, ("jaguar", "2")), unit) < LINEAR


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    heard = understand(text, ("jaguar", "2"))
    assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


def cue(act, topic=None, persona="terse", heard="", opening=False, query="jaguar", turn=1):
    return Cue(act, "user", Public(query, "Ana"), persona, heard, opening, "", "", Session(turn, "user", topic=topic))


def say(*args, seed=0, **more):
    return VOICE.say([cue(*args, **more)], [Stream(np.random.default_rng(seed))])[0]


@pytest.mark.parametrize("persona", VOICE.personas)
def test_a_user_says_what_it_means(persona):
    for query in QUERIES:
        for facet, values in zip(("meaning", "aspect", "depth"), VALUES, strict=True):
            for value in values:
                said = say(Tell(value), Clarify(facet), persona, "[x]", query=query)
                well_formed(said)
                assert any(claim in said for claim in words_of(query, value).says)
    for seed in range(8):
        for act, topic in (
            (Tell(UNSURE), Clarify("depth")),
            (Leave(), None),
            (Say(), None),
            (Say(), Explain()),
            (Say(), Search(1)),
            (Confirm(), Search(3)),
            (Correct(1), Search(3)),
        ):
            well_formed(say(act, topic, persona, "[x]", seed=seed))
        assert "jaguar" in say(Say(), persona=persona, opening=True, seed=seed)
    assert "the guitar" in say(Confirm(), Search(3), persona, "[x]") and "the animal" in say(
        Correct(1), Search(3), persona, "[x]"
    )


def test_nothing_said_to_talk_sounds_like_an_answer():
    for persona, bank in BANK["bank"].items():
        for slot in ("talk", "chat", "asked", "unclear", "illegal", *BANK["topics"]):
            for text in bank[slot]:
                assert not sounds_like_an_answer(text), (persona, slot, text)
    for text in ("Quite.", "Sure.", "Very well.", "Ah, all right!", "Well, yes.", "Hard to say.", "No idea."):
        assert sounds_like_an_answer(text)


@pytest.mark.parametrize("persona", VOICE.personas)
def test_talk_is_not_answered_as_by_a_user_who_cannot_say(persona):
    """A question that is not understood gets the query, in words of its own."""
    unsure = BANK["bank"][persona]["unsure"]
    for seed in range(20):
        said = say(Say(), None, persona, "Which colour is your favourite?", seed=seed)
        assert said.startswith(tuple(text.format(query="jaguar") for text in BANK["bank"][persona]["asked"])), said
        assert said.split(".")[0] not in {text.split(".")[0] for text in unsure}, said


def test_demonstrations_hold_one_tag_and_users_vary():
    assert all(phrase.count("{tag}") == 1 for phrases in PHRASES.values() for phrase in phrases)
    dialogues = list(play("Search-v0", "scripted", range(300)))
    said = {d.opening for d in dialogues} | {step.reply for d in dialogues for step in d.steps if step.reply}
    assert len(said) > 400
    for text in said:
        well_formed(text)


# ---- a language model that speaks ------------------------------------------------------------------------------------

CHAT = ["Hi!", "Thank you.", "You idiot.", "", "[clarify colour]", "[show] [stop]", "Well done!", "I am sorry."]


@cache
def utterances():
    mixed = lambda d, s: CHAT[s.choose(len(CHAT))] if s.random() < 0.4 else improvise(d, s)  # noqa: E731
    return said_to([Family()], [improvise, demonstrate, mixed], 150)


fault = fault_by(GUIDE)


def test_every_utterance_of_the_bank_passes_and_none_for_another_value():
    said = utterances()
    assert len(said) > 800 and {type(one.act) for one, _ in said} >= {Tell, Confirm, Correct, Leave, Say}
    failed = {words: found for one, words in said if (found := fault(one, words))}
    assert not failed, list(failed.items())[:10]
    passed, tried = {}, 0
    for one, words in said:
        topic = one.before.topic
        if one.problem or not isinstance(one.act, Tell) or not isinstance(topic, Clarify):
            continue
        for value in (*VALUES[("meaning", "aspect", "depth").index(topic.facet)], UNSURE):
            if value != one.act.value:
                tried += 1
                if not fault(one._replace(act=Tell(value)), words):
                    passed[words] = one.act, value
    assert tried > 100 and not passed, list(passed.items())[:10]


MEAN, VAGUE, RIGHT, WRONG = (
    cue(Tell("2"), Clarify("meaning")),
    cue(Tell(UNSURE), Clarify("depth")),
    cue(Confirm(), Search(2)),
    cue(Correct(2), Search(1)),
)
GOOD = {
    MEAN: ["The car, please.", "I mean the car."],
    VAGUE: ["Just search.", "I am in a hurry.", "No time, please go on."],
    RIGHT: ["Yes.", "That is right.", "Yes, the car!"],
    WRONG: ["No, the car.", "Not that. I mean the car."],
    cue(Leave()): ["Never mind, bye.", "Goodbye!"],
    cue(Say()): ["Go on.", "What have you got?"],
}
BAD = {
    MEAN: ["", "Yes.", "The animal.", "Not the car.", "The car, with pictures.", "The car. Goodbye!", "Do you mean the car?", "The car, Bela."],
    VAGUE: ["Brief.", "Yes.", "Goodbye!", "Just search for the car."],
    RIGHT: ["No.", "The animal.", "Yes, and news.", "Hm."],
    WRONG: ["No.", "Yes, the car, exactly.", "No, the guitar.", "Not the car."],
    cue(Leave()): ["I mean the car. Bye.", "Hello."],
    cue(Say()): ["The car.", "Goodbye.", "Yes.", "I want pictures."],
}  # fmt: skip


test_other_words_that_say_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


# ---- a language model that decides -----------------------------------------------------------------------------------


def test_a_user_keeps_to_what_it_needs():
    family = load_family(*lookup("Search-v0"))
    scenario = next(one for one in family.scenarios() if one.query == "jaguar")
    setting = family.setting(scenario)
    moment = Moment(
        setting,
        scenario.public,
        Need(("2", "news", "brief"), "browsing"),
        "user",
        Session(1, "user", topic=Clarify("aspect")),
        (),
    )
    assert "the car" in family.cast.facts(moment) and "news" in family.cast.facts(moment)
    assert family.cast.acts(moment) == [Tell("news"), Tell(UNSURE), Leave()]
    assert family.cast.admissible(moment, Tell("history")) and not family.cast.admissible(moment, Tell("news"))
    assert family.cast.acts(moment._replace(state=Session(1, "user", topic=Search(1))))[0] == Correct(2)
    assert family.cast.acts(moment._replace(state=Session(1, "user", topic=Search(2))))[0] == Confirm()
    untrue = moment._replace(state=Session(2, "assistant", ("1", "", "")), past=(("user", Leave()),))
    assert [goal.status for goal in family.cast.goals(untrue)] == [FAILED, FAILED, OPEN]
    assert [goal.status for goal in family.cast.goals(moment)] == [MET, MET, OPEN]
    low, high = family.cast.bounds(setting, None)
    assert low < setting.solution.start_value() < high
