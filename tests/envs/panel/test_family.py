"""Panel: its rules, the members, the optimum, closed forms, its metrics, and the exploits that do not pay."""

from __future__ import annotations

import statistics

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.factored import FactoredSolution
from dialogym.core.people import People
from dialogym.envs.make import make_engine
from dialogym.envs.panel.family import Matter, Panel, known
from dialogym.envs.panel.game import MEMBERS, POINTS, Argue, Hearing, Member, Move, Probe, Rest, Tell
from dialogym.envs.panel.mind import Judge, Opinion
from dialogym.envs.panel.policies import HEURISTICS
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

ENV = "Panel-v0"
GAME, MIND = Hearing(), Opinion()


def after(*acts, game=GAME):
    state = game.start()
    for act in acts:
        state = game.apply(state, game.mover(state), act)
    return state


def panel(count, tempers=MIND.tempers, **settings):
    game = Hearing(names=MEMBERS[:count], **settings)
    return game, People(game, {name: Opinion(tempers=tempers) for name in game.names})


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_the_ways_in_which_it_ends():
    assert after(Rest()).over and not after(*[Say()] * 8).over and after(*[Say()] * 10).over
    won = [act for name in MEMBERS for act in (Argue(name, "need"), Move(2))]
    assert after(*won).over and after(*won).turns == 3 and not after(*won[:4]).over


@pytest.mark.parametrize(
    ("before", "act"),
    [
        ((Argue("ben", "need"), Move(0)), Argue("ben", "need")),
        ((Argue("ben", "need"), Move(2)), Argue("ben", "plan")),
        ((Argue("ben", "need"), Move(2)), Probe("ben")),
        ((Probe("ben"), Tell("plan")), Probe("ben")),
        ((Probe("ben"), Move(-1)), Probe("ben")),
    ],
)
def test_what_is_not_possible(before, act):
    state = after(*before)
    with pytest.raises(IllegalAct, match="Ben"):
        GAME.apply(state, "you", act)
    assert act not in list(GAME.choices(state, "you"))


def test_payoff_by_hand():
    state = after(Probe("ben"), Move(-1), Argue("ben", "need"), Move(3), Argue("anna", "plan"), Move(2), Say(), Say())
    assert [member.mark for member in state.members] == [6, 6, 4]
    assert GAME.payoff(state, "you") == pytest.approx(0.6 + 0.4 * 4 / 6 - 0.01 - 0.05 - 2 * 0.03 - 0.01)
    assert GAME.payoff(after(Argue("ben", "need"), Move(-1)), "you") == pytest.approx(-0.4 / 6 - 0.03 - 0.05)
    assert GAME.payoff(after(Argue("ben", "need"), Move(3)), "you") == pytest.approx(0.2 - 0.03)
    assert GAME.payoff(after(), "you") == 0.0


def test_when_the_first_is_won_over_those_who_have_heard_something_think_again():
    heard = (Argue("anna", "need"), Move(0), Argue("ben", "plan"), Move(0))
    state = after(*heard, Argue("ben", "proof"), Move(2))
    assert GAME.mover(state) == "anna" and state.members[1] == Member(6, won=True)
    state = GAME.apply(state, "anna", Move(2))
    assert GAME.mover(state) == "you" and state.members[0].won and state.members[2] == Member()
    state = after(*heard[:2], Argue("cleo", "plan"), Move(2), Move(0), Argue("ben", "plan"), Move(2))
    assert GAME.mover(state) == "you"  # nobody thinks again when the second is won over


def test_a_member_sees_nothing_of_what_others_hold():
    state = after(Probe("anna"), Tell("plan"), Argue("ben", "need"), Move(0), Argue("cleo", "need"))
    assert GAME.view(state, "cleo").members == (Member(), Member(), Member())
    assert GAME.view(state, "cleo").asked == "need" and GAME.view(state, "anna").asked == ""


# ---- the members -----------------------------------------------------------------------------------------------------


def said(judge, *acts):
    state = after(*acts)
    [(_, act)] = MIND.react(judge, GAME.view(state, GAME.mover(state))).support
    return act


COMPANY = (Argue("anna", "plan"), Move(2))


def test_the_table_of_the_page():
    right, wrong, asked = Argue("ben", "need"), Argue("ben", "proof"), Probe("ben")
    rows = {
        "open": (2, 2, 0, Tell("need")),
        "proud": (3, 3, -1, Move(-1)),
        "follower": (0, 2, 0, Tell("need")),
        "contrarian": (2, 0, 0, Tell("need")),
    }
    for temper, (alone, together, other, answer) in rows.items():
        judge = Judge("need", temper)
        assert said(judge, right) == Move(alone) and said(judge, *COMPANY, right) == Move(together)
        assert said(judge, wrong) == said(judge, *COMPANY, wrong) == Move(other)
        assert said(judge, asked) == answer and said(judge, Say(), Say(), asked) == answer
        again = said(judge, right, Move(0), *COMPANY)
        assert again == Move(2 if temper == "follower" else 0)
        assert said(judge, wrong, Move(0), *COMPANY) == Move(0)
    shares = {temper: sum(p for judge, p in MIND.prior() if judge.temper == temper) for temper in rows}
    assert shares == pytest.approx({"open": 0.2, "proud": 0.2, "follower": 0.2, "contrarian": 0.4})
    assert all(sum(p for j, p in MIND.prior() if j.cares == point) == pytest.approx(1 / 3) for point in POINTS)


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_the_solver_agrees_with_brute_force():
    game, people = panel(2, (("open", 1.0), ("proud", 1.0), ("follower", 2.0)), turns=3, needed=10)
    assert FactoredSolution(game, people, "you").start_value() == pytest.approx(brute_force(game, people, "you"))


def test_a_member_who_is_surely_open_has_a_closed_form():
    """To ask costs a question and an argument; to try, two arguments on average (the first, second or third hits)."""
    for probe, argue in ((0.01, 0.03), (0.09, 0.03), (0.02, 0.02)):
        game, people = panel(1, (("open", 1.0),), needed=6, probe=probe, argue=argue)
        value = FactoredSolution(game, people, "you").start_value()
        assert value == pytest.approx(0.6 + 0.4 * 2 / 6 - min(probe + argue, 2 * argue))


def test_who_knows_the_members_has_a_closed_form():
    game, people = panel(3)
    solution, minds = FactoredSolution(game, people, "you"), list(people.minds.values())
    tempers = (
        "open proud follower",
        "contrarian contrarian follower",
        "follower follower follower",
        "proud proud proud",
    )
    tempers += ("contrarian contrarian contrarian", "contrarian follower proud", "open contrarian contrarian")
    for line in tempers:
        judges = tuple(Judge(POINTS[place], temper) for place, temper in enumerate(line.split()))
        assert solution.known_value_of(judges) == pytest.approx(known(game, minds, judges)), line
    assert known(game, minds, [Judge("need", "proud")] * 3) == pytest.approx(0.6 + 0.4 * 9 / 6 - 0.09)


@pytest.mark.long
def test_planning_matters():
    family = Panel()
    best = optimum(family)
    assert len(classes(family)) == 1 and len(family.scenarios()) == 24
    assert 0 < expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.5 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    assert max(values.values()) == values["ask-one"] < 0.9 * best and values["ask-all"] < values["ask-two"]


def test_settings_are_checked():
    for settings in ({"turns": 7}, {"needed": 12}, {"argue": 0.0}, {"probe": 0.3}, {"civil": -0.1}, {"decisive": 1.1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Panel(**settings)


# ---- metrics and exploits --------------------------------------------------------------------------------------------


def dialogues_of(*texts, seeds=range(60)):
    policy = FunctionPolicy("fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)])
    return list(rollout(make_engine(ENV), policy, seeds))


def test_metrics_by_hand():
    family, seen = Panel(), set()
    for dialogue in dialogues_of("[argue to=ben point=need]", "[foo]", "[probe anna]", "[rest]"):
        found, (anna, ben, _) = family.outcome(dialogue), dialogue.hidden
        hit = ben.cares == "need" and ben.temper != "follower"
        gain = {"proud": 3}.get(ben.temper, 2) * hit - (ben.temper == "proud" and not hit) - (anna.temper == "proud")
        irritated = (ben.temper == "proud" and not hit) + (anna.temper == "proud")
        assert found["gain"] == gain and found["won"] == hit and found["irritated"] == irritated
        assert found["decision"] is False and found["aim"] == gain / 4 and found["ending"] == "rested"
        assert found["on_point"] == (ben.cares == "need") and found["relationship"] == hit - irritated
        assert found["financial"] == pytest.approx(-0.03 - 0.01 - 0.01) and found["social_rules"] == -1
        assert (found["arguments"], found["probes"], found["talk"]) == (1, 1, 1)
        marks = [4 - (anna.temper == "proud"), 4 + gain + (anna.temper == "proud"), 4]
        assert found["spread"] == pytest.approx(statistics.pstdev(marks))
        assert dialogue.steps[-1].payoff == pytest.approx(0.4 * gain / 6 - 0.05 - 0.05 * irritated)
        seen.add((hit, irritated))
    assert len(seen) >= 4


def test_the_decision_counts_when_marks_suffice():
    found = [Panel().outcome(d) for d in play(ENV, "optimal", range(40))]
    assert any(one["decision"] for one in found) and not all(one["decision"] for one in found)
    for one in found:
        assert one["decision"] == (one["gain"] >= 4) == (one["aim"] == 1.0)


def test_talk_never_pays_and_takes_a_turn():
    [dialogue] = dialogues_of("What a fine day.", seeds=[0])
    assert len(dialogue.steps) == 5 and dialogue.steps[-1].payoff == pytest.approx(-0.05)
    setting = Panel().setting(Matter("bees"))
    state, prior = setting.game.start(), setting.prior
    assert setting.solution.act_value(state, prior, Say()) < setting.solution.value(state, prior) - 0.01


def test_points_that_were_not_named_move_nobody():
    """What `choices` leaves out: another point than the one that was named."""
    setting = Panel().setting(Matter("bees"))
    state, prior = setting.game.start(), setting.prior
    for p, after_it, belief in setting.solution.branches(state, prior, Probe("anna")):
        told = after_it.members[0].told
        if told in POINTS:
            other = next(point for point in POINTS if point != told)
            value = setting.solution.act_value(after_it, belief, Argue("anna", other))
            assert p > 0 and value < setting.solution.value(after_it, belief)


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(300)))
    mean = sum(d.steps[-1].payoff for d in dialogues) / 300
    assert 0 < mean < optimum(Panel())
    asked = sum(isinstance(d.steps[0].act, Probe) for d in dialogues)
    proof = sum(d.steps[0].act.point == "proof" for d in dialogues if isinstance(d.steps[0].act, Argue))
    assert 90 < asked < 150 and proof > 0.6 * (300 - asked)
