"""The generic grammar, over acts of several shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest
from dialogym.core.acts import Act, Say
from dialogym.core.grammar import TALK, Grammar
from hypothesis import given
from hypothesis import strategies as st


@dataclass(frozen=True, slots=True)
class Bid(Act):
    amount: int


@dataclass(frozen=True, slots=True)
class Split(Act):
    books: int
    hats: int


@dataclass(frozen=True, slots=True)
class Teach(Act):
    skill: Literal["fractions", "decimals"]


@dataclass(frozen=True, slots=True)
class Name(Act):
    who: str


@dataclass(frozen=True, slots=True)
class Stop(Act):
    pass


GRAMMAR = Grammar((Bid, Split, Teach, Name, Stop))
words = st.text("abcdefgh-", min_size=1, max_size=8)
acts = st.one_of(
    st.builds(Bid, st.integers(-(10**12), 10**12)),
    st.builds(Split, st.integers(0, 9), st.integers(0, 9)),
    st.builds(Teach, st.sampled_from(["fractions", "decimals"])),
    st.builds(Name, words),
    st.just(Stop()),
)


@given(acts, st.text(st.characters(exclude_characters="[]"), max_size=50))
def test_round_trip_amid_talk(act, talk):
    heard = GRAMMAR.parse(f"{talk}{GRAMMAR.print(act)}{talk}")
    assert heard.act == act and not heard.problem


@given(st.text(max_size=3000))
def test_anything_can_be_heard(text):
    heard = GRAMMAR.parse(text)
    assert isinstance(heard.act, Act)
    assert bool(heard.problem) == bool(heard.reason)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("[bid 3]", Bid(3)),
        ("[BID  $1,200 ]", Bid(1200)),
        ("I say [split hats=2 books=1].", Split(1, 2)),
        ("[teach Decimals]", Teach("decimals")),
        ("[stop]", Stop()),
        ("[bid: 3]", Bid(3)),
        ("[bid 3.]", Bid(3)),
        ("[smiles] Fine, [bid 3] [shakes head]", Bid(3)),
    ],
)
def test_tags(text, act):
    assert GRAMMAR.parse(text).act == act


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[bid]", "[bid AMOUNT]"),
        ("[bid 1.5]", "whole number"),
        ("[bid lots]", "whole number"),
        ("[bid 9999999999999999999]", "whole number"),
        ("[split books=1]", "[split books=BOOKS hats=HATS]"),
        ("[split books=1 hats=2 balls=3]", "[split books=BOOKS hats=HATS]"),
        ("[teach latin]", "fractions, decimals"),
        ("[sing]", "do not know the tag [sing]"),
        ("[]", "do not know the tag"),
        ("[stop now]", "[stop]"),
        ("[bid 1] and [bid 2]", "one tag"),
        ("[stpo] thanks", "do not know the tag [stpo]"),
        ("[bids 3]", "possible are [bid AMOUNT]"),
        ("[bid 1", "not closed"),
        ("x" * 2001, "2000 at most"),
    ],
)
def test_malformed_tags_are_explained(text, hint):
    heard = GRAMMAR.parse(text)
    assert heard.act == Say() and heard.problem == "malformed" and hint in heard.reason


def test_talk_is_talk():
    assert GRAMMAR.parse("good morning (it is early)") == TALK
    assert GRAMMAR.parse("[smiles] good morning") == TALK
    assert GRAMMAR.print(Say()) == ""


def test_modes():
    from dialogym.core.grammar import Heard

    natural = Grammar((Stop,), lambda text, context: Heard(Stop()) if "enough" in text else TALK)
    assert natural.parse("enough").act == Stop()
    assert natural.using("tagged").parse("enough") == TALK
    assert natural.parse("[stop with enough]").act == natural.parse("[nods] enough").act == Stop()
    vain = natural.parse("[stop please]")
    assert (vain.act, vain.problem, vain.reason) == (Say(), "malformed", "The tag is written [stop].")
    assert natural.parse("[enough nods] no") == TALK, "a foreign bracket is not read"
    assert natural.using("tagged").parse("[stop with enough]").problem == "malformed"
    with pytest.raises(ValueError, match="grammar must be one of natural, tagged"):
        natural.using("sung")
