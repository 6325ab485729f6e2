"""Persuade: the rules, the traveller, closed forms, the optimum, the metrics, the exploits."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import dialogym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.persuade.family import Persuade, advice, commitment
from dialogym.envs.persuade.game import STOCK, Book, Deal, Pass, Recommend, Show, Trips, Visit, Warn, plain_stock
from dialogym.envs.persuade.mind import NEVER, POPULATION, READERS, Accountant, Guest, Trust, trusting
from dialogym.envs.persuade.policies import HEURISTICS, demonstrate
from dialogym.envs.transcript import Transcript
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes
from dialogym.evaluation.tournament import tournament
from dialogym.policies.collect import play
from dialogym.policies.duel import play_duels
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.persuade import grim_value
from rich.console import Console

ENV, READ = "Persuade-v0", "PersuadeReviews-v0"
GAME = Trips(10, plain_stock(1 / 3))
SHOWN = Trips(8, STOCK, True)


def after(*acts, game=GAME):
    """The state after the hello and acts of all seats in turn."""
    state = game.apply(game.start(), "traveller", Say())
    for act in acts:
        state = game.apply(state, state.mover, act)
    return state


def round_of(hotel, said, answer):
    return Deal(hotel), said, answer


# ---- the rules -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hotel", "said", "honest", "good"),
    [
        ("good", Recommend(), True, True),
        ("good", Warn(), False, True),
        ("poor", Recommend(), False, False),
        ("poor", Warn(), True, False),
        ("poor", Say(), None, None),
    ],
)
def test_what_is_said_is_true_or_not(hotel, said, honest, good):
    assert after(*round_of(hotel, said, Book())) == Visit(1, "office", "", None, honest, good, 1)
    assert after(*round_of(hotel, said, Pass())).sold == 0


@pytest.mark.parametrize(
    ("hotel", "review", "score", "honest"),
    [
        ("good", "low", 7.1, False),
        ("good", "middle", 8.3, True),
        ("fair", "high", 9.6, False),
        ("poor", "low", 4.2, True),
    ],
)
def test_a_review_says_what_its_score_says(hotel, review, score, honest):
    state = after(Deal(hotel), Show(review), game=SHOWN)
    assert state.shown == score and SHOWN.apply(state, "traveller", Pass()).honest == honest


def test_what_is_not_possible():
    for game, act in ((GAME, Show("high")), (SHOWN, Recommend()), (SHOWN, Warn()), (GAME, Book())):
        state = after(Deal("good"), game=game)
        assert act not in game.choices(state, "expert")
        with pytest.raises(IllegalAct):
            game.apply(state, "expert", act)


def test_the_traveller_does_not_see_the_hotel():
    views = {GAME.view(after(Deal(hotel), Recommend()), "traveller") for hotel in ("good", "poor")}
    assert len(views) == 1 and views.pop().hotel == ""
    assert GAME.view(after(*round_of("good", Recommend(), Book())), "office") == Visit(1, "office")


def test_payoffs_add_up():
    state = after(*round_of("good", Recommend(), Book()) * 10)
    assert GAME.mover(state) is None and GAME.payoff(state, "expert") == 1.0
    assert GAME.unbank(state, "expert") == (1.0, state._replace(sold=0))


# ---- the traveller ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("again", "wants", "honest", "then"),
    [
        (1, 3, True, 2), (1, 0, True, 0), (1, 0, None, 0), (1, 3, None, 3), (1, 0, False, 1), (0, 2, False, 0),
        (3, 1, False, 3), (NEVER, 0, False, NEVER), (NEVER, NEVER, True, NEVER),
    ],
)  # fmt: skip
def test_trust_moves_as_the_page_says(again, wants, honest, then):
    assert trusting(Trust(8.0, 0, again, wants), honest) == then


@pytest.mark.parametrize(
    ("least", "wants", "shown", "goes"),
    [(8.0, 0, 8.0, True), (8.0, 0, 7.9, False), (9.0, 0, 8.3, False), (7.0, 0, 7.1, True), (8.0, 1, 10.0, False), (8.0, 0, None, False)],
)  # fmt: skip
def test_it_goes_if_nothing_is_wanting_and_the_score_suffices(least, wants, shown, goes):
    hidden = Trust(least, 0, 1, wants)
    state = Visit(2, "traveller", "good", shown)
    assert Guest(GAME).react(hidden, state).support == ((hidden, Book() if goes else Pass()),)


def test_the_office_deals_by_the_table():
    hidden = Trust(8.0, 0, 1, 0)
    dealt = {act.hotel: p for (_, act), p in Guest(SHOWN).react(hidden, Visit(3, "office"))}
    assert dealt == pytest.approx({"good": 0.25, "fair": 0.45, "poor": 0.3})


# ---- closed forms and the optimum ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [5, 10, 20])
@pytest.mark.parametrize("chance", [0.2, 1 / 3, 0.6])
def test_who_never_forgives_has_a_closed_form(rounds, chance):
    game = Trips(rounds, plain_stock(chance))
    value = Solution(game, Guest(game, ((8.0, 0, NEVER, 1.0),)), "expert").start_value()
    assert value == pytest.approx(grim_value(rounds, chance), abs=1e-12)


def test_against_a_record_keeper_sales_tend_to_those_with_commitment():
    values = []
    for rounds in (5, 10, 20):
        game = Trips(rounds, plain_stock(1 / 3))
        values.append(Solution(game, Accountant(game), "expert").start_value())
    assert values == pytest.approx([0.6099, 0.6186, 0.6364], abs=6e-5)
    assert values == sorted(values) and values[-1] < commitment(GAME) == pytest.approx(2 / 3)


def test_solver_against_unpruned_brute_force():
    for game, population in ((Trips(3, plain_stock(1 / 3)), POPULATION[1:6]), (Trips(2, STOCK, True), READERS[:4])):
        mind = Guest(game, population)
        exact = Solution(game, mind, "expert").start_value()
        assert exact == pytest.approx(brute_force(game, mind, "expert", waiting=True), abs=1e-12) and exact > 0


def test_all_scenarios_share_a_solution():
    assert len(classes(Persuade())) == 1


def test_settings_are_checked():
    for settings in ({"rounds": 3}, {"rounds": 13}, {"chance": 0.0}, {"chance": 1.0}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Persuade(**settings)


# ---- metrics, exploits, baselines ------------------------------------------------------------------------------------


def played(say, count=40, env_id=ENV):
    engine = make_engine(env_id)
    return [(d, engine.family.outcome(d)) for d in rollout(engine, FunctionPolicy("fixed", say), range(count))]


def test_metrics_by_hand():
    seen = set()
    for dialogue, found in played(lambda d, s: "[recommend]"):
        rounds = list(advice(dialogue))
        good, went = np.array([one.good for one in rounds]), np.array([one.went for one in rounds])
        assert found["sales"] == pytest.approx(went.mean()) and found["honesty"] == pytest.approx(good.mean())
        assert found["right"] == pytest.approx((good == went).mean())
        assert found["surplus"] == pytest.approx(((went & good).sum() - (went & ~good).sum()) / 10)
        assert found["of_commitment"] == pytest.approx(found["sales"] * 1.5)
        if good.any() and not good.all():
            assert found["efficiency"] == pytest.approx(went[good].mean())
            assert found["fairness"] == pytest.approx(1 - went[~good].mean())
        seen.add(found["sales"])
    assert len(seen) > 3
    honest = played(lambda d, s: "[recommend]" if d.state.hotel == "good" else "[warn]", 10)
    assert {found["honesty"] for _, found in honest} == {1.0} and {found["fairness"] for _, found in honest} == {1.0}


def test_words_that_claim_more_than_the_tag_change_nothing():
    plain, loud = (
        [found["sales"] for _, found in played(lambda d, s, words=words: words)]
        for words in ("[warn]", "It is wonderful, I swear, book it! [warn]")
    )
    assert plain == loud == [0.0] * 40


def test_silence_sells_nothing_and_keeps_trust():
    for dialogue, found in played(lambda d, s: "Lovely weather."):
        assert found["sales"] == 0 and found["honesty"] is None and dialogue.hidden == dialogue.hidden_start


def test_the_travellers_words_do_not_depend_on_the_hotel():
    engine = make_engine(ENV)
    said = {}
    for dialogue in rollout(engine, FunctionPolicy("fixed", lambda d, s: "[recommend]"), range(200)):
        step = dialogue.steps[0]
        words = step.reply.partition("\n")[0]
        said.setdefault((step.before.hotel, step.exchange.replies[0][2]), set()).add(words.split()[0])
    assert said["good", Book()] & said["poor", Book()] and said["good", Pass()] & said["poor", Pass()]


@pytest.mark.parametrize("env_id", [ENV, READ])
def test_the_demonstrator_is_human_like(env_id):
    rounds = [
        (step.before, one)
        for d in play(env_id, "scripted", range(150))
        for step, one in zip(d.steps, advice(d), strict=True)
    ]
    last = make_engine(env_id).family.rounds - 2
    lies = [
        [not one.honest for state, one in rounds if not one.good and (state.round >= last) == late]
        for late in (False, True)
    ]
    assert 0.02 < np.mean(lies[0]) < 0.35 < np.mean(lies[1]) < 0.85
    assert all(one.honest for _, one in rounds if one.good)


# ---- both seats ------------------------------------------------------------------------------------------------------


def test_the_office_speaks_to_the_expert_alone():
    env = dialogym.aec(ENV)
    env.reset(seed=3)
    hotels = []
    assert env.agent_selection == "traveller"
    env.step("Hello there.")
    for number in range(10):
        told = env.observe("expert")["utterance"]
        hotel = env.unwrapped.state_.hotel
        assert f"Office: night {number + 1}" in told and f": {hotel}." in told and env.agent_selection == "expert"
        env.step("[recommend]")
        heard = env.observe("traveller")["utterance"]
        assert "Office" not in heard and "[recommend]" in heard
        assert not number or (f"was {hotels[-1]}." in heard and heard.startswith("Night: "))
        env.step("I'll take it." if number % 2 else "[pass]")
        hotels.append(hotel)
    went = [hotels[number] == "good" for number in range(1, 10, 2)]
    game, state = env.unwrapped.both.game, env.unwrapped.state_
    assert game.mover(state) is None and len(set(hotels)) == 2
    assert game.payoff(state, "expert") == 0.5 and game.payoff(state, "traveller") == pytest.approx(
        (2 * sum(went) - 5) / 10
    )
    assert [move.seat for move in env.unwrapped.room.told].count("office") == 10


def test_what_a_traveller_could_hear_holds_no_hotel():
    """Neither in words nor in the states of what it has heard; all but the hotels of its past."""
    duels = play_duels(
        Persuade(), [dict.fromkeys(("expert", "traveller"), FunctionPolicy("scripted", demonstrate))] * 5, range(5)
    )
    for duel in duels:
        traveller = duel.dialogues["traveller"]
        assert {seat for step in traveller.steps for _, seat, _ in step.exchange.replies} == {"expert", "night"}
        for step in traveller.steps:
            for before, seat, _ in step.exchange.replies:
                assert before.hotel == "" and (
                    seat == "night" or before.round == step.exchange.after.round or step.done
                )
        assert not [s.text for d in duel.dialogues.values() for s in d.steps if s.problem]
        assert duel.env.state_.round == 10


@pytest.mark.parametrize("env_id", [ENV, READ])
def test_rules_play_from_either_seat_and_the_mind_can_travel(env_id):
    family = make_engine(env_id).family
    for name, rule in HEURISTICS.items():
        (duel,) = play_duels(family, [dict.fromkeys(("expert", "traveller"), FunctionPolicy(name, rule))], [2])
        assert not [step.text for d in duel.dialogues.values() for step in d.steps if step.problem], name
    env = dialogym.aec(env_id, learners=("expert",))
    env.reset(seed=1)
    assert env.agent_selection == "expert" and "Office: night 1" in env.observe("expert")["utterance"]
    with pytest.raises(ValueError, match="expert"):
        dialogym.aec(env_id, learners=("traveller",)).reset(seed=1)
    assert replace(family, role="traveller", reviews=False).duel is None


def test_who_plays_the_traveller_by_hand_is_not_told_either():
    (dialogue,) = rollout(make_engine(ENV), FunctionPolicy("fixed", lambda d, s: "[recommend]"), [2])
    shown = {}
    for answer in (True, "traveller"):
        console = Console(record=True, width=100, file=StringIO())
        Transcript(Persuade(), console).show_step(dialogue.steps[0], answer=answer)
        shown[answer] = console.export_text()
    assert "Office: night 2" in shown[True] and "night" not in shown["traveller"]


def test_policies_of_one_set_meet_in_a_tournament():
    found = tournament(ENV, ["honest", "always-praise"], rounds=4)
    assert found.meetings and all(0 <= p["expert"] <= 1 for p in (m.payoffs for m in found.meetings))
