"""Alternating offers: the rules, the people, closed forms, the optimum, the metrics, the exploits, both seats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.core.stream import Stream
from dialogym.envs.alternating.family import Alternating, Sharing
from dialogym.envs.alternating.game import UNITS, Accept, AlternatingOffers, Pie, Propose
from dialogym.envs.alternating.mind import Sharer, SharingMind, equilibrium, terms
from dialogym.envs.alternating.policies import FIRST_DEMAND, HEURISTICS
from dialogym.envs.make import make_engine
from dialogym.envs.pettingzoo_env import DialogueAEC
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.simulated_users.cast import FAILED, MET, OPEN, Moment

ENV = "Alternating-v0"
GAME = AlternatingOffers(20, 12, (0.95, None))
MIND = SharingMind(GAME)


def after(*acts, game=GAME):
    """The state after the greeting and acts of both seats in turn."""
    state = game.apply(game.start(), "responder", Say())
    for act in acts:
        state = game.apply(state, state.mover, act)
    return state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_offers_stand_until_they_are_answered():
    assert after(Propose(8)) == Pie(1, "responder", 8)
    assert after(Propose(8), Propose(5)) == Pie(2, "opener", 5)  # it rejects what stood
    assert after(Propose(8), Say()) == Pie(2, "opener")
    assert after(Propose(8), Accept()) == Pie(1, None, None, 12, "deal")
    assert after(Propose(8), Propose(5), Accept()) == Pie(2, None, None, 5, "deal")
    assert after(*[Say()] * 12) == Pie(12, "opener") and after(*[Say()] * 13).ending == "deadline"
    assert after(*[Propose(1)] * 12, Say()).ending == "deadline"


def test_what_is_not_possible():
    for state, act in (
        (after(), Accept()),
        (after(Propose(8), Say()), Accept()),
        (after(), Propose(21)),
        (after(), Propose(-1)),
        (after(*[Say()] * 12), Propose(3)),
    ):
        with pytest.raises(IllegalAct):
            GAME.apply(state, state.mover, act)
        assert act not in GAME.choices(state, state.mover)


def test_payoff_by_hand():
    game = AlternatingOffers(20, 12, (0.9, 0.8))
    deal = after(Propose(8), Propose(5), Propose(6), Accept(), game=game)
    assert game.payoff(deal, "opener") == pytest.approx(0.9**2 * 14 / 20)
    assert game.payoff(deal, "responder") == pytest.approx(0.8**2 * 6 / 20)
    assert game.payoff(after(*[Say()] * 13, game=game), "opener") == 0
    with pytest.raises(ValueError, match="discounts must hold that of the responder"):
        GAME.payoff(deal, "responder")


# ---- closed forms ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offers", [2, 6, 12])
@pytest.mark.parametrize(("mine", "theirs"), [(0.9, 0.8), (0.8, 0.95), (0.95, 0.95), (0.5, 0.99)])
def test_the_finite_equilibrium_has_a_closed_form(mine, theirs, offers):
    both = mine * theirs
    value = (1 - theirs) * (1 - both ** (offers // 2)) / (1 - both)
    assert 1 - equilibrium(offers, mine, theirs)[0] == pytest.approx(value)
    limit = (1 - theirs) / (1 - both)
    assert 1 - equilibrium(400, mine, theirs)[0] == pytest.approx(limit, abs=1e-9)  # Rubinstein (1982)


@pytest.mark.parametrize("patience", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_against_a_rational_person_the_optimum_is_the_equilibrium_on_the_grid(patience):
    mind = SharingMind(GAME, population=(("rational", patience, 1.0),), grain=1)
    value = Solution(GAME, mind, "opener").start_value()
    exact = 1 - equilibrium(12, 0.95, patience)[0]
    assert exact - 1 / UNITS - 1e-9 <= value <= exact + 1 / UNITS


def test_the_last_offer_leaves_nothing_and_the_one_before_it_the_patience():
    assert equilibrium(3, 0.9, 0.8) == pytest.approx((0.8 * 0.1, 0.9, 0.0))


# ---- the people ------------------------------------------------------------------------------------------------------


def test_the_table_of_the_page():
    for kind, level, number, least, ask in (
        ("rational", 0.5, 12, 0, 0),  # after the last offer it takes anything
        ("rational", 0.5, 11, 10, 20),  # half of all that is left; its own offer is the last
        ("fair", 0.4, 3, 8, 10),
        ("fair", 0.5, 3, 10, 10),
        ("firm", 0.75, 1, 15, 15),
        ("firm", 0.75, 11, 15, 15),
        ("linear", 0.2, 0, 16, 16),
        ("linear", 0.2, 5, 11, 11),  # 16 - 12 * 5 / 11 = 10.5
        ("linear", 0.2, 11, 4, 4),
        ("boulware", 0.2, 5, 15, 15),  # 16 - 12 * (5 / 11) ** 3 = 14.9
        ("boulware", 0.2, 11, 4, 4),
        ("holder", 0.25, 10, 16, 16),
        ("holder", 0.25, 11, 5, 5),
    ):
        assert terms(Sharer(kind, level), GAME, "responder", number) == (least, ask), (kind, level, number)


def test_people_take_what_they_take_and_ask_in_coarse_steps():
    firm = Sharer("firm", 0.6)
    assert MIND.react(firm, after(Propose(12))).support == ((firm, Accept()),)
    assert MIND.react(firm, after(Propose(11))).support == ((firm, Propose(8)),)
    assert MIND.react(Sharer("linear", 0.2), after(*[Say()] * 5)).support == ((Sharer("linear", 0.2), Propose(8)),)
    assert MIND.react(Sharer("fair", 0.4), after(Propose(7))).support == ((Sharer("fair", 0.4), Propose(10)),)
    game = AlternatingOffers(20, 12, (None, 0.95), greeting=False)
    opening = {
        act
        for hidden in MIND.prior().support
        for _, act in SharingMind(game, "opener").react(hidden, game.start()).support
    }
    assert opening == {Propose(4)}
    last = Pie(12, "responder", 3)
    assert SharingMind(game, "opener").react(firm, last._replace(mover="opener")).support == ((firm, Say()),)


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_solver_against_unpruned_brute_force():
    game = AlternatingOffers(20, 2, (0.9, None))
    mind = SharingMind(
        game, population=(("rational", 0.8, 1.0), ("fair", 0.4, 2.0), ("firm", 0.6, 1.0), ("linear", 0.1, 1.0))
    )
    exact = Solution(game, mind, "opener").start_value()
    assert exact == pytest.approx(brute_force(game, mind, "opener", waiting=True), abs=1e-12) and exact > 0.4


def test_an_offer_between_two_units_is_no_better():
    family = Alternating()
    scenario = Sharing("app", "Ana")  # $1,000
    setting = family.setting(scenario)
    state = setting.game.apply(setting.game.start(), "responder", Say())
    values = setting.solution.act_values(state, setting.prior)
    for give in (401, 425, 449):
        assert setting.solution.act_value(state, setting.prior, Propose(give)) <= values[Propose(400)] + 1e-12


@pytest.mark.long
def test_planning_matters():
    family = Alternating()
    best = optimum(family)
    assert len(classes(family)) == 1
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    assert max(values.values()) < 0.9 * best and values["split"] > values["equal-split"] > values["equilibrium"]


def test_pots_share_a_solution_and_an_act_is_told_in_dollars():
    family = Alternating()
    small, large = (family.setting(Sharing(pot, "Ana")) for pot in ("bottles", "inheritance"))
    assert small.solution.base is large.solution.base
    states = [s.game.apply(s.game.start(), "responder", Say()) for s in (small, large)]
    first, second = (s.solution.best_act(state, s.prior) for s, state in zip((small, large), states, strict=True))
    assert (first.give, second.give) == (first.give, first.give * 50)


def test_settings_are_checked():
    for settings in ({"role": "buyer"}, {"offers": 7}, {"offers": 21}, {"discount": 0.0}, {"discount": 1.1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Alternating(**settings)


# ---- metrics, exploits, baselines ------------------------------------------------------------------------------------


def ends(*texts, count=300, **settings):
    policy = FunctionPolicy(
        "fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)].format(pot=d.scenario.public.dollars)
    )
    engine = make_engine(ENV, **settings)
    return [(dialogue, engine.family.outcome(dialogue)) for dialogue in rollout(engine, policy, range(count))]


def test_metrics_by_hand():
    seen = set()
    for dialogue, found in ends("I want 40%.", "[accept]"):
        hidden, at_once = dialogue.hidden, dialogue.state.offers == 1
        assert found["deal"] and found["at_once"] == at_once
        if at_once:
            assert (found["self_gain"], found["efficiency"], found["share"]) == pytest.approx((0.4, 1.0, 0.4))
            assert found["fairness"] == pytest.approx(0.96)
        else:  # the counter-offer, one discount later
            x, theirs = found["share"], hidden.level if hidden.kind == "rational" else 0.95
            assert found["self_gain"] == pytest.approx(0.95 * x) and found["offers"] == 2
            assert found["efficiency"] == pytest.approx(0.95 * x + theirs * (1 - x))
        seen.add((hidden.kind, at_once))
        if hidden.kind == "rational":
            best = 1 - equilibrium(12, 0.95, hidden.level)[0]
            assert found["of_equilibrium"] == pytest.approx(found["self_gain"] / best)
        else:
            assert found["of_equilibrium"] is None
    assert {("fair", True), ("firm", False), ("holder", False), ("rational", True)} <= seen


def test_who_never_agrees_gets_nothing():
    for dialogue, found in ends("What is your limit?", count=20):
        assert (found["ending"], found["self_gain"], found["efficiency"], found["share"]) == (
            "deadline",
            0.0,
            0.0,
            None,
        )
        assert dialogue.state.offers == 12


def test_words_do_not_move_what_people_take():
    plain, begged = (
        [found["self_gain"] for _, found in ends(first, "[accept]", count=60)]
        for first in ("60% for me.", "Please, I beg you, be fair! I am poor. 60% for me.")
    )
    assert plain == begged


def test_talk_costs_an_offer():
    setting = Alternating().setting(Sharing("quiz", "Ana"))
    state = setting.game.apply(setting.game.start(), "responder", Say())
    assert (
        setting.solution.act_value(state, setting.prior, Say()) < setting.solution.value(state, setting.prior) - 0.002
    )


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(400)))
    asked = [1 - d.steps[0].act.give / d.scenario.public.dollars for d in dialogues]
    assert np.mean(asked) == pytest.approx(FIRST_DEMAND[0], abs=0.02) and min(asked) > 0.44
    family = Alternating()
    mean = np.mean([d.steps[-1].payoff for d in dialogues])
    assert expected_return(family, "equilibrium") < mean < optimum(family)


# ---- both seats ------------------------------------------------------------------------------------------------------


def test_two_learners_know_their_own_patience_alone():
    told = set()
    for seed in range(30):
        both = Alternating().duel(Stream(np.random.default_rng(seed)))
        mine, theirs = (both.scenarios[seat] for seat in ("opener", "responder"))
        assert mine.pot == theirs.pot and mine.name != theirs.name and mine.patience == 0.95
        assert f"{theirs.patience:.0%} is left to you" in both.briefs["responder"] and "95% is" in both.briefs["opener"]
        told.add(theirs.patience)
    assert told == {0.5, 0.8, 0.9, 0.95, 0.99}


def test_a_duel_pays_each_seat_by_its_own_discount():
    env = DialogueAEC(Alternating())
    env.reset(seed=3)
    pot, discounts = env.both.game.pot, env.both.game.discounts
    for seat, text in (("opener", "60% for me."), ("responder", "Half each!"), ("opener", "Deal.")):
        assert env.agent_selection == seat
        env.step(text)
    assert env.state_.deal == pot // 2
    payoffs = [env.both.game.payoff(env.state_, seat) for seat in ("opener", "responder")]
    assert payoffs == pytest.approx([discounts[0] / 2, discounts[1] / 2])


# ---- a language model that decides -----------------------------------------------------------------------------------


def moment(kind, level, state, *past):
    family = replace(Alternating())
    setting = family.setting(Sharing("quiz", "Ana"))  # $100
    return family.cast, Moment(setting, Sharing("quiz", "Ana").public, Sharer(kind, level), "responder", state, past)


@pytest.mark.parametrize(
    ("act", "standing", "last", "problem"),
    [
        (Accept(), 60, 20, ""),
        (Accept(), 59, 20, "less than you take"),
        (Propose(40), 30, 20, ""),
        (Propose(40), 60, 20, "enough for you now"),
        (Propose(41), 30, 20, "Ask for $60 or more"),
        (Propose(10), 30, 20, "You offered them $20 before"),
        (Say(), 30, 20, "Make a proposal"),
    ],
)
def test_a_firm_person_keeps_to_what_it_takes(act, standing, last, problem):
    cast, here = moment("firm", 0.6, Pie(3, "responder", standing), ("responder", Propose(last)))
    said = cast.admissible(here, act)
    assert problem in said and bool(said) == bool(problem)
    assert (act in cast.acts(here)) or problem or act == Propose(41)


def test_what_a_person_is_told_and_its_goals():
    cast, here = moment("holder", 0.25, Pie(11, "responder", 25))
    assert "80% of the pot until the last offer, and take 25% then" in cast.facts(here)
    assert "1 is left" in cast.situation(here) and "You take $25 or more" in cast.situation(here)
    assert [goal.status for goal in cast.goals(here)] == [OPEN, OPEN, MET]
    over = here._replace(state=Pie(11, None, None, 75, "deal"), past=(("responder", Accept()),))
    assert [goal.status for goal in cast.goals(over)] == [MET, FAILED, MET]
    assert cast.bounds(here.setting, Sharer("firm", 0.6)) == (0.0, pytest.approx(0.4))
    assert cast.bounds(here.setting, here.hidden)[1] == pytest.approx(max(0.2, 0.95**10 * 0.75))


def test_a_person_that_decides_always_has_something_to_do_and_so_does_the_scripted_one():
    family, seen = Alternating(), set()
    for dialogue in play(ENV, "random", range(60)):
        past = []
        for step in dialogue.steps:
            past.append(("opener", step.act))
            for before, seat, act in step.exchange.replies:
                here = Moment(dialogue.setting, dialogue.public, dialogue.hidden_start, seat, before, tuple(past))
                possible = [one for one in family.cast.acts(here) if not family.cast.admissible(here, one)]
                assert possible and len(family.cast.goals(here)) == 3
                seen.add(isinstance(act, Accept))
                assert (Accept() in possible) == isinstance(act, Accept)  # it takes what the scripted person takes
                past.append((seat, act))
    assert seen == {True, False}
