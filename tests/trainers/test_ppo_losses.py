"""PPO: its estimates and losses against independent computations."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from dialogym.trainers.experience import Experience, Minibatch
from dialogym.trainers.ppo import gae, policy_terms, value_error


def test_gae_by_hand():
    # the last action: 1 - 0.5 = 0.5; the one before: 0 + 0.9 * 0.5 - 0.4 = 0.05, and 0.9 * 0.8 * 0.5 = 0.36 from ahead
    np.testing.assert_allclose(gae([0.0, 1.0], np.array([0.4, 0.5]), 0.9, 0.8), [0.41, 0.5])
    np.testing.assert_allclose(gae([0.0, 1.0], np.array([0.4, 0.5]), 1.0, 1.0), [0.6, 0.5])  # the return less the value
    np.testing.assert_allclose(gae([0.25, 1.0], np.array([0.4, 0.5]), 1.0, 0.0), [0.35, 0.5])  # one step ahead


@pytest.mark.parametrize("discount", [1.0, 0.9])
@pytest.mark.parametrize("weight", [0.0, 0.7, 1.0])
def test_gae_is_the_weighted_mean_of_all_estimates(discount, weight):
    """Schulman et al. 2016, equation 16, from its left:

    (1 - lambda) times the sum of lambda**(k-1) times the k-step estimates.
    """
    rng = np.random.default_rng(0)
    rewards, values = rng.normal(size=6), np.append(rng.normal(size=6), 0.0)
    for start, found in enumerate(gae(list(rewards), values[:-1], discount, weight)):
        left = 6 - start
        estimates = [
            sum(discount**i * rewards[start + i] for i in range(k)) + discount**k * values[start + k] - values[start]
            for k in range(1, left + 1)
        ]
        weights = [(1 - weight) * weight ** (k - 1) for k in range(1, left)] + [
            weight ** (left - 1)
        ]  # after the end all estimates are the same
        assert found == pytest.approx(np.dot(weights, estimates))


def an_episode(rng, turns, level="turn"):
    """An episode with made-up numbers; `turns` gives the own tokens of each."""
    actions = list(turns) if level == "turn" else [1] * sum(turns)
    own = [0, 0, 0] + [mark for length in turns for mark in [1] * length + [0, 0]]
    tokens, n = sum(turns), len(actions)
    numbers = {
        "logprobs": -rng.random(tokens),
        "reference": -rng.random(tokens),
        "seen": rng.random((n, 4)).astype(np.float32),
    }
    numbers |= {name: rng.normal(size=n) for name in ("values", "advantages", "returns")}
    return Experience(list(rng.integers(5, 50, len(own))), own, actions, list(rng.normal(size=n)), 0.0, **numbers)


@pytest.mark.parametrize("level", ["turn", "token"])
def test_the_policys_loss_by_plain_loops(level):
    rng = np.random.default_rng(1)
    episodes = [an_episode(rng, turns, level) for turns in ((3, 1, 2), (2,), (1, 4), (1, 1, 1, 2))]
    part = Minibatch.of(episodes, pad=0)
    now = [episode.logprobs + 0.3 * rng.normal(size=sum(episode.actions)) for episode in episodes]
    entropies = torch.rand(len(part.logprobs))
    found = policy_terms(torch.tensor(np.concatenate(now), dtype=torch.float32), entropies, part, clip=0.2)
    loss = moved = clipped = away = 0.0
    sides = set()
    for episode, new in zip(episodes, now, strict=True):
        place = 0
        for length, advantage in zip(episode.actions, episode.advantages, strict=True):
            ratio = math.prod(math.exp(new[k] - episode.logprobs[k]) for k in range(place, place + length))
            bounded = min(max(ratio, 0.8), 1.2)
            loss += max(-advantage * ratio, -advantage * bounded)
            sides.add((ratio == bounded, advantage * ratio <= advantage * bounded))
            moved += ratio - 1 - math.log(ratio)
            clipped += ratio != bounded
            place += length
        away += sum(math.exp(r - p) - 1 - (r - p) for r, p in zip(episode.reference, new, strict=True))
    assert {
        (True, True),
        (False, True),
        (False, False),
    } <= sides  # within the range, out of it and worse, out of it and better
    expected = {"policy": loss, "moved": moved, "clipped": clipped, "entropy": float(entropies.sum()), "kl": away}
    assert {name: float(value) for name, value in found.items()} == pytest.approx(expected, rel=1e-4)


def test_a_clipped_action_has_no_gradient():
    part = Minibatch.of([an_episode(np.random.default_rng(0), (2, 1, 1))], pad=0)
    part.advantages = torch.tensor([1.0, -1.0, 1.0])
    logprobs = (
        part.logprobs + torch.tensor([0.2, 0.2, 0.5, 0.1])
    ).requires_grad_()  # a turn of ratio e**0.4, and better: clipped as one
    policy_terms(logprobs, torch.zeros(4), part, clip=0.2)["policy"].backward()
    torch.testing.assert_close(logprobs.grad, torch.tensor([0.0, 0.0, math.exp(0.5), -math.exp(0.1)]))


def test_the_critics_loss_by_hand():
    part = Minibatch.of([an_episode(np.random.default_rng(0), (1, 1, 1))], pad=0)
    part.values, part.returns = torch.tensor([0.0, 0.0, 0.0]), torch.tensor([1.0, 1.0, -1.0])
    values = torch.tensor([0.1, 0.9, 0.9], requires_grad=True)
    assert float(value_error(values.detach(), part, clip=0.0)) == pytest.approx(0.5 * (0.81 + 0.01 + 3.61))
    error = value_error(values, part, clip=0.2)  # held at 0.1, 0.2, 0.2
    assert float(error) == pytest.approx(0.5 * (0.81 + 0.64 + 3.61))
    error.backward()
    torch.testing.assert_close(
        values.grad, torch.tensor([-0.9, 0.0, 1.9])
    )  # what went too far towards its return is left
