"""The reading layer: clauses and what becomes of them, things that are spoken of, patterns that cover a clause."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from dialogym.core.acts import Act, Say
from dialogym.core.grammar import TALK
from dialogym.core.reading import Patterns, Vocabulary, bind, clauses, plain, read
from hypothesis import given
from hypothesis import strategies as st

from ..growth import LINEAR, growth

STATED = {
    "parts": {"me": "i|we", "best": ["the best [one]", "right"]},
    "acts": {
        "recommend": {
            "says": [
                "{me} [would|really] recommend {strategy}",
                "you should [really] (try|do) {strategy} ...",
                "{strategy} is {best} for you",
            ]
        },
        "ask": {"says": ["do you (have|like) ... {thing}", "{me} wonder ... {thing}"], "may": ["ask", "suppose"]},
        "name": {"says": ["{strategy}"], "alone": True},
    },
}
KINDS = {
    "strategy": {"yoga": "yoga", "running": "run(?:s|ning)?", "hot yoga": "hot yoga"},
    "thing": {"children": "kids|children"},
}
VOCABULARY = Vocabulary(KINDS)
PATTERNS = Patterns(STATED, VOCABULARY.kinds)


def acts(text: str) -> list[tuple[str, list]]:
    return [
        (one.act, one.clause.values("strategy") or one.clause.values("thing"))
        for one in read(text, PATTERNS, VOCABULARY)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I recommend yoga.", [("recommend", ["yoga"])]),
        ("Well, okay, so I’d recommend yoga", []),  # the pattern says "I would"
        ("Well, okay, so we would recommend YOGA now, please!", [("recommend", ["yoga"])]),
        ("I recommend hot yoga", [("recommend", ["hot yoga"])]),  # the longer name
        ("I recommend yoga or running", [("recommend", ["yoga", "running"])]),
        ("You should really try running on the beach every day", [("recommend", ["running"])]),
        ("Yoga is the best one for you", [("recommend", ["yoga"])]),
        ("Yoga is right for you", [("recommend", ["yoga"])]),
        ("I recommend yoga because you don't like crowds.", [("recommend", ["yoga"])]),  # a negation has its clause
        ("Don't worry, you should try yoga", [("recommend", ["yoga"])]),
        ("If you like, you should try yoga", [("recommend", ["yoga"])]),
        ("why not: I recommend yoga", [("recommend", ["yoga"])]),
        ("If it rains, you should try yoga", []),
        ("I would not recommend yoga", []),
        ("you should try yoga?", []),
        ("You should try yoga, right?", []),
        ("Maybe you should try yoga", []),
        ("You said yoga is right for you", []),
        ("yesterday we recommend yoga", []),
        ("I never recommend yoga but you should do running", [("recommend", ["running"])]),
        ("do u have any kids", [("ask", ["children"])]),
        ("I wonder about your children", [("ask", ["children"])]),
        ("Yoga", [("name", ["yoga"])]),
        ("Okay, yoga, please.", [("name", ["yoga"])]),
        ("Yoga, that was a nice morning.", []),  # a name alone counts only alone
        ("I recommend", []),
        ("", []),
    ],
)
def test_acts_bind_on_positive_evidence(text, found):
    assert acts(text) == found


def test_clauses_know_what_becomes_of_them():
    said = clauses(plain("I gave you 2.50, but I won't if you ask. “Would you go?”\nmaybe!"))
    assert [clause.text for clause in said] == ["i gave you 2.50", "i won't if you ask", "would you go", "maybe"]
    assert said[0].sentence == said[1].sentence < said[2].sentence < said[3].sentence
    assert [clause.told for clause in said] == [True, False, False, False]
    assert [clause.negated for clause in said] == [False, True, False, False]
    assert [clause.supposed for clause in said] == [True, True, False, True], "a condition holds for its sentence"
    assert [clause.asked for clause in said] == [False, False, True, False]


def test_things_are_marked_and_named():
    (clause,) = clauses(*VOCABULARY.mark("hot yoga and Kids"))
    assert [(each.kind, each.value, each.said) for each in clause.mentions] == [
        ("strategy", "hot yoga", "hot yoga"),
        ("thing", "children", "Kids"),
    ]
    assert clause.words == "hot yoga and kids" and clause.text != clause.words
    cased = Vocabulary({"card": {"I": "I", "a": "a"}}, cased=["I"])
    assert [each.value for each in cased.mark("I see i A a")[1]] == ["I", "a", "a"]


def test_a_clause_is_also_tried_with_its_things_as_words():
    patterns = Patterns({"acts": {"rest": {"says": ["i want a break"]}}}, ["card"])
    assert [one.act for one in read("I want a break", patterns, Vocabulary({"card": {"I": "I"}}, ["I"]))] == ["rest"]


@pytest.mark.parametrize(
    ("pattern", "texts", "others"),
    [
        ("go [on] home", ["go home", "go on home"], ["go onhome", "go"]),
        ("go home [now|then] [again]", ["go home", "go home then", "go home now again"], ["go home soon"]),
        ("(go|run)[s] ... home", ["go home", "go all the way home"], ["go " + "very " * 9 + "home"]),
        ("go ...", ["go", "go to the sea"], ["they go"]),
        ("go [straight] ...", ["go", "go straight on", "go left"], ["gone"]),
    ],
)
def test_the_language_of_patterns(pattern, texts, others):
    patterns = Patterns({"acts": {"act": {"says": [pattern]}}})
    for text in texts:
        assert read(text, patterns), text
    for text in others:
        assert not read(text, patterns), text


def test_wrong_patterns_are_named():
    with pytest.raises(ValueError, match=r"'go \{there\}' names an unknown part 'there'; known are here"):
        Patterns({"parts": {"here": "here"}, "acts": {"go": {"says": ["go {there}"]}}})
    with pytest.raises(ValueError, match="the patterns of 'go' cannot be read"):
        read("go there", Patterns({"acts": {"go": {"says": ["go (there"]}}}))


def test_the_table_says_all_patterns():
    assert dict(PATTERNS.table())["name"] == "{strategy}" and "you should [really]" in PATTERNS.table()[0][1]


@dataclass(frozen=True, slots=True)
class Go(Act):
    where: str


def test_one_act_binds_and_several_are_asked_about():
    assert bind({}) is TALK
    assert bind({Go("home"): "go home"}).act == Go("home")
    heard = bind({Go(place): f"go {place}" for place in ("home", "out", "on")})
    assert heard.act == Say() and heard.problem == "ambiguous"
    assert heard.reason.startswith("Do you want to go home, go out or go on?")


@given(st.text(max_size=400))
def test_nothing_raises(text):
    assert read(text, PATTERNS, VOCABULARY) == read(text, PATTERNS, VOCABULARY)


@pytest.mark.parametrize(
    "unit", ["i ", "you should try ", "ok ", "yoga ", "do you like ", "now ", ", ", "a", "if ", "not "]
)
def test_reading_takes_linear_time(unit):
    assert growth(lambda text: read(text, PATTERNS, VOCABULARY), unit) < LINEAR
