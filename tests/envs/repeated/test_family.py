"""Repeated games: the rules, the people, closed forms, the optimum, the metrics, the exploits, both seats."""

from __future__ import annotations

from dataclasses import replace

import dialogym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.core.stream import Stream
from dialogym.envs.make import make_engine
from dialogym.envs.pettingzoo_env import DialogueAEC
from dialogym.envs.repeated.family import Repeated
from dialogym.envs.repeated.game import HANDS, PAYOFFS, SEATS, Match, MatrixGame, Play, Promise
from dialogym.envs.repeated.mind import HABITS, POPULATIONS, RULES, Partner, Strategist, habit
from dialogym.envs.repeated.policies import HEURISTICS, sweep_hands
from dialogym.evaluation.brute_force import brute_force
from dialogym.evaluation.exact import classes, expected_return, known_value, optimum
from dialogym.policies.duel import play_duels
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.scripts.pages.repeated import CLOSED, CLOSED_HANDS

A, B = Play("first"), Play("second")
GAME = MatrixGame()
THREE = MatrixGame(HANDS, 8, False, ("rock", "paper", "scissors"))


def after(*acts, game=GAME):
    state = game.apply(game.start(), "partner", Say())
    for act in acts:
        state = game.apply(state, game.mover(state), act)
    return state


# ---- the rules


def test_a_round_is_talk_answer_and_two_sealed_moves():
    state = after(Promise("first"), Say(), B)
    assert (state.mine, state.chosen, state.phase) == (0, 1, "reveal")
    assert GAME.pending(state) and GAME.view(state, "partner").chosen is None and GAME.view(state, "you") == state
    assert GAME.movers(after(Say(), Say())) == ("you", "partner") and GAME.movers(after(Say())) == ("partner",)
    assert after(Promise("first"), Say(), B, A) == Match(1, "talk", (1, 0), broken=1, points=(10, 0))
    assert after(Promise("second"), Promise("first"), B, B).broken == 0


def test_silence_repeats_an_option():
    assert after(Say(), Say(), Say(), Say()).last == (1, 1)
    assert after(Say(), Say(), A, B, Say(), Say(), Say(), Say()).last == (0, 1)


def test_what_is_not_possible():
    for state, act in (
        (after(), A),
        (after(), Promise("third")),
        (after(Say()), B),
        (after(Say(), Say()), Promise("first")),
        (after(Say(), Say()), Play("third")),
    ):
        with pytest.raises(IllegalAct):
            GAME.apply(state, GAME.mover(state), act)
    with pytest.raises(IllegalAct, match="not your turn"):
        GAME.apply(after(), "partner", Say())


def test_what_one_can_secure_and_what_is_fair_by_hand():
    found = {game: (MatrixGame(game).secure("you"), MatrixGame(game).fair) for game in PAYOFFS}
    assert found == {"dilemma": (5, 8), "battle": (pytest.approx(70 / 17), 8.5), "stag": (5, 10), "chicken": (3, 6.5)}
    for game in PAYOFFS:
        assert MatrixGame(game).secure("partner") == pytest.approx(MatrixGame(game).secure("you"))


def test_payoff_and_bank_by_hand():
    state = after(Say(), Say(), A, B, Say(), Say(), B, B)
    assert state.points == (5, 15)
    assert GAME.payoff(state, "you") == pytest.approx((5 - 10) / 30)
    assert GAME.payoff(state, "partner") == pytest.approx((15 - 10) / 30)
    for seat in GAME.seats:
        banked, rest = GAME.unbank(state, seat)
        assert rest.points == (0, 0) and banked + GAME.payoff(rest, seat) == pytest.approx(GAME.payoff(state, seat))


# ---- the people


def played(kind, yours, game="dilemma", promises=None):
    """What a person does against a row of places."""
    rules = MatrixGame(game, rounds=len(yours))
    mind, hidden, state, theirs = Strategist(rules, ((kind, 1.0),)), Partner(kind), rules.start(), []
    told = iter(promises or [None] * len(yours))
    while (mover := rules.mover(state)) is not None:
        if mover == "partner":
            ((hidden, act),) = mind.react(hidden, state).support
            if state.phase == "reveal":
                theirs.append(rules.options.index(act.option))
        elif state.phase == "talk":
            said = next(told)
            act = Say() if said is None else Promise(rules.options[said])
        else:
            act = Play(rules.options[yours[state.round]])
        state = rules.apply(state, mover, act)
    return theirs


@pytest.mark.parametrize(
    ("kind", "yours", "theirs"),
    [
        ("cooperator", [1, 1, 1, 1], [0, 0, 0, 0]),
        ("defector", [0, 0, 0, 0], [1, 1, 1, 1]),
        ("con", [0, 0, 0, 0], [1, 1, 1, 1]),
        ("stubborn", [0, 0, 0, 0], [1, 1, 1, 1]),
        ("tit-for-tat", [1, 0, 1, 0, 0], [0, 1, 0, 1, 0]),
        ("suspicious", [0, 1, 0, 0], [1, 0, 1, 0]),
        ("copycat", [0, 1, 0, 0], [1, 0, 1, 0]),
        ("two-tats", [1, 0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1, 0]),
        ("grim", [0, 1, 0, 0], [0, 0, 1, 1]),
        ("pavlov", [0, 1, 1, 0, 0], [0, 0, 1, 0, 0]),
        ("alternator", [0, 0, 0, 0], [1, 0, 1, 0]),
        ("late", [0, 0, 0, 0, 0], [0, 0, 0, 1, 1]),
        ("yielding", [0, 0, 0, 0], [1, 1, 0, 0]),
        ("averager", [0, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 1]),
        ("stayer", [0, 0, 1, 1], [1, 0, 0, 1]),
        ("keeper", [0, 0, 0, 0], [1, 1, 1, 1]),
    ],
)
def test_the_table_of_the_page(kind, yours, theirs):
    assert played(kind, yours) == theirs


def test_who_listens_stops_when_a_promise_is_broken():
    assert played("keeper", [0, 0, 1, 0, 0], promises=[0, 0, 0, 0, 0]) == [0, 0, 0, 1, 1]
    assert played("keeper", [0, 0, 1, 0], promises=[0, None, 1, 0]) == [0, 1, 1, 0]
    assert played("listener", [0, 1, 0, 0], "battle", promises=[0, 1, 1, 0]) == [0, 1, 1, 1]
    answers = {kind: Strategist(GAME, ()).react(Partner(kind), after(Promise("first"))).support[0][1] for kind in RULES}
    assert {kind for kind, act in answers.items() if act != Say()} == {"keeper", "listener", "con"}
    assert {kind for game in PAYOFFS for kind, _ in POPULATIONS[game]} == set(RULES)
    assert {kind for kind, _ in POPULATIONS[HANDS]} == set(HABITS)


def test_nobody_looks_at_what_is_sealed():
    for game, population in POPULATIONS.items():
        rules = replace(THREE if game == HANDS else MatrixGame(game), talk=True, options=("first", "second", "third"))
        mind = Strategist(rules, population)
        states = [after(Promise("first"), Say(), act, game=rules) for act in (A, B)]
        for hidden in mind.prior().support:
            assert mind.react(hidden, states[0]) == mind.react(hidden, states[1])


# ---- the optimum


@pytest.mark.parametrize("rounds", [5, 10])
@pytest.mark.parametrize("kind", CLOSED)
def test_best_responses_have_closed_forms(kind, rounds):
    game = MatrixGame("dilemma", rounds, talk=False)
    value = Solution(game, Strategist(game, ((kind, 1.0),)), "you").start_value()
    assert rounds * (value * 3 + 5) == pytest.approx(CLOSED[kind][1](rounds))


@pytest.mark.parametrize(("game", "rounds", "talk"), [("dilemma", 2, True), ("battle", 4, False), ("chicken", 2, True)])
def test_solver_against_unpruned_brute_force(game, rounds, talk):
    rules = MatrixGame(game, rounds, talk)
    mind = Strategist(rules, POPULATIONS[game])
    assert Solution(rules, mind, "you").start_value() == pytest.approx(brute_force(rules, mind, "you"), abs=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("game", ["mixed", "dilemma", "battle"])
def test_planning_matters(game):
    family = Repeated(game)
    best = optimum(family)
    assert expected_return(family, "lookahead") < 0.9 * best and known_value(family) > 1.05 * best
    assert max(expected_return(family, name) for name in HEURISTICS) < 0.9 * best


def test_stories_of_a_game_share_a_solution_and_acts_are_told_in_their_words():
    family = Repeated()
    assert [weight for _, weight in classes(family)] == [0.25] * 4
    for scenario in family.scenarios()[::16]:
        setting = family.setting(scenario)
        state = setting.game.apply(setting.game.start(), "partner", Say())
        act = setting.solution.best_act(state, setting.prior)
        assert act == Say() or act.option in setting.game.options


def test_settings_are_checked():
    for settings in ({"game": "poker"}, {"rounds": 3}, {"rounds": 17}):
        with pytest.raises(ValueError, match=next(iter(settings))):
            Repeated(**settings)


# ---- hands


@pytest.mark.parametrize(("mine", "theirs", "points"), [(1, 0, 1), (2, 1, 1), (0, 2, 1), (0, 1, -1), (2, 2, 0)])
def test_each_option_beats_the_one_before(mine, theirs, points):
    assert (THREE.points("you", mine, theirs), THREE.points("partner", mine, theirs)) == (points, -points)
    state = after(Play(THREE.options[mine]), Play(THREE.options[theirs]), game=THREE)
    assert state == Match(1, "move", (mine, theirs), points=(points, -points))
    assert THREE.payoff(state, "you") == points / 8 == -THREE.payoff(state, "partner")


@pytest.mark.parametrize(
    ("kind", "last", "shares"),
    [
        ("stay-or-shift", (0, 1), (0, 0.9, 0.1)),  # paper has won
        ("stay-or-shift", (2, 1), (0, 0.1, 0.9)),
        ("stay-or-shift", (1, 1), (0, 0.1, 0.9)),
        ("upward", (0, 2), (0.9, 0, 0.1)),
        ("downward", (1, 2), (0, 0.9, 0.1)),
        ("copycat", (0, 2), (0.9, 0, 0.1)),
        ("copycat", (2, 2), (0.1, 0, 0.9)),
        ("avenger", (0, 2), (0, 0.9, 0.1)),
        ("restless", (0, 2), (0.5, 0.5, 0)),
        ("favourite", (0, 2), (0.6, 0.2, 0.2)),
        ("favourite", None, (0.6, 0.2, 0.2)),
        ("upward", None, (0.5, 0.25, 0.25)),
    ],
)
def test_habits_by_hand(kind, last, shares):
    assert habit(kind, last) == pytest.approx(shares)
    mind = Strategist(THREE, ((kind, 1.0),))
    state = Match(3, "reveal", last, chosen=1)
    made = {act.option: p for (_, act), p in mind.react(Partner(kind), state)}
    assert made == pytest.approx({name: p for name, p in zip(THREE.options, shares, strict=True) if p})


@pytest.mark.parametrize("kind", CLOSED_HANDS)
def test_habits_that_nothing_moves_have_closed_forms(kind):
    value = Solution(THREE, Strategist(THREE, ((kind, 1.0),)), "you").start_value()
    assert value == pytest.approx(CLOSED_HANDS[kind](8), abs=1e-12)


def test_hands_against_unpruned_brute_force():
    rules = replace(THREE, rounds=3)
    mind = Strategist(rules, POPULATIONS[HANDS])
    assert Solution(rules, mind, "you").start_value() == pytest.approx(brute_force(rules, mind, "you"), abs=1e-12)


def test_hands_test_inference_and_not_planning():
    family = Repeated(HANDS, 5, False)
    best = optimum(family)
    assert 0.99 * best < expected_return(family, "myopic") <= expected_return(family, "lookahead") <= best
    assert known_value(family) > 1.05 * best
    assert max(expected_return(family, FunctionPolicy(name, rule)) for name, rule in sweep_hands().items()) < 0.6 * best


def test_metrics_of_hands_by_hand():
    def speak(dialogue, stream):
        return f"[play {dialogue.setting.game.options[dialogue.state.round % 4 % 3]}]"  # 0 1 2 0 0 1 2 0

    engine = make_engine("RepeatedHands-v0")
    for dialogue in rollout(engine, FunctionPolicy("fixed", speak), range(30)):
        found, names = engine.family.outcome(dialogue), list(dialogue.setting.game.options)
        theirs = [names.index(act.option) for step in dialogue.steps for _, _, act in step.exchange.replies]
        mine = [0, 1, 2, 0] * 2
        won = [(a - b) % 3 for a, b in zip(mine, theirs, strict=True)]
        assert found["stalemates"] == won.count(0) / 8 and found["points"] == (won.count(1) - won.count(2)) / 8
        assert found["entropy"] == 1.5 and found["alternation"] == pytest.approx(6 / 7)
        best = CLOSED_HANDS.get(dialogue.hidden.kind)
        assert best is None or found["of_best"] == pytest.approx(found["points"] / best(8))
        assert (found["joint"], found["agreement"], found["cooperation"], found["forgiveness"]) == (None,) * 4


# ---- metrics, exploits


def ends(rule, count=40, **settings):
    engine = make_engine("RepeatedDilemma-v0", **settings)
    for dialogue in rollout(engine, FunctionPolicy("fixed", rule), range(count)):
        yield dialogue, engine.family.outcome(dialogue)


def test_metrics_by_hand():
    def speak(dialogue, stream):
        first, second = dialogue.setting.game.options
        if dialogue.state.phase == "talk":
            return f"[promise {first}]" if dialogue.state.round < 4 else "Hm."
        return f"[play {(first, second)[dialogue.state.round % 2]}]"

    kinds = set()
    for dialogue, found in ends(speak, count=120):
        assert (found["cooperation"], found["alternation"], found["kept"], found["entropy"]) == (0.5, 1.0, 0.5, 1.0)
        kind = dialogue.hidden.kind
        kinds.add(kind)
        if kind in ("defector", "con"):
            assert (found["points"], found["joint"]) == (2.5, pytest.approx((5 * 10 + 5 * 10) / 160))
            assert (found["of_best"], found["forgiveness"], found["agreement"]) == (None, pytest.approx(4 / 9), 0.5)
        if kind == "cooperator":
            assert found["points"] == 9 and found["forgiveness"] is None
            assert found["of_best"] == pytest.approx((9 - 5) / (10 - 5))
    assert {"cooperator", "defector"} <= kinds


def test_who_says_nothing_gets_no_more_than_alone_from_who_defects():
    for dialogue, found in ends(lambda dialogue, stream: "Hm.", count=30):
        if dialogue.hidden.kind in ("defector", "con", "keeper"):
            assert found["points"] == 5 and dialogue.steps[-1].payoff == 0


def test_words_with_a_sealed_move_change_nothing():
    def replies(words):
        def speak(dialogue, stream):
            option = dialogue.setting.game.options[0]
            return "Let us see." if dialogue.state.phase == "talk" else f"{words}[play {option}]"

        return [[step.reply for step in dialogue.steps] for dialogue, _ in ends(speak)]

    assert replies("") == replies("Thank you, you liar, I beg you! ")


# ---- both seats


def test_two_learners_play_the_same_game():
    env = DialogueAEC(Repeated("dilemma"))
    env.reset(seed=1)
    first, second = env.both.game.options
    briefs = env.both.briefs
    assert env.both.scenarios["you"].name != env.both.scenarios["partner"].name and briefs["you"] != briefs["partner"]
    for number in range(10):
        for seat, text in (
            ("you", f"[promise {first}]"),
            ("partner", "Good."),
            ("you", f"[play {second if number == 9 else first}]"),
            ("partner", f"[play {first}]"),
        ):
            assert env.agent_selection == seat
            env.step(text)
    payoffs = [env.both.game.payoff(env.state_, seat) for seat in ("you", "partner")]
    assert payoffs == pytest.approx([(82 - 50) / 30, (72 - 50) / 30])


def test_each_seat_is_told_its_own_points():
    family = Repeated("battle")
    for seed in range(5):
        both = family.duel(Stream(np.random.default_rng(seed)))
        first, second = both.game.options
        assert (
            f"{first}/{first} 10 and 7" in both.briefs["you"] and f"{first}/{first} 7 and 10" in both.briefs["partner"]
        )
        assert f"{first}/{second} 0 and 0" in both.briefs["partner"]
    dilemma = Repeated("dilemma").duel(Stream(np.random.default_rng(0)))
    first, second = dilemma.game.options
    assert all(f"{second}/{first} 10 and 0" in brief for brief in dilemma.briefs.values())


def test_both_choose_at_once_in_the_parallel_face():
    env = dialogym.parallel("RepeatedDilemma-v0")
    env.reset(seed=1)
    first, second = env.unwrapped.both.game.options
    for number in range(10):
        heard = env.step({"you": f"[promise {first}]", "partner": f"[play {second}]"})[0]
        assert "[promise" in str(heard["partner"])
        env.step({"you": "too late", "partner": "Good."})
        *_, over, _, _ = env.step({"you": f"[play {first}]", "partner": f"[play {second}]"})
        assert all(over.values()) == (number == 9)
    assert env.unwrapped.state_.points == (0, 100)


@pytest.mark.parametrize(
    ("game", "rule", "points"),
    [
        ("dilemma", "tit-for-tat", (80, 80)),
        ("dilemma", "second", (50, 50)),
        ("battle", "insist", (0, 0)),  # each goes where it likes best
        ("battle", "tit-for-tat", (0, 0)),  # and then, in turns, where the other was
        ("stag", "insist", (100, 100)),
        ("chicken", "second", (0, 0)),
        (HANDS, "insist", (0, 0)),
    ],
)
def test_rules_play_from_either_seat(game, rule, points):
    family = Repeated(game, talk=game != HANDS)
    (duel,) = play_duels(family, [dict.fromkeys(SEATS, FunctionPolicy(rule, HEURISTICS[rule]))], [3])
    assert duel.env.state_.points == points
    duels = play_duels(
        family, [dict.fromkeys(SEATS, make_policy("scripted", make_engine("Repeated-v0")))] * 4, range(4)
    )
    for duel in duels:
        assert not [step.text for dialogue in duel.dialogues.values() for step in dialogue.steps if step.problem]
        assert all(duel.dialogues[seat].steps for seat in SEATS) and duel.env.state_.round == 10
