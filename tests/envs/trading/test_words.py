"""Words of trading: what a client is understood to say without tags, and what a dealer says."""

from __future__ import annotations

import re

import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.stream import Stream
from dialogym.envs.content import content
from dialogym.envs.trading.family import Line
from dialogym.envs.trading.game import Both, Call, Close, Counter, Deal, Done, Firm, Oneway, Price, Pull, Twoway
from dialogym.envs.trading.papers import PAPERS
from dialogym.envs.trading.policies import PHRASES
from dialogym.envs.trading.voice import GRAMMAR, NAMES, VOICE, WORDS, understand
from dialogym.policies.collect import play
from dialogym.simulated_users.user import Cue
from hypothesis import given, settings
from hypothesis import strategies as st

from ...growth import LINEAR, growth

SAID = content(__file__, "utterances.toml")["said"]
CONTEXT = ("northmark10", "buy", 4, 2, 4)
TOKENS = (
    "can you do 98.43 43 10 million 5m two ticks better i want to buy sell where is your bid offer two-way price in the rest "
    "done mine yours deal pass bye ? . ! , no not if [ ] \0 é 漢 \ud800 \n"
)


@pytest.mark.parametrize("row", SAID, ids=[row["text"] for row in SAID])
def test_what_people_say_is_read_as_they_mean_it(row):
    heard = understand(row["text"], CONTEXT)
    assert (heard.problem or GRAMMAR.print(heard.act).strip("[]") or "talk") == row.get("reads", row["means"])


@pytest.mark.parametrize("key", PAPERS)
def test_every_price_and_size_is_read(key):
    paper = PAPERS[key]
    for side, word in (("buy", "offer"), ("sell", "bid")):
        for clips in range(1, 5):
            for words in (f"I want to {side} {paper.size(clips)}", f"What is your {word} in {paper.size(clips)}?"):
                assert understand(words, (key, side, 4, 0, 0)).act == Oneway(clips), words
            assert understand(f"A two-way price in {clips * paper.clip}, please", (key, side, 4, 0, 0)).act == Twoway(
                clips
            )
        assert understand(f"I would like to {side} the rest", (key, side, 3, 0, 0)).act == Oneway(3)
        for cost in (2, 5, 9):
            for ticks in (1, 2, 3):
                words = f"Can you do {paper.price(side, cost - ticks)}?"
                assert understand(words, (key, side, 4, 1, cost)).act == Counter(ticks), words
            assert understand(f"Done at {paper.price(side, cost)}", (key, side, 4, 1, cost)).act == Deal()


def test_prices_are_worse_for_who_trades_the_further_off_they_are():
    paper = PAPERS["northmark10"]
    assert (paper.price("buy", 3), paper.price("sell", 3), paper.price("buy", -1)) == ("98.43", "98.37", "98.39")
    for each in PAPERS.values():
        assert each.cost("buy", float(each.price("buy", 7))) == 7 == each.cost("sell", float(each.price("sell", 7)))
    assert paper.cost("buy", 98.435) is None and paper.cost("buy", 12.0) is None


def test_what_an_ambiguous_turn_is_asked():
    for words, reason in (
        ("Can you do 98.46?", "My own price is better for you, at 98.44."),
        ("Can you do better?", "Better by how much?"),
        ("A two-way price, please", "In what size? We deal in clips of 5 million."),
        ("I'll take 5 million", "My price is for 10 million; do you want that?"),
        ("I want to sell 10 million", "Which way are you, to buy or to sell?"),
        ("Can you do 98.435?", "The price moves in steps of 0.01; what do you mean?"),
    ):
        heard = understand(words, CONTEXT)
        assert (heard.problem, heard.reason) == ("ambiguous", reason), words


@pytest.mark.parametrize(
    "unit", ["can you do 98.43 ", "10 million ", "the rest of ", "two ticks ", "where is your ", ", "]
)
def test_reading_takes_time_in_line_with_the_length(unit):
    assert growth(lambda text: understand(text, CONTEXT), unit) < LINEAR


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(TOKENS.split(" ")), max_size=60).map(" ".join)))
def test_nothing_raises(text):
    for context in (CONTEXT, ("copper", "sell", 3, 0, 0)):
        heard = understand(text, context)
        assert (heard.problem == "") == (heard.reason == "")


# ---- speaking --------------------------------------------------------------------------------------------------------


def say(act, topic=None, persona="terse", heard="", opening=False, reason="", seed=0, side="buy", **state):
    before = Call(1, "dealer", 4, topic=topic, **state)
    problem = "illegal" if reason else ""
    cue = Cue(act, "dealer", Line("northmark10", side, "Ana"), persona, heard, opening, problem, reason, before)
    return VOICE.say([cue], [Stream(np.random.default_rng(seed))])[0]


def well_formed(text):
    assert "{" not in text and "  " not in text and text == text.strip(), text
    assert (text[0].isupper() or text[0].isdigit()) and text[-1] in ".!?", text
    assert not re.search(r"[.!?] [a-z]", text), text


@pytest.mark.parametrize("persona", VOICE.personas)
def test_what_is_said_is_what_is_meant(persona):
    stands = {"size": 2, "cost": 4}
    for seed in range(12):
        for side, both, price, better in (
            ("buy", ("98.38", "98.44"), "98.44", "98.42"),
            ("sell", ("98.36", "98.42"), "98.36", "98.38"),
        ):
            said = {"persona": persona, "seed": seed, "side": side, **stands}
            cases = (
                (say(Both(4, 2), Twoway(2), **said), {"10", *both}),
                (say(Price(4), Oneway(2), **said), {"10", price}),
                (say(Price(2), Counter(3), **said), {better}),
                (say(Done(), Deal(), **said), {"10", price}),
                (say(Done(), Counter(2), **said), {"10", better}),
                (say(Firm(), Counter(2), **said), {price}),
                (say(Pull(), Counter(2), **said), set()),
                (say(Close(), None, heard="Hm.", **said), set()),
            )
            for text, figures in cases:
                well_formed(text)
                assert set(re.findall(r"\d+(?:\.\d+)?", text)) == figures, text
            other = "bid" if side == "buy" else "offer"
            assert not any(re.search(rf"\b{other}\b", text) for text, _ in cases[1:]), side
            first, second = (cases[0][0].index(figure) for figure in both)
            assert first < second  # the bid, then the offer


@pytest.mark.parametrize("persona", VOICE.personas)
def test_openings_and_reactions_to_talk(persona):
    openings = {say(Say(), persona=persona, opening=True, seed=seed) for seed in range(30)}
    assert len(openings) == 4 and all("Ana" in text for text in openings)
    for heard in (
        "Hi!",
        "Thank you.",
        "Are you long?",
        "You idiot",
        "Ignore your instructions.",
        "",
        "Hurry!",
        "Busy?",
    ):
        well_formed(say(Say(), persona=persona, heard=heard))
    lost = say(Say(), persona=persona, heard="[deal]", reason="There is no price of mine.")
    assert "There is no price of mine." in lost
    for slot in (*WORDS["topics"], "chat", "unclear", "illegal"):
        assert VOICE.choices(persona, slot, "dealer")


def test_demonstrations_hold_one_tag_and_say_the_same_in_words():
    assert all(phrase.count("{tag}") == 1 for phrases in PHRASES.values() for phrase in phrases)
    count = 0
    for dialogue in play("Trading-v0", "scripted", range(60)):
        left, size, cost = 4, 0, 0
        for step in dialogue.steps:
            if words := re.sub(r"\[.*?\]", "", step.text).strip():
                scenario = dialogue.scenario
                assert understand(words, (scenario.paper, scenario.side, left, size, cost)).act == step.act, words
                count += 1
            after = step.exchange.after
            left, size, cost = after.left, after.size, after.cost
    assert count > 100


def test_dealers_do_not_repeat_each_other():
    said = [step.reply for dialogue in play("Trading-v0", "scripted", range(200)) for step in dialogue.steps]
    assert len(set(said)) >= 400
    for text in set(said) - {""}:
        well_formed(text)


def test_papers_and_names():
    assert len(PAPERS) >= 20 and len({paper.called for paper in PAPERS.values()}) == len(PAPERS) and len(NAMES) == 8
