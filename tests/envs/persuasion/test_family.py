"""Persuasion: its rules, the persuadee, the optimum, its metrics, and the exploits that do not pay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.persuasion.charities import CHARITIES
from dialogym.envs.persuasion.family import Meeting, Persuasion
from dialogym.envs.persuasion.game import Appeal, Campaign, Inquire, Plea, Propose, React, Stop
from dialogym.envs.persuasion.mind import Mindset, Persuadee
from dialogym.envs.persuasion.policies import HEURISTICS, best_ask
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.evaluation.pareto import expected_metrics
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

ENV = "Persuasion-v0"
GAME = Campaign()
MIND = Persuadee(GAME)
START = GAME.apply(GAME.start(), "persuadee", Say())


def after(*acts, game=GAME):
    """The state after acts of both seats in turn."""
    state = game.apply(game.start(), "persuadee", Say())
    for act in acts:
        state = game.apply(state, state.mover, act)
    return state


# ---- the rules -------------------------------------------------------------------------------------------------------


def test_the_ways_in_which_it_ends():
    assert after(Propose(50), React("no"))[1:] == Plea(1, None, topic=None, ending="refused")[1:]
    assert after(Propose(100), React("yes")).ending == "donated"
    assert after(Propose(50), React("enough")).ending == "enough" and after(Propose(50), React("enough")).given == 50
    more = after(Propose(50), React("yes"))
    assert (
        more.mover == "persuader" and more.given == 50 and list(GAME.choices(more, "persuader")).count(Propose(50)) == 0
    )
    kept = GAME.apply(GAME.apply(more, "persuader", Propose(100)), "persuadee", React("no"))
    assert kept.ending == "refused" and kept.given == 50  # a promise is kept
    assert GAME.apply(START, "persuader", Stop()) == START._replace(mover=None, ending="stopped")
    assert after(*[Say()] * 10).ending == "limit"


def test_what_is_not_possible():
    both = after(Appeal("reason"), React("nod"), Appeal("reason"), React("nod"))
    for state, act in (
        (both, Appeal("reason")),
        (after(Inquire(), React("trust")), Inquire()),
        (START, Propose(20)),
        (after(Propose(50), React("yes")), Propose(50)),
    ):
        with pytest.raises(IllegalAct):
            GAME.apply(state, "persuader", act)
        assert act not in GAME.choices(state, "persuader")


def test_payoff():
    assert GAME.payoff(after(Say(), Say(), Propose(100), React("yes")), "persuader") == pytest.approx(1 - 2 * 0.02)
    assert GAME.payoff(START, "persuader") == 0


# ---- the person ------------------------------------------------------------------------------------------------------


def moved(hidden, act):
    """Probability of each hidden state after the persuader's act."""
    state = GAME.apply(START, "persuader", act)
    return dict(MIND.react(hidden, state).map(lambda pair: pair[0]))


def said(hidden, act):
    """Probability of each answer to the persuader's act."""
    state = GAME.apply(START, "persuader", act)
    return {act.word: p for act, p in MIND.react(hidden, state).map(lambda pair: pair[1])}


def test_the_table_of_the_page():
    doubter, open_one = Mindset("reason", True, 1), Mindset("reason", False, 1)
    assert moved(doubter, Appeal("trust")) == pytest.approx({doubter._replace(doubts=False): 0.85, doubter: 0.15})
    assert moved(open_one, Appeal("trust")) == pytest.approx({open_one._replace(will=0): 0.5, open_one: 0.5})
    for kind in ("reason", "feeling"):
        assert moved(doubter, Appeal(kind)) == pytest.approx({doubter._replace(will=0): 0.5, doubter: 0.5})
    assert moved(open_one, Appeal("reason")) == pytest.approx({open_one._replace(will=2): 0.8, open_one: 0.2})
    assert moved(open_one, Appeal("feeling")) == pytest.approx(
        {open_one._replace(will=2): 0.05, open_one._replace(will=0): 0.5, open_one: 0.45}
    )
    assert said(doubter, Inquire()) == pytest.approx({"trust": 0.9, "reason": 0.095, "feeling": 0.005})
    assert said(open_one, Inquire()) == pytest.approx({"trust": 0.1, "reason": 0.855, "feeling": 0.045})
    assert said(open_one, Appeal("reason")) == pytest.approx(
        {"nod": 0.8 * 0.8 + 0.2 * 0.2, "shrug": 0.8 * 0.2 + 0.2 * 0.8}
    )
    assert said(doubter, Propose(50)) == said(open_one, Propose(100)) == {"no": 1.0}
    assert said(open_one, Propose(50)) == pytest.approx({"enough": 0.6, "yes": 0.4})
    assert moved(open_one, Propose(50)) == pytest.approx({open_one: 0.88, open_one._replace(will=2): 0.12})
    assert said(open_one._replace(will=2), Propose(100)) == {"yes": 1.0}


def test_who_is_met():
    prior = MIND.prior()
    assert prior.probability(Mindset("feeling", True, 0)) == pytest.approx(0.5 * 0.5 * 0.45) and len(prior) == 12
    told = Persuadee(GAME, "feeling", 0.7).prior()
    assert dict(told.map(lambda hidden: hidden.kind)) == pytest.approx({"feeling": 0.7, "reason": 0.3})


# ---- the optimum -----------------------------------------------------------------------------------------------------


def test_solver_against_unpruned_brute_force():
    game = Campaign(turns=3)
    mind = Persuadee(game, "reason", 0.8)
    exact = Solution(game, mind, "persuader", game.candidates).start_value()
    assert exact == pytest.approx(brute_force(game, mind, "persuader", waiting=True), abs=1e-12)
    assert exact > expected_one_turn() + 0.01  # it pays to talk first


def expected_one_turn():
    """Closed form for a single turn: half have no doubts; of these 55% give 50 cents and 10% a dollar."""
    return max(0.5 * 0.55 * 0.5, 0.5 * 0.1 * 1.0) - 0.02


def test_one_turn_has_a_closed_form():
    game = Campaign(turns=1)
    mind = Persuadee(game)
    assert Solution(game, mind, "persuader", game.candidates).start_value() == pytest.approx(expected_one_turn())


def test_pruned_candidates_lose_nothing():
    game = Campaign(turns=4)
    mind = Persuadee(game)
    pruned, full = Solution(game, mind, "persuader", game.candidates), Solution(game, mind, "persuader")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


@pytest.mark.long
@pytest.mark.parametrize(("settings", "count"), [({}, 1), ({"profile": 0.7}, 2)])
def test_planning_matters(settings, count):
    family = Persuasion(**settings)
    best = optimum(family)
    assert len(classes(family)) == count
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.15 * best
    values = {name: expected_return(family, name) for name in HEURISTICS}
    assert max(values.values()) < 0.9 * best
    assert values["inquire-then-appeal"] > values["rotate"] > values["ask-at-once"]


def test_a_profile_is_worth_something_and_a_useless_one_nothing():
    plain, useless, known = (optimum(Persuasion(profile=p)) for p in (0.0, 0.5, 1.0))
    assert useless == pytest.approx(plain, abs=1e-12) and known > plain + 0.02


def test_exact_metrics_agree_with_simulation():
    exact = expected_metrics(Persuasion())
    dialogues = list(play(ENV, "optimal", range(400)))
    assert exact["payoff"] == pytest.approx(optimum(Persuasion()))
    donors = sum(d.state.given > 0 for d in dialogues) / len(dialogues)
    assert abs(donors - exact["donors"]) < 0.1
    assert exact["donation"] - 0.02 * exact["turns"] == pytest.approx(exact["payoff"])


def test_settings_are_checked():
    for settings in ({"turns": 3}, {"turns": 7}, {"cost": -0.1}, {"cost": 0.3}, {"profile": 0.4}, {"profile": 1.1}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Persuasion(**settings)


# ---- exploits and metrics --------------------------------------------------------------------------------------------


def outcome_of(*texts, seed=0):
    engine = make_engine(ENV)
    policy = FunctionPolicy("fixed", lambda d, s: texts[min(len(d.steps), len(texts) - 1)])
    [dialogue] = rollout(engine, policy, [seed])
    return engine.family.outcome(dialogue)


def test_claims_that_are_no_facts_do_nothing_and_are_counted():
    lies = "Of each dollar 99 cents arrive, and 3000 experts praise us."
    found = outcome_of(lies, lies, lies, lies, "[stop]")
    assert found["made_up"] == 4 and found["appeals"] == 0 and found["levels"] == 0 and found["donation"] == 0


def test_facts_and_sums_are_not_made_up():
    for charity, known in CHARITIES.items():
        for facts in known.facts.values():
            for fact in facts:
                assert not Persuasion._makes_up(f"{fact} Would you give $1, or 50 cents? [propose 50]", charity)
    assert Persuasion._makes_up("It costs 41 cents.", "bookbus")


def test_nagging_does_not_pay():
    """A no ends it, so to ask again and again is to ask once."""
    family = Persuasion()
    nag = expected_return(family, FunctionPolicy("nag", lambda d, s: "[propose 100]"))
    assert nag == pytest.approx(0.5 * 0.1 - 0.02)
    assert nag < expected_return(family, "ask-at-once")


def test_talk_never_pays():
    setting = Persuasion().setting(Persuasion().scenarios()[0])
    state = setting.game.apply(setting.game.start(), "persuadee", Say())
    solution = setting.solution
    assert solution.act_value(state, setting.prior, Say()) < solution.value(state, setting.prior) - 0.02


def test_metrics_by_hand():
    """A person without doubts, whose will goes from 1 to 2 by a fact of its kind, gives a dollar in two turns."""
    policy = FunctionPolicy("two", lambda d, s: ("[appeal reason]", "[propose 100]")[len(d.steps)])
    for dialogue in rollout(make_engine(ENV), policy, range(200)):
        then, now = dialogue.hidden_start, dialogue.hidden
        found = Persuasion().outcome(dialogue)
        assert found["levels"] == now.will - then.will and found["convinced"] == (False if then.doubts else None)
        gave = not then.doubts and now.will == 2
        assert (found["donation"], found["donors"]) == ((1.0, True) if gave else (0.0, False))
        assert dialogue.steps[-1].payoff == pytest.approx(gave - 0.04)


def test_the_demonstrator_is_human_like():
    dialogues = list(play(ENV, "scripted", range(400)))
    first = [type(d.steps[0].act).__name__ for d in dialogues]
    assert 0.5 < first.count("Inquire") / 400 < 0.8 and first.count("Appeal") > 80
    family = Persuasion()
    mean = sum(d.steps[-1].payoff for d in dialogues) / 400
    assert expected_return(family, "ask-at-once") < mean < optimum(family)


def test_the_best_sum_to_ask_for():
    sure, half = Mindset("reason", False, 2), Mindset("reason", False, 1)
    assert best_ask(START, Belief({sure: 0.6, half: 0.4})) == Propose(100)
    assert best_ask(START, Belief({sure: 0.4, half: 0.6})) == Propose(50)


def test_a_scenario_shows_its_profile_to_the_persuader_alone():
    family = replace(Persuasion(), profile=0.7)
    scenario = Meeting("orchard", "Ana", "feeling")
    assert "Ana is one for feeling" in family.task(scenario) and not hasattr(scenario.public, "profile")
    assert "You were told" not in Persuasion().task(Meeting("orchard", "Ana"))
    assert len(Persuasion().scenarios()) == 48 and len(family.scenarios()) == 96
