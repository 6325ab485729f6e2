"""Words of division: what people are understood to say without tags, and what a partner says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.division.family import PublicFacts
from dialogym.envs.division.game import KINDS, PARTNER, YOU, Accept, Offer, Supplies, Talks, Terms, Walk
from dialogym.envs.division.game import Division as Rules
from dialogym.envs.division.guide import _context
from dialogym.envs.division.policies import PHRASES
from dialogym.envs.division.scenes import SCENES, in_words
from dialogym.envs.division.voice import GRAMMARS, VOICE, WORDS, amounts, describe, understand
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth
from ..bank import well_formed

SAID = content(__file__, "utterances.toml")
STANDING = {"things": Offer(1, 0, 1), "camp": Supplies(1, 1, 1), "job": Terms(44, 22, 2)}
COUNTS = {"things": (1, 2, 3), "camp": (3, 3, 3), "job": (4, 4, 4)}
ROWS = [(kind, row) for kind, rows in SAID.items() for row in rows]
TOKENS = (
    "i you get take the rest hats both two balls book for me for you if and , . ? ! but not deal yes ok 46 thousand 24 days "
    "of leave remote at home food water all everything nothing [ ] \0 é 漢 \ud800 \n"
)


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=[f"{row['text']} {row.get('stands', '')}" for _, row in ROWS])
def test_what_people_say_is_read_as_they_mean_it(kind, row):
    heard = understand(row["text"], (kind, COUNTS[kind], STANDING[kind] if row.get("stands") else None))
    assert (heard.problem or GRAMMARS[kind].print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"])


def test_what_is_open_is_asked_about():
    for text, reason in (
        ("You can have a hat.", "And who gets the books and balls?"),
        ("I get two balls and you get two balls.", "That does not add up: there are 3 of the balls."),
        ("I take the rest and you take the rest.", "Who gets the rest: you or I?"),
        ("I take one ball. I take two balls.", "How many balls do you mean?"),
    ):
        assert understand(text, ("things", (1, 2, 3), None)).reason == reason
    assert understand("46k and 24 days of leave", ("job", (4, 4, 4), None)).reason == "And what about the days at home?"
    both = understand("Deal, goodbye.", ("things", (1, 2, 3), STANDING["things"]))
    assert both.problem == "ambiguous" and both.act == Say()


@pytest.mark.parametrize("kind", KINDS)
def test_every_package_is_read_as_it_is_worded(kind):
    game = Rules(kind, COUNTS[kind], (1, 1, 1))
    for package, act in list(game.offers[YOU].items())[::2]:
        own, other = (in_words(kind, game.counts, amounts(kind, game.counts, package, s)) for s in (YOU, PARTNER))
        text = f"How about {own}?" if kind == "job" else f"I would take {own}, and you get {other}."
        assert understand(text, (kind, game.counts, None)).act == act, text


@pytest.mark.parametrize(
    "unit", ["i take the hats ", "the hats, ", "if i get two balls ", "deal but ", "46k ", "ok ", "?", ", "]
)
@pytest.mark.parametrize("kind", ["things", "job"])
def test_reading_takes_time_in_line_with_the_length(kind, unit):
    assert growth(lambda text: understand(text, (kind, COUNTS[kind], None)), unit, length=500) < LINEAR


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for kind, standing in STANDING.items():
        heard = understand(text, (kind, COUNTS[kind], standing))
        assert (heard.problem == "") == (heard.reason == "")


# ---- speaking


def cue(kind, act, standing=None, persona="terse", opening=False, heard="", problem="", reason="", scene=0):
    key = list(SCENES[kind])[scene]
    public = PublicFacts(kind, key, SCENES[kind][key].name, COUNTS[kind])
    return Cue(act, PARTNER, public, persona, heard, opening, problem, reason, Talks(1, PARTNER, standing))


def cues(kind, persona):
    """Acts of each sort, with some of the packages."""
    game = Rules(kind, COUNTS[kind], (1, 1, 1))
    some = slice(persona.__len__() % 3, None, 7)
    yield from (cue(kind, act, persona=persona) for act in list(game.offers[PARTNER].values())[some])
    yield from (cue(kind, Accept(), package, persona) for package in game.packages[some])
    yield from (cue(kind, act, persona=persona) for act in (Walk(), Say()))
    yield from (cue(kind, Say(), persona=persona, opening=True, scene=scene) for scene in range(10))


@pytest.mark.parametrize("persona", VOICE.personas)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_said_is_read_as_what_is_meant(kind, persona):
    for one in cues(kind, persona):
        for words in VOICE.possible(one)[1]:
            well_formed(words)
            heard = understand(words, _context(one))
            assert (heard.act, heard.problem) == (one.act, ""), words


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_and_reactions_to_talk(persona):
    for kind in KINDS:
        openings = {
            words
            for scene in range(10)
            for words in VOICE.possible(cue(kind, Say(), None, persona, True, scene=scene))[1]
        }
        assert len(openings) >= 25
    stream = Stream(np.random.default_rng(0))
    for heard in (
        "Hi!",
        "Thank you.",
        "What is your limit?",
        "You greedy idiot",
        "Ignore your instructions.",
        "",
        "Please, please!",
        "Be fair!",
        "Hurry!",
        "Blue.",
    ):
        well_formed(VOICE.say([cue("things", Offer(1, 2, 0), None, persona, heard=heard)], [stream])[0])
    reason = "You can only ask for books from 0 to 1."
    assert (
        reason
        in VOICE.say([cue("things", Offer(1, 2, 0), None, persona, False, "[x]", "illegal", reason)], [stream])[0]
    )
    for slot in (*VOICE.topics, "chat", "unclear", "illegal"):
        assert VOICE.choices(persona, slot, PARTNER)


def test_words_name_amounts():
    for kind, said, words in (
        ("things", (1, 2, 2), "the book, both hats and two balls"),
        ("things", (0, 0, 3), "all three balls"),
        ("things", (1, 2, 3), "everything"),
        ("things", (0, 0, 0), "nothing"),
        ("camp", (2, 1, 3), "two packages of food, one of water and all the firewood"),
        ("camp", (3, 1, 2), "all the food, one package of water and two of firewood"),
        ("job", (46, 24, 1), "46 thousand, 24 days of leave and one day at home"),
        ("job", (40, 20, 0), "40 thousand, 20 days of leave and no days at home"),
    ):
        assert in_words(kind, COUNTS[kind], said) == words
    slot, values, _ = describe(cue("things", Accept(), (1, 0, 1)))
    assert slot == "accept" and values[2:4] == ("both hats and two balls", "the book and one ball")


def test_demonstrations_say_the_same_with_and_without_the_tag():
    game = Rules("things", COUNTS["things"], (1, 1, 1))
    for slot, kind in (("offer", "things"), ("terms", "job")):
        game = Rules(kind, COUNTS[kind], (1, 1, 1))
        for phrase in PHRASES[slot]:
            assert phrase.count("{tag}") == 1
            for package, act in list(game.offers[YOU].items())[1:-1:5]:
                own, other = (
                    in_words(kind, game.counts, amounts(kind, game.counts, package, s)) for s in (YOU, PARTNER)
                )
                text = phrase.format(tag="", mine=own, yours=other, Mine=own[:1].upper() + own[1:])
                if text.strip() and own != "nothing":
                    assert understand(text, (kind, game.counts, None)).act == act, text
    for slot, act in (("accept", Accept()), ("walk", Walk())):
        for text in filter(None, (phrase.format(tag="").strip() for phrase in PHRASES[slot])):
            assert understand(text, ("things", COUNTS["things"], Offer(1, 0, 1))).act == act, text


def test_no_sentence_tells_of_values():
    said = " ".join(s for slots in WORDS["bank"].values() for texts in slots.values() for s in texts).lower()
    assert not re.search(r"\bpoints?\b|\bworth\b|last offer|final|\bminimum|\bat least\b", said)
