"""Patterns and sentences that a file states: whole words, parts, faults, and names that nobody knows."""

from __future__ import annotations

import pytest
from dialogym.simulated_users.speech import Wording, fill


def stated(folder, text, **parts):
    (folder / "guide.toml").write_text(text, encoding="utf-8")
    return Wording(str(folder / "guide.py"), **parts)


def test_an_alternative_is_whole_words_but_for_tildes(tmp_path):
    words = stated(tmp_path, """patterns.no = ["no", "~n't", "refus~", "(am|was) not{mark}~"]""", mark="\ue000")
    for said in ("oh no.", "i don't", "i refused", "that was not\ue000x"):
        assert words.found(said, "no"), said
    for said in ("i know", "nor", "don'ts", "i rerefused", "it cam not\ue000"):
        assert not words.found(said, "no"), said
    assert words["no"].groups == 0, "parentheses do not capture"


def test_parts_are_alternatives_within_alternatives(tmp_path):
    words = stated(
        tmp_path,
        """
        [parts]
        very = ["very", "so"]
        bad = ["{very} bad", "dull"]
        [patterns]
        bored = ["it is( {bad}){1,2}"]
        """,
    )
    assert words["bored"].search("it is so bad") and words["bored"].search("it is dull")
    assert words["bored"].search("it is dull dull")[0] == "it is dull dull", "quantifiers in braces are no parts"
    assert not words["bored"].search("it is bad")


def test_the_first_pattern_that_is_found_tells_what_is_wrong(tmp_path):
    words = stated(
        tmp_path,
        """
        [patterns.price]
        fault = "You are the {seat}: name no price."
        says = ["~[0-9]~"]
        [patterns.bye]
        fault = "Do not leave."
        says = ["bye"]
        """,
    )
    assert words.fault("bye, 3", "price", "bye", seat="buyer") == "You are the buyer: name no price."
    assert words.fault("bye, 3", "bye", "price", seat="buyer") == "Do not leave."
    assert words.fault("hello", "bye", "price") == ""


def test_a_name_that_nobody_knows_is_named(tmp_path):
    with pytest.raises(KeyError, match="names price; known are item"):
        fill("The {item} for {price}, {0,3}.", {"item": "chair"})
    with pytest.raises(KeyError, match="names nothing"):
        stated(tmp_path, 'patterns.no = ["{nothing}"]')
