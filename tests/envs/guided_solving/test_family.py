"""Guided solving: its rules, the student, and both as an environment."""

from __future__ import annotations

import re
from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
from dialogym.core.acts import IllegalAct, Say
from dialogym.envs.episodes import record
from dialogym.envs.guided_solving.family import GuidedSolving
from dialogym.envs.guided_solving.game import ACTS, Attempt, GuidedSteps, Hint, Nudge, Show, Stop, Tell, Try
from dialogym.envs.guided_solving.mind import POPULATIONS, Learner, Strength, Student
from dialogym.envs.guided_solving.policies import ladder
from dialogym.envs.make import make_engine
from dialogym.envs.registration import TABLE
from dialogym.evaluation.exact import optimum
from dialogym.policies.collect import play

ENV = "GuidedSolving-v0"
IDS = (ENV, "GuidedSolvingEasy-v0", "GuidedSolvingHard-v0")


def family_of(env_id):
    return GuidedSolving(**TABLE[env_id][1])


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
def test_the_typical_tutor_is_worth_something(env_id):
    payoffs = {
        name: np.mean([d.steps[-1].payoff for d in play(env_id, name, range(1000))]) for name in ("random", "scripted")
    }
    assert payoffs["random"] < -0.1 < 0.0 < payoffs["scripted"] < 0.8 * optimum(family_of(env_id))


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
    engine = make_engine(ENV)
    episodes = [record(dialogue, ENV, engine, "scripted") for dialogue in play(ENV, "scripted", range(40))]
    acts = {turn.act for episode in episodes for turn in episode.turns if turn.seat == "student"}
    assert acts == {"", "[attempt right]", "[attempt wrong]"}
