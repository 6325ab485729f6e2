"""Division: rules, mind and optimum against formulas, brute force and sums by hand; baselines, metrics, two learners."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import sqrt

import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.core.stream import Stream
from dialogym.envs.division.family import Bargain, Division, _quality
from dialogym.envs.division.game import KINDS, PARTNER, YOU, Accept, Offer, Supplies, Talks, Terms, Walk
from dialogym.envs.division.game import Division as Rules
from dialogym.envs.division.mind import STANCES, Haggler, Interests, counter, preferences
from dialogym.envs.make import make_engine
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.policies.collect import play
from dialogym.policies.duel import play_duels
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout

RULES = Rules("things", (1, 2, 3), (1, 3, 1))
OPEN = RULES.apply(RULES.start(), PARTNER, Say())


def played(game, *acts):
    """The state after acts of the learner, each answered by talk."""
    state = game.apply(game.start(), PARTNER, Say())
    for number, act in enumerate(acts):
        state = game.apply(state, YOU, act)
        if number < len(acts) - 1:
            state = game.apply(state, PARTNER, Say())
    return state


# ---- rules


def test_an_offer_says_what_its_speaker_would_get():
    mine = RULES.apply(OPEN, YOU, Offer(1, 0, 1))
    assert mine.standing == (1, 0, 1) and mine.given == 4 and mine.conceded
    theirs = RULES.apply(mine, PARTNER, Offer(1, 0, 1))
    assert theirs.standing == (0, 2, 2) and theirs.round == 1 and theirs.given == 4
    assert RULES.apply(theirs, YOU, Accept()).deal == (0, 2, 2)
    camp = Rules("camp", (3, 3, 3), (5, 4, 3))
    assert camp.proposed(Supplies(1, 0, 3), PARTNER) == (2, 3, 0)
    job = Rules("job", (4, 4, 4), (6, 3, 1))
    assert job.proposed(Terms(46, 20, 3), YOU) == job.proposed(Terms(46, 20, 3), PARTNER) == (3, 0, 3)


def test_payoffs_by_hand():
    deal = RULES.apply(RULES.apply(RULES.apply(OPEN, YOU, Say()), PARTNER, Offer(0, 1, 3)), YOU, Accept())
    assert deal.deal == (1, 1, 0) and RULES.payoff(deal, YOU) == pytest.approx(0.95 * 0.4)
    someone = Interests((1, 0, 3), "holder", 2, 9)
    for aim, points in (("nash", sqrt(4 * 9)), ("joint", (4 + 9) / 2)):
        assert replace(RULES, aim=aim).payoff(deal, YOU, someone) == pytest.approx(0.95 * points / 10)
    assert replace(RULES, others=(1, 0, 3)).payoff(deal, PARTNER) == pytest.approx(0.95 * 0.9)
    assert RULES.payoff(RULES.apply(OPEN, YOU, Walk()), YOU) == 0.0
    camp = Rules("camp", (3, 3, 3), (5, 4, 3))
    assert camp.payoff(camp.apply(played(camp), YOU, Walk()), YOU) == pytest.approx(5 / 36)
    with pytest.raises(ValueError, match="others must hold"):
        RULES.payoff(deal, PARTNER)


@pytest.mark.parametrize("act", [Offer(2, 0, 0), Offer(0, -1, 0), Offer(0, 0, 4), Supplies(1, 1, 1), Accept()])
def test_what_there_is_not_cannot_be_offered_or_taken(act):
    with pytest.raises(IllegalAct):
        RULES.apply(OPEN, YOU, act)


def test_terms_between_the_steps_are_refused_with_the_range():
    job = Rules("job", (4, 4, 4), (6, 3, 1))
    with pytest.raises(IllegalAct, match=r"salary from 40 to 48 in steps of 2, leave .* and remote from 0 to 4"):
        job.apply(played(job), YOU, Terms(45, 24, 2))


def test_the_deadline():
    state = OPEN
    for _ in range(7):
        state = RULES.apply(RULES.apply(state, YOU, Say()), PARTNER, Say())
    assert state.mover is None and state.ending == "deadline"
    assert RULES.apply(Talks(6, PARTNER), PARTNER, Walk()).ending == "deadline"
    assert RULES.apply(Talks(5, PARTNER), PARTNER, Walk()).ending == "walk"


# ---- mind


def demands(tactic, floor, kind="things", conceded=False):
    mind = Haggler(Rules(kind, (1, 2, 3), (1, 3, 1)))
    someone, found = Interests((1, 3, 1), tactic, floor, STANCES[kind].opening), []
    for number in range(7):
        someone, demand = mind.demand(someone, number, conceded)
        found.append(demand)
    return found


def test_demands_by_hand():
    """Faratin's curve: 9 - (k/6) ** (1/beta) * 7, rounded up; the table of the page."""
    assert demands("conceder", 2) == [5, 4, 4, 3, 3, 2, 2]
    assert demands("boulware", 2) == [9, 9, 9, 8, 6, 2, 2]
    assert demands("holder", 6) == [9, 9, 9, 9, 9, 9, 6]
    assert demands("reciprocator", 6) == [9] * 7
    assert demands("reciprocator", 6, conceded=True) == [8, 7, 6, 6, 6, 6, 6]


def test_the_population_is_that_of_the_page():
    prior = Haggler(RULES).prior()
    shares = prior.map(lambda someone: someone.tactic)
    assert [round(9 * shares.probability(t)) for t in ("conceder", "boulware", "holder", "reciprocator")] == [
        1,
        1,
        3,
        4,
    ]
    assert len(prior) == 112 and prior.map(lambda someone: someone.floor) == Belief.uniform([2, 6])


def test_what_a_partner_may_value():
    for own in ((1, 3, 1), (4, 0, 2), (5, 1, 1)):
        for values in preferences("things", (1, 2, 3), own):
            assert sum(c * v for c, v in zip((1, 2, 3), values, strict=True)) == 10
            assert all(a or b for a, b in zip(own, values, strict=True)) and any(
                a and b for a, b in zip(own, values, strict=True)
            )
    assert (10, 0, 0) not in preferences("things", (1, 2, 3), (4, 0, 2))
    assert len(preferences("camp", (3, 3, 3), (5, 4, 3))) == 6


def test_counteroffers_give_away_what_is_cheap():
    assert counter((1, 2, 3), (4, 0, 2), 9) == (0, 2, 0)
    assert counter((1, 2, 3), (4, 0, 2), 6) == (0, 2, 2)
    assert counter((1, 2, 3), (4, 0, 2), 5) == (0, 2, 2)
    assert counter((1, 2, 3), (2, 1, 2), 7) == (0, 2, 0)
    assert counter((2, 3, 1), (2, 1, 3), 8) == (0, 2, 0)


def test_a_concession_counts_in_units_and_counts_once():
    """To give a thing that is worth nothing to anybody moves a reciprocator; to take it back and give it again does not."""
    mind, someone = Haggler(RULES), Interests((10, 0, 0), "reciprocator", 2, 9)
    gives, takes = Offer(1, 2, 2), Offer(1, 2, 3)
    for offers, demand in (((takes,), 9), ((gives,), 8), ((gives, gives), 9), ((gives, takes, gives), 9)):
        (((after, _), _),) = mind.react(someone, played(RULES, *offers))
        assert after.demand == demand, offers


# ---- optimum


SMALL = [
    Rules("things", (1, 1, 2), (4, 2, 2), rounds=2),
    Rules("things", (1, 1, 1), (4, 4, 2), rounds=2),
    Rules("things", (1, 1, 2), (4, 2, 2), rounds=2, aim="nash"),
    Rules("things", (1, 1, 2), (4, 2, 2), rounds=2, aim="joint"),
    Rules("camp", (1, 1, 1), (5, 4, 3), rounds=2),
    Rules("job", (1, 1, 1), (6, 3, 1), rounds=3),
]


@pytest.mark.parametrize("game", SMALL)
def test_the_optimum_equals_brute_force(game):
    mind = Haggler(game)
    exact = Solution(game, mind, YOU, mind.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, YOU), abs=1e-12) and exact > 0


@pytest.mark.parametrize("tactic", ["conceder", "boulware", "holder"])
@pytest.mark.parametrize("floor", [2, 6])
def test_what_is_known_of_who_concedes_with_time(tactic, floor):
    """Its demand falls by itself: the best is the round in which the package that just meets it pays most."""
    mind, values = Haggler(RULES), (4, 0, 2)
    best = max(
        0.95**number * max(RULES.mine(x) for x in RULES.packages if RULES.theirs(values, x) >= demand) / 10
        for number, demand in enumerate(demands(tactic, floor))
    )
    solution = Solution(RULES, mind, YOU, mind.candidates)
    assert solution.known_value_of(Interests(values, tactic, floor, 9)) == pytest.approx(best)


def test_scenarios_that_differ_in_names_share_a_solution():
    family = Division(rounds=4)
    one, other = (Bargain("things", "attic", *pair) for pair in (((3, 1, 2), (2, 4, 0)), ((1, 2, 3), (4, 0, 2))))
    shared, base = family.setting(one).solution, family.setting(other).solution
    game, mind = family.parts(one)
    own = Solution(game, mind, YOU, mind.candidates)
    assert shared.start_value() == pytest.approx(own.start_value(), abs=1e-12) and shared.base is base.base
    state = game.apply(game.apply(game.apply(game.start(), PARTNER, Say()), YOU, Say()), PARTNER, Offer(3, 1, 0))
    belief = Belief((h, p) for h, p in mind.prior() if h.values[1] == 0)
    for depth in (None, 2):
        here, there = (s.short_sighted(depth) if depth else s for s in (shared, own))
        assert here.value(state, belief) == pytest.approx(there.value(state, belief), abs=1e-12)
    assert shared.act_value(state, belief, shared.best_act(state, belief)) == pytest.approx(own.value(state, belief))


def test_to_wait_is_worth_less_than_to_bargain():
    family = Division(kind="camp")
    setting = family.setting(family.scenarios()[0])
    state = setting.game.apply(setting.game.start(), PARTNER, Say())
    value = setting.solution.value(state, setting.prior)
    assert setting.solution.act_value(state, setting.prior, Say()) < value - 0.01
    assert setting.solution.act_value(state, setting.prior, Walk()) == pytest.approx(5 / 36)


def test_giving_everything_away_binds():
    family = Division(kind="camp")
    give = FunctionPolicy("give", lambda d, s: "[offer food=0 water=0 firewood=0]")
    assert expected_return(family, give) == 0.0


# ---- metrics, baselines, settings


def test_quality_of_deals_by_hand():
    """Own values 1 3 1, the other's 4 0 2: both hats for oneself and the rest for the other is 6 and 10 points."""
    best = _quality((1, 2, 3), (1, 3, 1), (4, 0, 2), (0, 2, 0))
    assert best == {"joint": 1.0, "nash": pytest.approx(60 / 60), "pareto": True}
    worse = _quality((1, 2, 3), (1, 3, 1), (4, 0, 2), (1, 1, 1))
    assert worse == {"joint": pytest.approx(9 / 16), "nash": pytest.approx(20 / 60), "pareto": False}
    assert _quality((1, 2, 3), (1, 3, 1), (4, 0, 2), (1, 2, 3))["pareto"]


def test_outcomes_of_real_dialogues():
    engine = make_engine("Division-v0")
    policy = FunctionPolicy("take", lambda d, s: "[accept]" if d.state.standing else "Well?")
    for dialogue in rollout(engine, policy, range(20)):
        found, game = engine.family.outcome(dialogue), dialogue.setting.game
        deal = dialogue.state.deal
        assert found["deal"] and found["ending"] == "deal" and found["rounds"] == 2
        assert found["points"] == game.mine(deal) / 10 and dialogue.steps[-1].payoff == 0.95 * found["points"]
        assert found["partner_points"] == game.theirs(dialogue.hidden.values, deal) / 10


def test_the_demonstrator_is_human_like():
    """It asks for most of it at first, comes down, and does better than who takes the first offer."""
    dialogues = list(play("DivisionCamp-v0", "scripted", range(150)))
    firsts, steps = [], []
    for dialogue in dialogues:
        game = dialogue.setting.game
        asks = [game.points_of(YOU, x) for s in dialogue.steps if (x := game.proposed(s.act, YOU))]
        firsts.append(asks[0])
        steps += [b - a for a, b in pairwise(asks)]
    assert 0.8 < sum(firsts) / len(firsts) < 0.95 and sum(step > 0.05 for step in steps) < 0.05 * len(steps)
    family = Division(kind="camp")
    mean = sum(dialogue.steps[-1].payoff for dialogue in dialogues) / len(dialogues)
    assert expected_return(family, "accept-first") < mean < optimum(family)


@pytest.mark.parametrize("kind", KINDS)
def test_scenarios(kind):
    scenarios = Division(kind=kind).scenarios()
    assert len(set(scenarios)) == len(scenarios) == 60 and len({s.scene for s in scenarios}) == 10
    for scenario in scenarios:
        assert (
            sum(map(lambda c, v: c * v, scenario.counts, scenario.values))
            == {"things": 10, "camp": 36, "job": 40}[kind]
        )
        assert not hasattr(scenario.public, "values")


def test_bad_settings_are_refused_by_name():
    for given in ({"kind": "cake"}, {"rounds": 3}, {"discount": 0.0}, {"aim": "all"}):
        with pytest.raises(ValueError, match=next(iter(given))):
            Division(**given)


# ---- two learners


@pytest.mark.parametrize("kind", KINDS)
def test_both_seats_know_their_own_values_and_no_others(kind):
    family = Division(kind=kind)
    both = family.duel(Stream(np.random.default_rng(3)))
    you, partner = both.scenarios[YOU], both.scenarios[PARTNER]
    assert partner.values == both.game.others and you.values == both.game.values
    assert both.briefs[YOU] == family.brief(you, family.grammar) and you.public.name in both.briefs[YOU]
    assert partner.public.name in both.briefs[PARTNER] and partner.public.name != you.public.name
    package = next(iter(both.game.packages[5:]))
    state = both.game.apply(both.game.start(), PARTNER, both.game.offers[PARTNER][package])
    assert both.context(state)[2] == both.game.offers[YOU][package]


def test_two_learners_share_what_there_is():
    engine = make_engine("Division-v0")
    policy = make_policy("scripted", engine)
    deals = 0
    for duel in play_duels(engine.family, [dict.fromkeys(engine.family.seats, policy)] * 20, range(20)):
        game, state = duel.env.both.game, duel.env.state_
        if state.deal is not None:
            deals += 1
            left = 0.95 ** max(0, state.round)
            assert duel.payoffs[YOU] == pytest.approx(left * game.mine(state.deal) / 10)
            assert duel.payoffs[PARTNER] == pytest.approx(left * game.theirs(game.others, state.deal) / 10)
    assert deals >= 10
