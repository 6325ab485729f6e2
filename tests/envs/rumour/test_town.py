"""The large town: the law on networks, against the mean field, an exact small town and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from dialogym.envs.rumour.law import Law, mean_field, spread, untouched
from dialogym.envs.rumour.town import (
    Network,
    Town,
    chance,
    communities,
    evening,
    network,
    patience,
    scale_free,
    small_world,
)

LAW = Law()


def everybody(people):
    """Each listens to all, itself included, as in the law of the small town."""
    return Network(np.arange(people + 1) * people, np.tile(np.arange(people), people))


def first(people, believers):
    return np.arange(people) < believers


def test_the_law():
    assert LAW.hear(1.2, 0.5, False) == pytest.approx(1 - np.exp(-0.6))
    assert LAW.hear(1.2, 0.5, True) == pytest.approx(1 - np.exp(-0.21)) and LAW.hear(1.2, 0.0, False) == 0.0
    assert LAW.stay(0.2, False) == pytest.approx(1 - 0.05 * 0.8) and LAW.stay(0.2, True) == pytest.approx(
        1 - 0.45 * 0.8
    )


@pytest.mark.parametrize(("labelled", "letter"), [(False, False), (True, False), (False, True)])
def test_mean_and_variance_of_a_day_in_a_small_town(labelled, letter):
    """Closed form: two independent binomials."""
    found = spread(LAW, 12, 5, 1.2, labelled, letter)
    hear = LAW.hear(1.2, 5 / 12, labelled)
    stay = LAW.stay(hear, letter)
    assert sum(p for _, p in found) == pytest.approx(1.0)
    mean = sum(n * p for n, p in found)
    assert mean == pytest.approx(7 * hear + 5 * stay)
    assert sum((n - mean) ** 2 * p for n, p in found) == pytest.approx(7 * hear * (1 - hear) + 5 * stay * (1 - stay))


def test_a_town_left_alone_by_hand():
    """Two people, one of whom believes: after a day, with the chances of the law, none, one or both do."""
    hear = LAW.hear(2.0, 0.5, False)
    stay = LAW.stay(hear, False)
    both, one = hear * stay, hear * (1 - stay) + (1 - hear) * stay
    assert untouched(LAW, 2, ((1, 3.0),), 2.0, 1, {0: 0.0, 1: 0.5, 2: 1.0}) == pytest.approx(both + 0.5 * one)


@pytest.mark.parametrize("step", [{}, {"labelled": True}, {"letter": True}])
def test_a_town_in_which_all_hear_all_is_the_small_town(step):
    net, sizes = everybody(12), []
    for seed in range(3000):
        sizes.append(Town(net, LAW, 1.2, first(12, 5), seed).step(**step) * 12)
    exact = spread(LAW, 12, 5, 1.2, step.get("labelled", False), step.get("letter", False))
    mean = sum(n * p for n, p in exact)
    sd = np.sqrt(sum((n - mean) ** 2 * p for n, p in exact))
    assert abs(np.mean(sizes) - mean) < 4 * sd / np.sqrt(3000)


def test_the_mean_field_is_near_where_each_hears_many_and_not_where_each_hears_few():
    gaps = []
    for links in (5, 100):
        net = small_world(2000, links, 1.0, np.random.default_rng(0))
        believers = np.random.default_rng(1).random(2000) < 0.05
        town = Town(net, LAW, 1.2, believers, 2)
        path = [town.step() for _ in range(8)]
        gaps.append(np.abs(np.array(path) - mean_field(LAW, 1.2, believers.mean(), 8)).max())
    assert gaps[1] < 0.05 < gaps[0]


def test_more_believers_and_weaker_measures_never_make_fewer_believe():
    """The same chances in four towns that differ in one thing each: everybody who believes in the first does in all."""
    net = scale_free(500, 3, np.random.default_rng(0))
    few = np.random.default_rng(1).random(500) < 0.05
    more = few | (np.random.default_rng(2).random(500) < 0.05)
    towns = [(few, True, True), (few, True, False), (few, False, True), (more, True, True)]
    towns = [(Town(net, LAW, 1.5, start, 3), label, letter) for start, label, letter in towns]
    for _ in range(6):
        for town, label, letter in towns:
            town.step(label, letter)
        least, *others = [town.believers for town, _, _ in towns]
        assert all((least <= other).all() for other in others)
    assert any((least != other).any() for other in others)


def test_networks():
    net = network(np.array([0, 1]), np.array([1, 2]), 4)
    assert [sorted(net.listens[a:b]) for a, b in zip(net.starts, net.starts[1:], strict=False)] == [
        [1],
        [0, 2],
        [1],
        [],
    ]
    assert list(net.friends()) == [2.0, 1.0, 2.0, 0.0]
    ring = small_world(50, 2, 0.0, np.random.default_rng(0))
    assert set(ring.degrees) == {4} and sorted(ring.listens[: ring.starts[1]]) == [1, 2, 48, 49]


def test_the_friendship_paradox():
    """Over links, the mean degree of an end is E[d^2] / E[d]; most people have fewer friends than their friends."""
    net = scale_free(3000, 5, np.random.default_rng(0))
    degrees = net.degrees
    assert degrees[net.listens].mean() == pytest.approx((degrees.astype(float) ** 2).mean() / degrees.mean())
    assert np.mean(net.friends() > degrees) > 0.8


def test_believers_must_be_as_many_as_people():
    with pytest.raises(ValueError, match=r"believers must have shape \(12,\)"):
        Town(everybody(12), LAW, 1.0, first(11, 2), 0)


# ---- a town in parts ------------------------------------------------------------------------------------------------


def test_chance_does_not_depend_on_who_is_asked_for_with_whom():
    whole = chance(7, 3, 0, 50)
    assert all((chance(7, 3, a, b) == whole[a:b]).all() for a, b in ((0, 1), (3, 10), (4, 5), (17, 50)))
    assert (chance(7, 3, 5, 9, 6).reshape(4, 6) == chance(7, 3, 0, 9, 6).reshape(9, 6)[5:]).all()
    others = [chance(8, 3, 0, 50), chance(7, 4, 0, 50), chance(7, 3, 0, 50, 1, 1)]
    assert not any((other == whole).any() for other in others)


def test_patience_is_exponential():
    drawn = patience(0, 0, 0, 40_000)
    assert (
        drawn.min() >= 0
        and drawn.mean() == pytest.approx(1, abs=0.02)
        and np.mean(drawn < 0.5) == pytest.approx(1 - np.exp(-0.5), abs=0.01)
    )


def test_rows_of_communities_need_no_others():
    whole = communities(0, 300, 300, 3, 0.2, 5)
    for a, b in ((0, 100), (101, 300)):
        part, same = communities(a, b, 300, 3, 0.2, 5), whole.rows(a, b)
        assert (part.starts == same.starts).all() and (part.listens == same.listens).all()
    rows = whole.listens.reshape(300, 6)
    assert (rows != np.arange(300)[:, None]).all() and (rows < 300).all()
    ring = (np.arange(300)[:, None] + [-3, -2, -1, 1, 2, 3]) % 300
    assert np.mean(rows != ring) == pytest.approx(0.2, abs=0.04)


def test_an_evening_in_parts_is_the_evening_of_all():
    net, believers = scale_free(500, 3, np.random.default_rng(0)), np.random.default_rng(1).random(500) < 0.1
    town = Town(net, LAW, 1.5, believers, 9)
    town.step(True, True)
    cuts = ((0, 120), (120, 121), (121, 500))
    parts = [evening(net.rows(a, b), a, believers, LAW, 1.5, (True, True), patience(9, 0, a, b)) for a, b in cuts]
    assert (np.concatenate(parts) == town.believers).all()


def test_nobody_gives_up_who_never_forgets():
    town = Town(everybody(12), Law(forget=0.0), 0.1, first(12, 5), 0)
    town.step()
    assert town.believers[:5].all()
