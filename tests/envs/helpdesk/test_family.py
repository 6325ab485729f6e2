"""Helpdesk: the optimum against unpruned search and by hand, customer and desk, the metrics, tricks that gain nothing."""

from __future__ import annotations

import gymnasium as gym
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.setting import Setting
from dialogym.envs.helpdesk.calls import CASES
from dialogym.envs.helpdesk.family import Helpdesk
from dialogym.envs.helpdesk.game import (
    PARTS,
    Call,
    Check,
    Done,
    Fix,
    Guide,
    HangUp,
    Leave,
    Line,
    Outcome,
    Record,
    Report,
    Restart,
)
from dialogym.envs.helpdesk.mind import Phone
from dialogym.envs.helpdesk.policies import RULES
from dialogym.envs.make import make_engine
from dialogym.evaluation.exact import expected_return, optimum
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout

ENV = "Helpdesk-v0"


def setting_of(**settings):
    return Helpdesk(**settings).setting(CASES[0])


def played(script, hidden, **settings):
    """Payoff, outcome and all that was said."""
    env = gym.make(ENV, **settings)
    env.reset(seed=0, options={"hidden": hidden})
    replies = []
    for text in script:
        said, reward, over, cut, info = env.step(text)
        replies.append(said)
        if over or cut:
            return reward, info["outcome"], replies
    raise AssertionError(f"not over: {replies}")


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", [{"turns": 4}, {"turns": 5, "guide_cost": 0.0, "able": 0.2}, {"turns": 4, "handover": 0.0, "charge": 0.0, "breaks": 1.0}])  # fmt: skip
def test_nothing_better_is_pruned(settings):
    setting = setting_of(**settings)
    whole = Setting(setting.game, setting.mind, setting.seat)
    assert setting.solution.start_value() == pytest.approx(whole.solution.start_value(), abs=1e-12)


def test_the_way_of_four_turns_by_hand():
    """Everybody sure of hand, no handover, time for two acts and a restart: a look at the plan says what to repair."""
    repaired = 0.75 + 0.25 * 0.95
    value = 0.65 * repaired * 0.75**2 + 0.35 * 0.75**3 - 4 * 0.03
    assert value > repaired**2 * 0.75 * 0.65 - 4 * 0.03  # two repairs of the phone
    assert optimum(Helpdesk(turns=4, able=1.0, handover=0.0)) == pytest.approx(value, abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    family = Helpdesk()
    best = optimum(family)
    assert max(expected_return(family, name) for name in (*RULES, "lookahead")) < 0.9 * best
    assert family.setting(CASES[0]).solution.known_value() > 1.15 * best


# ---- customers and desk ----------------------------------------------------------------------------------------------


def test_the_prior_is_that_of_the_page():
    prior = setting_of().prior
    assert len(prior) == 32 and sum(p for _, p in prior) == pytest.approx(1.0)
    for part, share in zip(PARTS, (0.25, 0.25, 0.25, 0.35), strict=True):
        assert prior.map(lambda one, part=part: part in one.faults).probability(True) == pytest.approx(share)
    assert prior.map(lambda one: one.able).probability(True) == pytest.approx(0.5)
    assert prior.map(lambda one: (one.able, one.faults)).probability((True, ())) == pytest.approx(0.5 * 0.75**3 * 0.65)


UNSURE, SURE = Phone(("sim",), False), Phone(("sim",), True)


@pytest.mark.parametrize(
    ("topic", "hidden", "outcomes"),
    [
        (Check("sim"), UNSURE, {Report("odd"): 0.28, Report("fine"): 0.12, Report("lost"): 0.6}),
        (Check("apn"), UNSURE, {Report("fine"): 0.28, Report("odd"): 0.12, Report("lost"): 0.6}),
        (Check("sim"), SURE, {Report("odd"): 0.95, Report("fine"): 0.05}),
        (Check("apn"), SURE, {Report("fine"): 0.95, Report("odd"): 0.05}),
        (Restart(), UNSURE, {Outcome("still"): 1.0}),
        (Restart(), Phone((), False), {Outcome("works"): 1.0}),
        (None, UNSURE, {Say(): 1.0}),
    ],
)
def test_customers_report_as_the_page_says(topic, hidden, outcomes):
    reaction = setting_of().mind.react(hidden, Call(2, "customer", topic=topic))
    assert {one for (one, _), _ in reaction} == {hidden}
    said = reaction.map(lambda outcome: outcome[1])
    assert all(said.probability(act) == pytest.approx(p) for act, p in outcomes.items())


@pytest.mark.parametrize(
    ("part", "hidden", "after", "p"),
    [
        ("sim", UNSURE, (), 0.1),
        ("apn", UNSURE, ("sim", "apn"), 0.4),
        ("airplane", UNSURE, ("airplane", "sim"), 0.4),
        ("sim", SURE, (), 0.95),
        ("apn", SURE, ("sim",), 1.0),
    ],
)
def test_repairs_come_out_as_the_page_says(part, hidden, after, p):
    reaction = setting_of().mind.react(hidden, Call(2, "customer", topic=Fix(part)))
    assert {act for (_, act), _ in reaction} == {Done()}
    assert reaction.map(lambda outcome: outcome[0].faults).probability(after) == pytest.approx(p)


def test_an_explanation_makes_sure_of_hand():
    reaction = setting_of().mind.react(UNSURE, Call(1, "customer", guided=True, topic=Guide()))
    assert list(reaction) == [((SURE, Say()), 1.0)]


def test_who_knows_all_that_may_hang_up():
    reaction = setting_of().mind.react(SURE, Call(1, "customer", guided=True, topic=Guide()))
    assert dict(reaction) == pytest.approx({(SURE, HangUp()): 0.4, (SURE, Say()): 0.6})
    reward, outcome, _ = played(["[guide]"], SURE, annoyed=1.0)
    assert reward == pytest.approx(-0.03 - 0.1) and outcome["ending"] == "hung-up" and outcome["hung_up"]


@pytest.mark.parametrize(
    ("topic", "faults", "value", "left"),
    [
        (Check("plan"), ("plan",), "suspended", ("plan",)),
        (Check("plan"), (), "active", ()),
        (Fix("plan"), ("sim", "plan"), "resumed", ("sim",)),
        (Fix("plan"), ("sim",), "charged", ("sim",)),
    ],
)
def test_the_desk_never_errs(topic, faults, value, left):
    reaction = setting_of().mind.react(Phone(faults, False), Call(7, "desk", topic=topic))
    assert list(reaction) == [((Phone(left, False), Record(value)), 1.0)]


# ---- dialogues and metrics -------------------------------------------------------------------------------------------

PLAN_ONLY = Phone(("plan",), True)


def test_a_call_that_is_solved():
    reward, outcome, said = played(["[check plan]", "[fix plan]", "[restart]"], PLAN_ONLY)
    assert reward == pytest.approx(1 - 4 * 0.03)
    assert said[0].startswith("Desk: ") and said[0].endswith(": suspended") and "resumed" in said[1]
    some = {"solved": True, "escalated": False, "user_actions": 1, "agent_actions": 2, "restarts": 1, "turns": 4}
    assert some.items() <= outcome.items()
    assert outcome["action_success"] is None and outcome["ending"] == "solved" and not outcome["charged"]


def test_a_customer_charged_for_nothing():
    reward, outcome, _ = played(["[fix plan]", "[restart]", "[escalate]"], Phone(("sim",), True))
    assert reward == pytest.approx(0.2 - 3 * 0.03 - 0.4)
    assert outcome["charged"] and outcome["escalated"] and outcome["user_actions"] == 1


def test_action_success_by_hand():
    """Breaks for certain, so of a look and two repairs by somebody unsure it is known what came off."""
    env = gym.make(ENV, breaks=1.0)
    env.reset(seed=3, options={"hidden": Phone(("sim",), False)})
    marks = []
    for text in ("[fix apn]", "[check sim]", "[fix airplane]", "[escalate]"):
        *_, info = env.step(text)
        step = env.unwrapped.dialogue.steps[-1]
        if text == "[check sim]":
            marks.append(step.exchange.replies[0][2] == Report("odd"))
        elif "fix" in text:
            marks.append(False)
    assert info["outcome"]["action_success"] == pytest.approx(sum(marks) / 3)
    assert info["hidden"]["faults"] == ("airplane", "sim", "apn")


def test_what_is_told_in_the_last_turn_is_not_done():
    reward, outcome, said = played(["hello"] * 6 + ["[fix sim]"], SURE)
    assert reward == pytest.approx(-7 * 0.03) and outcome["ending"] == "limit" and outcome["action_success"] is None
    reward, outcome, _ = played(["hello"] * 5 + ["[restart]"], Phone((), True))
    assert reward == pytest.approx(1 - 7 * 0.03) and outcome["solved"]


def test_the_customer_leaves_in_its_words():
    reaction = setting_of().mind.react(SURE, Call(7, "customer", topic=Fix("sim")))
    assert list(reaction) == [((SURE, Leave()), 1.0)]


@pytest.mark.parametrize(
    ("state", "act"),
    [
        (Call(2, "agent", 2), Check("sim")),
        (Call(2, "agent", 0, True), Guide()),
        (Call(6, "agent"), Restart()),
    ],
)
def test_what_cannot_be_done(state, act):
    with pytest.raises(IllegalAct):
        Line().apply(state, "agent", act)
    assert act not in list(Line().choices(state, "agent"))


def test_what_may_be_looked_at_again():
    game = Line()
    state = game.apply(Call(2, "agent", 0b1111), "agent", Fix("sim"))
    assert state.checked == 0b1101
    state = game.apply(Call(2, "agent", 0b1111), "agent", Guide())
    assert state.checked == 0b1000 and state.guided


def test_the_demonstrator_is_human():
    engine = make_engine(ENV)
    found = list(rollout(engine, make_policy("scripted", engine), range(150)))
    ends = {dialogue.state.ending for dialogue in found}
    assert ends == {"solved", "escalated", "limit"} and not any(step.problem for one in found for step in one.steps)
    assert 0 < sum(one.state.guided for one in found) < len(found)


# ---- tricks ----------------------------------------------------------------------------------------------------------


def test_a_charge_for_everybody_does_not_pay():
    """To resume every plan unseen saves a turn, and costs more than the look."""
    setting = setting_of()
    start = Call(0, "agent")
    blind, looked = (setting.solution.act_value(start, setting.prior, act("plan")) for act in (Fix, Check))
    assert blind < looked


def test_to_have_everything_repaired_spoils_it():
    """Somebody unsure, told to repair all of the phone, is likelier to end with a fault than before."""
    mind, faults = setting_of().mind, {(): 1.0}
    for part in ("airplane", "sim", "apn"):
        after = {}
        for some, p in faults.items():
            for (hidden, _), q in mind.react(Phone(some, False), Call(2, "customer", topic=Fix(part))):
                after[hidden.faults] = after.get(hidden.faults, 0.0) + p * q
        faults = after
    assert faults[()] == pytest.approx(0.6**3)


def test_talk_tells_nothing():
    env = gym.make(ENV)
    env.reset(seed=1)
    before = dict(env.unwrapped.belief())
    env.step("What is wrong with it? Are you good with phones?")
    assert dict(env.unwrapped.belief()) == pytest.approx(before)
