"""Guided solving: its optimum, its rules as an environment, its published claims."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.core.solver import Solution
from dialogym.envs.guided_solving.family import GuidedSolving
from dialogym.envs.guided_solving.game import ACTS, Attempt, GuidedSteps, Hint, Nudge, Show, Stop, Tell, Try
from dialogym.envs.guided_solving.mind import POPULATIONS, Learner, Strength, Student
from dialogym.envs.guided_solving.policies import HEURISTICS, RULES, ladder, sweep
from dialogym.envs.registration import TABLE
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.evaluation.pareto import expected_metrics
from dialogym.policies.collect import play

from ..core.brute_force import brute_force

ENV = "GuidedSolving-v0"
IDS = (ENV, "GuidedSolvingEasy-v0", "GuidedSolvingHard-v0")


def family_of(env_id):
    return GuidedSolving(**TABLE[env_id][1])


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", list(POPULATIONS))
@pytest.mark.parametrize(("leak", "leak_weight"), [("graded", 0.0), ("graded", 0.1), ("graded", 0.5), ("hard", 0.3)])
def test_solver_against_unpruned_brute_force(population, leak, leak_weight):
    """The brute force also talks and wastes turns."""
    game = GuidedSteps(steps=2, turns=4, leak=leak, leak_weight=leak_weight)
    mind = Learner(game, population)
    assert Solution(game, mind, "tutor", game.candidates).start_value() == pytest.approx(
        brute_force(game, mind, "tutor"), abs=1e-12
    )


@pytest.mark.parametrize(
    "settings", [{}, {"leak": "hard", "leak_weight": 0.3}, {"turn_cost": 0.0}, {"leak_weight": 0.05}]
)
def test_pruned_candidates_lose_nothing(settings):
    game = GuidedSteps(turns=6, **settings)
    mind = Learner(game, "default")
    pruned, full = Solution(game, mind, "tutor", game.candidates), Solution(game, mind, "tutor")
    assert pruned.start_value() == pytest.approx(full.start_value(), abs=1e-12)


@pytest.mark.parametrize("leak_weight", [0.0, 0.3, 0.6, 3.0])
def test_one_turn_about_one_step_in_closed_form(leak_weight):
    """A student stuck at the only step does not understand it, so the value of one act can be written down."""
    game = GuidedSteps(steps=1, turns=1, turn_cost=0.02, leak_weight=leak_weight)
    right, wrong, kinds = 1.0 - game.slip, game.guess, POPULATIONS["default"].values()

    def alone(field):
        p = sum(kind.share * getattr(kind, field) for kind in kinds)
        return p * right + (1.0 - p) * wrong

    def recalled(p):
        return p + (1.0 - p) * game.recall

    by_hand = max(
        wrong,
        alone("nudge") - 0.02,
        alone("hint") - leak_weight * game.hint_leak - 0.02,
        recalled(alone("show")) - leak_weight - 0.02,
        recalled(wrong) - leak_weight - 0.02,
    )
    assert Solution(game, Learner(game), "tutor").start_value() == pytest.approx(by_hand, abs=1e-12)


def test_two_turns_of_tries_in_closed_form():
    """Nudge, then try: a right try is worth nothing by itself, because the student solves the same step alone later."""
    game = GuidedSteps(steps=1, turns=2, turn_cost=0.0, leak_weight=10.0)
    solution = Solution(game, Learner(game), "tutor")
    understood = sum(kind.share * kind.nudge for kind in POPULATIONS["default"].values())
    assert solution.start_value() == pytest.approx(understood * 0.95 + (1.0 - understood) * 0.15, abs=1e-12)


@pytest.mark.parametrize("env_id", IDS)
def test_the_optimum_is_what_its_policy_gets(env_id):
    family = family_of(env_id)
    best = optimum(family)
    assert expected_return(family, "optimal") == pytest.approx(best, abs=1e-9)
    assert expected_metrics(family)["payoff"] == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("env_id", IDS)
def test_no_rule_beats_the_optimum(env_id):
    family = family_of(env_id)
    best = optimum(family)
    for name, rule in {**RULES, **sweep()}.items():
        assert (
            expected_metrics(family, lambda setting, state, belief, rule=rule: rule(setting.game, state))["payoff"]
            <= best + 1e-12
        ), name


def test_rules_and_heuristics_are_the_same():
    family = GuidedSolving(turns=5)
    for name, rule in RULES.items():
        by_state = expected_metrics(family, lambda setting, state, belief, rule=rule: rule(setting.game, state))[
            "payoff"
        ]
        assert expected_return(family, name) == pytest.approx(by_state, abs=1e-12), name


def test_simulation_agrees_with_the_sum():
    for name in ("contingent", "help-then-show"):
        payoffs = [d.steps[-1].payoff for d in play(ENV, name, range(3000))]
        error = np.std(payoffs) / len(payoffs) ** 0.5
        assert np.mean(payoffs) == pytest.approx(expected_return(GuidedSolving(), name), abs=4 * error)


def test_planning_and_listening_matter():
    """The published claims about the default settings, exactly: see docs/guided_solving.md."""
    family = GuidedSolving()
    best = optimum(family)
    assert best == pytest.approx(0.2547, abs=5e-5)
    assert max(expected_return(family, name) for name in ("myopic", "lookahead")) <= 0.1 * best
    assert max(expected_return(family, name) for name in HEURISTICS) <= 0.8 * best
    assert known_value(family) >= 1.2 * best
    game = GuidedSteps()
    deaf = Solution(
        game,
        Learner(game),
        "tutor",
        lambda state, support: [act for act in game.candidates(state) if not isinstance(act, Try)],
    )
    assert deaf.start_value() <= 0.4 * best


def test_the_rules_were_chosen_by_the_sweep():
    family = GuidedSolving()
    values = {
        name: expected_metrics(family, lambda setting, state, belief, rule=rule: rule(setting.game, state))["payoff"]
        for name, rule in sweep().items()
    }
    assert max(values, key=values.__getitem__) == "ladder(nudge,hint,stop,fade)"
    assert max((name for name in values if "fade" not in name), key=values.__getitem__) == "ladder(hint,hint,show)"


def test_easy_is_easier_and_hard_is_harder():
    hard, default, easy = (
        optimum(family_of(env_id)) for env_id in ("GuidedSolvingHard-v0", ENV, "GuidedSolvingEasy-v0")
    )
    assert 0.1 < hard < 0.7 * default < 0.7 * 0.7 * easy
    family = family_of("GuidedSolvingHard-v0")
    assert max(expected_return(family, name) for name in HEURISTICS) <= 0.8 * hard


# ---- what lambda does ------------------------------------------------------------------------------------------------


def test_without_a_weight_the_tutor_tells_as_it_likes():
    free = expected_metrics(GuidedSolving(leak_weight=0.0))
    assert free["leaked_answer"] == pytest.approx(1.0) and free["solve"] > 0.6


def test_a_large_weight_never_leaks():
    dear = expected_metrics(GuidedSolving(leak_weight=50.0))
    assert dear["leak"] == 0.0 and dear["leaked_answer"] == 0.0 and dear["solve"] > 0.1


def test_leak_and_solve_fall_as_the_weight_rises():
    """The leak by theory (without turn costs also the solve probability), whichever optimal policy is followed."""
    found = [
        expected_metrics(GuidedSolving(turns=5, turn_cost=0.0, leak_weight=weight))
        for weight in (0.01, 0.1, 0.37, 0.38, 0.41, 0.5, 1.0, 2.0, 5.0)
    ]
    for name in ("leak", "solve"):
        values = [metrics[name] for metrics in found]
        assert all(low >= high - 1e-12 for low, high in pairwise(values)), name
        assert values[0] > values[-1] + 0.1


def test_the_hard_mode_never_gives_the_answer_away():
    found = expected_metrics(family_of("GuidedSolvingHard-v0"))
    assert found["leaked_answer"] == 0.0 < found["leak"]


# ---- the rules -------------------------------------------------------------------------------------------------------

GAME = GuidedSteps()
START = GAME.apply(GAME.start(), "student", Say())


def after(*acts, state=START, game=GAME):
    """The state after the tutor's acts; the student just listens, and its tries come as acts of its own."""
    for act in acts:
        if isinstance(act, Attempt):
            state = game.apply(game.apply(state, "tutor", Try()), "student", act)
        else:
            state = game.apply(state, "tutor", act)
            if state.mover == "student":
                state = game.apply(state, "student", Say())
    return state


RIGHT, WRONG = Attempt("right"), Attempt("wrong")


@pytest.mark.parametrize(
    ("acts", "step", "turn", "leak", "answer", "ending"),
    [
        ((), 0, 0, 0.0, False, ""),
        ((Nudge(),), 0, 1, 0.0, False, ""),
        ((Hint(), Nudge()), 0, 2, 0.1, False, ""),
        ((RIGHT,), 1, 1, 0.0, False, ""),
        ((WRONG,), 0, 1, 0.0, False, ""),
        ((Hint(), RIGHT), 1, 2, 0.1, False, ""),
        ((Hint(), Show()), 1, 2, 1 / 3, False, ""),
        ((Show(), Hint(), Stop()), 1, 2, 1.3 / 3, False, "stop"),
        ((Show(), Show(), RIGHT), 3, 3, 2 / 3, False, "solved"),
        ((RIGHT, RIGHT, Hint(), Show()), 3, 4, 1 / 3, True, "solved"),
        ((Tell(),), 0, 1, 1.0, True, "told"),
        ((Show(), Hint(), Tell()), 1, 3, 1.0, True, "told"),
        ((Stop(),), 0, 0, 0.0, False, "stop"),
        ((Say(),) * 8, 0, 8, 0.0, False, "turns"),
        ((Say(),) * 7 + (Show(),), 1, 8, 1 / 3, False, "turns"),
        ((Say(),) * 6 + (RIGHT, Show()), 2, 8, 1 / 3, False, "turns"),
    ],
)
def test_what_acts_come_to(acts, step, turn, leak, answer, ending):
    state = after(*acts)
    assert (state.step, state.turn, state.ending) == (step, turn, ending)
    assert GAME.leaked(state) == pytest.approx(leak) and GAME.answer_leaked(state) is answer
    assert (GAME.mover(state) is None) == bool(ending)


@pytest.mark.parametrize(
    ("acts", "refused"),
    [
        ((Nudge(),), Nudge()),
        ((Hint(),), Hint()),
        ((Nudge(), Hint()), Nudge()),
        ((WRONG,), Try()),
        ((Nudge(), WRONG), Try()),
    ],
)
def test_nothing_is_done_twice_in_vain(acts, refused):
    state = after(*acts)
    with pytest.raises(IllegalAct, match="You can"):
        GAME.apply(state, "tutor", refused)
    assert refused not in list(GAME.choices(state, "tutor"))


def test_a_new_step_or_new_help_makes_it_possible_again():
    assert Nudge() in list(GAME.choices(after(Nudge(), RIGHT), "tutor"))
    assert Try() in list(GAME.choices(after(WRONG, Nudge()), "tutor"))
    assert Try() not in list(GAME.choices(after(WRONG, Say()), "tutor"))


def test_choices_are_what_is_legal():
    states, seen = [START], 0
    for _ in range(4):
        following = []
        for state in states:
            legal = set(GAME.choices(state, "tutor"))
            for kind in (*ACTS, Say):
                if kind() in legal:
                    moved = GAME.apply(state, "tutor", kind())
                    if moved.mover == "student":
                        answers = (RIGHT, WRONG) if kind is Try else (Say(),)
                        following += [
                            s for s in (GAME.apply(moved, "student", answer) for answer in answers) if s.mover
                        ]
                    seen += 1
                else:
                    with pytest.raises(IllegalAct):
                        GAME.apply(state, "tutor", kind())
        states = list(dict.fromkeys(following))
    assert seen > 300


def test_payoffs():
    knows, half = Student("weak", (True, True, True)), Student("weak", (True, False, True))
    assert GAME.payoff(after(Stop()), "tutor", knows) == pytest.approx(0.95**3)
    assert GAME.payoff(after(Nudge(), Stop()), "tutor", half) == pytest.approx(0.95**2 * 0.15 - 0.01)
    p = 0.95**2 * 0.15
    assert GAME.payoff(after(Tell()), "tutor", half) == pytest.approx(p + (1 - p) * 0.2 - 0.5 - 0.01)
    assert GAME.payoff(after(Show(), Show(), Show()), "tutor", half) == pytest.approx(p + (1 - p) * 0.2 - 0.5 - 0.03)
    hard = replace(GAME, leak="hard", leak_weight=0.3)
    assert hard.payoff(after(Tell()), "tutor", knows) == pytest.approx(-0.3 - 0.01)
    assert hard.payoff(after(RIGHT, RIGHT, Show()), "tutor", knows) == pytest.approx(-0.3 - 0.03)
    assert hard.payoff(after(Show(), Stop()), "tutor", knows) == pytest.approx(0.95**3 - 0.1 - 0.01)


# ---- the student -----------------------------------------------------------------------------------------------------


def test_the_prior():
    prior = Learner(GAME, "default").prior()
    for name, kind in POPULATIONS["default"].items():
        assert sum(p for h, p in prior if h.strength == name) == pytest.approx(kind.share)
        assert sum(p for h, p in prior if h.strength == name and h.understood[0]) == pytest.approx(
            kind.share * kind.start
        )
        assert sum(p for h, p in prior if h.strength == name and h.understood[1]) == pytest.approx(
            kind.share * kind.start**2
        )
    assert not any(h.understood[2] or (h.understood[1] and not h.understood[0]) for h, _ in prior)
    for population in POPULATIONS.values():
        assert sum(kind.share for kind in population.values()) == pytest.approx(1.0)
        assert all(0.0 <= p <= 1.0 for kind in population.values() for p in kind)


def test_stronger_students_need_weaker_help_and_profit_less_from_being_shown():
    for population in POPULATIONS.values():
        weak, middling, strong = population.values()
        for field in Strength._fields[1:4]:
            assert getattr(weak, field) < getattr(middling, field) < getattr(strong, field)
        assert weak.show >= middling.show > strong.show


@pytest.mark.parametrize("act", [Nudge(), Hint(), Show(), Say()])
def test_help_is_taken_in_without_a_sign(act):
    mind = Learner(GAME)
    state = GAME.apply(START, "tutor", act)
    for hidden, _ in mind.prior():
        reaction = mind.react(hidden, state)
        assert all(made == Say() for (_, made), _ in reaction)
        learnt = sum(p for (then, _), p in reaction if then != hidden)
        kind = POPULATIONS["default"][hidden.strength]
        expected = {Nudge: kind.nudge, Hint: kind.hint, Show: kind.show, Say: 0.0}[type(act)]
        assert learnt == pytest.approx(0.0 if hidden.understood[0] else expected)
        assert all(then.understood[1:] == hidden.understood[1:] for (then, _), _ in reaction)


def test_tries_have_slip_and_guess():
    mind, state = Learner(GAME), GAME.apply(START, "tutor", Try())
    for hidden, _ in mind.prior():
        assert mind.react(hidden, state).probability((hidden, RIGHT)) == pytest.approx(
            0.95 if hidden.understood[0] else 0.15
        )


# ---- as an environment -----------------------------------------------------------------------------------------------


def outcome_of(script, seed=0, env_id=ENV, **settings):
    env = gym.make(env_id, **settings)
    env.reset(seed=seed, options={"scenario": {"problem": "fruit"}})
    for text in script:
        _, reward, terminated, truncated, info = env.step(text)
        if terminated or truncated:
            return reward, info
    raise AssertionError("not over")


def test_the_outcome():
    reward, info = outcome_of(["[hint]", "[show]", "[stop]"])
    outcome = info["outcome"]
    assert (outcome["leak"], outcome["turns"], outcome["steps_done"], outcome["ending"]) == (
        pytest.approx(1 / 3),
        2,
        1,
        "stop",
    )
    assert outcome["solve_gain"] >= 0.0 and not outcome["leaked_answer"]
    assert reward == pytest.approx(outcome["solve"] - 0.5 / 3 - 0.02)
    assert info["hidden"]["strength"] in POPULATIONS["default"] and set(info["hidden"]["understood"]) <= {1, 2, 3}
    _, told = outcome_of(["The answer is 27 dollars."])
    assert told["outcome"]["ending"] == "told" and told["outcome"]["leak"] == 1.0
    _, cut = outcome_of(["[nonsense]"] * 3)
    assert cut["outcome"]["ending"] == "truncated" and cut["outcome"]["malformed"] == 3


def test_illegal_acts_are_explained_and_count_as_talk():
    env = gym.make(ENV)
    env.reset(seed=0)
    env.step("[nudge]")
    obs, reward, terminated, _, info = env.step("[nudge]")
    assert info["problem"] == "illegal" and "hint" in obs and reward == 0.0 and not terminated
    assert env.unwrapped.dialogue.state.turn == 2


def test_tries_are_told_apart_by_the_reply():
    """Text alone says where the student is: right or wrong, and which step comes now."""
    for dialogue in play(ENV, "scripted", range(300)):
        for step in dialogue.steps:
            if isinstance(step.act, Try):
                right = step.after.step > step.before.step
                words = set(re.findall(r"\w+", step.reply.lower()))
                assert ("right" in words) == right and ("wrong" in words) == (not right), step.reply


def test_the_random_tutor_uses_everything():
    kinds = {type(step.act) for dialogue in play(ENV, "random", range(300)) for step in dialogue.steps}
    assert kinds == {*ACTS, Say}


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("name", ["random", "scripted", "worded", "terse", *RULES])
def test_baselines_never_lose_a_turn(name, env_id):
    for grammar in ("natural", "tagged"):
        dialogues = list(play(env_id, name, range(60), grammar=grammar))
        assert not [step.text for dialogue in dialogues for step in dialogue.steps if step.problem]
        assert all(dialogue.over for dialogue in dialogues)


@pytest.mark.parametrize("env_id", IDS)
def test_the_typical_tutor_is_worth_something(env_id):
    payoffs = {
        name: np.mean([d.steps[-1].payoff for d in play(env_id, name, range(1000))])
        for name in ("random", "scripted", "optimal")
    }
    assert payoffs["random"] < -0.1 < 0.0 < payoffs["scripted"] < 0.8 * payoffs["optimal"]


def test_the_brief_tells_what_is_public():
    env = gym.make("GuidedSolvingHard-v0")
    brief, _ = env.reset(seed=0, options={"scenario": {"problem": "fruit"}})
    for told in (
        "27 dollars",
        "find the change",
        "95%",
        "15%",
        "20%",
        "0.3",
        "0.01",
        "8 turns",
        "5/20/60%",
        "50% of students",
        "[nudge]",
        "[stop]",
    ):
        assert told in brief, told


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"turns": 0}, "turns must be"),
        ({"turns": 2.5}, "turns must be"),
        ({"turn_cost": -1}, "turn_cost must be"),
        ({"leak_weight": float("nan")}, "leak_weight must be"),
        ({"leak": "soft"}, "leak must be one of graded, hard; got 'soft'"),
        ({"population": "mars"}, "population must be one of default"),
        ({"colour": "red"}, "valid settings are turns"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make(ENV, **settings)


def test_wrong_arguments_elsewhere():
    with pytest.raises(ValueError, match="problem must be one of fruit"):
        gym.make(ENV).reset(options={"scenario": {"problem": "riddle"}})
    with pytest.raises(ValueError, match="first must be one of try"):
        ladder("shout", "hint", "stop")


def test_all_problems_share_one_solution():
    family = GuidedSolving()
    assert len({id(family.setting(scenario).solution) for scenario in family.scenarios()}) == 1


def test_records_say_what_the_student_did():
    from dialogym.envs.episodes import record, replay
    from dialogym.envs.make import make_engine

    engine = make_engine(ENV)
    acts = set()
    for dialogue in play(ENV, "scripted", range(40)):
        episode = record(dialogue, ENV, engine, "scripted")
        acts |= {turn.act for turn in episode.turns if turn.seat == "student"}
        assert [step.exchange for step in replay(episode, engine)] == [step.exchange for step in dialogue.steps]
    assert acts == {"", "[attempt right]", "[attempt wrong]"}
