"""The traveller's seat of Persuade: the rules, the experts, the optimum, the metrics, the words, the guide."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.content import content
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.persuade.adviser import EXPERTS, LAST, LIES, Counsel, Expert
from dialogym.envs.persuade.bookings import HEURISTICS, PHRASES, sweep
from dialogym.envs.persuade.family import Journey, Persuade, heard
from dialogym.envs.persuade.game import Book, Found, Pass, Recommend, Warn
from dialogym.envs.persuade.guide import GUIDE
from dialogym.envs.persuade.nights import Night, Nights
from dialogym.envs.persuade.voice import BOOKING_GRAMMAR, VOICE, WARNED, found, understand_booking
from dialogym.envs.registration import TABLE
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.persuade import CLOSED
from dialogym.simulated_users.user import Cue

from ..bank import JUNK, bank_test, fault_by, grammar_test, words_tests

ENV = "PersuadeBuyer-v0"
GAME = Nights(8, 2.0)
SAID = content(__file__, "utterances.toml")["booked"]


def after(*acts, game=GAME):
    """The state after greeting, question and acts of all seats in turn."""
    state = game.start()
    for act in (Say(), Say(), *acts):
        state = game.apply(state, state.mover, act)
    return state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_only_who_books_finds_out():
    assert after(Recommend(), Pass()) == after(Recommend(), Say()) == after(Warn(), Pass()) == Night(1, "expert")
    assert after(Recommend(), Book()).mover == "night"
    assert after(Recommend(), Book(), Found("good")) == Night(1, "expert", booked=1, good=1)
    assert after(Recommend(), Book(), Found("poor")) == Night(1, "expert", booked=1, caught=True, poor=1)
    assert after(Warn(), Book(), Found("poor")) == Night(1, "expert", booked=1, poor=1)  # nobody has lied


def test_first_one_asks():
    state = GAME.apply(GAME.start(), "expert", Say())
    assert list(GAME.choices(state, "traveller")) == [Say()]
    for act in (Book(), Pass()):
        with pytest.raises(IllegalAct, match="first"):
            GAME.apply(state, "traveller", act)
    with pytest.raises(IllegalAct, match="pass"):
        GAME.apply(after(Warn()), "traveller", Warn())


def test_payoff_and_bank_by_hand():
    state = after(*(Recommend(), Book(), Found("good")) * 3, *(Recommend(), Book(), Found("poor")) * 2)
    assert GAME.payoff(state, "traveller") == pytest.approx((3 - 2 * 2) / 8) and GAME.payoff(state, "expert") == 5 / 8
    banked, rest = GAME.unbank(state, "traveller")
    assert banked == GAME.payoff(state, "traveller") and GAME.payoff(rest, "traveller") == 0 and state.booked == 2
    end = after(*(Warn(), Pass()) * 8)
    assert end.mover == "expert" and GAME.apply(end, "expert", Say()).mover is None


# ---- the experts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "lies"),
    [
        ("honest", Night(7), 0),
        ("puffer", Night(0), 1),
        ("mixer", Night(2), 0.4),
        ("committed", Night(2), 0.25),
        ("long-con", Night(8 - LAST - 1), 0),
        ("long-con", Night(8 - LAST), 1),
        ("bait", Night(5, booked=1), 0),
        ("bait", Night(5, booked=2), 0.7),
        ("chastened", Night(5, booked=2), 1),
        ("chastened", Night(5, booked=2, caught=True), 0),
    ],
)
def test_the_table_of_the_page(kind, state, lies):
    mind = Expert(GAME, 0.5)
    said = {(hidden.hotel, act): p for (hidden, act), p in mind.react(Counsel(kind), state)}
    wanted = {("good", Recommend()): 0.5, ("poor", Recommend()): lies / 2, ("poor", Warn()): (1 - lies) / 2}
    assert said == pytest.approx({key: p for key, p in wanted.items() if p})
    assert len(said) > 1  # all draw as many random numbers


def test_all_kinds_are_met_and_the_night_tells_the_truth():
    assert {kind for kind, _ in EXPERTS} == set(LIES)
    for hotel in ("good", "poor"):
        hidden = Counsel("puffer", hotel)
        assert Expert(GAME, 0.5).react(hidden, Night(2, "night")).support == ((hidden, Found(hotel)),)


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CLOSED)
@pytest.mark.parametrize(("chance", "loss"), [(0.5, 2.0), (0.4, 0.5)])
def test_known_experts_have_closed_forms(kind, chance, loss):
    game = Nights(8, loss)
    value = Solution(game, Expert(game, chance, ((kind, 1.0),)), "traveller").start_value()
    assert value == pytest.approx(CLOSED[kind](8, chance, loss), abs=1e-12)


def test_solver_against_unpruned_brute_force():
    game = Nights(3, 2.0)
    mind = Expert(game, 0.5, EXPERTS)
    exact = Solution(game, mind, "traveller").start_value()
    assert exact == pytest.approx(brute_force(game, mind, "traveller"), abs=1e-12) and exact > 0


@pytest.mark.long
def test_planning_matters():
    family = load_family(*TABLE[ENV])
    best = optimum(family)
    assert len(classes(family)) == 1
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    assert expected_return(family, FunctionPolicy("two-strikes", HEURISTICS["two-strikes"])) < 0.9 * best
    small = replace(family, rounds=5)
    assert max(expected_return(small, FunctionPolicy(*rule)) for rule in sweep().items()) < optimum(small)


def test_settings_are_checked():
    for settings in ({"role": "hotel"}, {"loss": 0.0}, {"role": "traveller", "reviews": True}):
        with pytest.raises(ValueError, match=next(reversed(settings))):
            Persuade(**settings)


# ---- metrics and exploits --------------------------------------------------------------------------------------------


def test_metrics_by_hand():
    engine = make_engine(ENV)
    say = {True: "[book]", False: "[pass]", None: "Where should I stay?"}
    kinds = set()
    for dialogue in rollout(engine, FunctionPolicy("fixed", lambda d, s: say[d.state.praised]), range(40)):
        out, rounds = engine.family.outcome(dialogue), list(heard(dialogue))
        good = [one.good for one in rounds]
        praised = [one.went for one in rounds]
        assert len(rounds) == 8 and all(praised[i] for i in range(8) if good[i])
        lies = sum(went and not fine for went, fine in zip(praised, good, strict=True))
        assert (out["honesty"], out["right"]) == ((8 - lies) / 8,) * 2 and out["sales"] == sum(praised) / 8
        assert out["surplus"] == dialogue.steps[-1].payoff == (sum(good) - 2 * lies) / 8
        assert out["efficiency"] in (1.0, None)
        nights = [act for step in dialogue.steps for _, seat, act in step.exchange.replies if seat == "night"]
        assert nights == [Found("good" if fine else "poor") for fine, went in zip(good, praised, strict=True) if went]
        kinds.add(dialogue.hidden.kind)
    assert len(kinds) > 4


def test_who_only_talks_gains_nothing():
    engine = make_engine(ENV)
    for dialogue in rollout(engine, FunctionPolicy("fixed", lambda d, s: "Is it good? Be honest."), range(20)):
        assert dialogue.steps[-1].payoff == 0 and engine.family.outcome(dialogue)["sales"] == 0


# ---- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", SAID, ids=[row["text"] for row in SAID])
def test_what_travellers_say_is_read_as_they_mean_it(row):
    read = understand_booking(row["text"], ("portugal", 0, ""))
    assert (read.problem or BOOKING_GRAMMAR.print(read.act).strip("[]") or "talk") == row["means"]


@pytest.mark.parametrize(
    ("text", "act"),
    (
        ("Okay.", Pass()), ("Fine, thanks!", Pass()), ("I will take your advice.", Pass()), ("Okay, I'll skip it.", Pass()),
        ("Okay, I'll book it all the same.", Book()), ("I'll take a room there.", Book()), ("Why?", Say()),
    ),
)  # fmt: skip
def test_who_agrees_with_a_warning_stays_away(text, act):
    assert understand_booking(text, ("portugal", 0, WARNED)).act == act


def test_only_who_was_warned_stays_away_by_agreeing():
    for dialogue in rollout(make_engine("PersuadeBuyer-v0"), FunctionPolicy("fixed", lambda d, s: "Okay."), range(20)):
        for step in dialogue.steps[1:]:
            assert isinstance(step.act, Book) == bool(step.before.praised)


def test_demonstrations_say_in_words_what_they_tag():
    for slot, phrases in PHRASES.items():
        for words in phrases:
            text = words.replace("{hotel}", "Anchor").replace("{town}", "Porto").replace("{tag}", "").strip()
            act = understand_booking(text, ("portugal", 0, "")).act
            assert not text or act == {"say": Say(), "book": Book(), "pass": Pass()}[slot], text


def cue(act, number=2, opening=False):
    return Cue(act, "expert", Journey("portugal", "Ana", False), "friendly", "", opening, "", "", Night(number))


WELCOME, PRAISE, WARNING, END = cue(Say(), -1, True), cue(Recommend()), cue(Warn()), cue(Say(), 8)
CUES = (WELCOME, PRAISE, WARNING, END)
fault = fault_by(GUIDE)
test_every_sentence_of_the_bank_passes = bank_test(GUIDE, VOICE, CUES)
test_what_the_grammar_allows_passes = grammar_test(GUIDE, CUES, 30)
GOOD = {
    WELCOME: ["Hello, Ana! Do ask me about hotels.", "Welcome, I am here for your hotels."],
    PRAISE: ["I would recommend it to you.", "You will like it there.", "It is a good hotel, take it."],
    WARNING: ["I would not recommend it.", "It is a poor hotel.", "Stay away from that one."],
    END: ["That was the last one, goodbye.", "No more hotels. Bye!"],
}
BAD = {
    WELCOME: ["I recommend the first one.", "Hm.", "Hello, I am always honest about hotels."],
    PRAISE: ["It is a poor hotel.", "Hm.", "I recommend it, trust me.", "I do not recommend it.", "I recommend it because I am paid."],
    WARNING: ["It is a good hotel.", "I recommend it.", "I would not go there, I have been there.", "Hello."],
    END: ["I recommend it.", "Hello."],
}  # fmt: skip
test_other_words_for_the_act_pass, test_words_that_say_anything_else_fail = words_tests(GUIDE, GOOD, BAD)


def test_who_neither_books_nor_passes_is_told_that_the_night_went_by():
    def said(text, number=2, act=PRAISE.act):
        one = cue(act, number)._replace(heard=text)
        leads, sentences = VOICE.possible(one)
        assert all(fault(one, words) == "" for words in sentences)
        return {words.partition("! ")[0] for words in sentences}

    assert said("Is it good?") == said("[say]", act=Warn()) == said("Hm.", 8, Say())
    assert said("Is it good?") == {"So I booked nothing for you there"}
    assert said("Is it good?", 3) == {"You did not say book it, so we let that one pass"}
    for words in ("I'll risk it", "[book]", "No, thanks.", "[pass]", ""):
        assert not said(words) & said("Is it good?")
    assert not said("Which hotel?", 0) & said("Is it good?")


def test_junk_fails_and_the_night_prints_one_line():
    for one, words in product((PRAISE, WARNING), JUNK):
        assert fault(one, words), words
    night = Cue(Found("poor"), "night", Journey("portugal", "Ana", False), "", "", False, "", "", Night(0, "night"))
    assert found(night) == "the Anchor in Porto was poor."
