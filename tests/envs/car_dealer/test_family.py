"""CarDealer: the rules, the buyers, the optimum, its metrics, and the exploits that do not pay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.car_dealer.family import CarDealer, Customer
from dialogym.envs.car_dealer.game import Ask, Buy, Leave, Lot, Offer, Refuse, Tell, Visit
from dialogym.envs.car_dealer.mind import TEMPERS, Buyer, BuyerMind
from dialogym.envs.car_dealer.policies import HEURISTICS, ladder
from dialogym.envs.make import make_engine
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.evaluation.pareto import expected_metrics
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

ENV = "CarDealer-v0"
GAME = Lot()
MIND = BuyerMind(GAME)
START = GAME.apply(GAME.start(), "buyer", Say())


def buyer(temper, budget=50, kind="sedan", patience=None, seen=0):
    return Buyer(budget, kind, temper, TEMPERS[temper].patience if patience is None else patience, seen)


def answers(hidden, *acts):
    """What a buyer answers to one act of the dealer after another, and what it is like after that."""
    state, said = START, []
    for act in acts:
        state = GAME.apply(state, "dealer", act)
        ((hidden, answer),) = MIND.react(hidden, state).support
        said.append(answer)
        state = GAME.apply(state, "buyer", answer)
    return said, hidden, state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_the_price_list():
    assert GAME.prices(2) == (28, 32, 36, 40, 44) and GAME.prices(5) == (56, 64, 72, 80, 88)
    assert len(list(GAME.choices(START, "dealer"))) == 2 + 25 + 1


def test_what_is_not_possible():
    asked = GAME.apply(GAME.apply(START, "dealer", Ask("kind")), "buyer", Tell("suv"))
    for state, act in (
        (asked, Ask("kind")),
        (START, Offer(2, 35)),
        (START, Offer(6, 56)),
        (START, Offer(0, 17)),
        (START, Buy()),
    ):
        with pytest.raises(IllegalAct):
            GAME.apply(state, "dealer", act)
        assert act not in GAME.choices(state, "dealer")


def test_the_ways_in_which_it_ends():
    said, _, sold = answers(buyer("open"), Offer(2, 44))
    assert said == [Buy()] and (sold.sold, sold.ending, sold.mover) == (44, "sold", None)
    said, _, left = answers(buyer("angry"), *[Offer(5, 88)] * 2)
    assert said == [Refuse("kind"), Leave()] and left.ending == "left" and left.turn == 2
    said, _, late = answers(buyer("open"), *[Say()] * 8)
    assert said == [Say()] * 7 + [Leave()] and late.ending == "limit"
    said, _, last = answers(buyer("open"), *[Say()] * 7, Offer(2, 44))
    assert said[-1] == Buy() and GAME.payoff(last, "dealer") == pytest.approx(
        0.97**7 * 44 / 90
    )  # in the last turn, too


def test_payoff_by_hand():
    _, _, state = answers(buyer("open"), Ask("kind"), Offer(2, 40))
    assert GAME.payoff(state, "dealer") == pytest.approx(0.97 * 40 / 90)
    assert GAME.payoff(START, "dealer") == 0


# ---- the buyers ------------------------------------------------------------------------------------------------------


def test_what_a_car_is_worth():
    assert MIND.worth(buyer("open", 50), 2) == pytest.approx(44)  # 110% of 40
    assert MIND.worth(buyer("open", 30), 2) == 30  # the budget
    assert MIND.worth(buyer("open", 70), 5) == pytest.approx(42)  # 60% of 70
    assert MIND.worth(buyer("open", 90), 3) == pytest.approx(0.7 * 44)


@pytest.mark.parametrize(
    ("temper", "budget", "about", "answer"),
    [
        ("open", 70, "budget", "high"),
        ("open", 50, "budget", "middle"),
        ("open", 10, "budget", "low"),
        ("haggler", 70, "budget", "middle"),
        ("haggler", 90, "budget", "high"),
        ("haggler", 30, "budget", "low"),
        ("haggler", 10, "budget", "low"),
        ("slow", 70, "budget", "nothing"),
        ("angry", 70, "budget", "nothing"),
        ("open", 70, "kind", "sedan"),
        ("haggler", 70, "kind", "sedan"),
        ("slow", 70, "kind", "sedan"),
        ("angry", 70, "kind", "nothing"),
    ],
)
def test_what_buyers_tell(temper, budget, about, answer):
    said, after, _ = answers(buyer(temper, budget), Ask(about))
    assert said == [Tell(answer)]
    assert after.patience == TEMPERS[temper].patience - (temper == "angry")  # questions wear the angry out


def test_a_slow_buyer_comes_up_with_each_refused_offer_of_its_kind():
    said, after, _ = answers(buyer("slow"), *[Offer(2, 44)] * 4)
    assert said == [Refuse("dear")] * 3 + [Buy()] and after.seen == 3  # 55, 70, 85, 100% of 44
    assert answers(buyer("slow"), Offer(2, 28), Offer(2, 28))[0] == [Refuse("dear"), Buy()]  # 24.2, then 30.8
    said, after, _ = answers(buyer("slow"), Offer(4, 70), Offer(4, 70), Offer(2, 44))
    assert said == [Refuse("kind"), Refuse("kind"), Refuse("dear")] and after.seen == 1  # other kinds warm nobody


def test_a_haggler_refuses_twice_whatever_the_price():
    assert answers(buyer("haggler"), *[Offer(2, 28)] * 3)[0] == [Refuse("dear")] * 2 + [Buy()]
    assert answers(buyer("haggler"), Offer(2, 28), Offer(2, 28), Offer(2, 44))[0][-1] == Buy()  # and pays as much after
    assert answers(buyer("haggler"), *[Offer(4, 70)] * 4)[0] == [Refuse("kind")] * 3 + [Leave()]


@pytest.mark.parametrize(("temper", "refusals"), [("open", 3), ("slow", 5), ("haggler", 4), ("angry", 2)])
def test_patience(temper, refusals):
    said, after, state = answers(buyer(temper), *[Offer(5, 88)] * refusals)
    assert said == [Refuse("kind")] * (refusals - 1) + [Leave()]
    assert state.ending == "left" and after.patience == -1


def test_who_comes_in():
    prior = MIND.prior()
    assert len(prior) == 60 and prior.probability(buyer("slow", 30, "suv")) == pytest.approx(3 / 8 * 3 / 10 / 3)


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_solver_against_unpruned_brute_force():
    game = Lot(turns=3, cars=(("sedan", 40), ("suv", 60)))
    mind = BuyerMind(
        game, budgets=((30, 1.0), (70, 1.0)), tempers=(("slow", TEMPERS["slow"]), ("open", TEMPERS["open"]))
    )
    exact = Solution(game, mind, "dealer", game.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "dealer", waiting=True), abs=1e-12) and exact > 0.15


def test_one_turn_has_a_closed_form():
    """A single offer is the best of 25 prices times the share of those who pay it at once."""
    game = Lot(turns=1)
    mind = BuyerMind(game)
    best = max(
        price * sum(p for hidden, p in mind.prior() if _pays(mind, hidden, car, price)) / 90
        for car in range(1, 6)
        for price in game.prices(car)
    )
    assert Solution(game, mind, "dealer", game.candidates).start_value() == pytest.approx(best)


def _pays(mind, hidden, car, price):
    share = {"open": 1.0, "angry": 1.0, "slow": 0.55, "haggler": 0.0}[hidden.temper]
    return price <= share * mind.worth(hidden, car) + 1e-9


@pytest.mark.long
def test_planning_matters():
    family = CarDealer()
    best = optimum(family)
    assert len(classes(family)) == 1
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    assert max(values.values()) < 0.9 * best
    assert values["needs-first"] > values["qualify"] > values["low-ball"] > values["list-price"]


def test_where_all_are_open_looking_ahead_is_enough():
    mind = BuyerMind(GAME, (("open", TEMPERS["open"]),))
    solution = Solution(GAME, mind, "dealer", GAME.candidates)
    family = replace(CarDealer())
    assert solution.start_value() > optimum(family)


def test_talk_never_pays():
    setting = CarDealer().setting(Customer("harbour", "Ana"))
    value = setting.solution.value(START, setting.prior)
    assert setting.solution.act_value(START, setting.prior, Say()) == pytest.approx(0.97 * value, rel=0.01)


def test_settings_are_checked():
    for settings in ({"turns": 4}, {"turns": 11}, {"discount": 0.0}, {"discount": 1.1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            CarDealer(**settings)


# ---- metrics, exploits, baselines ------------------------------------------------------------------------------------


def ends(*texts, count=300):
    engine = make_engine(ENV)
    policy = FunctionPolicy("fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)])
    return [(dialogue, engine.family.outcome(dialogue)) for dialogue in rollout(engine, policy, range(count))]


def test_metrics_by_hand():
    seen = set()
    for dialogue, found in ends("[offer car=2 price=28]", "[ask kind]", "[offer car=2 price=36]"):
        then = dialogue.hidden_start
        if found["sold"] and found["turns"] == 1:
            assert (found["revenue"], found["of_list"], found["refusals"], found["questions"]) == (28, 0.7, 0, 0)
            assert found["of_mean"] == pytest.approx(28 / ((then.budget + 40) / 2))
            assert found["of_worth"] == pytest.approx(28 / MIND.worth(then, 2)) and found["of_worth"] <= 1
            assert found["right_kind"] == (then.kind == "sedan")
            seen.add(then.kind)
        elif found["sold"]:
            assert found["revenue"] == 36 and found["questions"] == 1 and found["refusals"] >= 1
            seen.add(then.temper)
        else:
            assert found["of_mean"] is found["right_kind"] is None and found["ending"] in ("left", "limit")
    assert {"sedan", "slow", "haggler"} <= seen


def test_exact_metrics_agree_with_simulation():
    exact = expected_metrics(CarDealer())
    dialogues = list(play(ENV, "optimal", range(400)))
    assert exact["payoff"] == pytest.approx(optimum(CarDealer()))
    assert abs(sum(d.state.sold > 0 for d in dialogues) / 400 - exact["sold"]) < 0.08


def test_begging_and_pushing_change_nothing():
    plain, pushed = (
        [
            found["revenue"]
            for _, found in ends(f"{words} The Lumen, I mean car 2, is $36,000. [offer car=2 price=36]", count=60)
        ]
        for words in ("", "Please, I beg you, buy it right now, before it is gone!")
    )
    assert plain == pushed and sum(plain) > 0


def test_what_is_off_the_list_is_refused():
    for dialogue, found in ends("[offer car=2 price=90]", count=5):
        assert found["illegal"] == 3 and found["ending"] == "truncated" and dialogue.steps[-1].payoff == 0
        assert "28, 32, 36, 40, 44 thousand" in dialogue.steps[0].reply


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(400)))
    first = [d.steps[0].act for d in dialogues]
    assert 0.7 < sum(act == Ask("kind") for act in first) / 400 < 0.9
    offers = [next((s.act for s in d.steps if isinstance(s.act, Offer)), None) for d in dialogues]
    assert all(
        offer is None or offer.price in GAME.prices(offer.car)[3:] for offer in offers
    )  # at or above the list price
    mean = sum(d.steps[-1].payoff for d in dialogues) / 400
    assert expected_return(CarDealer(), "anchor") < mean < optimum(CarDealer())


def test_a_ladder_follows_what_it_hears():
    engine = make_engine(ENV)
    policy = FunctionPolicy("ladder", ladder(("kind",), (3, 1), (2, 4, 5, 3, 1)))
    for dialogue in rollout(engine, policy, range(60)):
        acts = [step.act for step in dialogue.steps]
        assert acts[0] == Ask("kind")
        if dialogue.hidden_start.kind == "luxury" and dialogue.hidden_start.temper != "angry":
            assert acts[1] == Offer(5, 80) and set(acts[2:]) <= {Offer(5, 64)}


def test_states_say_all():
    assert Visit._fields == ("turn", "mover", "asked", "topic", "sold", "ending")
