"""The commons: the rules, the villagers, closed forms, the optimum, the metrics, all seats as learners."""

from __future__ import annotations

import dialogym
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.commons.family import Commons
from dialogym.envs.commons.game import (
    Agree,
    CommonPool,
    Month,
    Pool,
    Propose,
    Refuse,
    Take,
    bears,
    fair,
    shared,
    survey,
)
from dialogym.envs.commons.mind import VILLAGES, Villager, Warden, agrees, takes, village
from dialogym.envs.make import make_engine
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.duel import play_duels
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from pettingzoo.test import api_test, parallel_api_test

ENV, SMALL = "Commons-v0", "CommonsSmall-v0"
GAME = CommonPool(greeting=False)
EVERYBODY = ("you", "anna", "ben", "cleo", "dan")


def after(*acts, game=GAME):
    """The state after acts of whoever moves."""
    state = game.start()
    for act in acts:
        state = game.apply(state, game.mover(state), act)
    return state


SILENT = (Say(), Say(), Say())  # no proposal, an answer, the warden


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_a_council_needs_more_than_half():
    for votes, holds in ((2, True), (1, False)):
        ballots = [Agree()] * votes + [Refuse()] * (4 - votes)
        state = after(Propose(2), *ballots)
        assert (state.agreed, state.cap, state.votes) == (holds, 2 * holds, votes + 1)
        assert GAME.mover(state) == "warden" and GAME.mover(GAME.apply(state, "warden", Say())) == "you"
    kept = after(*SILENT)
    assert (kept.phase, kept.agreed) == ("harvest", False)


def test_what_is_left_doubles_up_to_what_the_pool_holds():
    month = after(*SILENT, *[Take(2)] * 5)
    assert (month.pool, month.over, month.taken, month.caught) == (20, False, 10, (2,) * 5)
    month = after(*SILENT, Take(3), *[Take(2)] * 4)
    assert (month.pool, month.over) == (18, True)
    month = after(*SILENT, *[Take(4)] * 5)
    assert month.pool == 0 and GAME.mover(GAME.apply(month, "warden", Say())) is None
    assert shared(7, (4, 4, 4, 0, 0)) == (2, 2, 2, 0, 0) and bears(7) == 3 and fair(20, 5) == 2
    assert Pool("harvest", pool=0) and GAME.mover(Pool("harvest", pool=0)) is None


def test_what_is_not_possible():
    for state, act in (
        (after(), Take(2)),
        (after(), Propose(0)),
        (after(), Propose(4)),
        (after(Propose(2)), Propose(2)),
        (after(*SILENT), Take(5)),
        (after(*SILENT), Take(-1)),
        (after(*SILENT), Agree()),
    ):
        with pytest.raises(IllegalAct):
            GAME.apply(state, GAME.mover(state), act)


def test_a_broken_limit_is_not_forgotten():
    agreed = (Propose(2), *[Agree()] * 4, Say())
    assert not after(*agreed, *[Take(2)] * 5).broken
    assert after(*agreed, Take(3), *[Take(2)] * 4, Say(), *[Take(2)] * 5).broken
    assert not after(Propose(2), *[Refuse()] * 4, Say(), Take(3), *[Take(2)] * 4).broken


def test_nobody_sees_a_sealed_catch():
    state = after(*SILENT, Take(4), Take(1))
    assert state.wanted == (4, 1) and GAME.pending(state) and GAME.movers(state) == ("ben", "cleo", "dan")
    assert GAME.view(state, "ben").wanted == () and GAME.view(state, "ben").caught == ()
    assert not GAME.pending(after(*SILENT, *[Take(1)] * 5))


# ---- the villagers ---------------------------------------------------------------------------------------------------


def test_the_table_of_the_page():
    vote = Pool("vote", 1, pool=20, cap=2)
    assert [agrees(norm, vote) for norm in ("fair", "reciprocal", "pledger", "greedy", "hypocrite")] == [1, 1, 1, 0, 1]
    assert [agrees(n, vote._replace(cap=3)) for n in ("fair", "reciprocal", "pledger")] == [0, 0, 1]
    assert not agrees("pledger", vote._replace(broken=True))
    state = Pool("harvest", 1, pool=16)
    for norm, found, others in (
        ("fair", 1, {}),
        ("fair", 1, {"over": True}),
        ("reciprocal", 1, {}),
        ("reciprocal", 4, {"over": True}),
        ("pledger", 3, {}),
        ("pledger", 2, {"agreed": True, "cap": 2}),
        ("pledger", 3, {"agreed": True, "cap": 2, "broken": True}),
        ("greedy", 4, {"agreed": True, "cap": 2}),
        ("hypocrite", 4, {"agreed": True, "cap": 2}),
    ):
        assert takes(norm, state._replace(**others), 5) == found, norm
        assert Villager(5, ()).react(norm, state._replace(**others)).support == ((norm, Take(found)),)


# ---- closed forms ----------------------------------------------------------------------------------------------------


class Ashore:
    """Takes nothing."""

    def prior(self):
        return Belief.certain("")

    def react(self, hidden, state):
        return Belief.certain((hidden, Take(0) if state.phase == "harvest" else Say()))


@pytest.mark.parametrize("months", [4, 6])
def test_a_sole_owner_leaves_half_until_the_last_month(months):
    game = CommonPool(1, months, 0, most=8, greeting=False)
    value = FactoredSolution(game, People(game, {"anna": Ashore(), "warden": Warden()}), "you").start_value()
    assert value * months * 2 == pytest.approx((months - 1) * game.capacity / 2 + game.capacity)


@pytest.mark.parametrize(("norm", "value"), [("fair", 2.0), ("greedy", 0.25)])
def test_the_best_response_to_a_known_village(norm, value):
    game = CommonPool(every=0, greeting=False)
    assert FactoredSolution(game, village(game, {norm: 1.0}), "you").start_value() == pytest.approx(value)


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_solver_against_unpruned_brute_force():
    game = CommonPool(1, 3, 2, greeting=False)
    people = village(game, VILLAGES["mixed"])
    exact = FactoredSolution(game, people, "you").start_value()
    assert exact == pytest.approx(brute_force(game, people, "you", waiting=True), abs=1e-12) and exact > 0.5


@pytest.mark.long
def test_planning_matters():
    family = make_engine(SMALL).family
    best = optimum(family)
    assert len(classes(family)) == 1
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    values = {name: expected_return(family, name) for name in family.baselines.HEURISTICS}
    assert max(values.values()) < 0.9 * best and values["keep"] > values["grab"] > values["universal"]


def test_settings_are_checked():
    for settings in ({"villagers": 5}, {"months": 3}, {"every": -1}, {"village": "big"}, {"aim": "both"}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Commons(**settings)


def test_the_group_can_be_the_aim():
    state = Pool("harvest", month=8, pool=20, caught=(4, 8, 8, 0, 0))
    assert CommonPool(aim="group").payoff(state, "you") == pytest.approx(20 / 80)
    assert CommonPool().payoff(state, "you") == pytest.approx(4 / 16)


# ---- metrics, exploits, baselines ------------------------------------------------------------------------------------


def test_metrics_by_hand():
    months = [Month(20, (2, 2, 2, 2, 4), (2, 2, 2, 2, 4)), Month(16, (4, 4, 4, 4, 4), (3, 3, 3, 3, 3))]
    found = survey(CommonPool(), months)
    assert (found["survived"], found["survival_time"]) == (0.0, 2.0)
    assert found["efficiency"] == pytest.approx(1 - (80 - 27) / 80)
    assert found["equality"] == pytest.approx(1 - 2 * 4 * 2 / (2 * 5 * 27))  # one has two more than four others
    assert found["over_usage"] == pytest.approx(6 / 10)
    lived = survey(CommonPool(months=2), [Month(20, (2,) * 5, (2,) * 5)] * 2)
    assert set(lived.values()) == {1.0, 2.0, 0.0} and lived["over_usage"] == 0.0 and lived["survived"] == 1.0


def test_outcomes_are_those_of_the_dialogue():
    engine = make_engine(ENV)
    greedy = FunctionPolicy("greedy", lambda d, s: "[propose 2]" if d.state.phase == "council" else "[take 4]")
    for dialogue in rollout(engine, greedy, range(40)):
        found = engine.family.outcome(dialogue)
        assert found["survival_time"] == dialogue.state.month and found["total"] == sum(dialogue.state.caught)
        assert dialogue.steps[-1].payoff == pytest.approx(found["gain"] / 16) and found["over_usage"] > 0.2
        assert found["broken"] == (found["agreed"] > 0)
        told = dialogue.steps[-1].reply.splitlines()
        assert [line.partition(":")[0] for line in told] == ["Anna", "Ben", "Cleo", "Dan", "Warden"]
        assert ("It is over" in told[-1]) == (dialogue.state.pool < 1)


def test_words_do_not_move_what_people_do():
    engine = make_engine(ENV)
    plain, begged = (
        [
            dialogue.steps[-1].payoff
            for dialogue in rollout(
                engine,
                FunctionPolicy(
                    "p", lambda d, s, w=words: w + ("[propose 2]" if d.state.phase == "council" else "[take 2]")
                ),
                range(30),
            )
        ]
        for words in ("", "Please, I beg you, be fair, or else! ")
    )
    assert plain == begged


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(200)))
    first = [d.steps[0].act for d in dialogues]
    assert 0.6 < first.count(Propose(2)) / 200 < 0.9 and first.count(Say()) > 5
    mean = sum(d.steps[-1].payoff for d in dialogues) / 200
    assert expected_return(Commons(), "universal") < mean < optimum(Commons())


# ---- all seats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("learners", [EVERYBODY, ("you", "anna")])
def test_pettingzoo_accepts_both_faces(learners, capsys):
    api_test(dialogym.aec(ENV, learners=learners), num_cycles=40)
    parallel_api_test(dialogym.parallel(ENV, learners=learners), num_cycles=40)


@pytest.mark.parametrize(
    ("take", "pays", "lived"),
    [(lambda pool: pool // 2 // 5, 1.0, 6), (lambda pool: 4, 1 / 3, 1)],
    ids=["all fair", "all grab"],
)
def test_self_play_of_fixed_rules_pays_as_the_rules_say(take, pays, lived):
    for face in (dialogym.parallel, dialogym.aec):
        env = face(ENV, months=6)
        env.reset(seed=0)
        total = dict.fromkeys(EVERYBODY, 0.0)

        def said(seat, env=env):
            state = env.state_
            return f"[take {take(state.pool)}]" if state.phase == "harvest" else "No rule."

        if face is dialogym.parallel:
            while env.agents:
                _, rewards, *_ = env.step({seat: said(seat) for seat in env.agents})
                total = {seat: total[seat] + rewards[seat] for seat in EVERYBODY}
        else:
            for seat in env.agent_iter():
                _, reward, over, cut, _ = env.last()
                total[seat] += reward
                env.step(None if over or cut else said(seat))
        assert total == pytest.approx(dict.fromkeys(EVERYBODY, pays)) and env.state_.month == lived


def test_sealed_words_are_heard_when_all_have_spoken():
    env = dialogym.aec(ENV)
    env.reset(seed=0)
    for text in ("[propose 2]", "[agree]", "I am for it.", "No.", "[refuse]"):
        env.step(text)
    assert "3 of 5 for it; nobody is to take more than 2" in env.observe("you")["utterance"]
    for text in ("I am modest. [take 4]", "I take two crates.", "2", "[take 1]"):
        env.step(text)
        assert "modest" not in env.observe("dan")["utterance"]
    env.step("Nothing for me.")
    heard = env.observe("dan")["utterance"]
    assert (
        "You: I am modest. [take 4]" in heard
        and "Warden: 9 taken, 20" in heard
        and env.state_.caught == (4, 2, 2, 1, 0)
    )


def test_briefs_tell_each_seat_what_it_does():
    env = dialogym.aec(ENV)
    env.reset(seed=1)
    assert env.both.briefs["ben"].startswith("You are Ben. You and Anna, Cleo, Dan and the chair share ")
    assert "which you chair" in env.both.briefs["you"] and "which the chair leads" in env.both.briefs["anna"]


@pytest.mark.parametrize("name", ["keep", "grab", "scripted"])
def test_rules_play_from_every_seat(name):
    policy = make_policy(name, make_engine(ENV))
    for duel in play_duels(Commons(), [dict.fromkeys(EVERYBODY, policy)] * 3, range(3)):
        steps = [step for dialogue in duel.dialogues.values() for step in dialogue.steps]
        assert not [step.text for step in steps if step.problem]
        if name == "keep":  # all vote for the share, and keep to it
            assert duel.payoffs == pytest.approx(dict.fromkeys(EVERYBODY, 1.0)) and duel.env.state_.month == 8
