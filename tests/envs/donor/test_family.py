"""Donor: the rules, the norms, closed forms, the optimum, the metrics, the exploits, generations."""

from __future__ import annotations

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.donor.family import Donor, gifts
from dialogym.envs.donor.game import PUNISHED, DonorGame, Give, Meet, Punish, Street
from dialogym.envs.donor.generations import NORMS, generations, planner, ruled, scripted
from dialogym.envs.donor.mind import ENFORCING, SOCIETIES, Gossip, Neighbours, Visitors, everybody, gift
from dialogym.envs.donor.policies import always, image, selfish
from dialogym.envs.make import make_engine
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.donor import CLOSED, known

ENV = "Donor-v0"
GAME, HARSH = DonorGame(), DonorGame(punish=True)


def after(*rounds, game=GAME):
    """The state when the learner is asked again, after rounds of: what the visitor gave, what you do, what you get."""
    state = game.start()
    for asked, act, got in rounds:
        for made in (Say(), Meet(asked), act, Say(), Give(got)):
            state = game.apply(state, game.mover(state), made)
    return state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_a_gift_costs_one_a_unit_and_is_worth_two():
    assert after((2, Give(2), 1)) == Street("ask", 1, 0, (1, 2), False, 0)
    assert after((2, Give(1), 2), (0, Give(2), 0)).points == 3 - 2
    assert (
        GAME.payoff(after(*[(2, Give(2), 2)] * 6), "you") == 1.0 and GAME.mover(after(*[(0, Give(0), 0)] * 6)) is None
    )


@pytest.mark.parametrize(
    ("asked", "act", "record", "excused", "points"),
    [
        (0, Give(0), (1, 0), True, 0),
        (2, Give(0), (1, 0), False, 0),
        (0, Say(), (1, 0), True, 0),
        (0, Give(1), (1, 1), False, -1),
        (0, Punish(), (1, PUNISHED), True, -1),
        (2, Punish(), (1, PUNISHED), False, -1),
    ],
)
def test_what_is_known_afterwards(asked, act, record, excused, points):
    state = after((asked, act, 0), game=HARSH)
    assert (state.record, state.excused, state.points) == (record, excused, points)


def test_what_is_not_possible():
    asked = GAME.apply(GAME.apply(GAME.start(), "visitor", Say()), "gossip", Meet(2))
    for act in (Give(3), Give(-1), Punish()):
        with pytest.raises(IllegalAct):
            GAME.apply(asked, "you", act)
    with pytest.raises(IllegalAct):
        GAME.apply(asked, "neighbour", Give(1))
    assert Punish() in HARSH.choices(asked, "you") and Punish() not in GAME.choices(asked, "you")


# ---- the people ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("norm", "record", "excused", "gives"),
    [
        ("image", (0, 2), False, 2), ("image", (2, 0), True, 0), ("image", (2, PUNISHED), True, 0),
        ("standing", (2, 0), True, 2), ("standing", (0, 0), True, 0), ("standing", (2, 0), False, 0),
        ("standing", (0, 1), False, 1), ("steady", (1, 2), False, 1), ("steady", (2, 1), False, 1),
        ("strict", (2, 2), False, 2), ("strict", (1, 2), False, 0), ("strict", (2, 1), False, 0),
        ("kind", (0, 0), False, 1), ("selfish", (2, 2), False, 0), ("enforcer", (0, 2), False, 2),
        ("enforcer", (2, 1), False, 0), ("enforcer", (0, PUNISHED), True, 2), ("enforcer", (0, PUNISHED), False, 0),
        ("enforcer", (2, 0), True, 0),
    ],
)  # fmt: skip
def test_norms_are_those_of_the_page(norm, record, excused, gives):
    assert gift(norm, record, excused) == gives


def test_neighbours_are_drawn_from_their_society():
    dealt = {act.units: p for (_, act), p in Neighbours().react("steady", Street("receive", record=(1, 2)))}
    assert dealt == pytest.approx({1: 1.0})
    dealt = {act.units: p for (_, act), p in Neighbours().react("steady", Street("receive", record=(2, 2)))}
    assert dealt == pytest.approx({2: 0.7, 1: 0.3})
    told = {act.last: p for (_, act), p in Gossip().react(None, Street("gossip"))}
    assert told == pytest.approx({0: 0.4, 2: 0.6})
    assert everybody(GAME).prior().factors[0].support == tuple(name for name, *_ in SOCIETIES)
    assert everybody(HARSH).prior().factors[0].support[-1] == "enforcing"


# ---- closed forms and the optimum ------------------------------------------------------------------------------------


@pytest.mark.parametrize("society", CLOSED)
def test_known_societies_have_closed_forms(society):
    for rounds in (4, 7):
        assert known(society, rounds) == pytest.approx(CLOSED[society][1](rounds), abs=1e-12)


@pytest.mark.parametrize(("share", "pays"), [(0.3, 0.0), (0.5, 0.0), (0.51, 0.02), (0.9, 0.8)])
def test_gifts_pay_if_enough_answer(share, pays):
    some = (("image", (("image", share), ("selfish", 1 - share)), 1.0),)
    assert FactoredSolution(GAME, everybody(GAME, some), "you").start_value() == pytest.approx(pays)


def test_to_punish_pays_among_enforcers_alone():
    for societies, better in ((ENFORCING, True), (SOCIETIES, False), (SOCIETIES + ENFORCING, True)):
        with_it, without = (
            FactoredSolution(game, everybody(game, societies), "you").start_value()
            for game in (DonorGame(4, True), DonorGame(4))
        )
        assert (with_it > without + 1e-3) == better and with_it >= without


def test_solver_against_unpruned_brute_force():
    for game in (DonorGame(2), DonorGame(2, True)):
        people = everybody(game)
        exact = FactoredSolution(game, people, "you").start_value()
        assert exact == pytest.approx(brute_force(game, people, "you", waiting=True), abs=1e-12) and exact > 0.1


def test_what_one_visitor_gave_matters_only_if_it_was_nothing():
    values = []
    for told in (((0, 0.4), (2, 0.6)), ((0, 0.4), (1, 0.35), (2, 0.25))):
        people = People(GAME, {"neighbour": Neighbours(), "visitor": Visitors(), "gossip": Gossip(told)})
        values.append(FactoredSolution(DonorGame(4), people, "you").start_value())
    assert values[0] == pytest.approx(values[1], abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    family = Donor()
    best = optimum(family)
    assert len(classes(family)) == 1
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    assert expected_return(family, "selfish") < expected_return(family, "probe") < 0.9 * best


def test_settings_are_checked():
    for settings in ({"rounds": 3}, {"rounds": 13}, {"punish": 2}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Donor(**settings)


# ---- metrics, exploits, baselines ------------------------------------------------------------------------------------


def played(say, count=40, **settings):
    engine = make_engine(ENV, **settings)
    return [(d, engine.family.outcome(d)) for d in rollout(engine, FunctionPolicy("fixed", say), range(count))]


def test_metrics_by_hand():
    for dialogue, found in played(lambda d, s: f"[give {2 if d.state.asked else 0}]"):
        given = list(gifts(dialogue))
        good = sum(last > 0 for last, _ in given)
        assert len(given) == 6 and all(units == last for last, units in given)
        assert found["cooperation"] == found["donation"] == pytest.approx(good / 6)
        assert found["discrimination"] == (1.0 if 0 < good < 6 else 0.0) and found["punished"] == 0.0
        assert found["resources"] == pytest.approx(24 * found["received"] - 2 * good)
        assert dialogue.steps[-1].payoff == pytest.approx(found["resources"] / 12)
    for _, found in played(lambda d, s: "[give 1]", 5):
        assert (found["donation"], found["cooperation"], found["discrimination"]) == (0.5, 1.0, 0.0)


def test_punishment_is_counted():
    for dialogue, found in played(lambda d, s: "[punish]" if d.state.asked == 0 else "[give 2]", 20, punish=True):
        stingy = [last for last, _ in gifts(dialogue)].count(0)
        assert found["punished"] == pytest.approx(stingy / 6) and found["donation"] == pytest.approx(1 - stingy / 6)


def test_words_do_not_move_neighbours():
    plain, begged = (
        [found["received"] for _, found in played(lambda d, s, words=words: words + "[give 0]")]
        for words in ("", "I will give you two next time, I swear! ")
    )
    talked = [found["received"] for _, found in played(lambda d, s: "Nice weather.")]
    assert plain == begged == talked and max(plain) > 0


def test_the_demonstrator_is_human_like():
    met = [pair for d in play(ENV, "scripted", range(200)) for pair in gifts(d)]
    helped = {kind: [units > 0 for last, units in met if last == kind] for kind in (0, 2)}
    shares = {kind: sum(some) / len(some) for kind, some in helped.items()}
    assert 0.25 < shares[0] < shares[2] - 0.1 < 0.85
    mean = sum(d.steps[-1].payoff for d in play(ENV, "scripted", range(400))) / 400
    assert expected_return(Donor(), "selfish") < mean < optimum(Donor())


# ---- generations -----------------------------------------------------------------------------------------------------


def test_generations_are_the_same_for_the_same_seed():
    first = dict.fromkeys(NORMS, 2)
    assert generations(first, seed=5, variation=0.1) == generations(first, seed=5, variation=0.1)
    assert generations(first, seed=5) != generations(first, seed=6)


def test_who_always_gives_dies_out_among_the_selfish():
    found = generations({"selfish": 4, "giver": 4}, {"giver": ruled(always)}, count=3)
    assert found[0].shares == {"selfish": 0.5, "giver": 0.5} and found[0].cooperation == 0.5
    assert found[0].of["selfish"] > 0 > found[0].of["giver"] and found[1].shares == {"selfish": 1.0}
    assert found[2].cooperation == found[2].resources == 0.0


def test_all_who_always_give_have_the_most():
    found = generations({"giver": 4}, {"giver": ruled(always)}, count=2)
    assert found[1] == ({"giver": 1.0}, 1.0, 1.0, {"giver": 1.0})


def test_a_gift_of_a_player_counts_at_once():
    """As in an episode: image scorers give back what they have just seen, and so a player who gives fares as they."""
    found = generations({"image": 5, "giver": 1}, {"giver": ruled(always)}, count=1)[0]
    assert found.of["giver"] == pytest.approx(1.0) and 0 < found.of["image"] < 1
    lone = generations({"image": 5, "taker": 1}, {"taker": ruled(selfish)}, count=1)[0]
    assert lone.of["taker"] == 0.0 < lone.of["image"]


def test_planners_and_the_human_like_play_in_any_population():
    first = {**dict.fromkeys(NORMS, 1), "image-scoring": 2, "optimal": 2, "scripted": 2}
    players = {"image-scoring": ruled(image), "optimal": planner(4), "scripted": scripted(4)}
    for generation in generations(first, players, count=5, rounds=4, variation=0.2, seed=1):
        assert sum(generation.shares.values()) == pytest.approx(1.0) and 0 < generation.cooperation < 1


def test_populations_are_checked():
    for population in ({"image": 3}, {"image": 2}, {"nobody": 4}):
        with pytest.raises(ValueError, match="population"):
            generations(population)
