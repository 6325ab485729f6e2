"""Rumour in a town of thousands: the mind, the exact optimum, and that every person is computed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.make import load_family
from dialogym.envs.registration import TABLE
from dialogym.envs.rumour import towns
from dialogym.envs.rumour.family import Rumour
from dialogym.envs.rumour.game import Check, Debunk, Label, Report
from dialogym.envs.rumour.law import Law
from dialogym.envs.rumour.mind import TownSolution
from dialogym.envs.rumour.policies import HEURISTICS, sweep
from dialogym.envs.rumour.town import Town, believers_at_first
from dialogym.envs.rumour.towns import Origin, Places, Townspeople, alone
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.policies.policy import FunctionPolicy

ENV = "Rumour-v0"


@cache
def family():
    return load_family(*TABLE[ENV])


@cache
def setting():
    return family().setting(family().scenarios()[0])


def opened():
    game = setting().game
    return game.apply(game.start(), "assistant", Say())


def day(hidden, act, state=None):
    """What may follow a day, as (hidden, report) -> probability; and the state before it."""
    game = setting().game
    return setting().mind.react(hidden, game.apply(state or opened(), "moderator", act))


def origin(**changes):
    """One that the prior holds, or that has gone on from it."""
    first = next(h for h in setting().prior.support if (h.virulence, h.true, h.town) == (2.0, False, 2))
    return first._replace(**changes)


# ---- the mind: the numbers of the page -------------------------------------------------------------------------------


def test_what_is_hidden_is_independent_and_all_towns_are_as_likely():
    prior = setting().prior
    assert len(prior) == 32
    for hidden, p in prior:
        assert p == pytest.approx(0.5 * (0.4 if hidden.true else 0.6) / 8)
        assert hidden.believers / 10_000 == pytest.approx([0.02, 0.05, 0.1, 0.2][hidden.town // 2], abs=0.01)


@pytest.mark.parametrize("town", [0, 1])
def test_a_town_is_everybody_in_it(town):
    """The mind counts what `Town` does, person by person, on the network of that number."""
    places, virulence = setting().mind.places, 2.0
    net = towns._network(places, town)
    whole = Town(net, Law(), virulence, believers_at_first(places.shares[town], town, 10_000), town)
    hidden = origin(town=town, believers=int(whole.believers.sum()))
    state, game = opened(), setting().game
    for act, measures in ((Say(), (0, 0)), (Label(), (1, 0)), (Debunk(), (1, 1)), (Check(), (1, 0))):
        whole.step(*map(bool, measures))
        asked = game.apply(state, "moderator", act)
        outcomes = list(setting().mind.react(hidden, asked))
        hidden, report = outcomes[0][0]
        assert hidden.believers == whole.believers.sum()
        assert report.level == (hidden.believers >= 2_500) + (hidden.believers >= 6_000)
        state = game.apply(asked, "assistant", report)
    assert hidden.past == "-LBL"
    assert (net.degrees.max() > 200) == (town % 2 == 0)


def test_a_check_is_all_that_chance_is_left_for():
    right = {report.verdict: p for (_, report), p in day(origin(), Check())}
    assert right == pytest.approx({"false": 0.85, "true": 0.15})
    assert len(day(origin(), Label())) == 1
    assert day(origin(), Say()).support[0][1] == Report(0, "none", False)


def test_neither_truth_nor_a_check_moves_anybody_and_measures_move_nobody_towards_belief():
    counts = {
        act: {h.believers for (h, _) in day(origin(), act).support} for act in (Say(), Check(), Label(), Debunk())
    }
    assert counts[Say()] == counts[Check()] and all(len(found) == 1 for found in counts.values())
    assert {h.believers for (h, _) in day(origin(true=True), Say()).support} == counts[Say()]
    assert max(counts[Label()]) < max(counts[Say()]) and max(counts[Debunk()]) < max(counts[Say()])


def test_what_is_remembered_is_what_is_computed_anew():
    hidden = day(origin(), Label()).support[0][0]
    towns._after.cache_clear()
    assert setting().mind.places.believe(2.0, 2, "L") == hidden.believers


# ---- the optimum -----------------------------------------------------------------------------------------------------


def short(days=2, **changes):
    """Fewer people, towns and days, in which levels still differ."""
    game = replace(setting().game, days=days, **changes)
    places = Places(60, links=2, shares=(0.1, 0.1, 0.3))
    return game, Townspeople(game, places, replace(setting().mind.tales, levels=(0.2, 0.35)))


@pytest.mark.parametrize("changes", [{}, {"check": 0.0, "letter": 0.01, "wrong": 0.1}])
def test_solver_against_unpruned_brute_force(changes):
    game, mind = short(**changes)
    exact = TownSolution(game, mind, "moderator").start_value()
    assert exact == pytest.approx(brute_force(game, mind, "moderator", waiting=True), abs=1e-12)


def test_to_take_out_what_has_been_suffered_changes_nothing():
    game, mind = short(3, wrong=0.1)
    assert TownSolution(game, mind, "moderator").start_value() == pytest.approx(
        Solution(game, mind, "moderator").start_value(), abs=1e-12
    )


def test_a_town_left_alone_by_hand():
    _, mind = short()
    found = dict(alone(mind.places, mind.tales, (0.0, 0.5, 1.0), 1))
    levels = [mind.tales.level(mind.places.believe(2.0, town, "-") / 60) for town in range(3)]
    assert found[2.0] == pytest.approx(sum(levels) / 6) and found[2.0] > found[0.2]


def test_to_do_nothing_gets_nothing():
    wait = FunctionPolicy("wait", lambda dialogue, stream: "Let us wait.")
    assert expected_return(family(), wait) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    best = optimum(family())
    assert best == pytest.approx(0.2879, abs=5e-5)
    assert known_value(family()) > 1.05 * best
    assert expected_return(family(), "lookahead") < 0.9 * best
    rules = {**HEURISTICS, **{name: sweep()[name] for name in ("measured(0,1,1,2)", "measured(1,0,1,2)")}}
    values = {name: expected_return(family(), FunctionPolicy(name, rule)) for name, rule in rules.items()}
    assert 0.5 * best < values["debunk-late"] == max(values.values()) < 0.9 * best


def test_the_posterior_is_that_of_bayes():
    """After two quiet evenings: the origins that give those reports, by their prior."""
    env = gym.make(ENV)
    env.reset(seed=5, options={"hidden": origin()})
    for _ in range(2):
        env.step("Let us wait.")
    levels = [report.level for step in env.unwrapped.dialogue.steps for _, _, report in step.exchange.replies[-1:]]
    believe, tales = setting().mind.places.believe, setting().mind.tales
    left = {
        (h.virulence, h.true, h.town): p
        for h, p in setting().prior
        if [tales.level(believe(h.virulence, h.town, "-" * n) / 10_000) for n in (1, 2)] == levels
    }
    belief = env.unwrapped.dialogue.belief()
    found = {(h.virulence, h.true, h.town): p for h, p in belief}
    assert found == pytest.approx({key: p / sum(left.values()) for key, p in left.items()}) and 2 <= len(left) < 32
    assert isinstance(belief, Belief)


# ---- what is told ----------------------------------------------------------------------------------------------------


def test_the_brief_tells_all_numbers():
    text, info = gym.make(ENV).reset(seed=1)
    for said in ("a town of 10,000 people for 5 days", "one of 8 towns", "2%, 5%, 10%, 20% (25% each)", "10 others"):
        assert said in text
    assert "hidden" not in info


def test_what_was_hidden_is_told_at_the_end():
    env = gym.make(ENV)
    env.reset(seed=2, options={"hidden": origin()})
    for text in ("[check]", "[label]", "[debunk]", "[unlabel]", "Hm."):
        _, _, over, _, info = env.step(text)
    assert over and info["hidden"]["past"] == "-LB--" and info["hidden"]["town"] == 2
    assert info["outcome"]["believers"] == info["hidden"]["believers"] / 10_000


@pytest.mark.parametrize("size", [7, 21, 999, 100_001])
def test_sizes(size):
    with pytest.raises(ValueError, match="size must be"):
        Rumour(size=size)


def test_a_town_of_another_size():
    own = Rumour(size=1_000, days=4)
    assert optimum(own) > 0.1 and isinstance(own.setting(own.scenarios()[0]).prior.support[0], Origin)
    assert np.isfinite(own.setting(own.scenarios()[0]).game.harm)
