"""The cast of guessing: a model that decides has nothing to decide."""

from __future__ import annotations

import pytest
from dialogym.core.acts import Say
from dialogym.envs.guessing.game import Ask, Guess, Leave, Reply, Round, Try
from dialogym.envs.guessing.mind import Story
from dialogym.envs.make import load_family
from dialogym.envs.registration import lookup
from dialogym.evaluation.exact import optimum
from dialogym.simulated_users.cast import FAILED, MET, Moment

STORY = Story("mishap", "yes", "no", "yes", "no", "no")


def moment(env_id, hidden, topic, turn=1, past=()):
    family = load_family(*lookup(env_id))
    scenario = family.scenarios()[0]
    return family, Moment(
        family.setting(scenario), scenario.public, hidden, "thinker", Round(turn, "thinker", topic=topic), past
    )


@pytest.mark.parametrize(
    ("env_id", "hidden", "topic", "said"),
    [
        ("TwentyQuestions-v0", "cat", Ask("alive"), Reply("yes")),
        ("TwentyQuestions-v0", "cat", Guess("dog"), Reply("wrong")),
        ("GuessCity-v0", "lima", Ask("continent"), Reply("south-america")),
        ("Rule-v0", "a+b*c", Try(2, 1, 2), Reply("4")),
        ("Riddle-v0", STORY, Ask("mishap"), Reply("yes")),
        ("Riddle-v0", STORY, Ask("plan"), Reply("no")),
        ("Riddle-v0", STORY, Ask("plan-how"), Reply("beside")),
        ("Riddle-v0", STORY._replace(hurried="yes"), Ask("dark"), Reply("no", "curt")),
        ("Riddle-v0", STORY, None, Say()),
    ],
)
def test_there_is_one_true_act(env_id, hidden, topic, said):
    family, here = moment(env_id, hidden, topic)
    assert family.cast.acts(here) == [said]
    assert not family.cast.admissible(here, said)
    for other in (Reply("yes"), Reply("no"), Reply("right"), Leave()):
        assert other == said or family.cast.admissible(here, other)


def test_after_the_last_turn_there_is_a_goodbye():
    family, here = moment("Riddle-v0", STORY, Ask("dark"), turn=5)
    assert family.cast.acts(here) == [Leave()]


def test_goals_and_facts():
    family, here = moment("Riddle-v0", STORY, Ask("dark"), past=(("guesser", Ask("plan")), ("thinker", Reply("no"))))
    assert "cause mishap" in family.cast.facts(here) and "dark" in family.cast.situation(here)
    assert [goal.status for goal in family.cast.goals(here)] == [MET, MET]
    silent = here._replace(past=(("guesser", Ask("plan")), ("thinker", Say()), ("guesser", Ask("dark"))))
    assert family.cast.goals(silent)[0].status == FAILED


def test_bounds_are_the_optimum_against_true_answers():
    family, here = moment("TwentyQuestions-v0", "cat", None)
    assert family.cast.bounds(here.setting, "cat") == pytest.approx((optimum(family),) * 2)
    family, here = moment("Riddle-v0", STORY, None)
    low, high = family.cast.bounds(here.setting, STORY)
    truthful = load_family(lookup("Riddle-v0")[0], {"noise": 0.0, "hurried": 0.0})
    assert low == high == pytest.approx(optimum(truthful)) and low > optimum(family)
