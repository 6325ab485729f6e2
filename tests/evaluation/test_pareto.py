"""The Pareto front against every policy there is, and against a fine grid of weights."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from dialogym.core.belief import Belief
from dialogym.envs.guided_solving.family import GuidedSolving
from dialogym.envs.guided_solving.game import GuidedSteps
from dialogym.envs.guided_solving.mind import Learner
from dialogym.envs.guided_solving.policies import RULES, sweep
from dialogym.envs.negotiation.family import Negotiation
from dialogym.evaluation.pareto import envelope, expected_metrics, pareto_front

ENV = "GuidedSolving-v0"


@cache
def front_of(turns, tolerance=1e-9, **settings):
    return pareto_front(
        ENV, "leak_weight", "solve", "leak", turns=turns, turn_cost=0.0, tolerance=tolerance, **settings
    )


def line(front):
    return [(point.metrics["leak"], point.metrics["solve"]) for point in front]


def every_policy(game, mind):
    """(leak, solve) of every deterministic policy, by plain recursion: choose at each turn of the tutor, add up over what the student does."""

    def attainable(state, mass):
        mover = game.mover(state)
        if mover is None:
            total = sum(mass.values())
            return {
                (
                    round(total * game.leaked(state), 12),
                    round(sum(p * game.solves(state, hidden.understood) for hidden, p in mass.items()), 12),
                )
            }
        if mover == "tutor":
            return set().union(*(attainable(game.apply(state, mover, act), mass) for act in game.choices(state, mover)))
        heard = {}
        for hidden, p in mass.items():
            for (then, act), q in mind.react(hidden, state):
                part = heard.setdefault(act, {})
                part[then] = part.get(then, 0.0) + p * q
        found = {(0.0, 0.0)}
        for act, part in heard.items():
            ends = attainable(game.apply(state, mover, act), part)
            found = {(round(a + c, 12), round(b + d, 12)) for a, b in found for c, d in ends}
        return found

    return attainable(game.start(), dict(mind.prior()))


def upper_hull(points):
    hull = []
    for x, y in sorted(points, key=lambda point: (point[0], -point[1])):
        while (
            len(hull) > 1
            and (hull[-1][0] - hull[-2][0]) * (y - hull[-2][1])
            >= (hull[-1][1] - hull[-2][1]) * (x - hull[-2][0]) - 1e-12
        ):
            hull.pop()
        if not hull or (x > hull[-1][0] + 1e-12 and y > hull[-1][1] + 1e-12):
            hull.append((x, y))
    return hull


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_the_front_is_the_hull_of_every_policy(turns):
    policies = every_policy(GuidedSteps(turns=turns), Learner(GuidedSteps(turns=turns)))
    assert len(policies) >= {1: 5, 2: 20, 3: 100}[turns]
    found, hull = line(front_of(turns)), upper_hull(policies)
    assert len(found) == len(hull) > 1
    for (leak, solve), (x, y) in zip(found, hull, strict=True):
        assert (leak, solve) == (pytest.approx(x, abs=1e-9), pytest.approx(y, abs=1e-9))


def test_the_front_is_monotone_and_concave():
    front = front_of(5)
    points = line(front)
    assert len(points) > 5 and points[0][0] == 0.0 and points[-1][0] == pytest.approx(1.0)
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    assert all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in pairwise(points))
    assert all(high > low for high, low in pairwise(slopes))
    weights = [point.weight for point in front]
    assert weights == sorted(weights, reverse=True)
    for point, (before, behind) in zip(front[1:-1], pairwise(slopes), strict=True):
        assert behind - 1e-9 <= point.weight <= before + 1e-9, "a corner is optimal between the slopes beside it"


def test_a_grid_of_weights_stays_on_the_front():
    most = envelope(front_of(5), "solve", "leak")
    for weight in (0.02, 0.2, 0.3, 0.39, 0.45, 0.7, 1.5, 4.0):
        found = expected_metrics(GuidedSolving(turns=5, turn_cost=0.0, leak_weight=weight))
        assert found["solve"] == pytest.approx(most(found["leak"]), abs=1e-9)


def test_no_rule_lies_above_the_front():
    most = envelope(front_of(5), "solve", "leak")
    for name, rule in {**RULES, **sweep()}.items():
        found = expected_metrics(
            GuidedSolving(turns=5), lambda setting, state, belief, rule=rule: rule(setting.game, state)
        )
        assert found["solve"] <= most(found["leak"]) + 1e-9, name


def test_a_coarse_front_leaves_out_what_adds_little():
    fine, coarse = front_of(5), front_of(5, tolerance=0.02)
    assert 2 <= len(coarse) < len(fine)
    most = envelope(coarse, "solve", "leak")
    assert all(solve <= most(leak) + 0.02 for leak, solve in line(fine))


def test_the_envelope_mixes_neighbours():
    front = front_of(3)
    most = envelope(front, "solve", "leak")
    (x0, y0), (x1, y1) = line(front)[:2]
    assert most((x0 + x1) / 2) == pytest.approx((y0 + y1) / 2)
    assert most(5.0) == line(front)[-1][1]
    with pytest.raises(ValueError, match="price must be at least 0"):
        most(-0.1)


def test_decisions_may_use_the_belief():
    seen = []

    def decide(setting, state, belief):
        assert isinstance(belief, Belief)
        seen.append(len(belief))
        return setting.solution.best_act(state, belief)

    family = GuidedSolving(turns=4)
    assert expected_metrics(family, decide) == expected_metrics(family) and max(seen) > 9


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gain": "joy"}, "gain and price must be among payoff, solve"),
        ({"turn_cost": 0.01}, "the payoff must be solve - leak_weight"),
        ({"tolerance": 0.0}, "tolerance must be above 0"),
        ({"heaviest": 1e-9}, "lightest below heaviest"),
        ({"weight": "colour"}, "valid settings are"),
        ({"env_id": "Nowhere-v0"}, "environment must be one of"),
    ],
)
def test_wrong_arguments(changes, message):
    with pytest.raises(ValueError, match=message):
        pareto_front(
            **{
                "env_id": ENV,
                "weight": "leak_weight",
                "gain": "solve",
                "price": "leak",
                "turns": 2,
                "turn_cost": 0.0,
                **changes,
            }
        )


def test_a_family_without_measures_is_refused():
    with pytest.raises(ValueError, match="Negotiation has none"):
        expected_metrics(Negotiation())
