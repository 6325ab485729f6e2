"""Credit assignment against cases computed by hand, and against brute force."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pytest
from dialogym.core.acts import Act, Say
from dialogym.core.setting import Setting
from dialogym.envs.engine import Engine
from dialogym.envs.make import make_engine
from dialogym.envs.negotiation.family import Negotiation
from dialogym.policies.registry import make_policy
from dialogym.policies.rollout import rollout
from dialogym.trainers.credit import (
    CREDITS,
    discounted,
    equalized,
    exact,
    exact_advantages,
    exponential,
    leave_one_out,
    make_credit,
    scaled,
    trajectory,
    turn,
)
from dialogym.trainers.turn_critic import BUCKETS, TurnCritic, gae, returns_to_go

from ..toy import TOY

GROUP = [[0.0, 0.0, 4.0], [1.0, 1.0]]  # returns 4 and 2
PLAIN = [name for name in CREDITS if name not in ("critic", "exact")]  # those that read no dialogue


def lists(advantages):
    return [[pytest.approx(value, abs=1e-9) for value in values] for values in advantages]


# ---- by hand ---------------------------------------------------------------------------------------------------------


def test_returns_to_go():
    assert list(returns_to_go([1.0, 0.0, 4.0], 0.5)) == [2.0, 2.0, 4.0]
    assert list(returns_to_go([], 0.5)) == []


def test_trajectory_is_the_return_less_the_mean_of_the_group():
    advantages = trajectory([*GROUP, [5.0], [7.0]], 2)
    assert [list(a) for a in advantages] == [[1.0, 1.0, 1.0], [-1.0, -1.0], [-1.0], [1.0]]


def test_leave_one_out():
    """Returns 4, 2, 9: the others' means are 5.5, 6.5 and 3.

    An episode that failed is in no mean; who is alone has no baseline.
    """
    advantages = leave_one_out([*GROUP, [9.0], None, [7.0], None], 3)
    assert [list(a) for a in advantages] == lists([[-1.5] * 3, [-4.5] * 2, [6.0], [], [0.0], []])


def test_turn_leaves_out_what_came_before():
    first, second = turn(GROUP, 2)
    # to go: 4 4 4 and 2 1; the third turn stands alone: 4 against the mean return 3 less the 0 it got before
    assert list(first) == [1.0, 1.5, 1.0]
    assert list(second) == [-1.0, -1.5]


def test_turn_without_dense_rewards_and_of_equal_length_is_trajectory():
    group = [[0.0, 0.0, 1.0], [0.0, 0.0, 3.0], [0.0, 0.0, 2.0]]
    for ours, other in zip(turn(group, 3), trajectory(group, 3), strict=True):
        np.testing.assert_allclose(ours, other)


def test_discounted():
    """At .5 what is to come is 1 2 4, 1.5 1 and 0: normalised over three, over two, and alone."""
    first, second, third = discounted([*GROUP, [0.0]], 3, discount=0.5)
    mean, deviation = 2.5 / 3, math.sqrt((1.0**2 + 1.5**2) / 3 - (2.5 / 3) ** 2) + 1e-4
    half = 0.5 / (0.5 + 1e-4)
    assert list(first) == lists([[(1.0 - mean) / deviation, half, 0.0]])[0]
    assert list(second) == lists([[(1.5 - mean) / deviation, -half]])[0]
    assert list(third) == lists([[-mean / deviation]])[0]


def test_equalized():
    """At .5 the scores are 1 and 1.5; undiscounted it is `trajectory`."""
    assert [list(a) for a in equalized(GROUP, 2, discount=0.5)] == lists([[-0.25] * 3, [0.25] * 2])
    assert [list(a) for a in equalized(GROUP, 2, discount=1.0)] == [list(a) for a in trajectory(GROUP, 2)]


def test_exponential():
    """Curvature ln 2 makes the weights 1.5 - 2^-r: .5, 1 - 1/sqrt 2 + .5, 1.

    The mean over an episode's turns is its advantage.
    """
    rewards = [[0.0, 1.0], [0.5, 0.0]]
    first, second = exponential(rewards, 2, curvature=math.log(2.0))
    assert list(first) == lists([[0.25 * 0.5 / 0.75, 0.25 * 1.0 / 0.75]])[0]
    half = 1.5 - 2.0**-0.5
    assert list(second) == lists([[-0.25 * half / ((half + 0.5) / 2), -0.25 * 0.5 / ((half + 0.5) / 2)]])[0]
    assert first.mean() == pytest.approx(0.25) and second.mean() == pytest.approx(-0.25)
    clipped, _ = exponential([[-3.0, 9.0], [0.0, 0.0]], 2, curvature=math.log(2.0))
    assert list(clipped) == lists([[3.0 * 0.5 / 0.75, 3.0 * 1.0 / 0.75]])[0]


@pytest.mark.parametrize("name", PLAIN)
def test_a_failed_episode_counts_for_nothing(name):
    advantages = CREDITS[name]([[1.0], None, [3.0]], 3)
    low, high = {"leave-one-out": (-2.0, 2.0)}.get(name, (-1.0, 1.0))
    assert [list(np.round(a, 3)) for a in advantages] == [[low], [], [high]]
    assert [list(a) for a in CREDITS[name]([None, None], 2)] == [[], []]
    assert next(list(a) for a in CREDITS[name]([[], [1.0]], 2)) == []


def test_scales():
    advantages = [np.array([1.0, 1.0]), np.array([-1.0]), np.array([2.0]), np.array([-4.0])]
    assert [list(a) for a in scaled(advantages, 2, "none")] == [[1.0, 1.0], [-1.0], [2.0], [-4.0]]
    batch = np.concatenate(scaled(advantages, 2, "batch"))
    assert batch.std() == pytest.approx(1.0, abs=1e-3)
    assert np.concatenate(scaled(advantages, 2, "group")[2:]).std() == pytest.approx(1.0, abs=1e-3)
    assert list(np.concatenate(scaled([np.zeros(2), np.zeros(1)], 2, "group"))) == [0.0, 0.0, 0.0]
    with pytest.raises(ValueError, match="scale must be one of group, batch, none; got 'token'"):
        scaled(advantages, 2, "token")


def test_a_discount_by_hand():
    """Two episodes of two turns: to come are 1 + .5 * 4 = 3 and 4, against 0 + .5 * 2 = 1 and 2."""
    first, second = make_credit("turn(discount=0.5)")([[1.0, 4.0], [0.0, 2.0]], 2, ())
    assert list(first) == [1.0, 1.0] and list(second) == [-1.0, -1.0]
    alone, other = make_credit("turn(discount=0.5)")([[1.0, 4.0], [1.0]], 2, ())
    assert list(alone) == [1.0, 4.0 - 2.0] and list(other) == [-1.0]


def test_shaping_without_discount_is_a_baseline_and_with_it_more():
    """Potentials 0, 2, 5, then the end (0): undiscounted, each turn's return is the payoff less its potential; two episodes that differ in luck keep their gap."""
    potentials, payoff = [0.0, 2.0, 5.0], 7.0
    shaped = [(*potentials[1:], 0.0)[k] - potentials[k] + (payoff if k == 2 else 0.0) for k in range(3)]
    plain = [0.0, 0.0, payoff]
    lucky = [0.0, 0.0, payoff + 1]
    with_terms = turn([shaped, [r + (k == 2) for k, r in enumerate(shaped)]], 2)
    without = turn([plain, lucky], 2)
    for a, b in zip(with_terms, without, strict=True):
        assert list(a) == pytest.approx(list(b))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "nobody",
            "credit must be one of trajectory, leave-one-out, turn, discounted, equalized, exponential, critic, exact",
        ),
        ("turn(discount=0)", "discount of credit 'turn' must be above 0 and at most 1, got 0"),
        ("turn(discount=2)", "discount"),
        ("turn(discount=x)", "discount"),
        ("turn(speed=1)", "parameters of credit 'turn' are discount; got 'speed'"),
        ("trajectory(discount=0.5)", "parameters of credit 'trajectory' are none"),
        ("turn(0.5)", "credit"),
        ("exact(lambda=1.5)", "lambda of credit 'exact' must be from 0 to 1, got 1.5"),
        ("exact(lambda=true)", "lambda"),
        ("exponential(curvature=0)", "curvature of credit 'exponential' must be above 0"),
        ("critic(privileged=1)", "privileged of credit 'critic' must be true or false, got 1"),
        ("critic(policy=me)", "parameters of credit 'critic' are lambda, discount, privileged"),
    ],
)
def test_wrong_credits(spec, message):
    with pytest.raises(ValueError, match=message):
        make_credit(spec)


# ---- which act the expected gradient prefers -------------------------------------------------------------------------


def preference(credit, act_rewards, size=2, scenarios=(1.0,)):
    """By how much the expected advantage of the first act exceeds that of the second in the first turn, for a policy that tosses a coin; exactly.

    Args:
        credit: Plain credit.
        act_rewards: For each scenario a pair: what each act can lead to, as (probability, rewards of both turns).
        size: Episodes of a group.
        scenarios: Probability of each scenario, which the policy cannot see.
    """
    total = 0.0
    for chance, acts in zip(scenarios, act_rewards, strict=True):
        courses = [(0.5 * p, act, rewards) for act in (0, 1) for p, rewards in acts[act]]
        for group in product(courses, repeat=size):
            p = chance * math.prod(course[0] for course in group)
            advantages = credit([rewards for _, _, rewards in group], size)
            total += (
                p
                * sum(
                    (1 if act == 0 else -1) * values[0] for (_, act, _), values in zip(group, advantages, strict=True)
                )
                / size
                * 2
            )
    return total


def gain(act_rewards, scenarios=(1.0,)):
    """By how much the expected return of the first act exceeds that of the second."""

    def mean(course):
        return sum(p * sum(rewards) for p, rewards in course)

    return sum(chance * (mean(acts[0]) - mean(acts[1])) for chance, acts in zip(scenarios, act_rewards, strict=True))


LATER = (([(1.0, [0.0, 1.0])], [(1.0, [0.95, 0.0])]),)  # asking first pays 1, a guess .95 at once
MINORITY = (
    ([(1.0, [0.0, 0.2])], [(1.0, [0.0, 0.0])]),
    ([(1.0, [0.0, 0.0])], [(1.0, [0.0, 1.0])]),
)  # most partners give a little for one act, few much for the other
RISK = (([(0.5, [1.0, 0.0]), (0.5, [0.0, 0.0])], [(1.0, [0.55, 0.0])]),)  # a lottery that is worth .5, or .55 for sure


@pytest.mark.parametrize("name", ["trajectory", "turn", "leave-one-out"])
@pytest.mark.parametrize(
    ("game", "scenarios"), [(LATER, (1.0,)), (MINORITY, (0.6, 0.4)), (RISK, (1.0,))], ids=["later", "minority", "risk"]
)
def test_the_gradient_of_the_expected_return(name, game, scenarios):
    """In expectation the difference of advantages is that of returns; with the episode in its own mean, (size - 1) / size of it."""
    share = 1.0 if name == "leave-one-out" else 0.5
    assert preference(CREDITS[name], game, 2, scenarios) == pytest.approx(share * gain(game, scenarios))


@pytest.mark.parametrize(
    ("credit", "game", "scenarios"),
    [
        (equalized, LATER, (1.0,)),
        (discounted, LATER, (1.0,)),
        (partial(discounted, discount=1.0), MINORITY, (0.6, 0.4)),
        (exponential, RISK, (1.0,)),
    ],
    ids=["equalized is hasty", "discounted is hasty", "discounted goes with the majority", "exponential takes risks"],
)
def test_what_is_wrong_with_the_others(credit, game, scenarios):
    """Two-turn games in which the expected gradient prefers the act of the lower expected return."""
    assert preference(credit, game, 2, scenarios) * gain(game, scenarios) < 0.0
    assert abs(preference(credit, game, 2, scenarios)) > 0.01


def test_a_group_deviation_goes_with_the_majority_too():
    """So does TRL's default scale, whatever the credit."""

    def by_group(rewards, size):
        return scaled(trajectory(rewards, size), size, "group")

    assert gain(MINORITY, (0.6, 0.4)) < 0.0 < preference(by_group, MINORITY, 2, (0.6, 0.4))


# ---- the exact advantage ---------------------------------------------------------------------------------------------


def brute_value(setting, state, mass):
    """Best expected payoff from a state on, by plain recursion."""
    game, seat = setting.game, setting.seat
    mover = game.mover(state)
    if mover is None:
        return sum(p * game.payoff(state, seat, hidden) for hidden, p in mass.items())
    if mover == seat:
        return max(brute_value(setting, game.apply(state, seat, act), mass) for act in game.choices(state, seat))
    heard = {}
    for hidden, p in mass.items():
        for (after, act), q in setting.mind.react(hidden, state):
            part = heard.setdefault(act, {})
            part[after] = part.get(after, 0.0) + p * q
    return sum(brute_value(setting, game.apply(state, mover, act), part) for act, part in heard.items())


def played(env_id, policy, seeds=range(30), **settings):
    engine = make_engine(env_id, **settings)
    return list(rollout(engine, make_policy(policy, engine), seeds))


@pytest.mark.parametrize(("env_id", "settings"), [(TOY, {}), ("Negotiation-v0", {"rounds": 2, "values": (17,)})])
def test_exact_advantages_equal_brute_force(env_id, settings):
    """Also of lost turns, which count as talk, and of a last turn after which the dialogue was cut off."""
    seen = 0
    for dialogue in played(env_id, "random", range(6), **settings):
        setting, values = dialogue.setting, exact_advantages(dialogue)
        assert len(values) == len(dialogue.steps)
        for step, value in zip(dialogue.steps, values, strict=True):
            mass = dict(step.belief_before().items())
            best = brute_value(setting, step.before, mass)
            acted = brute_value(setting, setting.game.apply(step.before, setting.seat, step.act), mass)
            assert value == pytest.approx(acted - best, abs=1e-9)
            assert value <= 1e-9
            seen += value < -1e-6
    assert seen


@pytest.mark.parametrize("env_id", [TOY, "Negotiation-v0", "Tutoring-v0"])
def test_an_optimal_act_has_no_advantage_and_others_none_above(env_id):
    optimal = played(env_id, "optimal")
    assert max(abs(np.concatenate([exact_advantages(dialogue) for dialogue in optimal]))) < 1e-9
    others = np.concatenate([exact_advantages(dialogue) for dialogue in played(env_id, "scripted")])
    assert others.max() < 1e-9 and others.min() < -1e-3


def test_exact_advantages_add_up_to_the_distance_from_the_optimum():
    """The performance difference lemma, for a heuristic on the whole tree of a small bargain: every course weighted by its probability."""
    family = Negotiation(rounds=3, values=(17,))
    engine = Engine(family)
    speaker = make_policy("split-difference", engine)
    setting = family.setting(family.scenarios()[0])
    lost = paid = 0.0
    for hidden, p in setting.prior:
        (dialogue,) = engine.open(
            [np.random.default_rng(0)], {"scenario": family.scenarios()[0], "hidden": hidden}
        )  # its partners draw nothing
        while not dialogue.done:
            engine.step([dialogue], speaker.respond([dialogue], [None]))
        lost += p * sum(exact_advantages(dialogue))
        paid += p * dialogue.steps[-1].payoff
    assert paid == pytest.approx(setting.solution.start_value() + lost, abs=1e-9)
    assert lost < -1e-3


def test_a_dialogue_that_was_cut_off_forfeits_what_could_be_expected():
    engine = make_engine(TOY)
    (dialogue,) = engine.open([np.random.default_rng(3)])
    for _ in range(3):
        if not dialogue.done:
            engine.step([dialogue], ["[serve champagne]"])
    assert dialogue.done and not dialogue.steps[-1].payoff
    values = exact_advantages(dialogue)
    assert sum(values) == pytest.approx(-1.0) and values[-1] == pytest.approx(-1.0)
    assert isinstance(dialogue.steps[0].act, Say)


def test_exact_over_turns_by_hand(monkeypatch):
    """Own advantages -1 0 -2 and 0 -1, less the other's at the same turn; with lambda 1 also what is lost later: -3 -2 -2 and -1 -1."""
    own = iter([np.array([-1.0, 0.0, -2.0]), np.array([0.0, -1.0])] * 3)
    monkeypatch.setattr("dialogym.trainers.credit.exact_advantages", lambda dialogue: next(own))

    def run(spec):
        return [list(a) for a in make_credit(spec)(GROUP, 2, (None, None))]

    assert run("exact") == [[-1.0, 1.0, -2.0], [1.0, -1.0]]
    assert run("exact(lambda=1)") == [[-2.0, -1.0, -2.0], [2.0, 1.0]]
    assert run("exact(lambda=0.5)") == [[-1.5 + 0.5, -1.0 + 1.0, -2.0], [-0.5 + 1.5, -1.0 + 1.0]]


@dataclass(frozen=True, slots=True)
class Choose(Act):
    which: str


class Gamble:
    """First: take .6 at once, or ask for a riddle. Then: the right answer pays 1, the wrong one nothing."""

    seats = ("me", "host")

    def start(self):
        return ""

    def mover(self, state):
        return "me" if state in ("", "riddle") else None

    def apply(self, state, seat, act):
        return "over" if isinstance(act, Say) else act.which

    def choices(self, state, seat):
        return [Choose("take"), Choose("riddle")] if state == "" else [Choose("right"), Choose("wrong")]

    def payoff(self, state, seat, hidden=None):
        return {"take": 0.6, "right": 1.0}.get(state, 0.0)


class Nobody:
    def prior(self):
        from dialogym.core.belief import Belief

        return Belief.certain("nobody")

    def react(self, hidden, state):
        raise AssertionError


def test_exact_alone_praises_what_only_an_optimal_player_can_use():
    """Whoever answers at random had better take the .6, and lambda 1 says so; by the advantage alone the riddle is better, as it will be once it can be solved."""
    solution = Setting(Gamble(), Nobody(), "me").solution
    belief = Nobody().prior()

    def at(state, which):
        return solution.act_value(state, belief, Choose(which)) - solution.value(state, belief)

    own = {which: at("", which) for which in ("take", "riddle")}
    later = {"take": 0.0, "riddle": 0.5 * at("riddle", "right") + 0.5 * at("riddle", "wrong")}
    assert own == {"take": pytest.approx(-0.4), "riddle": 0.0}
    assert own["riddle"] + later["riddle"] == pytest.approx(-0.5)
    assert own["take"] + later["take"] == pytest.approx(-0.4)


def test_exact_refuses_what_it_cannot_judge():
    far = played("Spacing-v0", "random", range(1))
    with pytest.raises(ValueError, match="credit 'exact' needs a family whose optimum can be computed"):
        exact([[step.reward for step in far[0].steps]], 1, far)
    costly = played(TOY, "random", range(1), reward="goal=1,turn_cost=0.1")
    with pytest.raises(ValueError, match="the reward must be goal; got also turn_cost"):
        exact([[1.0]], 1, costly)
    with pytest.raises(ValueError, match="needs the dialogue of each of 2 episodes, got 0"):
        exact(GROUP, 2)


def test_exact_lambda_one_is_the_policy_s_own_gradient():
    """Many groups of a policy that acts at random: offers are better than other first acts by as much as returns say."""
    engine = make_engine("Negotiation-v0", rounds=2, values=(17,))
    speaker = make_policy("random", engine)
    attempts = [list(rollout(engine, speaker, range(400), attempts=k)) for k in range(4)]
    dialogues = [attempts[k][i] for i in range(400) for k in range(4)]
    rewards = [[step.reward for step in dialogue.steps] for dialogue in dialogues]
    offers = np.array([type(dialogue.steps[0].act).__name__ == "Offer" for dialogue in dialogues])
    ours = np.array([a[0] for a in make_credit("exact(lambda=1)")(rewards, 4, dialogues)])
    plain = np.array([a[0] for a in leave_one_out(rewards, 4)])

    def contrast(values):
        return values[offers].mean() - values[~offers].mean()

    noise = plain.std() * math.sqrt(1 / offers.sum() + 1 / (~offers).sum())
    assert abs(contrast(ours) - contrast(plain)) < 3 * noise < 0.5 * abs(contrast(plain))


# ---- the critic ------------------------------------------------------------------------------------------------------


def test_generalised_advantages_by_hand():
    """Rewards 1 0 4, values 2 3 1, discount .5, lambda .5: errors .5, -2.5, 3; weights .25 a turn."""
    assert list(returns_to_go([1.0, 0.0, 4.0], 0.5)) == [2.0, 2.0, 4.0]
    errors = [1.0 + 0.5 * 3.0 - 2.0, 0.0 + 0.5 * 1.0 - 3.0, 4.0 - 1.0]
    assert errors == [0.5, -2.5, 3.0]
    expected = [0.5 + 0.25 * (-2.5 + 0.25 * 3.0), -2.5 + 0.25 * 3.0, 3.0]
    assert list(gae([1.0, 0.0, 4.0], [2.0, 3.0, 1.0], 0.5, 0.5)) == lists([expected])[0]
    assert list(gae([1.0, 0.0, 4.0], [2.0, 3.0, 1.0], 1.0, 1.0)) == [5.0 - 2.0, 4.0 - 3.0, 4.0 - 1.0]
    assert list(gae([1.0, 0.0, 4.0], [2.0, 3.0, 1.0], 1.0, 0.0)) == [1.0 + 3.0 - 2.0, 1.0 - 3.0, 4.0 - 1.0]


def batches(env_id, policy, count, groups=16, size=8, **settings):
    engine = make_engine(env_id, **settings)
    speaker = make_policy(policy, engine)
    for number in range(count):
        seeds = range(number * groups, (number + 1) * groups)
        attempts = [list(rollout(engine, speaker, seeds, attempts=k)) for k in range(size)]
        dialogues = [attempts[k][i] for i in range(groups) for k in range(size)]
        yield [[step.reward for step in dialogue.steps] for dialogue in dialogues], dialogues


def test_a_critic_learns_what_can_be_expected():
    critic = make_credit("critic")
    explained = []
    for rewards, dialogues in batches("Negotiation-v0", "scripted", 5):
        advantages = critic(rewards, 8, dialogues)
        explained.append(critic.explained)
    assert explained[-1] > 0.5  # the partner and the value of the item are half of it
    ours, plain = (np.concatenate(a).var() for a in (advantages, leave_one_out(rewards, 8)))
    assert ours < plain


def test_a_privileged_critic_sees_the_partner():
    """Guests order aloud, so the words tell as much as the secret does; a critic that may see it has more features there and judges no worse."""
    (rewards, dialogues), *_ = batches(TOY, "random", 1)
    plain, seeing = TurnCritic(), TurnCritic(privileged=True)
    for critic in (plain, seeing):
        critic(rewards, 8, dialogues)
    assert (seeing.moments[:BUCKETS, :BUCKETS].diagonal() > 0).sum() > (
        plain.moments[:BUCKETS, :BUCKETS].diagonal() > 0
    ).sum()


def test_no_episode_is_judged_by_a_critic_that_saw_it():
    """With lambda 1 a change of one episode's own reward moves its own advantage by exactly that much, and nobody else's of its own half but through its group."""
    ((rewards, dialogues),) = batches("Negotiation-v0", "scripted", 1, groups=4, size=4)
    before = TurnCritic(lambda_=1.0)(rewards, 4, dialogues)
    changed = [list(turns) for turns in rewards]
    changed[0][-1] += 1.0
    after = TurnCritic(lambda_=1.0)(changed, 4, dialogues)
    assert list(after[0]) == pytest.approx([value + 1.0 for value in before[0]])
    for i in range(8, 12):  # the other group of its half
        assert list(after[i]) == pytest.approx(list(before[i]))
    assert any(abs(after[4] - before[4]) > 1e-6)


def test_a_critic_leaves_out_what_failed_and_goes_on_from_a_file(tmp_path):
    critic, other = TurnCritic(), TurnCritic()
    first, second = batches("Negotiation-v0", "scripted", 2, groups=4, size=4)
    rewards = [None, *first[0][1:]]
    advantages = critic(rewards, 4, first[1])
    assert [len(values) for values in advantages] == [0, *map(len, first[0][1:])]
    critic.save(tmp_path / "new" / "critic.npz")
    other.load(tmp_path / "new" / "critic.npz")
    for a, b in zip(critic(second[0], 4, second[1]), other(second[0], 4, second[1]), strict=True):
        assert np.array_equal(a, b)
    with pytest.raises(ValueError, match="needs the dialogue of each of 2 episodes, got 0"):
        critic(GROUP, 2, ())
    assert [len(a) for a in TurnCritic()([None, None], 2, first[1][:2])] == [0, 0]
