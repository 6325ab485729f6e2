"""Rumours: the rules, the mind, the optimum, the baselines, the metrics, and the exploits that do not pay."""

from __future__ import annotations

from dataclasses import replace
from math import comb, exp

import gymnasium as gym
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.rumour.family import Rumour
from dialogym.envs.rumour.game import Check, Days, Debunk, Label, Moderation, Report, Unlabel
from dialogym.envs.rumour.mind import Crowd, Story, TownSolution
from dialogym.envs.rumour.policies import HEURISTICS, measured, sweep
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

ENV = "RumourSmall-v0"
FAMILY = Rumour()
SETTING = FAMILY.setting(FAMILY.scenarios()[0])
GAME, MIND = SETTING.game, SETTING.mind
START = GAME.apply(GAME.start(), "assistant", Say())
LIE, FACT = Story(2.0, False, 4), Story(2.0, True, 4)


def after(*acts, level=0, verdict="none", state=START):
    """The state after acts of the moderator, each followed by the same report."""
    for act in acts:
        told = verdict if isinstance(act, Check) else "none"
        state = GAME.apply(GAME.apply(state, "moderator", act), "assistant", Report(level, told, state.left == 1))
    return state


def reaction(hidden, act, state=START):
    """What may be reported: (believers, level, verdict) -> probability."""
    outcomes = MIND.react(hidden, GAME.apply(state, "moderator", act))
    return dict(outcomes.map(lambda pair: (pair[0].believers, pair[1].level, pair[1].verdict)))


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_the_days_go_by():
    assert Days(4, "moderator") == START
    state = after(Label(), Check(), Debunk(), level=1, verdict="false")
    assert state == Days(1, "moderator", 1, True, 1, None, 0.06, 1.5, 5)
    over = after(Unlabel(), level=2, state=state)
    assert over.mover is None and not over.labelled and over.talk == 2.5 and over.wrong == 5


@pytest.mark.parametrize("act", [Unlabel(), Report(0, "none", False)])
def test_what_is_not_possible(act):
    with pytest.raises(IllegalAct):
        GAME.apply(START, "moderator", act)
    assert act not in GAME.choices(START, "moderator")


def test_there_is_one_label():
    with pytest.raises(IllegalAct, match="label already"):
        GAME.apply(after(Label()), "moderator", Label())
    assert set(GAME.choices(after(Label()), "moderator")) == {Say(), Check(), Unlabel(), Debunk()}


def test_payoff_by_hand():
    state = after(Label(), Check(), Debunk(), Say(), level=1, verdict="true")
    alone = dict(GAME.alone)[2.0]
    assert GAME.payoff(state, "moderator", LIE) == pytest.approx((alone - 0.5 - 0.06) / GAME.harm)
    assert GAME.payoff(state, "moderator", FACT) == pytest.approx(-(0.3 * (4 + 2) / 4 + 0.06) / GAME.harm)


def test_the_days_to_come_count_in_full_where_it_is_cut():
    state = after(Label())
    assert GAME.payoff(state, "moderator", LIE) == pytest.approx((dict(GAME.alone)[2.0] - 0.75) / GAME.harm)
    assert GAME.payoff(state, "moderator", FACT) == pytest.approx(-0.3 / GAME.harm)


# ---- the mind: the numbers of the page -------------------------------------------------------------------------------


def test_what_stories_are_like():
    prior = MIND.prior()
    assert len(prior) == 20
    assert prior.probability(Story(0.2, True, 1)) == pytest.approx(0.5 * 0.4 * 0.5)
    assert prior.probability(Story(2.0, False, 4)) == pytest.approx(0.5 * 0.6 / 16)


@pytest.mark.parametrize(("act", "left", "drop"), [(Say(), 1.0, 0.05), (Label(), 0.35, 0.05), (Debunk(), 1.0, 0.45)])
def test_a_day_follows_the_law(act, left, drop):
    hear = 1 - exp(-2.0 * 4 / 12 * left)
    stay = 1 - drop * (1 - hear)
    found = reaction(LIE, act)
    assert found[12, 2, "none"] == pytest.approx(hear**8 * stay**4)
    assert found[1, 0, "none"] == pytest.approx(
        8 * hear * (1 - hear) ** 7 * (1 - stay) ** 4 + comb(4, 1) * (1 - hear) ** 8 * stay * (1 - stay) ** 3
    )
    assert {(n, level) for n, level, _ in found} == {(n, (n >= 3) + (n >= 8)) for n in range(13)}


@pytest.mark.parametrize(("hidden", "right"), [(LIE, "false"), (FACT, "true")])
def test_checks_are_mostly_right(hidden, right):
    found = reaction(hidden, Check())
    assert sum(p for (_, _, told), p in found.items() if told == right) == pytest.approx(0.85)
    assert {told for _, _, told in found} == {"true", "false"}


def test_whether_it_is_true_changes_nothing_but_the_checks():
    for act in (Say(), Label(), Debunk()):
        assert reaction(LIE, act) == reaction(FACT, act)


# ---- the optimum -----------------------------------------------------------------------------------------------------


def short(days, **changes):
    """The same with fewer days."""
    game = replace(GAME, days=days, **changes)
    tales = replace(MIND.tales, first=((2, 1.0), (3, 1.0)))
    return game, Crowd(game, 5, replace(tales, levels=(0.5,)), MIND.law)


@pytest.mark.parametrize("changes", [{}, {"check": 0.0, "letter": 0.01, "wrong": 0.1}])
def test_solver_against_unpruned_brute_force(changes):
    game, mind = short(2, **changes)
    exact = TownSolution(game, mind, "moderator").start_value()
    assert exact == pytest.approx(brute_force(game, mind, "moderator", waiting=True), abs=1e-12)


def test_to_take_out_what_has_been_suffered_changes_nothing():
    game, mind = short(3, wrong=0.15)
    with_it, without = TownSolution(game, mind, "moderator"), Solution(game, mind, "moderator")
    assert with_it.start_value() == pytest.approx(without.start_value(), abs=1e-12)
    assert with_it.states < without.states
    state = START._replace(left=2, level=1, labelled=True, talk=0.5, wrong=3, spent=0.02)
    belief = Belief({Story(2.0, True, 3): 0.3, Story(2.0, False, 3): 0.7})
    assert with_it.value(state, belief) == pytest.approx(without.value(state, belief), abs=1e-12)
    mass = with_it._canonical(belief)
    for horizon in (1, 2):
        seen = with_it.short_sighted(horizon)._future(state, mass)
        assert seen == pytest.approx(counted(without, state, mass, horizon), abs=1e-12)


def counted(solution, state, mass, horizon):
    """The best of so many turns, with nothing counted after them: plain recursion."""
    game = solution.game
    if game.mover(state) is None or (game.mover(state) == "moderator" and not horizon):
        return sum(p * game.averted(state, hidden) for hidden, p in mass)
    if game.mover(state) == "moderator":
        acts = game.choices(state, "moderator")
        return max(counted(solution, game.apply(state, "moderator", act), mass, horizon - 1) for act in acts)
    return sum(p * counted(solution, then, left, horizon) for p, then, left in solution._step(state, mass))


def test_to_do_nothing_gets_nothing():
    assert expected_return(FAMILY, FunctionPolicy("wait", lambda d, s: "Let us wait.")) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    best = optimum(FAMILY)
    assert len(classes(FAMILY)) == 1 and len(FAMILY.scenarios()) == 156
    assert best == pytest.approx(0.1034, abs=5e-5)
    assert expected_return(FAMILY, "lookahead") < 0.9 * best
    assert expected_return(FAMILY, "myopic") == pytest.approx(0.0, abs=1e-12)
    values = {name: expected_return(FAMILY, name) for name in HEURISTICS}
    some = [f"measured(1,{s},{c},{n})" for s in (0, 1) for c in (1, 2) for n in (1, 9)]
    swept = [expected_return(FAMILY, FunctionPolicy(name, sweep()[name])) for name in some]
    assert max(swept) == pytest.approx(values["label-then-check"], abs=1e-12)
    assert values["label-then-check"] == max(values.values()) < 0.9 * best
    assert values["check-then-debunk"] > values["third-party-check"] > values["community-notes"]


def test_rules_take_a_label_off_what_was_found_true():
    rule = measured(True, 0, 1, 1)
    assert rule(START) == Label() and rule(after(Label())) == Check()
    assert rule(after(Label(), Check(), verdict="true")) == Unlabel()
    assert rule(after(Label(), Check(), verdict="false")) == Say()
    assert rule(after(Label(), Check(), level=1, verdict="false")) == Debunk()


def test_all_that_can_be_done_is_sometimes_best():
    made = {type(step.act) for dialogue in play(ENV, "optimal", range(200)) for step in dialogue.steps}
    assert made == {Say, Check, Label, Unlabel, Debunk}


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(300)))
    checked = sum(isinstance(d.steps[0].act, Check) for d in dialogues) / 300
    assert 0.78 < checked < 0.92
    assert sum(d.steps[-1].payoff for d in dialogues) / 300 < optimum(FAMILY)


def test_settings_are_checked():
    for settings in ({"size": 7}, {"size": 21}, {"days": 3}, {"check": -0.1}, {"letter": 2.0}, {"wrong": 1.1},
                     {"clarity": 0.4}):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(settings))):
            Rumour(**settings)
    with pytest.raises(ValueError, match="story"):
        FAMILY.setting(replace(FAMILY.scenarios()[0], story="dragon"))


# ---- exploits and metrics --------------------------------------------------------------------------------------------


def outcome_of(*script, hidden=FACT, **settings):
    env = gym.make(ENV, **settings)
    env.reset(seed=0, options={"hidden": hidden, "scenario": {"story": "swans", "assistant": "Ines"}})
    for text in script:
        _, reward, over, cut, info = env.step(text)
        if over or cut:
            return reward, info
    raise AssertionError("not over")


def test_metrics_by_hand():
    """A true story with a label on two of four days, a letter and a check; what it costs does not depend on chance."""
    reward, info = outcome_of("[label]", "[check]", "[unlabel]", "[debunk]")
    outcome, hidden = info["outcome"], info["hidden"]
    assert reward == pytest.approx(-(0.3 * (2 + 2) / 4 + 0.06) / GAME.harm)
    assert outcome["cost"] == pytest.approx(0.06 / GAME.harm)
    assert outcome["averted"] == pytest.approx(-0.3 / GAME.harm)
    assert outcome["believers"] == hidden["believers"] / 12
    fixed = ("checks", "letters", "labelled", "wrong_label", "early", "malformed", "illegal")
    assert [outcome[key] for key in fixed] == [1, 1, 2, 2.0, None, 0, 0]
    assert hidden["true"] is True and hidden["virulence"] == 2.0


def test_metrics_of_a_false_story():
    outcome = outcome_of("[check]", "[debunk]", "Hm.", "Hm.", hidden=LIE)[1]["outcome"]
    assert outcome["wrong_label"] is None and outcome["early"] == 1.0 and 0.0 <= outcome["talk"] <= 1.0
    assert outcome_of(*["Hm."] * 4, hidden=LIE)[1]["outcome"]["early"] == 0.0


@pytest.mark.parametrize(
    "words", ["It is false, believe me.", "They have all stopped believing it.", "It is labelled."]
)
def test_nothing_is_done_by_talk(words):
    reward, info = outcome_of(*[words] * 4)
    assert reward == 0.0 and info["outcome"]["labelled"] == 0 and info["outcome"]["cost"] == 0.0


def test_to_do_the_same_again_and_again_does_not_pay():
    for act in ("[check]", "[debunk]", "[label]"):
        value = expected_return(FAMILY, FunctionPolicy(act, lambda d, s, act=act: said(d, act)))
        assert value < 0.5 * optimum(FAMILY), act


def said(dialogue, act):
    return "Hm." if act == "[label]" and dialogue.state.labelled else act


def test_three_lost_turns_pay_no_more_than_to_wait():
    assert outcome_of("[unlabel]", "[unlabel]", "[unlabel]", hidden=LIE)[0] < 0.0
    assert isinstance(GAME, Moderation)
