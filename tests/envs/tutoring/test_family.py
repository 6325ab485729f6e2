"""Tutoring: the student, its rules as an environment, its baselines."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import Say
from dialogym.core.setting import Setting
from dialogym.envs.make import make_engine
from dialogym.envs.tutoring.family import Tutoring
from dialogym.envs.tutoring.game import Answer, Explain, Lesson, Quiz, Tutorial
from dialogym.envs.tutoring.mind import Pupil, Student
from dialogym.envs.tutoring.policies import Event, cycle, diagnose, in_order, threshold
from dialogym.policies.collect import play

ENV = "Tutoring-v0"


def sides(skills=3, turns=4, costs=(0.07, 0.09, 0.005), **student):
    game = Tutorial(tuple("abcd"[:skills]), turns, *costs)
    return game, Student(game, **{"mastery": (0.5, 0.3, 0.15, 0.05, 0.02)[: skills + 1], **student})


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


def test_what_baselines_are_worth():
    payoffs = {
        name: np.mean([d.steps[-1].payoff for d in play(ENV, name, range(600))])
        for name in ("random", "stop-now", "scripted", "optimal")
    }
    assert payoffs["random"] < payoffs["stop-now"] < payoffs["scripted"] < payoffs["optimal"]
