"""Mafia: its rules, the company, the optimum, a closed form, its metrics, and the exploits that do not pay."""

from __future__ import annotations

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.factored import FactoredSolution
from dialogym.envs.mafia.family import Mafia
from dialogym.envs.mafia.game import (
    Accuse,
    Call,
    Circle,
    Company,
    Explain,
    Falter,
    Follow,
    Missing,
    Question,
    Search,
    Suspect,
    Unsure,
)
from dialogym.envs.mafia.mind import Secret, company
from dialogym.envs.mafia.policies import DEMONSTRATOR, RULES, exactly
from dialogym.envs.make import make_engine
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.mafia import by_hand, lonely

ENV = "Mafia-v0"
GAME = Company()
MIND = Secret(GAME)
HEAR = (Call("cleo"), Unsure())


def after(*acts, game=GAME):
    state = game.start()
    for act in (Say(), *acts):
        state = game.apply(state, game.mover(state), act)
    return state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_voices_are_counted_and_the_one_ahead_is_searched():
    state = after(Accuse("ben"), Call("cleo"), Follow("ben"), Say(), *HEAR, Question("ben"), Falter(), Say(), *HEAR)
    assert state.voices == (0, 3, 0, 0) and state.phase == "search" and GAME.searched(state) == 1
    assert GAME.apply(state, "host", Search("guilty")).ending == "first"
    night = GAME.apply(state, "host", Search("clean"))
    day = GAME.apply(night, "host", Missing("dan"))
    assert day.here == (True, False, True, False) and day.day == 1 and day.voices == (0,) * 4 and day.spoken == 2
    with pytest.raises(IllegalAct):
        GAME.apply(state, "host", Search("nobody"))


def test_nobody_is_searched_without_enough_voices_or_with_equals():
    for voices in ((0, 2, 0, 0), (3, 3, 0, 0), (0, 0, 0, 0)):
        state = Circle("search", 0, 4, -1, voices, (True,) * 4)
        assert GAME.searched(state) == -1
        assert GAME.apply(state, "host", Search("nobody")).here == (True,) * 4
    assert GAME.apply(state._replace(day=1), "host", Search("nobody")).ending == "never"


def test_who_has_just_spoken_cannot_accuse():
    for first in ((Question("ben"), Explain()), (Accuse("ben"), *HEAR)):
        state = after(*first)
        with pytest.raises(IllegalAct, match="only just spoken"):
            GAME.apply(state, "you", Accuse("ben"))
        assert Accuse("ben") not in GAME.choices(state, "you") and Question("ben") in GAME.choices(state, "you")
        assert Accuse("ben") in GAME.choices(after(*first, Say(), *HEAR), "you")


def test_who_is_gone_is_not_here():
    state = Circle("you", 1, 0, -1, (0,) * 4, (True, False, True, False))
    with pytest.raises(IllegalAct, match="Ben is not here"):
        GAME.apply(state, "you", Question("ben"))
    assert {act.who for act in GAME.choices(state, "you") if not isinstance(act, Say)} == {"anna", "cleo"}


def test_payoff_by_hand():
    state = Circle("over", spoken=3)
    assert GAME.payoff(state._replace(ending="first"), "you") == pytest.approx(1 - 0.06)
    assert GAME.payoff(state._replace(ending="second"), "you") == pytest.approx(0.5 - 0.06)
    assert GAME.payoff(state._replace(ending="never"), "you") == pytest.approx(-0.06)


# ---- the company -----------------------------------------------------------------------------------------------------


def chances(guilty, state):
    return {act: pytest.approx(p) for (_, act), p in MIND.react(guilty, state)}


def test_the_table_of_the_page():
    here, none = (True,) * 4, (0, 0, 0, 0)
    assert chances("ben", Circle("call", voices=none, here=here)) == {
        Call(name): (0.5 if name == "ben" else 1.0) / 3.5 for name in GAME.names
    }
    answer = Circle("answer", at=1, voices=none, here=here)
    assert chances("ben", answer)[Explain()] == 1 / 7 and chances("anna", answer)[Explain()] == 4 / 7
    speak = Circle("speak", at=1, voices=none, here=here)
    assert chances("anna", speak) == {
        Unsure(): 0.8, Suspect("anna"): 0.2 * 4 / 6, Suspect("cleo"): 0.2 / 6, Suspect("dan"): 0.2 / 6,
    }  # fmt: skip
    assert chances("ben", speak)[Suspect("dan")] == 0.2 / 3
    ahead = speak._replace(voices=(0, 0, 1, 0))
    assert chances("anna", ahead)[Follow("cleo")] == 0.5 and Unsure() not in chances("anna", ahead)
    against = speak._replace(voices=(0, 1, 0, 0))
    assert Unsure() in chances("anna", against) and Follow("ben") not in chances("anna", against)


def test_the_opening_and_the_night():
    assert chances("ben", GAME.start()) == {Say(): 1.0}
    night = Circle("night", voices=(0,) * 4, here=(True, True, False, True))
    assert chances("ben", night) == {Missing("anna"): 0.5, Missing("dan"): 0.5}


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_solver_against_unpruned_brute_force():
    game = Company(first=2, second=1, needed=1, people=3)
    people = company(Secret(game))
    best = FactoredSolution(game, people, "you").start_value()
    assert best == pytest.approx(brute_force(game, people, "you"), abs=1e-12)


def test_symmetry_changes_nothing():
    class Plain(Company):
        symmetry = None

    pays = []
    for kind in (Company, Plain):
        game = kind(first=2, second=1, needed=2)
        pays.append(FactoredSolution(game, company(Secret(game)), "you").start_value())
    assert pays[0] == pytest.approx(pays[1], abs=1e-12)


@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize("answers", [(4 / 7, 1 / 7), (0.9, 0.1), (0.6, 0.4)])
def test_a_company_that_suspects_nobody_has_a_closed_form(first, answers):
    assert lonely(answers, first, 0.02) == pytest.approx(by_hand(answers, first, 0.02), abs=1e-12)


@pytest.mark.long
def test_planning_matters():
    family = Mafia()
    best, setting = optimum(family), family.setting(family.scenarios()[0])
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    values = {name: exactly(RULES[name], setting) for name in ("accuse-last", "sure", DEMONSTRATOR)}
    assert max(values.values()) == values[DEMONSTRATOR] < 0.9 * best
    solution = setting.solution
    assert solution.value_of(lambda s, m: solution._solve(s, m)[1]) == pytest.approx(best, abs=1e-9)
    assert len({id(family.setting(scenario)) for scenario in family.scenarios()}) == 1 and len(family.scenarios()) >= 20


def test_who_knows_goes_for_the_guilty_one():
    """An upper bound by hand: even who knows needs three voices, and has at most two accusations on the first day."""
    assert optimum(Mafia()) < known_value(Mafia()) < 1 - 0.02


def test_settings_are_checked():
    for settings in ({"first": 3}, {"second": 4}, {"needed": 0}, {"cost": 0.0}, {"late": 1.1}, {"follows": 1.0}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Mafia(**settings)


# ---- metrics and exploits --------------------------------------------------------------------------------------------


def dialogues_of(*texts, seeds=range(40)):
    policy = FunctionPolicy("fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)])
    return list(rollout(make_engine(ENV), policy, seeds))


def test_metrics_by_hand():
    family, endings = Mafia(), set()
    for dialogue in dialogues_of("I accuse Ben. [accuse ben]", "I wait.", "[question ben]", "I wait."):
        found, guilty, steps = family.outcome(dialogue), dialogue.hidden[0], len(dialogue.steps)
        replies = [(s, act) for step in dialogue.steps for s, seat, act in step.exchange.replies if seat == "host"]
        counted = [s.voices for s, act in replies if isinstance(act, Search)]
        assert found["messages"] == 2 and found["silence"] == pytest.approx(1 - 2 / steps)
        assert found["speaking_rate"] == pytest.approx(2 / (steps + 3)) and found["time_difference"] == 1.5
        assert found["words"] == 3 + 2 * (steps - 2)
        share = sum(v[GAME.names.index(guilty)] for v in counted) / sum(map(sum, counted))
        assert found["vote_share"] == pytest.approx(share)
        assert found["found"] == (dialogue.steps[-1].payoff > 0.4) and found["found_first"] == (steps == 4)
        endings.add((found["found"], found["found_first"], found["wrong"]))
    assert (True, True, 0) in endings and any(not found and wrong for found, _, wrong in endings)


def test_words_alone_are_waiting():
    for dialogue in dialogues_of("I beg you: who of you is behind it? Tell me the truth, or else!"):
        assert all(step.act == Say() and not step.problem for step in dialogue.steps)
        assert Mafia().outcome(dialogue)["messages"] == 0 and dialogue.steps[-1].payoff in (0.0, 0.5, 1.0)


def test_an_accusation_right_after_another_loses_the_turn():
    for dialogue in dialogues_of("[accuse ben]", seeds=range(5)):
        assert [step.problem for step in dialogue.steps[:3]] == ["", "illegal", ""]
        assert "only just spoken" in dialogue.steps[1].reply


def test_the_demonstrators():
    dialogues = list(play(ENV, "scripted", range(200)))
    mean = sum(d.steps[-1].payoff for d in dialogues) / 200
    family = Mafia()
    assert 0 < mean < optimum(family) and not any(step.problem for d in dialogues for step in d.steps)
    waits = sum(family.outcome(d)["silence"] for d in dialogues) / 200
    assert 0.3 < waits < 0.8
