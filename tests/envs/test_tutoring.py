"""Tutoring: its optimum, its rules as an environment, its published claims."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.belief import Belief
from dialogym.core.setting import Setting
from dialogym.core.solver import Solution
from dialogym.envs.make import make_engine
from dialogym.envs.registration import TABLE
from dialogym.envs.tutoring.family import Tutoring
from dialogym.envs.tutoring.game import Answer, Example, Explain, Lesson, Quiz, Tutorial
from dialogym.envs.tutoring.mind import Kind, Pupil, Student
from dialogym.envs.tutoring.optimum import Optimum
from dialogym.envs.tutoring.policies import HEURISTICS, Event, cycle, diagnose, in_order, sweep, threshold
from dialogym.evaluation.exact import expected_return, known_value, optimum
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy

from ..core.brute_force import brute_force

ENV = "Tutoring-v0"
CHAIN = Tutoring(
    mastery=(0.4, 0.3, 0.2, 0.1), kinds=(("any", 1.0, 0.6, 0.6),), guess=0.1, explain_cost=0.05, example_cost=0.05
)


def sides(skills=3, turns=4, costs=(0.07, 0.09, 0.005), **student):
    game = Tutorial(tuple("abcd"[:skills]), turns, *costs)
    return game, Student(game, **{"mastery": (0.5, 0.3, 0.15, 0.05, 0.02)[: skills + 1], **student})


def anybody(seed, skills=3, turns=4):
    """A population and costs drawn at random, unkind cases included."""
    rng = random.Random(seed)
    kinds = tuple(
        Kind(f"kind{i}", rng.random() + 0.1, rng.choice((0.0, rng.random(), 1.0)), rng.random())
        for i in range(1 + seed % 3)
    )
    mastery = tuple(rng.choice((0.0, rng.random())) + 0.01 * (i == 1) for i in range(skills + 1))
    costs = (rng.random() / 8, rng.random() / 8, rng.choice((0.0, 0.01, 0.05)))
    return sides(
        skills, turns, costs, mastery=mastery, kinds=kinds, slip=rng.choice((0.0, 0.1)), guess=rng.choice((0.0, 0.25))
    )


# ---- the optimum -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_optimum_against_unpruned_brute_force(seed):
    game, mind = anybody(seed, skills=2, turns=3 + (seed == 0))
    assert Optimum(game, mind).start_value() == pytest.approx(brute_force(game, mind, "tutor"), abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_optimum_against_the_general_solver(seed):
    """With every act, talk and late quizzes included."""
    game, mind = anybody(seed)
    assert Optimum(game, mind).start_value() == pytest.approx(Solution(game, mind, "tutor").start_value(), abs=1e-12)


def test_optimum_against_the_general_solver_in_the_middle():
    """At beliefs that good play never leads to, with turns left for the bounds to cut."""
    game, mind = sides(turns=4)
    fast, plain = Optimum(game, mind), Solution(game, mind, "tutor")
    rng = np.random.default_rng(0)
    for _ in range(12):
        belief = Belief(dict(zip(mind.pupils, rng.dirichlet(np.full(len(mind.pupils), 0.4)), strict=True)))
        state = Lesson(int(rng.integers(1, 5)), "tutor", 2, 1, 3)
        assert fast.value(state, belief) == pytest.approx(plain.value(state, belief), abs=1e-12)
        values = plain.act_values(state, belief)
        assert fast.act_values(state, belief) == pytest.approx(values, abs=1e-12)
        assert values[fast.best_act(state, belief)] == pytest.approx(max(values.values()), abs=1e-12)


def test_the_chain_with_one_kind_of_student():
    """Values known from an independent computation (`tests/core/test_solver.py` has the first two by the general solver)."""
    assert optimum(CHAIN) == pytest.approx(0.594, abs=5e-4)
    assert optimum(replace(CHAIN, quiz_cost=2.0)) == pytest.approx(0.529, abs=5e-4)
    assert expected_return(CHAIN, "myopic") == pytest.approx(0.476, abs=5e-4)
    assert CHAIN.setting(CHAIN.scenarios()[0]).solution.base.observed_value() == pytest.approx(0.807, abs=5e-4)
    assert expected_return(CHAIN, "clairvoyant") == pytest.approx(0.807, abs=5e-4)


def test_one_turn_has_a_closed_form():
    """Teach what wins most at once, or stop."""
    game, mind = sides(turns=1)
    prior = {m: 0.5 * p for m, p in enumerate(mind.mastery)}
    wins = [
        prior[m] * (kind0 + kind1) / 3 - cost
        for m in range(3)
        for kind0, kind1, cost in ((0.9, 0.05, 0.07), (0.05, 0.95, 0.09))
    ]
    mean = sum(2 * p * m for m, p in prior.items()) / 3
    assert Optimum(game, mind).start_value() == pytest.approx(mean + max(0.0, *wins), abs=1e-12)


@pytest.mark.parametrize("turns", [1, 2, 4, 6])
def test_without_uncertainty_one_teaches_in_order(turns):
    game, mind = sides(turns=turns, mastery=(1.0, 0.0, 0.0, 0.0), kinds=(Kind("quick", 1.0, 1.0, 0.0),))
    assert Optimum(game, mind).start_value() == pytest.approx(min(turns, 3) * (1 / 3 - 0.07), abs=1e-12)


def test_information_is_worth_something_and_never_hurts():
    game, mind = sides(turns=6)
    solution = Optimum(game, mind)
    assert solution.start_value() < solution.known_value() < solution.observed_value() < 1.0


def test_lessons_that_do_the_same_are_searched_once():
    game, mind = sides(kinds=(Kind("any", 1.0, 0.6, 0.6),))
    acts = {type(move.act) for move in Optimum(game, mind)._moves}
    assert acts == {Explain, Quiz}
    game, mind = sides(kinds=(Kind("any", 1.0, 0.6, 0.6),), costs=(0.09, 0.07, 0.005))
    assert {type(move.act) for move in Optimum(game, mind)._moves} == {Example, Quiz}


def test_all_curricula_and_names_share_one_solution():
    family = Tutoring()
    assert len({id(family.setting(s).solution.base) for s in family.scenarios()}) == 1
    assert (
        family.setting(family.scenarios()[0]).solution.base
        is replace(family, marked=False).setting(family.scenarios()[-1]).solution.base
    )
    for scenario in family.scenarios()[::12]:
        setting = family.setting(scenario)
        own = Optimum(setting.game, setting.mind)
        assert own.start_value() == pytest.approx(setting.solution.start_value(), abs=1e-12)
        state = Lesson(6, "tutor")
        assert setting.solution.best_act(state, setting.prior) == own.best_act(state, setting.prior)


# ---- the claims about the registered variants ------------------------------------------------------------------------


@pytest.mark.parametrize("env_id", [ENV, "TutoringHard-v0"])
def test_planning_matters(env_id):
    """Exactly: see docs/tutoring.md. What is fixed, short-sighted, or never asks loses at least a tenth."""
    family = Tutoring(**TABLE[env_id][1])
    best = optimum(family)
    assert optimum(replace(family, quiz_cost=2.0)) <= 0.8 * best
    assert expected_return(family, "myopic") <= 0.85 * best
    assert expected_return(family, "lookahead") <= 0.95 * best
    assert max(expected_return(family, FunctionPolicy(name, speak)) for name, speak in sweep().items()) <= 0.9 * best
    assert known_value(family) >= 1.2 * best
    assert sum(d.steps[-1].payoff for d in play(env_id, "random", range(400))) / 400 <= 0.55 * best


def test_heuristics_are_the_best_of_their_kind():
    best: dict[str, float] = {}
    for name, speak in sweep().items():
        kind = name.partition("(")[0]
        best[kind] = max(best.get(kind, -1.0), expected_return(Tutoring(), FunctionPolicy(name, speak)))
    assert {name: expected_return(Tutoring(), name) for name in best} == pytest.approx(best, abs=1e-12)
    assert set(HEURISTICS) - set(best) == {"stop-now", "mastery-95"}


def test_both_ways_of_teaching_are_sometimes_best():
    taught = set()
    for dialogue in play(ENV, "optimal", range(150)):
        taught |= {type(step.act) for step in dialogue.steps}
    assert {Explain, Example, Quiz} <= taught


def test_easy_is_easier():
    shares = []
    for env_id in ("TutoringHard-v0", ENV, "TutoringEasy-v0"):
        family = Tutoring(**TABLE[env_id][1])
        shares.append((optimum(family), max(expected_return(family, name) for name in HEURISTICS) / optimum(family)))
    assert shares[0][0] < shares[1][0] < shares[2][0] and shares[1][1] < 0.9 < shares[2][1]


# ---- the mind --------------------------------------------------------------------------------------------------------


def test_only_the_next_skill_is_learnt():
    _, mind = sides()
    for pupil in mind.pupils:
        for way, number in ((way, number) for way in ("explain", "example") for number in (1, 2, 3)):
            reactions = mind.react(pupil, Lesson(3, "student", last=(way, number)))
            assert {act for (_, act), _ in reactions} == {Say()}  # nothing shows
            learnt = reactions.probability((pupil._replace(mastered=number), Say()))
            if pupil.mastered == number - 1:
                assert learnt == pytest.approx(
                    {"explanations": (0.9, 0.05), "examples": (0.05, 0.95)}[pupil.learns][way == "example"]
                )
            else:
                assert reactions.support == ((pupil, Say()),)


def test_slips_and_guesses():
    _, mind = sides(slip=0.1, guess=0.25)
    for pupil in mind.pupils:
        for number in (1, 2, 3):
            reactions = mind.react(pupil, Lesson(3, "student", last=("quiz", number)))
            assert {after for (after, _), _ in reactions} == {pupil}
            assert reactions.probability((pupil, Answer(number, True))) == pytest.approx(
                0.9 if pupil.mastered >= number else 0.25
            )


def test_the_belief_is_bayesian_knowledge_tracing():
    """With one kind of student and one skill at stake, the filter is the textbook's."""
    family = Tutoring(skills=2, mastery=(0.8, 0.2, 0.0), kinds=(("any", 1.0, 0.1, 0.1),), slip=0.1, guess=0.2)
    setting: Setting = family.setting(family.scenarios()[0])
    p, belief = 0.2, setting.prior
    for right in (True, False, True, True):
        belief = next(
            b for _, e, b in setting.seen(Lesson(3, "tutor"), belief, Quiz("1")) if e.replies[0][2] == Answer(1, right)
        )
        p = p * 0.9 / (p * 0.9 + (1 - p) * 0.2) if right else p * 0.1 / (p * 0.1 + (1 - p) * 0.8)
        ((_, _, belief),) = setting.seen(Lesson(3, "tutor"), belief, Explain("1"))
        p = p + (1 - p) * 0.1
        assert belief.probability(Pupil("any", 1)) == pytest.approx(p, abs=1e-12)


# ---- as an environment -----------------------------------------------------------------------------------------------


def outcome_of(script, hidden=Pupil("explanations", 1), seed=0, **settings):
    env = gym.make(ENV, **settings)
    env.reset(seed=seed, options={"hidden": hidden, "scenario": {"curriculum": "fractions"}})
    seen = []
    for text in script:
        seen.append(env.step(text))
        if seen[-1][2] or seen[-1][3]:
            return seen[-1][1], seen[-1][4], [step[0] for step in seen]
    raise AssertionError("not over")


def test_stopping_and_talk_are_free():
    reward, info, _ = outcome_of(["[stop]"])
    assert reward == pytest.approx(1 / 3) and info["outcome"]["ending"] == "stop" and info["outcome"]["rounds"] == 0
    reward, info, _ = outcome_of(["Hm."] * 6)
    assert reward == pytest.approx(1 / 3) and info["outcome"]["ending"] == "limit" and info["outcome"]["rounds"] == 6


def test_costs_and_metrics():
    kinds = (("explanations", 0.5, 1.0, 0.0), ("examples", 0.5, 0.0, 1.0))
    script = ["[explain adding]", "[explain simplifying]", "[example mixed]", "[explain mixed]", "[quiz 3]", "[stop]"]
    reward, info, _ = outcome_of(script, kinds=kinds)
    assert reward == pytest.approx(1.0 - 3 * 0.07 - 0.09 - 0.005)
    expected = {
        "mastery": 1.0,
        "gain": pytest.approx(2 / 3),
        "lessons": 4,
        "quizzes": 1,
        "wasted_lessons": 1,
        "rounds": 5,
        "ending": "stop",
    }
    assert info["outcome"] == {**expected, "malformed": 0, "illegal": 0}
    assert info["hidden"] == {"mastered": 3, "learns_from": "explanations"}


def test_the_last_turn_is_answered():
    _, info, seen = outcome_of(["[quiz adding]"] * 6)
    assert "exercise" in seen[-1] and info["outcome"]["ending"] == "limit" and info["outcome"]["quizzes"] == 6


def test_unknown_skills_are_explained():
    _, info, seen = outcome_of(["[explain cooking]", "[quiz 4]", "[quiz 0]"])
    assert all("The skills are simplifying, adding, mixed." in reply for reply in seen)
    assert (
        info["outcome"]["illegal"] == 3 and info["outcome"]["ending"] == "truncated" and info["outcome"]["rounds"] == 3
    )


def test_the_mark_is_all_that_the_answer_sheet_adds():
    script = ["[quiz adding]", "[explain adding]", "Let me see.", "[quiz simplifying]", "[quiz mixed]", "[quiz mixed]"]
    for seed in range(8):
        marked, unmarked = (outcome_of(script, seed=seed, marked=on)[2] for on in (True, False))
        assert [reply.partition(" (answer sheet: ")[0] for reply in marked] == unmarked
        assert sum("(answer sheet: " in reply for reply in marked) == 4


def test_students_who_act_alike_look_alike():
    """To the letter, over lessons and quizzes, as long as neither learns: what is said depends on the act alone."""
    engine = make_engine(ENV)
    script = ("[quiz totals]", "[explain 3]", "How do you learn best?", "[quiz 1]", "[example 3]")
    compared = 0
    for seed in range(40):
        twins = [
            engine.open([np.random.default_rng(seed)], {"hidden": Pupil(learns, m)})[0]
            for learns in ("explanations", "examples")
            for m in (0, 1, 3)
        ]
        assert len({twin.observation() for twin in twins}) == 1
        for text in script:
            steps = engine.step(twins, [text] * len(twins))
            for one, two in ((a, b) for a in steps for b in steps if a is not b):
                if one.exchange.replies[0][2] == two.exchange.replies[0][2]:
                    compared += 1
                    assert one.reply == two.reply
            twins = [
                twin
                for twin, step in zip(twins, steps, strict=True)
                if step.exchange.replies[0][2] == steps[0].exchange.replies[0][2]
            ]
            if len(twins) < 2:
                break
    assert compared > 400


def test_what_is_said_after_a_lesson_does_not_tell_whether_it_worked():
    """The same words with the same numbers: nothing but the random draw of the learning lies between."""
    engine = make_engine(ENV)
    replies = {mastered: [] for mastered in (0, 3)}
    for mastered, said in replies.items():
        for seed in range(1500):
            dialogue = engine.open(
                [np.random.default_rng(seed)], {"hidden": Pupil("explanations", mastered), "persona": "terse"}
            )[0]
            said.append(engine.step([dialogue], ["[explain 1]"])[0].reply)
    words = sorted(set(replies[0]) | set(replies[3]))
    one, two = (np.array([said.count(word) for word in words]) / len(said) for said in replies.values())
    assert len(words) >= 7 and np.abs(one - two).max() < 0.05


def test_settings_make_the_family_again():
    for env_id in (ENV, "TutoringEasy-v0", "TutoringHard-v0", "TutoringUnmarked-v0"):
        family = Tutoring(**TABLE[env_id][1])
        assert Tutoring(**json.loads(json.dumps(family.settings()))) == family


def test_the_brief_tells_what_is_public():
    for env_id in (ENV, "TutoringHard-v0", "TutoringUnmarked-v0"):
        env = gym.make(env_id).unwrapped
        obs, _ = env.reset(seed=1)
        game = env.dialogue.setting.game
        for word in (
            *game.skills,
            f"{game.turns} turns",
            "[stop]",
            "[explain SKILL]",
            *(f"{c:g}" for c in (game.explain_cost, game.example_cost)),
        ):
            assert word in obs, word
    assert "no answer sheet" in obs


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"skills": 7}, "skills must be a whole number from 2 to 4, got 7"),
        ({"turns": 0}, "turns must be a whole number from 1 to 8, got 0"),
        ({"mastery": (1.0, 2.0)}, "mastery must hold 4 weights"),
        ({"mastery": (1.0, 2.0, -1.0, 0.0)}, "mastery must hold 4 weights"),
        ({"kinds": ()}, "kinds must hold"),
        ({"kinds": (("a", 1.0, 0.5, 1.5),)}, "kinds must hold"),
        ({"kinds": (("a", 1.0, 0.5, 0.5), ("a", 1.0, 0.5, 0.5))}, "different names"),
        ({"slip": 0.6}, "slip must be"),
        ({"guess": 0.95}, "guess must be"),
        ({"quiz_cost": -1.0}, "quiz_cost must be at least 0, got -1.0"),
        ({"marked": "yes"}, "marked must be True or False, got 'yes'"),
        ({"role": "student"}, "no setting 'role'"),
    ],
)
def test_wrong_arguments(settings, message):
    with pytest.raises(ValueError, match=message):
        gym.make(ENV, **settings)


def test_wrong_curriculum():
    with pytest.raises(ValueError, match="curriculum must be one of fractions, loops, acids; got 'magic'"):
        gym.make(ENV).reset(options={"scenario": {"curriculum": "magic"}})


# ---- baselines -------------------------------------------------------------------------------------------------------


def events(*told):
    """``"e1"`` explains skill 1, ``"x1"`` shows an example, ``"q1+"`` is a quiz answered right, ``"q1-"`` one answered wrong."""
    kinds = {"e": "explain", "x": "example", "q": "quiz"}
    return [Event(kinds[word[0]], int(word[1]), {"+": True, "-": False}.get(word[2:])) for word in told]


@pytest.mark.parametrize(
    ("plan", "told", "move"),
    [
        (in_order(2, "alternate"), (), ("explain", 1)),
        (in_order(2, "alternate"), ("e1",), ("example", 1)),
        (in_order(2, "alternate"), ("e1", "x1"), ("explain", 2)),
        (in_order(1, "examples"), ("x1", "x2", "x3"), None),
        (cycle(False, 1, 1, "switch", 9), (), ("explain", 1)),
        (cycle(False, 1, 1, "switch", 9), ("e1",), ("quiz", 1)),
        (cycle(False, 1, 1, "switch", 9), ("e1", "q1-"), ("example", 1)),
        (cycle(False, 1, 1, "switch", 9), ("e1", "q1-", "x1", "q1+"), ("example", 2)),
        (cycle(False, 1, 1, "switch", 2), ("e1", "q1-", "x1", "q1+"), None),
        (cycle(True, 1, 2, "explanations", 9), ("q1+",), ("quiz", 1)),
        (cycle(True, 1, 2, "explanations", 9), ("q1+", "q1+"), ("quiz", 2)),
        (cycle(True, 2, 1, "explanations", 9), ("q1-", "e1"), ("explain", 1)),
        (cycle(True, 2, 1, "explanations", 9), ("q1-", "e1", "e1"), ("quiz", 1)),
        (diagnose("up", 1, "explanations", True), (), ("quiz", 1)),
        (diagnose("up", 1, "explanations", True), ("q1+", "q2-"), ("explain", 2)),
        (diagnose("up", 1, "explanations", True), ("q1+", "q2-", "e2"), ("quiz", 2)),
        (diagnose("up", 1, "explanations", True), ("q1+", "q2-", "e2", "q2+"), ("explain", 3)),
        (diagnose("up", 1, "explanations", False), ("q1+", "q2-", "e2"), ("explain", 3)),
        (diagnose("up", 1, "explanations", False), ("q1+", "q2+", "q3+"), None),
        (diagnose("all", 1, "explanations", False), ("q1+", "q2-"), ("quiz", 3)),
        (diagnose("all", 1, "explanations", False), ("q1+", "q2-", "q3-"), ("explain", 2)),
        (diagnose("halves", 1, "explanations", False), (), ("quiz", 2)),
        (diagnose("halves", 1, "explanations", False), ("q2-",), ("quiz", 1)),
        (diagnose("halves", 1, "explanations", False), ("q2+", "q3-"), ("explain", 3)),
        (threshold(0.95, 1.0, "switch"), (), ("explain", 1)),
        (threshold(0.95, 1.0, "switch"), ("e1",), ("quiz", 1)),
        (threshold(0.95, 1.0, "switch"), ("e1", "q1-"), ("example", 1)),
        (threshold(0.6, 0.3, "switch"), (), ("quiz", 1)),
        (threshold(0.6, 0.3, "switch"), ("q1+",), ("explain", 2)),
    ],
)
def test_heuristics_do_what_they_say(plan, told, move):
    _, mind = sides()
    assert plan(events(*told), mind) == move


@pytest.mark.parametrize("env_id", [ENV, "TutoringHard-v0"])
@pytest.mark.parametrize("name", ["random", "scripted", "terse", *HEURISTICS])
def test_baselines_never_lose_a_turn(name, env_id):
    for dialogue in play(env_id, name, range(100)):
        assert dialogue.over and not any(step.problem for step in dialogue.steps)


def test_demonstrations_come_to_the_same_with_tags_alone():
    acts = [
        [[step.act for step in d.steps] for d in play(ENV, "scripted", range(100), grammar=grammar)]
        for grammar in ("natural", "tagged")
    ]
    assert acts[0] == acts[1]


def test_what_baselines_are_worth():
    payoffs = {
        name: np.mean([d.steps[-1].payoff for d in play(ENV, name, range(600))])
        for name in ("random", "stop-now", "scripted", "optimal")
    }
    assert payoffs["random"] < payoffs["stop-now"] < payoffs["scripted"] < payoffs["optimal"]
