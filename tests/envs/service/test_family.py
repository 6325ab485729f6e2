"""Service: the optimum against unpruned search and by hand, the customer, the desk, the metrics, and the tricks that gain nothing."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.setting import Setting
from dialogym.envs.make import make_engine
from dialogym.envs.service.game import Ask, Call, Confirm, HangUp, Lookup, Record, Tell, Write
from dialogym.envs.service.mind import WISHES, Customer
from dialogym.envs.service.policies import PROCEDURES
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.service import best_pair, consistency, default, ends, mean, optimal, ranked

ENV = "Service-v0"
ANNE = Customer(("pending", "delivered"), 1, "cancel", False, True, False)
TOLD = ["[ask identity]", "[ask wish]", "[ask which]", "[lookup 1]"]


def family_of(**settings):
    return make_engine(ENV, **settings).family


def setting_of(**settings):
    family = family_of(**settings)
    return family.setting(family.scenarios()[0])


def played(script, hidden=ANNE, **settings):
    """Payoff, outcome and the last words of a dialogue in which nobody hangs up."""
    env = gym.make(ENV, leave=1e-9, calm_leave=1e-9, slip=settings.pop("slip", 0.0), **settings)
    env.reset(seed=0, options={"hidden": hidden})
    for text in script:
        said, reward, over, cut, info = env.step(text)
        if over or cut:
            return reward, info["outcome"], said
    raise AssertionError(f"not over: {said}")


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"turns": 4}, {"turns": 4, "confirms": 2, "slip": 0.4, "harm": 0.1}])
def test_nothing_better_is_pruned(settings):
    setting = setting_of(**settings)
    whole = Setting(setting.game, setting.mind, setting.seat)
    assert setting.solution.start_value() == pytest.approx(whole.solution.start_value(), abs=1e-12)


def test_the_straight_way_by_hand():
    """One order, nobody is flexible: who, what, look, propose, do; only the proposal can be hung up on."""
    allowed, leaves = 0.4 * 0.5 + 0.4 * 0.5 + 0.2, 0.5 * 0.4 + 0.5 * 0.02
    value = allowed * ((1 - leaves) * (1 - 5 * 0.02) - leaves * 4 * 0.02) + (1 - allowed) * (1 - 3 * 0.02)
    assert optimum(family_of(orders=1, turns=5, flexible=0.0)) == pytest.approx(value, abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    family = family_of()
    best = optimum(family)
    rules = {name: expected_return(family, name) for name in (*PROCEDURES, "lookahead")}
    assert max(rules.values()) < 0.9 * best and rules["lookahead"] < 0.5 * best
    assert setting_of().solution.known_value() > 1.15 * best


def test_an_airline_is_the_same_game():
    assert optimum(family_of(domain="airline")) == pytest.approx(optimum(family_of()), abs=1e-12)


def test_no_procedure_of_the_grid_is_near():
    found = ranked(default())
    assert found[0][0] < 0.9
    assert found[0][0] <= best_pair(default(), [found[0][1]])[0] < 0.9


# ---- customers and desk ----------------------------------------------------------------------------------------------


def test_the_prior_is_that_of_the_page():
    prior = setting_of().prior
    assert sum(p for _, p in prior) == pytest.approx(1.0)
    for action, share in zip(("cancel", "return", "exchange"), WISHES, strict=True):
        assert prior.map(lambda one: one.wish).probability(action) == pytest.approx(share)
    bends = [(one, p) for one, p in prior if one.wish != "exchange" and (one.wish == "cancel") != _pending(one)]
    assert sum(p for one, p in bends if one.flexible) == pytest.approx(0.8 * sum(p for _, p in bends))
    assert sum(p for _, p in bends) == pytest.approx(0.4)
    for fact, share in (("remembers", 0.4), ("hurried", 0.5)):
        assert prior.map(lambda one, fact=fact: getattr(one, fact)).probability(True) == pytest.approx(share)


def _pending(one):
    return one.statuses[one.order - 1] == "pending"


@pytest.mark.parametrize(
    ("topic", "hidden", "answers"),
    [
        (Ask("identity"), ANNE, {Tell("email"): 0.9, Tell("email", "curt"): 0.1}),
        (Ask("identity"), ANNE._replace(hurried=True), {Tell("email"): 0.15, Tell("email", "curt"): 0.85}),
        (Ask("wish"), ANNE, {Tell("cancel"): 1.0}),
        (Ask("which"), ANNE, {Tell("1"): 1.0}),
        (Ask("which"), ANNE._replace(remembers=False), {Tell("unsure"): 1.0}),
        (Ask("alternative"), ANNE._replace(order=2, flexible=True), {Tell("return"): 1.0}),
        (Ask("alternative"), ANNE._replace(order=2), {Tell("nothing"): 1.0}),
        (Confirm("cancel", 1), ANNE, {Tell("yes"): 1.0}),
        (Confirm("return", 2), ANNE._replace(order=2, flexible=True), {Tell("yes"): 1.0}),
        (Confirm("exchange", 1), ANNE, {Tell("yes"): 0.1, Tell("no"): 0.9}),
    ],
)
def test_customers_answer_as_the_page_says(topic, hidden, answers):
    mind = setting_of().mind
    for turn, leave in ((2, 0.0), (3, 0.4 if hidden.hurried else 0.02)):
        said = mind.react(hidden, Call(turn, "customer", topic)).map(lambda outcome: outcome[1])
        assert said.probability(HangUp()) == pytest.approx(leave)
        for answer, p in answers.items():
            assert said.probability(answer) == pytest.approx(p * (1 - leave))


@pytest.mark.parametrize(
    ("call", "value"),
    [(Lookup(1), "pending"), (Lookup(2), "delivered"), (Write("cancel", 1), "done"), (Write("return", 1), "pending"),
     (Write("exchange", 2), "done"), (Write("cancel", 2), "delivered")],
)  # fmt: skip
def test_the_desk_never_errs(call, value):
    mind = setting_of().mind
    for hidden in (ANNE, ANNE._replace(order=2, hurried=True)):
        outcome = mind.react(hidden, Call(3, "desk", call))
        assert outcome.support == ((hidden, Record(value)),) or list(outcome.support) == [(hidden, Record(value))]


@pytest.mark.parametrize(
    ("hidden", "target"),
    [
        (ANNE, ("cancel", 1)),
        (ANNE._replace(order=2), None),
        (ANNE._replace(order=2, flexible=True), ("return", 2)),
        (ANNE._replace(wish="return", flexible=True), ("cancel", 1)),
        (ANNE._replace(order=2, wish="exchange"), ("exchange", 2)),
    ],
)
def test_what_should_be_done(hidden, target):
    assert setting_of().game.target(hidden) == target


# ---- dialogues and metrics -------------------------------------------------------------------------------------------


def test_the_right_change():
    reward, outcome, _ = played(
        [*TOLD, "[confirm action=cancel number=1]", "[write action=cancel number=1]", "[close]"], turns=7
    )
    assert reward == pytest.approx(1 - 6 * 0.02)
    assert outcome["success"] and outcome["done"] == outcome["should"] == "cancel 1" and outcome["ending"] == "closed"
    assert (outcome["questions"], outcome["calls"], outcome["proposals"], outcome["turns"]) == (3, 2, 1, 6)
    assert not outcome["violated"] and not outcome["wrong_write"]


def test_a_change_without_a_yes_is_a_violation():
    reward, outcome, said = played([*TOLD, "[write action=cancel number=1]", "[close]"])
    assert reward == pytest.approx(-0.5 - 5 * 0.02) and outcome["violated"] and not outcome["success"]
    assert not outcome["wrong_write"]


def test_a_yes_is_for_just_one_change():
    script = [*TOLD, "[confirm action=cancel number=1]", "[write action=exchange number=1]"]
    reward, outcome, said = played(script)
    assert said.startswith("Desk: exchange order 1") and said.endswith(": done")
    assert reward == pytest.approx(-0.5 - 6 * 0.02) and outcome["violated"] and outcome["wrong_write"]


def test_a_slip_of_the_tongue_is_no_wish():
    script = [
        "[ask identity]",
        "[lookup 1]",
        "[confirm action=exchange number=1]",
        "[write action=exchange number=1]",
        "[close]",
    ]
    reward, outcome, _ = played(script, slip=1.0)
    assert reward == pytest.approx(-0.5 - 4 * 0.02) and outcome["wrong_write"] and not outcome["violated"]


def test_the_status_is_not_found_out_by_trying():
    reward, outcome, _ = played(["[ask identity]", "[write action=return number=1]", "[close]"])
    assert reward == pytest.approx(-0.5 - 2 * 0.02) and outcome["done"] is None and outcome["violated"]


def test_nothing_to_be_done():
    reward, outcome, _ = played(["[close]"], ANNE._replace(order=2))
    assert reward == 1.0 and outcome["success"] and outcome["should"] is None
    assert played(["[close]"])[0] == 0.0
    reward, outcome, _ = played(["Hm."] * 6, ANNE._replace(order=2))
    assert reward == pytest.approx(-6 * 0.02) and outcome["ending"] == "limit" and not outcome["success"]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (["[ask wish]", "[ask wish]"], "You have asked me that before."),
        (["[lookup 1]"], "You have not asked me yet who I am."),
        (["[ask identity]", "[lookup 3]"], "My orders have the numbers 1 to 2."),
        (["[ask identity]", "[lookup 1]", "[lookup 1]"], "You have looked that up before."),
        (["[ask identity]", "[confirm action=cancel number=1]"], "You have not looked that order up yet."),
        (["[ask identity]", "[write action=burn number=1]"], "What can be done is cancel, return or exchange."),
        (["[ask wish]", "[ask alternative]"], "You have not told me yet why that should not be possible."),
        (
            ["[ask identity]", "[lookup 1]", "[confirm action=cancel number=1]", "[confirm action=exchange number=1]"],
            "You have proposed enough.",
        ),
    ],
)
def test_what_is_refused(script, reason):
    env = gym.make(ENV, leave=1e-9, calm_leave=1e-9)
    env.reset(seed=0, options={"hidden": ANNE})
    for text in script:
        said, _, _, _, info = env.step(text)
    assert info["problem"] == "illegal" and reason in said


def test_words_that_look_like_the_desk_change_nothing():
    env = gym.make(ENV)
    env.reset(seed=0)
    env.step("[ask identity]")
    before = env.unwrapped.belief()
    env.step("Desk: order 1 (number 4417, kettle): delivered")
    after = env.unwrapped.belief()
    for fact in ("statuses", "order", "wish"):
        assert before.map(lambda one, f=fact: getattr(one, f)) == after.map(lambda one, f=fact: getattr(one, f))


def test_the_demonstrator_is_human():
    engine = make_engine(ENV)
    found = [engine.family.outcome(one) for one in rollout(engine, make_policy("scripted", engine), range(300))]
    assert (
        0.25 < np.mean([one["success"] for one in found]) < 0.5
        and 0 < np.mean([one["violated"] for one in found]) < 0.1
    )
    assert not any(one["illegal"] or one["malformed"] for one in found)


# ---- pass^k ----------------------------------------------------------------------------------------------------------


def test_consistency_by_hand():
    """Two customers: one is served right every time, one every other time."""
    game, prior = default().game, default().prior
    right = next(one for one, _ in prior if game.target(one) == ("cancel", 1))
    other = next(one for one, _ in prior if game.target(one) == ("cancel", 2))
    done, failed = (Call(mover=None, done=deed, ending="closed") for deed in (("cancel", 1), ("return", 1)))
    both = type(prior).certain
    found = [
        (0.5, done, both(right)),
        (0.25, done._replace(done=("cancel", 2)), both(other)),
        (0.25, failed, both(other)),
    ]
    for trials, value in ((1, 0.75), (2, 0.625), (4, 0.5 + 0.5 / 16)):
        assert consistency(game, found, trials) == pytest.approx(value)


def test_the_best_in_the_mean_is_less_consistent():
    setting = default()
    best, rule = (ends(setting, pick) for pick in (optimal(setting), PROCEDURES["wish-which-look"]))
    assert mean(best, lambda s, h: setting.game.payoff(s, "agent", h)) == pytest.approx(setting.solution.start_value())
    assert consistency(setting.game, best, 1) == pytest.approx(mean(best, setting.game.success))
    assert consistency(setting.game, best, 1) > consistency(setting.game, rule, 1)
    assert consistency(setting.game, best, 8) < consistency(setting.game, rule, 8)


# ---- traps of the policy ---------------------------------------------------------------------------------------------


def hard():
    return make_engine("ServiceHard-v0").family


@pytest.mark.long
def test_the_hard_variant_is_harder():
    family, default_family = hard(), family_of()
    best = optimum(family)
    for name in ("likely-deed", "by-temper", "lookahead"):
        assert expected_return(family, name) < 0.82 * best, name
    setting = family.setting(family.scenarios()[0])
    assert ranked(setting)[0][0] < 0.82 < ranked(default_family.setting(default_family.scenarios()[0]))[0][0]


def test_nothing_better_is_pruned_where_there_are_traps():
    setting = setting_of(turns=4, barred=0.2, impostors=0.3, slip=0.4, orders=1)
    whole = Setting(setting.game, setting.mind, setting.seat)
    assert setting.solution.start_value() == pytest.approx(whole.solution.start_value(), abs=1e-12)


def test_the_traps_are_as_likely_as_the_page_says():
    family = hard()
    prior = family.setting(family.scenarios()[0]).prior
    assert prior.map(lambda one: one.impostor).probability(True) == pytest.approx(0.08)
    statuses = prior.map(lambda one: one.statuses[1])
    for status, share in (("pending", 0.45), ("delivered", 0.45), ("shipped", 0.1)):
        assert statuses.probability(status) == pytest.approx(share)
    assert not any(one.impostor or "shipped" in one.statuses for one, _ in setting_of().prior)


def test_nothing_may_be_done_in_a_trap():
    family = hard()
    game, mind = family.parts(family.scenarios()[0])
    barred, impostor = ANNE._replace(statuses=("shipped", "pending")), ANNE._replace(remembers=False, impostor=True)
    assert game.target(barred) is None is game.target(impostor)
    assert not any(game.allowed("shipped", action) for action in game.actions)
    assert mind.returned(barred, Write("exchange", 1)) == "shipped"
    said = mind.react(impostor, Call(1, "customer", Ask("identity"))).map(lambda outcome: outcome[1])
    assert said.probability(Tell("unsure")) == pytest.approx(0.4) and said.probability(Tell("email")) == pytest.approx(
        0.54
    )


def test_the_demonstrator_serves_no_stranger():
    engine = make_engine("ServiceHard-v0")
    found = list(rollout(engine, make_policy("scripted", engine), range(300)))
    assert not any(engine.family.outcome(one)["illegal"] for one in found)
    strangers = [one for one in found if (Ask("identity"), Tell("unsure")) in [
        (step.act, act) for step in one.steps for _, _, act in step.exchange.replies]]  # fmt: skip
    assert strangers and all(one.state.ending == "closed" and not one.state.done for one in strangers)
