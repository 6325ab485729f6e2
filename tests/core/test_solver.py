"""The solver against brute force, closed forms and published numbers."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from dialogym.core.acts import Act, Say
from dialogym.core.belief import Belief
from dialogym.core.mind import Contradiction, listen
from dialogym.core.solver import Solution, solve, weighed
from dialogym.envs.negotiation.game import Accept, Haggle, Offer, PriceBargaining, Walk
from dialogym.evaluation.brute_force import brute_force


class HiddenFloor:
    """A seller that says nothing but yes or no: accepts any offer at or above a floor, uniform on 0..n."""

    def __init__(self, floors, rounds):
        self.floors, self.rounds = floors, rounds

    def prior(self):
        return Belief.uniform(self.floors)

    def react(self, floor, state):
        if state.round < 0:
            return Belief.certain((floor, Say()))
        if state.standing is not None and state.standing >= floor:
            return Belief.certain((floor, Accept()))
        return Belief.certain((floor, Say() if state.round + 1 < self.rounds else Walk()))


def every_price(state, support):
    return [Say(), *(Offer(price) for price in range(1, 102))]


@pytest.mark.parametrize(("rounds", "expected"), [(1, 25.25), (4, 38.54)])
def test_hidden_floor_closed_form(rounds, expected):
    """V(k, b) = max_x [P(r <= x | r >= b) d^k (v - x) + P(r > x | r >= b) V(k+1, x+1)], floors 0..100, value 100, discount .95."""
    game = PriceBargaining(100, "seller", (100, None), rounds, 0.95)
    solution = solve(game, HiddenFloor(range(101), rounds), "buyer", every_price)

    def closed(k, b, memo={}):  # noqa: B006 - the memo is the point
        if k == rounds or b > 100:
            return 0.0
        key = (rounds, k, b)
        if key not in memo:
            left = 101 - b
            memo[key] = max(
                (x - b + 1) / left * 0.95**k * (100 - x) + (100 - x) / left * closed(k + 1, x + 1)
                for x in range(max(b, 1), 101)
            )
        return memo[key]

    # offers start at 1, so a floor of 0 is met by an offer of 1, as in the closed form's best acts
    assert 100 * solution.start_value() == pytest.approx(closed(0, 0), abs=1e-9)
    assert 100 * solution.start_value() == pytest.approx(expected, abs=0.006)


# ---- the prerequisite chain: a hidden state that moves ---------------------------------------------------------------


@dataclass(frozen=True)
class Teach(Act):
    skill: int


@dataclass(frozen=True)
class Quiz(Act):
    skill: int


@dataclass(frozen=True)
class Stop(Act):
    pass


@dataclass(frozen=True)
class Answer(Act):
    right: bool


class Lesson(NamedTuple):
    left: int
    spent: float = 0.0
    last: Act | None = None
    over: bool = False


class Chain:
    seats = ("tutor", "student")

    def __init__(self, turns=6, quizzes=True):
        self.turns, self.quizzes = turns, quizzes

    def start(self):
        return Lesson(self.turns)

    def mover(self, state):
        return None if state.over else "student" if state.last is not None else "tutor"

    def apply(self, state, seat, act):
        if seat == "student":
            return Lesson(state.left, state.spent, None, state.left == 0)
        if isinstance(act, Stop):
            return state._replace(over=True)
        return Lesson(state.left - 1, round(state.spent + (0.05 if isinstance(act, Teach) else 0.005), 6), act)

    def choices(self, state, seat):
        yield Stop()
        for skill in (1, 2, 3):
            yield Teach(skill)
            if self.quizzes:
                yield Quiz(skill)

    def payoff(self, state, seat, hidden=None):
        return hidden / 3 - state.spent


class Student:
    def prior(self):
        return Belief(dict(enumerate((0.4, 0.3, 0.2, 0.1))))

    def react(self, mastered, state):
        if isinstance(state.last, Teach):
            if mastered == state.last.skill - 1:
                return Belief({(mastered + 1, Say()): 0.6, (mastered, Say()): 0.4})
            return Belief.certain((mastered, Say()))
        p = 0.95 if mastered >= state.last.skill else 0.1
        return Belief({(mastered, Answer(True)): p, (mastered, Answer(False)): 1 - p})


def test_prerequisite_chain_published_values():
    assert solve(Chain(), Student(), "tutor").start_value() == pytest.approx(0.594, abs=5e-4)
    assert solve(Chain(quizzes=False), Student(), "tutor").start_value() == pytest.approx(0.529, abs=5e-4)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_moving_hidden_state_against_brute_force(turns):
    game = Chain(turns)
    assert solve(game, Student(), "tutor").start_value() == pytest.approx(
        brute_force(game, Student(), "tutor"), abs=1e-12
    )


class Noisy:
    """Random finite mind over a small bargain: checks the solver where reactions are stochastic and hidden states move."""

    def __init__(self, seed, rounds):
        rng = random.Random(seed)
        self.rounds = rounds
        self.weights = {h: rng.random() for h in range(3)}
        self.table = {
            (h, k, offered): rng.random() for h in range(3) for k in range(rounds + 1) for offered in (False, True)
        }

    def prior(self):
        return Belief(self.weights)

    def react(self, hidden, state):
        p = self.table[hidden, max(state.round, 0), state.standing is not None]
        if state.round < 0:
            return Belief.certain((hidden, Offer(4)))
        if state.standing is None:
            return Belief({(hidden, Say()): p, ((hidden + 1) % 3, Offer(3)): 1 - p})
        accept = p * min(1.0, state.standing / 4)
        return Belief(
            {
                (hidden, Accept()): accept,
                ((hidden + 1) % 3, Offer(2 + hidden)): (1 - accept) / 2,
                (hidden, Say()): (1 - accept) / 2,
            }
        )


class SmallPrices(PriceBargaining):
    def prices(self):
        return (1, 2, 3, 4)


@pytest.mark.parametrize("seed", range(4))
def test_stochastic_minds_against_brute_force(seed):
    game = SmallPrices(20, "seller", (5, None), 3, 0.9)
    solution = solve(game, Noisy(seed, 3), "buyer")
    assert solution.start_value() == pytest.approx(brute_force(game, Noisy(seed, 3), "buyer"), abs=1e-12)
    assert solution.known_value() >= solution.start_value() - 1e-12


def test_value_is_the_best_of_the_act_values_everywhere():
    game = SmallPrices(20, "seller", (5, None), 3, 0.9)
    solution = solve(game, Noisy(0, 3), "buyer")
    rng = random.Random(0)
    for _ in range(50):
        state, belief = next((s, b) for p, s, b in _opening(solution) if p > 0)
        while game.mover(state) == "buyer":
            values = solution.act_values(state, belief)
            assert solution.value(state, belief) == pytest.approx(max(values.values()), abs=1e-12)
            assert values[solution.best_act(state, belief)] == pytest.approx(max(values.values()), abs=1e-12)
            branches = solution.branches(state, belief, rng.choice(list(values)))
            assert math.fsum(p for p, _, _ in branches) == pytest.approx(1.0)
            _, state, belief = rng.choice(branches)


def _opening(solution):
    return [
        (p, s, Belief(m))
        for p, s, m in solution._branches(solution.game.start(), solution._canonical(solution.mind.prior()))
    ]


def test_short_sighted_play_is_no_better_and_long_sight_is_optimal():
    game = SmallPrices(20, "seller", (5, None), 3, 0.9)
    solution = solve(game, Noisy(1, 3), "buyer")
    for _, state, belief in _opening(solution):
        best = solution.value(state, belief)
        for horizon in (1, 2, 3):
            act = solution.short_sighted(horizon).best_act(state, belief)
            assert solution.act_value(state, belief, act) <= best + 1e-12
        assert solution.act_value(state, belief, solution.short_sighted(3).best_act(state, belief)) == pytest.approx(
            best
        )


def test_questions_out_of_turn_are_refused():
    game = SmallPrices(20, "seller", (5, None), 3, 0.9)
    solution = Solution(game, Noisy(0, 3), "buyer")
    with pytest.raises(ValueError, match="state must be one in which 'buyer' moves"):
        solution.best_act(Haggle(0, "seller"), solution.mind.prior())


def test_listening_to_the_impossible_is_an_error():
    with pytest.raises(Contradiction):
        listen(HiddenFloor([5], 3), Belief.certain(5), Haggle(0, "seller", 9), Offer(3))


class Exam(NamedTuple):
    """State of `Examining`."""

    mover: str | None = "patient"
    asked: tuple[int, ...] = ()
    topic: int | None = None
    decided: int | None = None


@dataclass(frozen=True, slots=True)
class Look(Act):
    number: int


@dataclass(frozen=True, slots=True)
class Decide(Act):
    item: int


@dataclass(frozen=True, slots=True)
class Result(Act):
    positive: bool


class Examining:
    """One of `n` items is hidden. A noisy look for a small price each, then one decision, that pays for nearness too."""

    seats = ("doctor", "patient")

    def __init__(self, n, tests):
        self.n, self.tests = n, tests

    def start(self):
        return Exam()

    def mover(self, state):
        return state.mover

    def apply(self, state, seat, act):
        if isinstance(act, Look):
            return state._replace(mover="patient", asked=(*state.asked, act.number), topic=act.number)
        if isinstance(act, Decide):
            return state._replace(mover=None, decided=act.item)
        over = len(state.asked) > self.tests
        return state._replace(mover=None if over else "doctor", topic=None)

    def choices(self, state, seat):
        return [
            *(Decide(item) for item in range(self.n)),
            *(Look(number) for number in range(self.tests) if number not in state.asked),
        ]

    def worth(self, hidden, item):
        return (1.0, 0.4)[abs(hidden - item)] if abs(hidden - item) < 2 else 0.0

    def payoff(self, state, seat, hidden=None):
        worth = 0.0 if state.decided is None else self.worth(hidden, state.decided)
        return worth - 0.03 * len(state.asked)


class Patient:
    def __init__(self, game):
        self.game = game

    def prior(self):
        return Belief((item, 1.0 + item / 10) for item in range(self.game.n))

    def react(self, hidden, state):
        if state.topic is None:
            return Belief.certain((hidden, Say()))
        p = 0.9 if hidden >> state.topic & 1 else 0.2
        return Belief({(hidden, Result(True)): p, (hidden, Result(False)): 1.0 - p})


def test_candidates_that_see_probabilities_offer_the_one_best_decision():
    """The optimum is that of all decisions, in the long and in the short run, and far fewer acts are tried."""
    game = Examining(8, 3)
    mind = Patient(game)
    tried = dict.fromkeys(("all", "one"), 0)

    @weighed  # what does not look at probabilities is asked for once for all that may be hidden
    def every(state, mass):
        acts = game.choices(state, "doctor")
        tried["all"] += len(acts)
        return acts

    @weighed
    def best(state, mass):
        worth = [sum(p * game.worth(hidden, item) for hidden, p in mass) for item in range(game.n)]
        tests = [act for act in every(state, ()) if isinstance(act, Look)]
        tried["one"] += 1 + len(tests)
        return [Decide(worth.index(max(worth))), *tests]

    full, one = (Solution(game, mind, "doctor", candidates) for candidates in (every, best))
    value, few = full.start_value(), dict(tried)
    assert one.start_value() == pytest.approx(value, abs=1e-12)
    assert value == pytest.approx(brute_force(game, mind, "doctor"), abs=1e-12)
    assert one.states == full.states and 3 * tried["one"] < few["all"]
    for _, state, belief in _opening(full):
        assert one.value(state, belief) == pytest.approx(value, abs=1e-12)
        for horizon in (1, 2):
            short = [s.short_sighted(horizon).best_act(state, belief) for s in (full, one)]
            assert short[0] == short[1]


def test_a_method_can_be_weighed():
    class Mind(Patient):
        @weighed
        def candidates(self, state, mass):
            assert math.fsum(p for _, p in mass) == pytest.approx(1.0)
            return [Decide(max(mass, key=lambda item: item[1])[0])]

    game = Examining(4, 1)
    mind = Mind(game)
    most = max(sum(p * game.worth(h, item) for h, p in mind.prior()) for item in range(4))
    assert solve(game, mind, "doctor", mind.candidates).start_value() <= most
