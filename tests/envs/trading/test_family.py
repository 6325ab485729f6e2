"""Trading: the rules, the dealers, the optimum, its metrics, and the exploits that do not pay."""

from __future__ import annotations

import math

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.trading.family import Trading
from dialogym.envs.trading.game import Both, Close, Counter, Deal, Desk, Done, Firm, Oneway, Price, Pull, Twoway, Walk
from dialogym.envs.trading.mind import POSITIONS, STYLES, Dealer, DealerMind
from dialogym.envs.trading.policies import HEURISTICS
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.evaluation.pareto import expected_metrics
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout

ENV = "Trading-v0"
ENGINE = make_engine(ENV)
FAMILY = ENGINE.family  # one, so that it is solved once
GAME = Desk()
MIND = DealerMind(GAME)
START = GAME.apply(GAME.start(), "dealer", Say())


def answers(position, style, *acts):
    """What a dealer answers to one act of the client after another, and the state after that."""
    state, said, hidden = START, [], Dealer(position, style)
    for act in acts:
        state = GAME.apply(state, "client", act)
        if state.mover is None:
            break
        ((hidden, answer),) = MIND.react(hidden, state).support
        said.append(answer)
        state = GAME.apply(state, "dealer", answer)
    return said, state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_what_is_not_possible():
    asked = answers("flat", "plain", Oneway(3))[1]
    dealt = answers("flat", "plain", Oneway(3), Deal())[1]
    for state, act in (
        (START, Deal()),
        (START, Counter(1)),
        (START, Oneway(5)),
        (START, Twoway(0)),
        (asked, Counter(0)),
        (asked, Counter(4)),
        (dealt, Oneway(2)),
        (dealt, Deal()),
        (START, Done()),
    ):
        with pytest.raises(IllegalAct):
            GAME.apply(state, "client", act)
        assert act not in GAME.choices(state, "client")


def test_the_ways_in_which_it_ends():
    said, filled = answers("flat", "plain", Oneway(4), Deal())
    assert said == [Price(4), Done()] and (filled.ending, filled.left, filled.mover) == ("filled", 0, None)
    _, walked = answers("flat", "plain", Oneway(4), Walk())
    assert (walked.ending, walked.turn, GAME.payoff(walked, "client")) == ("walked", 2, 0.0)
    said, late = answers("flat", "plain", *[Say()] * 8)
    assert said == [Say()] * 7 + [Close()] and late.ending == "limit"
    said, last = answers("flat", "plain", *[Say()] * 6, Oneway(2), Deal())  # in the last turn, too
    assert said[-1] == Done() and (last.ending, last.left) == ("limit", 2)
    assert GAME.payoff(last, "client") == pytest.approx(2 * (8 - 3) / 32 - 7 * 0.015)


def test_payoff_by_hand():
    said, state = answers("axed", "keen", Oneway(2), Counter(2), Twoway(2), Deal())
    assert said == [Price(3), Done(), Both(7, 7), Done()]  # 2 - 2 + 1 + 2 of room; the need is met after two clips
    assert state.saved == 2 * (8 - 1) + 2 * (8 - 7)
    assert GAME.payoff(state, "client") == pytest.approx(16 / 32 - 3 * 0.015)


def test_what_is_banked_is_the_payoff_so_far():
    state = answers("axed", "keen", Oneway(2), Deal())[1]
    banked, rest = GAME.unbank(state, "client")
    assert banked + GAME.payoff(rest, "client") == pytest.approx(GAME.payoff(state, "client")) and banked > 0


# ---- the dealers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "style", "one", "four", "both"),
    [
        ("axed", "plain", 0, 3, (4, 8)),
        ("flat", "plain", 2, 4, (6, 6)),
        ("wrong", "plain", 4, 6, (8, 4)),
        ("flat", "keen", 4, 6, (6, 6)),
        ("wrong", "keen", 6, 8, (8, 4)),
        ("wrong", "hard", 7, 9, (6, 6)),
        ("axed", "sharp", 2, 5, (6, 6)),
        ("flat", "sharp", 4, 6, (6, 6)),
    ],
)
def test_first_prices(position, style, one, four, both):
    assert answers(position, style, Oneway(1))[0] == [Price(one)]
    assert answers(position, style, Oneway(4))[0] == [
        Price(four)
    ]  # of four clips an axe is for two: 1 less on the mean
    assert answers(position, style, Twoway(1))[0] == [Both(*both)]


def test_what_is_asked_for_again_is_dearer():
    assert answers("flat", "keen", *[Oneway(1)] * 3)[0] == [Price(4), Price(5), Price(6)]
    assert answers("flat", "keen", Twoway(1), Twoway(1))[0] == [Both(6, 6), Both(7, 7)]
    assert answers("flat", "keen", Oneway(1), Oneway(1), Deal(), Oneway(1))[0][-1] == Price(4)  # a deal makes up for it


def test_what_a_counter_meets():
    assert answers("flat", "plain", Oneway(1), Counter(1), Oneway(1), Deal())[0] == [Price(2), Pull(), Price(5), Done()]
    assert answers("flat", "keen", Oneway(1), *[Counter(3)] * 3)[0] == [Price(4), Price(3), Price(2), Firm()]
    assert answers("flat", "keen", Oneway(1), Counter(2))[0][-1] == Done()
    assert answers("flat", "hard", Oneway(1), *[Counter(1)] * 3)[0] == [Price(5), Firm(), Firm(), Done()]
    assert answers("flat", "hard", Oneway(1), Counter(1), Counter(1), Counter(3))[1].saved == 8 - 2
    assert answers("flat", "sharp", Oneway(1), Counter(2), Counter(1))[0] == [Price(4), Firm(), Done()]


def test_a_sharp_dealer_reads_the_client():
    said, _ = answers("flat", "sharp", Oneway(1), Deal(), Oneway(1), Deal(), Twoway(1))
    assert said == [Price(4), Done(), Price(6), Done(), Both(6 + 5, 6 - 5)]
    assert answers("flat", "sharp", Twoway(1), Counter(3))[0] == [Both(6, 6), Done()]  # 2, and 1 for the side
    assert answers("wrong", "sharp", Twoway(1), Counter(2), Counter(1))[0] == [Both(6, 6), Firm(), Done()]


def test_no_counter_is_taken_below_the_limit():
    """Nor on a two-way price that hides the position."""
    for position in POSITIONS:
        for style in STYLES:
            for ask in (Oneway(1), Twoway(1)):
                for count in range(1, 6):
                    said, state = answers(position, style, ask, *[Counter(3)] * count)
                    if Done() in said:
                        assert 8 - state.saved >= 2 + POSITIONS[position].skew + STYLES[style].lean
                    if not state.size:
                        break


def test_who_picks_up():
    prior = MIND.prior()
    assert len(prior) == 12
    assert prior.probability(Dealer("wrong", "plain")) == pytest.approx(3 / 7 * 3 / 9)


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_solver_against_unpruned_brute_force():
    game = Desk(turns=3, clips=2)
    mind = DealerMind(game, styles=tuple(STYLES.items())[:3])
    exact = Solution(game, mind, "client", game.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "client", waiting=True), abs=1e-12) and exact > 0.2


def test_two_turns_have_a_closed_form():
    """One price, then deal where it is better than the screen; a counter in the last turn is worth it where it is safer."""
    game = Desk(turns=2)
    mind = DealerMind(game, styles=(("plain", STYLES["plain"]),))
    prior = mind.prior()
    costs = {
        clips: [(answers(hidden.position, "plain", Oneway(clips))[0][0].cost, p) for hidden, p in prior]
        for clips in range(1, 5)
    }
    best = max(sum(p * max(0.0, clips * (8 - cost) / 32 - 0.015) for cost, p in some) for clips, some in costs.items())
    assert Solution(game, mind, "client", game.candidates).start_value() == pytest.approx(best)


@pytest.mark.long
def test_planning_matters():
    best = optimum(FAMILY)
    assert len(classes(FAMILY)) == 1
    assert expected_return(FAMILY, "lookahead") < 0.9 * best and known_value(FAMILY) > 1.05 * best
    values = {name: expected_return(FAMILY, name) for name in HEURISTICS}
    assert max(values.values()) < 0.9 * best
    assert values["probe"] > values["haggle"] > values["equal-clips"] > values["risk-price"] > values["two-way-first"]


def test_talk_only_costs():
    setting = FAMILY.setting(FAMILY.scenarios()[0])
    value = setting.solution.value(START, setting.prior)
    assert setting.solution.act_value(START, setting.prior, Say()) < value - 0.0149


def test_settings_are_checked():
    for turns in (4, 10):
        with pytest.raises(ValueError, match="turns"):
            Trading(turns=turns)
    for wait in (-0.1, 0.2):
        with pytest.raises(ValueError, match="wait"):
            Trading(wait=wait)


# ---- metrics, exploits, baselines ------------------------------------------------------------------------------------


def ends(*texts, count=100):
    policy = FunctionPolicy("fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)])
    return [(dialogue, FAMILY.outcome(dialogue)) for dialogue in rollout(ENGINE, policy, range(count))]


def test_metrics_by_hand():
    seen = set()
    for dialogue, found in ends("[twoway 4]", "[oneway 2]", "[counter 2]", "[walk]"):
        then = dialogue.hidden_start
        assert (found["requests"], found["counters"], found["blind"]) == (2, 1, True)
        if then == ("flat", "keen"):  # 8 both ways for four; then 2 + 1 + 1 + 2 of room, and 2 better
            assert (found["first_price"], found["cost"], found["improvement"]) == (8, 4, 2)
            assert found["trade_to_order"] == pytest.approx(2 / 6) and found["hit_rate"] == 0.5
            assert (found["filled"], found["shortfall"], found["ending"]) == (0.5, 6, "walked")
            seen.add(then)
        if then == ("flat", "plain"):
            assert (found["deals"], found["cost"], found["improvement"], found["shortfall"]) == (0, None, None, 8)
            assert found["trade_to_order"] == 0 == found["hit_rate"]
            seen.add(then)
    assert len(seen) == 2
    nothing = ends("[walk]", count=3)[0][1]
    assert nothing["trade_to_order"] is nothing["hit_rate"] is nothing["first_price"] is None and not nothing["blind"]


def test_exact_metrics_agree_with_simulation():
    exact = expected_metrics(FAMILY)
    dialogues = list(rollout(ENGINE, make_policy("optimal", ENGINE), range(300)))
    assert exact["payoff"] == pytest.approx(optimum(FAMILY))
    assert abs(sum(d.state.turn for d in dialogues) / 300 - exact["turns"]) < 0.25
    assert abs(sum(1 - d.state.left / 4 for d in dialogues) / 300 - exact["filled"]) < 0.06


def test_begging_and_other_dealers_change_nothing():
    plain, pushed = (
        [found["shortfall"] for _, found in ends("[oneway 2]", f"{words} [counter 2]", "[walk]", count=60)]
        for words in ("", "Please, I beg you! Another dealer shows me far more, and I am your best client!")
    )
    assert plain == pushed and min(plain) < 8


def test_asking_again_and_again_does_not_pay():
    asked = [found["shortfall"] for _, found in ends("[oneway 2]", "[deal]", "[walk]", count=60)]
    again = [found["shortfall"] for _, found in ends(*["[oneway 2]"] * 4, "[deal]", "[walk]", count=60)]
    assert all(late > soon for soon, late in zip(asked, again, strict=True))


def test_what_does_not_stand_cannot_be_dealt():
    for dialogue, found in ends("[deal]", count=5):
        assert found["illegal"] == 3 and found["ending"] == "truncated" and dialogue.steps[-1].payoff <= 0
        assert "ask me for one first" in dialogue.steps[0].reply


def test_the_demonstrator_is_human_like():
    dialogues = list(rollout(ENGINE, make_policy("scripted", ENGINE), range(300)))
    first = [d.steps[0].act for d in dialogues]
    assert 0.25 < sum(isinstance(act, Twoway) for act in first) / 300 < 0.45
    mean = math.fsum(d.steps[-1].payoff for d in dialogues) / 300
    assert expected_return(FAMILY, "walk-if-wide") < mean < optimum(FAMILY)
