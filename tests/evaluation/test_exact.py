"""Exact expected payoffs against the solver, against an enumeration by hand and against simulation, where the person's answers and its hidden state are random."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
from dialogym.core.acts import Act, IllegalAct, Say
from dialogym.core.belief import Belief
from dialogym.core.setting import Setting
from dialogym.core.solver import OutOfReach
from dialogym.envs.base import Family
from dialogym.envs.engine import Engine
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.evaluation.exact import (
    NotEnumerable,
    classes,
    expected_return,
    known_value,
    optimum,
    upper_bound,
)
from dialogym.policies.baselines import heuristics
from dialogym.policies.collect import play
from dialogym.policies.policy import FunctionPolicy
from dialogym.policies.rollout import rollout

from ..reach import ONE_OF_EACH, in_few

COST = {"Teach": 0.05, "Quiz": 0.01}


@dataclass(frozen=True, slots=True)
class Teach(Act):
    pass


@dataclass(frozen=True, slots=True)
class Quiz(Act):
    pass


@dataclass(frozen=True, slots=True)
class Stop(Act):
    pass


@dataclass(frozen=True, slots=True)
class Answer(Act):
    right: int


class Lesson(NamedTuple):
    left: int
    mover: str | None
    last: str = ""
    spent: float = 0.0


class LessonGame:
    """So many turns of teaching and quizzing; the tutor gets what the student masters in the end, less the cost."""

    seats = ("tutor", "student")

    def __init__(self, turns, opener):
        self.turns, self.opener = turns, opener

    def start(self):
        return Lesson(self.turns, self.opener)

    def mover(self, state):
        return state.mover

    def apply(self, state, seat, act):
        if seat == "student":
            return state._replace(mover="tutor" if state.left else None)
        kind = type(act).__name__
        if kind == "Stop":
            return state._replace(mover=None)
        if kind not in ("Teach", "Quiz", "Say"):
            raise IllegalAct("A tutor can teach, quiz or stop.")
        return Lesson(state.left - 1, "student", kind, round(state.spent + COST.get(kind, 0.0), 9))

    def choices(self, state, seat):
        return (Stop(), Teach(), Quiz(), Say())

    def payoff(self, state, seat, hidden=None):
        return hidden / 2 - state.spent


class Student:
    """Masters 0, 1 or 2 skills: learns with luck, forgets with bad luck, slips and guesses, and may sigh about either."""

    def prior(self):
        return Belief({0: 0.5, 1: 0.3, 2: 0.2})

    def react(self, hidden, state):
        more = (
            {min(hidden + 1, 2): 0.6, hidden: 0.4}
            if state.last == "Teach" and hidden < 2
            else {hidden: 1.0}
            if not hidden
            else {hidden: 0.9, hidden - 1: 0.1}
        )
        right = {0: 0.1, 1: 0.5, 2: 0.9}
        return Belief(
            [
                ((then, Answer(answer)), p * (right[then] if answer else 1 - right[then]))
                for then, p in more.items()
                for answer in (0, 1)
            ]
        )


class StudentVoice:
    personas = ("plain",)

    def say(self, cues, streams):
        return [
            f"{cue.reason} {('No idea', 'I know')[cue.act.right]}{'!' * stream.choose(3)}"
            for cue, stream in zip(cues, streams, strict=True)
        ]


class Public(NamedTuple):
    subject: str


@dataclass(frozen=True, slots=True)
class Subject:
    name: str
    turns: int

    @property
    def public(self):
        return Public(self.name)


@cache
def setting_of(turns, opener):
    return Setting(LessonGame(turns, opener), Student(), "tutor")


@dataclass(frozen=True)
class Lessons(Family):
    """Lessons whose student answers by chance."""

    opener: str = "tutor"
    turns: tuple[int, ...] = (4,)

    role: ClassVar = "tutor"
    acts: ClassVar = (Teach, Quiz, Stop, Answer)
    voice: ClassVar = StudentVoice()

    def scenarios(self):
        return tuple(
            Subject(name, turns) for turns in self.turns for name in ("algebra", "botany", "chess")[: max(1, turns - 1)]
        )

    def setting(self, scenario):
        return setting_of(scenario.turns, self.opener)

    def brief(self, scenario, grammar):
        return f"Teach {scenario.name}."

    def reveal(self, scenario, hidden):
        return {"mastered": hidden}


def adaptive(dialogue, stream):
    """Depends on all of the record: what was answered so far, the public state and the exact belief."""
    answers = [act.right for step in dialogue.steps for _, _, act in step.exchange.replies]
    if answers[-2:] == [1, 1] or dialogue.belief().probability(2) > 0.6:
        return "[stop]"
    if dialogue.state.left % 2 and not sum(answers):
        return "Well, well."
    return "[quiz]" if len(answers) == 2 else "[teach]"


def by_hand(family, decide):
    """The expected payoff, from single exchanges and nothing else; `decide` is given state, hidden state and the answers so far."""

    def play(setting, state, hidden, answers):
        total = 0.0
        for exchange, p in setting.exchange(state, hidden, decide(state, hidden, answers)):
            heard = (*answers, *(act.right for _, _, act in exchange.replies))
            total += p * (exchange.payoff if exchange.over else play(setting, exchange.after, exchange.hidden, heard))
        return total

    def begin(setting, hidden):
        start = setting.game.start()
        if start.mover == setting.seat:
            return play(setting, start, hidden, ())
        return sum(p * play(setting, e.after, e.hidden, ()) for e, p in setting.exchange(start, hidden, None))

    settings = [family.setting(scenario) for scenario in family.scenarios()]
    return np.mean([sum(p * begin(setting, hidden) for hidden, p in setting.prior) for setting in settings])


@pytest.mark.parametrize("opener", LessonGame.seats)
@pytest.mark.parametrize("turns", [(1,), (4,), (2, 4)])
def test_the_optimal_policy_gets_the_optimum(opener, turns):
    family = Lessons(opener, turns)
    assert expected_return(family, "optimal") == pytest.approx(optimum(family), abs=1e-12)
    assert optimum(family) == pytest.approx(
        np.mean([family.setting(s).solution.start_value() for s in family.scenarios()]), abs=1e-12
    )
    assert (
        expected_return(family, "myopic")
        <= expected_return(family, "lookahead") + 1e-12
        <= optimum(family) + 2e-12
        < known_value(family)
    )


@pytest.mark.parametrize("opener", LessonGame.seats)
def test_against_an_enumeration_by_hand(opener):
    family = Lessons(opener, (2, 4))

    def decide(state, hidden, answers):
        return Stop() if answers[-2:] == (1, 1) else Quiz() if sum(answers) == 1 else Teach()

    def speak(dialogue, stream):
        answers = tuple(act.right for step in dialogue.steps for _, _, act in step.exchange.replies)
        return family.grammar.print(decide(dialogue.state, None, answers))

    assert expected_return(family, FunctionPolicy("two in a row", speak)) == pytest.approx(
        by_hand(family, decide), abs=1e-12
    )


@pytest.mark.parametrize("opener", LessonGame.seats)
def test_against_simulation(opener):
    family = Lessons(opener, (2, 4))
    policy = FunctionPolicy("adaptive", adaptive)
    payoffs = [dialogue.steps[-1].payoff for dialogue in rollout(Engine(family), policy, range(2000))]
    error = np.std(payoffs) / math.sqrt(len(payoffs))
    assert error < 0.01
    assert abs(expected_return(family, policy) - np.mean(payoffs)) < 3.5 * error


@pytest.mark.parametrize(
    "look",
    [
        lambda d: d.hidden == 2,
        lambda d: isinstance(d.hidden, int) and d.hidden > 1,
        lambda d: str(d.hidden) == "2",
        lambda d: {2: True}.get(d.hidden, False),
        lambda d: (d.steps[-1].exchange if d.steps else d.opening_exchange).hidden + 0 == 2,
    ],
)
def test_a_policy_that_looks_at_the_hidden_state(look):
    family, policy = (
        Lessons("student", (3,)),
        FunctionPolicy("looks", lambda dialogue, stream: "[stop]" if look(dialogue) else "[teach]"),
    )
    expected = by_hand(family, lambda state, hidden, answers: Stop() if hidden == 2 else Teach())
    assert expected_return(family, policy) == pytest.approx(expected, abs=1e-12)


def test_the_clairvoyant_of_a_bargain_gets_the_known_value():
    family = Negotiation()
    assert expected_return(family, "clairvoyant") == pytest.approx(known_value(family), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("share-of-value", 0.1037),
        ("split-difference", 0.1011),
        ("wait", 0.0868),
        ("lookahead", 0.0912),
        ("optimal", 0.1302),
    ],
)
def test_published_values_of_the_bargain(name, value):
    assert expected_return(Negotiation(), name) == pytest.approx(value, abs=5e-5)


def test_lost_turns():
    """An illegal act counts as talk; after three lost turns in a row the game pays what it pays in that state."""
    family = Lessons(turns=(4,))
    once = FunctionPolicy("once", lambda dialogue, stream: "[stop]" if dialogue.steps else "[answer 1]")
    assert expected_return(family, once) == pytest.approx(
        by_hand(family, lambda state, hidden, answers: Stop() if answers else Say()), abs=1e-12
    )
    never = expected_return(family, FunctionPolicy("never", lambda dialogue, stream: "[answer 1]"))
    assert never == pytest.approx(talked(family, 3), abs=1e-12) and never != 0.0


def talked(family, turns):
    """What the game pays in the mean if the tutor only talks for some turns and then leaves."""
    values = []
    for scenario in family.scenarios():
        setting = family.setting(scenario)
        ways = [(p, setting.game.start(), hidden) for hidden, p in setting.prior]
        for _ in range(turns):
            ways = [
                (p * q, end.after, end.hidden)
                for p, state, hidden in ways
                for end, q in setting.exchange(state, hidden, Say())
            ]
        values.append(math.fsum(p * setting.game.payoff(state, setting.seat, hidden) for p, state, hidden in ways))
    return math.fsum(values) / len(values)


@pytest.mark.parametrize(
    "name",
    ["random", FunctionPolicy("coin", lambda dialogue, stream: "[teach]" if stream.random() < 0.5 else "[stop]")],
)
def test_policies_that_draw_are_refused(name):
    with pytest.raises(NotEnumerable, match="draws random numbers: sample instead"):
        expected_return(Lessons(), name)


def test_too_large_a_tree_is_refused():
    with pytest.raises(NotEnumerable, match="more than 100 turns of 'teach' can happen"):
        expected_return(Lessons(turns=(8,)), FunctionPolicy("teach", lambda dialogue, stream: "[teach]"), limit=100)


def test_eight_turns_with_two_answers_take_seconds():
    family, turns = Lessons("tutor", (8,)), []
    started = time.process_time()
    value = expected_return(family, FunctionPolicy("teach", lambda dialogue, stream: turns.append(1) or "[teach]"))
    assert time.process_time() - started < 5.0
    assert len(turns) == 2**8 - 1  # no more than the public histories
    mastered = dict(Student().prior())
    for _ in range(8):
        moved: dict[int, float] = {}
        for hidden, p in mastered.items():
            for (then, _), q in Student().react(hidden, Lesson(0, None, "Teach")):
                moved[then] = moved.get(then, 0.0) + p * q
        mastered = moved
    assert value == pytest.approx(sum(p * hidden / 2 for hidden, p in mastered.items()) - 8 * COST["Teach"], abs=1e-12)


def test_scenarios_that_share_a_solution_count_by_their_number():
    family = Lessons(turns=(2, 4))
    assert [(scenario.name, scenario.turns, weight) for scenario, weight in classes(family)] == [
        ("algebra", 2, 0.25),
        ("algebra", 4, 0.75),
    ]
    assert [weight for _, weight in classes(Negotiation())] == pytest.approx([0.2] * 5)


class Unsolved(Lessons):
    """Lessons whose optimum is out of reach, with an upper bound."""

    def setting(self, scenario):
        def optimum():
            raise OutOfReach("too large to solve")

        return cache(lambda turns: Setting(LessonGame(turns, self.opener), Student(), "tutor", optimum=optimum))(
            scenario.turns
        )

    def bound(self, scenario):
        return scenario.turns / 4


def test_without_an_exact_optimum():
    family = Unsolved(turns=(2, 4))
    for exact in (optimum, known_value):
        with pytest.raises(OutOfReach):
            exact(family)
    assert upper_bound(family) == pytest.approx((0.5 + 3 * 1.0) / 4)
    assert upper_bound(Lessons()) is None
    policy = FunctionPolicy("adaptive", adaptive)
    assert expected_return(family, policy) == pytest.approx(expected_return(Lessons(turns=(2, 4)), policy), abs=1e-12)


@pytest.mark.parametrize("env_id", in_few(sorted({*ONE_OF_EACH} - {"Mafia-v0"})))  # it has too many histories
def test_every_family_of_the_suite(env_id):
    """What is summed is what is played: the optimal policy gets the optimum, and a fixed heuristic what its dialogues show."""
    engine = make_engine(env_id)
    try:
        best = optimum(engine.family)
    except OutOfReach:
        pytest.skip("its optimum is out of reach")
    assert expected_return(engine.family, "optimal", limit=50_000) == pytest.approx(best, abs=1e-9)
    name = heuristics(engine)[-1]
    expected = expected_return(engine.family, name, limit=50_000)
    payoffs = [dialogue.steps[-1].payoff for dialogue in play(env_id, name, range(300))]
    error = np.std(payoffs) / math.sqrt(len(payoffs))
    assert abs(expected - np.mean(payoffs)) < 4 * error + 1e-9
