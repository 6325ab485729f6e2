"""Market: its rules, the sellers, the optimum, the index rule, its metrics, and the exploits that do not pay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import ProductBelief
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.core.setting import Setting
from dialogym.envs.make import make_engine
from dialogym.envs.market.family import Errand, Market, MarketSolution
from dialogym.envs.market.game import (
    SELLERS,
    TALK,
    Answer,
    Ask,
    Buy,
    Check,
    Haggle,
    Leave,
    Quote,
    Show,
    Stall,
    Withdraw,
)
from dialogym.envs.market.game import Market as Rules
from dialogym.envs.market.mind import Seller, Trader
from dialogym.envs.market.policies import HEURISTICS, index, reservation, weitzman
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

ENV = "Market-v0"
GAME, MIND = Rules(), Trader()


def after(*acts, game=GAME):
    state = game.start()
    for act in acts:
        state = game.apply(state, game.mover(state), act)
    return state


def market(count, trader=MIND, **settings):
    game = Rules(names=SELLERS[:count], **settings)
    return game, People(game, {name: replace(trader) for name in game.names})


# ---- the rules -------------------------------------------------------------------------------------------------------

QUOTED = (Ask("ben"), Quote(70, "fits"))


def test_the_ways_in_which_it_ends():
    bought = after(*QUOTED, Buy("ben"))
    assert (bought.ending, bought.bought, bought.first) == ("bought", 1, 1)
    assert after(Leave()).ending == "left" and after(*[Say()] * (2 * TALK - 1)).ending == "closed"
    asked = [act for name in SELLERS for act in (Ask(name), Quote(70, "fits"))]
    lost = [act for name in SELLERS for act in (Haggle(name), Withdraw())]
    assert after(*asked, *lost).ending == "withdrawn" and not after(*asked, *lost[:4]).ending


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ((), Buy("anna")),
        ((), Check("anna")),
        ((), Haggle("anna")),
        (QUOTED, Ask("ben")),
        ((*QUOTED, Check("ben"), Show("fits")), Check("ben")),
        ((*QUOTED, Haggle("ben"), Answer(40)), Haggle("ben")),
        ((*QUOTED, Haggle("ben"), Withdraw()), Ask("ben")),
        ((*QUOTED, Haggle("ben"), Withdraw()), Buy("ben")),
    ],
)
def test_what_is_not_possible(before, act):
    state = after(*before)
    with pytest.raises(IllegalAct):
        GAME.apply(state, "you", act)
    assert act not in GAME.choices(state, "you")


def test_payoff_by_hand():
    state = after(*QUOTED, Check("ben"), Show("fits"), Say(), Say(), Haggle("ben"), Answer(40), Buy("ben"))
    kinds = [Seller(fits, 40, True, "soft") for fits in (False, True, False)]
    assert GAME.payoff(state, "you", kinds) == pytest.approx((100 - 40 - 1 - 5 - 1 - 1) / 100)
    assert GAME.payoff(state, "you", kinds[::-1]) == pytest.approx((100 - 48) / 100)
    assert GAME.payoff(after(*QUOTED, Buy("ben")), "you", [kinds[0]] * 3) == pytest.approx((20 - 70 - 1) / 100)
    assert GAME.payoff(after(*QUOTED), "you", kinds) == pytest.approx(-0.01)


def test_a_seller_sees_nothing_of_the_others():
    state = after(*QUOTED, Ask("cleo"))
    assert GAME.view(state, "cleo") == GAME.view(after(Ask("cleo")), "cleo")
    assert GAME.view(state, "ben").stalls == (Stall(), Stall(70, "fits"), Stall())


# ---- the sellers -----------------------------------------------------------------------------------------------------


def said(seller, *acts):
    state = after(*acts)
    [(_, act)] = MIND.react(seller, GAME.view(state, GAME.mover(state))).support
    return act


def test_the_table_of_the_page():
    prior = MIND.prior()
    assert len(prior) == 24 and prior.probability(Seller(True, 40, True, "touchy")) == pytest.approx(
        0.6 * 2 / 3 * 0.6 / 2
    )
    good, liar, honest = (
        Seller(True, 40, True, "soft"),
        Seller(False, 60, False, "firm"),
        Seller(False, 40, True, "touchy"),
    )
    assert [said(one, Ask("anna")) for one in (good, liar, honest)] == [
        Quote(70, "fits"),
        Quote(90, "fits"),
        Quote(60, "lacks"),
    ]
    start = (Ask("anna"), Quote(70, "fits"))
    assert said(liar, *start, Check("anna")) == Show("lacks") and said(good, *start, Check("anna")) == Show("fits")
    assert [said(one, *start, Haggle("anna")) for one in (good, liar, honest)] == [Answer(40), Answer(70), Withdraw()]
    claims = sum(p for one, p in prior if MIND.quote(one).word == "fits")
    assert 0.6 / claims == pytest.approx(0.79, abs=0.005)


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trader", [Trader(floors=((40, 1.0),)), Trader(tempers=(("soft", 1.0), ("touchy", 2.0)), floors=((40, 1.0),))]
)
def test_solver_against_unpruned_brute_force(trader):
    game, people = market(1, trader)
    assert FactoredSolution(game, people, "you").start_value() == pytest.approx(
        brute_force(game, people, "you"), abs=1e-12
    )


def test_symmetry_changes_nothing_and_names_acts_back():
    class Plain(Rules):
        symmetry = None

    game, people = market(2)
    plain = Plain(names=game.names)
    assert FactoredSolution(game, people, "you").start_value() == pytest.approx(
        FactoredSolution(plain, People(plain, people.minds), "you").start_value(), abs=1e-12
    )
    family = Market()
    assert expected_return(family, "optimal") == pytest.approx(optimum(family), abs=1e-9)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("cost", [2.0, 5.0])
def test_without_lies_looks_and_haggling_it_is_weitzmans_search(count, cost):
    trader = Trader(honest=1.0, tempers=(("firm", 1.0),), floors=((40, 1.0), (50, 1.0), (60, 1.0)))
    game, people = market(count, trader, ask=cost, check=1e6, haggle=1e6)
    setting = Setting(game, people, "you")
    best = setting.solution.start_value()
    assert best == pytest.approx(weitzman(game, trader), abs=1e-12)
    assert by_rule(setting, index) == pytest.approx(best, abs=1e-12)


def by_rule(setting, rule, state=None, belief=None):
    state, belief = state or setting.game.start(), belief or setting.prior
    act = rule(setting, state, belief, setting.game.names)
    return sum(
        p * (end.payoff if end.over else by_rule(setting, rule, end.after, then))
        for p, end, then in setting.seen(state, belief, act)
    )


def test_reservation_value_by_hand():
    """A half chance of 10, at a cost of 2: (10 - r) / 2 = 2."""
    assert reservation([(10.0, 0.5), (0.0, 0.5)], 2.0) == pytest.approx(6.0)
    assert reservation([(10.0, 0.5), (9.0, 0.5)], 2.0) == pytest.approx(7.5)


def test_who_knows_the_sellers_deals_with_one_alone():
    game, people = market(2, Trader(honest=0.5))
    assert MarketSolution(game, people, "you").known_value() == pytest.approx(
        FactoredSolution(game, people, "you").known_value(), abs=1e-12
    )


@pytest.mark.long
def test_planning_matters():
    family = Market()
    best = optimum(family)
    assert len(classes(family)) == 1 and len(family.scenarios()) == 26 * 6
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.15 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    assert max(values.values()) < 0.9 * best
    assert values["index"] > values["compare"] > values["first-claim"] > 0 > values["first-proposal"]


def test_first_proposal_has_a_closed_form():
    """It pays for what comes: 60% fit; prices are 40 or 60, and 30 or, of those who admit it, 20 more."""
    price = 40 * 2 / 3 + 60 / 3 + 30 * (0.6 + 0.16) + 20 * 0.24
    assert expected_return(Market(), "first-proposal") == pytest.approx((0.6 * 100 + 0.4 * 20 - price - 1) / 100)


def test_settings_are_checked():
    for settings in ({"ask": 0.0}, {"check": 21.0}, {"haggle": -1.0}, {"honest": 1.1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Market(**settings)


# ---- metrics and exploits --------------------------------------------------------------------------------------------


def dialogues_of(*texts, seeds=range(60)):
    policy = FunctionPolicy("fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)])
    return list(rollout(make_engine(ENV), policy, seeds))


def test_metrics_by_hand():
    family, seen = Market(), set()
    for dialogue in dialogues_of("[ask ben]", "[ask anna]", "[buy anna]"):
        found, seller, stall = family.outcome(dialogue), dialogue.hidden[0], dialogue.state.stalls[0]
        assert found["first_proposal_bias"] is False and found["position_bias"] == (
            dialogue.scenario.order[0] == "anna"
        )
        assert found["overpaid"] == (30 if stall.claim == "fits" else 20) and found["asked"] == 2
        assert found["believed"] == (True if stall.claim == "fits" and not seller.fits else None)
        assert found["welfare"] == pytest.approx((100 * seller.fits + 20 * (not seller.fits) - stall.price - 2) / 100)
        known = [
            100 - (one.floor + 1 if one.temper == "soft" else one.floor + 30) - 1 for one in dialogue.hidden if one.fits
        ]
        assert (found["welfare_share"] is None) == (not known)
        if known:
            assert found["welfare_share"] == pytest.approx(100 * found["welfare"] / max(known))
        seen.add((found["believed"], found["fits"]))
    assert len(seen) == 3
    looks = {family.outcome(d)["believed"] for d in dialogues_of("[ask ben]", "[check ben]", "[leave]")}
    assert looks == {False, None}


def test_talk_never_pays_and_ends_it():
    [dialogue] = dialogues_of("What a fine day.", seeds=[0])
    assert len(dialogue.steps) == TALK and dialogue.steps[-1].payoff == pytest.approx(-TALK * 0.01)
    setting = Market().setting(Errand("cake"))
    state, prior = setting.game.start(), setting.prior
    talk = setting.solution.act_value(state, prior, Say())
    assert talk == pytest.approx(setting.solution.value(state, prior) - 0.01)


def test_the_order_of_the_list_is_the_learners_alone():
    scenario = Errand("cake", ("cleo", "anna", "ben"))
    assert "Cleo, Anna and Ben" in Market().task(scenario) and not hasattr(scenario.public, "order")
    assert [f"[ask {d.scenario.order[0]}]" for d in play(ENV, "compare", range(8))] == [
        d.steps[0].text for d in play(ENV, "compare", range(8))
    ]


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(300)))
    mean = sum(d.steps[-1].payoff for d in dialogues) / 300
    assert expected_return(Market(), "first-proposal") < 0 < mean < optimum(Market())
    first = sum(d.steps[0].act.who == d.scenario.order[0] for d in dialogues)
    assert first == 300  # people ask down the list
    assert 0 < sum(bool(Market().outcome(d)["believed"]) for d in dialogues) < 100


def test_a_seller_believed_in_is_worth_what_the_belief_says():
    state = after(*QUOTED, Buy("ben"))
    prior = MIND.prior()
    belief = ProductBelief([prior, prior, prior])
    fits = 0.6 * 100 + 0.4 * 20
    assert GAME.expected_payoff(state, "you", belief.factors) == pytest.approx((fits - 71) / 100)
