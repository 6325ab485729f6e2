"""What a question is worth: closed forms, the textbook's formula, and what must hold in every family."""

from __future__ import annotations

import math

import pytest
from dialogym.core.acts import Act, Say
from dialogym.core.belief import Belief, ProductBelief
from dialogym.core.setting import Setting
from dialogym.core.solver import OutOfReach, Solution
from dialogym.envs.coaching.game import Ask, Recommend, Suggest
from dialogym.envs.make import load_family, make_engine
from dialogym.envs.registration import lookup
from dialogym.evaluation.shaping import forks, openings
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.rewards.beliefs import mixture
from dialogym.rewards.curiosity import InformationGain, relative_entropy
from dialogym.rewards.information import (
    ExpectedGain,
    ValueOfInformation,
    best_expected_gain,
    expected_gain,
    value_of_information,
)

from ..core.test_solver import Chain, Quiz, Stop, Student, Teach
from ..reach import ONE_OF_EACH


def entropy(p):
    return -(p * math.log2(p) + (1 - p) * math.log2(1 - p))


def start(env_id):
    """Setting, state and belief at the learner's first turn in the family's first scenario."""
    family = load_family(*lookup(env_id))
    setting = family.setting(family.scenarios()[0])
    ((_, exchange, belief), *_) = setting.seen(setting.game.start(), setting.prior, None)
    return setting, exchange.after, belief


def test_expected_gain_of_an_imprecise_answer():
    """One bit of doubt, an answer that is right three times in four: 1 - H2(3/4); and a client that agrees with probability .6 in any case."""
    setting, state, belief = start("CoachingSuggestible-v0")
    game = setting.game
    assert expected_gain(setting, state, belief, Ask(game.attributes[0])) == pytest.approx(1 - entropy(0.75))
    yes, no = 0.6 + 0.4 * 0.75, 0.6 + 0.4 * 0.25
    pushed = entropy((yes + no) / 2) - (entropy(yes) + entropy(no)) / 2
    assert expected_gain(setting, state, belief, Suggest(game.strategies[0])) == pytest.approx(pushed)
    assert (
        expected_gain(setting, state, belief, Say())
        == expected_gain(setting, state, belief, Recommend(game.strategies[0]))
        == 0.0
    )
    assert best_expected_gain(setting, state, belief) == pytest.approx(1 - entropy(0.75))


def test_value_of_information_is_the_textbooks_formula():
    """EVOI(q) = sum_a P(a|q) max_x EU(x|a) - max_x EU(x), where a question leaves all else as it was but for its price, which is no part of its value."""
    setting, state, belief = start("CoachingSmall-v0")
    game = setting.game

    def best(belief):
        return max(
            belief.expectation(lambda hidden, x=x: game.credit[game.strategies.index(hidden)][game.strategies.index(x)])
            for x in game.strategies
        )

    for act in game.choices(state, setting.seat):
        if isinstance(act, Recommend):
            assert value_of_information(setting, state, belief, act) == 0.0
            continue
        answers = [(p, after) for p, _, after in setting.seen(state, belief, act)]
        assert value_of_information(setting, state, belief, act) == pytest.approx(
            sum(p * best(after) for p, after in answers) - best(belief), abs=1e-12
        )
    assert value_of_information(setting, state, belief, Ask(game.attributes[0])) > 0.1


def test_short_sight_and_long_sight():
    """A quiz in the first turn changes no stopping decision, so its value is 0 to who sees one turn; it changes what is best to teach next."""
    setting = Setting(Chain(3), Student(), "tutor")
    state, belief = setting.game.start(), setting.prior
    assert value_of_information(setting, state, belief, Quiz(2)) == 0.0
    solution = Solution(Chain(3), Student(), "tutor")
    ends = [(p, exchange.after, after) for p, exchange, after in setting.seen(state, belief, Quiz(2))]
    told = sum(p * solution.value(s, b) for p, s, b in ends)
    untold = max(
        sum(p * solution.act_value(s, b, act) for p, s, b in ends) for act in setting.game.choices(state, "tutor")
    )
    assert value_of_information(setting, state, belief, Quiz(2), 0) == pytest.approx(told - untold, abs=1e-12)
    assert told - untold > 0.01
    assert value_of_information(setting, state, belief, Quiz(2), 3) == pytest.approx(
        told - untold, abs=1e-12
    )  # three turns are all there are
    assert value_of_information(setting, state, belief, Teach(1), 0) == 0.0


class Unsolvable(Solution):
    def _solve(self, state, mass):
        raise OutOfReach("too large")

    def short_sighted(self, horizon):
        raise OutOfReach("too large")


def test_where_the_optimum_is_out_of_reach():
    """Short sight needs no solution; sight of everything does."""
    far = Setting(Chain(3), Student(), "tutor", optimum=lambda: Unsolvable(Chain(3), Student(), "tutor"))
    near = Setting(Chain(3), Student(), "tutor")
    for act in (Quiz(1), Quiz(2), Teach(1), Stop()):
        for horizon in (1, 2):
            expected = value_of_information(near, near.game.start(), near.prior, act, horizon)
            assert value_of_information(far, far.game.start(), far.prior, act, horizon) == pytest.approx(
                expected, abs=1e-12
            )
    with pytest.raises(OutOfReach):
        value_of_information(far, far.game.start(), far.prior, Quiz(2), 0)


def test_an_act_that_is_not_possible_after_some_reply_counts_as_talk():
    """In Negotiation accepting is possible only where the partner has made an offer; the value is still that of choosing after the reply."""
    setting, state, belief = start("NegotiationEasy-v0")
    values = {
        act: value_of_information(setting, state, belief, act) for act in setting.game.choices(state, setting.seat)
    }
    assert min(values.values()) >= 0.0 and max(values.values()) > 0.0


def divergence(belief, other):
    """KL(belief || other) in bits, where `other` holds all that `belief` does; without the floor of `relative_entropy`."""
    if isinstance(belief, ProductBelief) and isinstance(other, ProductBelief):
        return sum(divergence(one, two) for one, two in zip(belief.factors, other.factors, strict=True))
    return math.fsum(p * math.log2(p / other.probability(outcome)) for outcome, p in belief)


@pytest.mark.parametrize("env_id", ONE_OF_EACH)
def test_the_expected_gain_is_the_mean_of_the_information_gain(env_id):
    """Over all that can follow each act of a dialogue, by the belief at that time; and at most what the best act gives, and at most the doubt there is."""
    engine = make_engine(env_id)
    for dialogue in rollout(engine, make_policy("random", engine), range(3)):
        for step in dialogue.steps[:3]:
            belief = step.belief_before()
            gain = ExpectedGain()(step)
            assert -1e-12 <= gain <= best_expected_gain(dialogue.setting, step.before, belief) + 1e-9
            ends = [(p, after) for p, _, after in dialogue.setting.seen(step.before, belief, step.act)]
            predicted = mixture(ends)
            assert gain == pytest.approx(sum(p * divergence(after, predicted) for p, after in ends), abs=1e-9)
            assert gain <= predicted.entropy + 1e-9
            assert ValueOfInformation()(step) >= 0.0


@pytest.mark.parametrize("make", [lambda: Setting(Chain(2), Student(), "tutor"), lambda: start("CoachingSmall-v0")[0]])
def test_the_rewards_agree_on_forked_dialogues(make):
    """The same on steps: the mean of the reward for what was told is the reward for what was to be expected."""
    setting = make()
    world = list(openings(setting))
    state = world[0][1].state
    for act in setting.game.choices(state, setting.seat):
        after = [(p * q, fork.steps[-1]) for p, dialogue in world for q, fork in forks(dialogue, act)]
        assert math.fsum(p for p, _ in after) == pytest.approx(1.0)
        assert math.fsum(p * InformationGain()(step) for p, step in after) == pytest.approx(
            ExpectedGain()(after[0][1]), abs=1e-12
        )


def test_about_a_fact():
    """Both parts of a hidden state together tell at least as much as one of them."""
    engine = make_engine(
        "Negotiation-v0", reward={"information/expected_gain": 1.0, "information/expected_gain(about=tactic)": 1.0}
    )
    for dialogue in rollout(engine, make_policy("scripted", engine), range(10)):
        for step in dialogue.steps:
            both, tactic = step.rewards.values()
            assert -1e-12 <= tactic <= both + 1e-9


def test_products_are_mixed_and_compared_by_their_factors():
    one, two = Belief({0: 0.9, 1: 0.1}), Belief({0: 0.2, 1: 0.8})
    decks = [ProductBelief([one] * 40), ProductBelief([one] * 39 + [two])]  # far too many outcomes to list
    mixed = mixture([(0.25, decks[0]), (0.75, decks[1])])
    assert isinstance(mixed, ProductBelief) and mixed.factors[:39] == decks[0].factors[:39]
    assert dict(mixed.factors[39]) == pytest.approx({0: 0.375, 1: 0.625})
    assert relative_entropy(decks[1], mixed) == pytest.approx(
        0.2 * math.log2(0.2 / 0.375) + 0.8 * math.log2(0.8 / 0.625)
    )
    small = [
        ProductBelief([one, two]),
        ProductBelief([two, one]),
    ]  # these differ in both factors: their mean is no product
    listed = mixture([(0.5, small[0]), (0.5, small[1])])
    assert dict(listed) == pytest.approx(
        {
            (a, b): (one.probability(a) * two.probability(b) + two.probability(a) * one.probability(b)) / 2
            for a in (0, 1)
            for b in (0, 1)
        }
    )


class Unheard(Act):
    """Not among any game's acts."""


def test_an_illegal_act_is_a_lost_turn():
    setting, state, belief = start("CoachingSmall-v0")
    assert expected_gain(setting, state, belief, Unheard()) == expected_gain(setting, state, belief, Say()) == 0.0
