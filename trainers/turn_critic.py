"""A turn critic: what the policy can expect before each of its turns, and what a turn was better than that.

It learns from the batches so far.
The values are a ridge regression of returns on hashed words (the features of the learned user model) and on what the
other episodes of the group got, which tells how easy this partner is. It has no steps, rates or seeds: the sums that
the least squares need are kept from batch to batch, older ones at a falling weight, so that they follow the policy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ..core.dialogue import Dialogue
from ..rewards.user_model import Words, buckets_of, opening_features, scale, turn_features

TurnRewards = Sequence[Sequence[float] | None]
"""The reward of each turn of each episode; ``None`` for an episode that does not count."""

BUCKETS = 1024
TURNS = 8  # turns after so many are one position
WIDTH = BUCKETS + 2 * TURNS
RIDGE = 3.0  # penalty on the squared weights of words, whose features have length 1 in each row
MEMORY = 0.8  # what a batch counts for when the next one has come
_FOLDS = 2


def returns_to_go(rewards: Sequence[float] | np.ndarray, discount: float) -> np.ndarray:
    """The discounted sum of each turn's reward and those after it; shape (turns,)."""
    returns, total = np.zeros(len(rewards)), 0.0
    for k in reversed(range(len(rewards))):
        total = rewards[k] + discount * total
        returns[k] = total
    return returns


def gae(rewards: Sequence[float], values: Sequence[float] | np.ndarray, discount: float, lambda_: float) -> np.ndarray:
    """Generalised advantage estimates, a turn being a step (Schulman et al. 2016, equation 16).

    After the last turn nothing more is expected.

    Args:
        rewards: Of each turn.
        values: Expected before each turn.
        discount: Of rewards, by turn.
        lambda_: 0 trusts the values for all that follows, 1 only as a baseline.

    Returns:
        Shape (turns,).
    """
    after = np.append(values[1:], 0.0)[: len(rewards)]
    return returns_to_go(np.asarray(rewards) + discount * after - np.asarray(values), discount * lambda_)


class TurnCritic:
    """A credit with a learned baseline: generalised advantage estimates over turns.

    No episode is judged by a critic that has seen its group: half of the groups are judged by the batches before and
    the other half, and the other way round. So with ``lambda=1`` and no discount the credit is unbiased, however bad
    the critic is.

    Args:
        lambda_: See `gae`; written ``lambda``.
        discount: Of rewards, by turn.
        privileged: Let the critic see the partner's hidden state, which the policy does not. The expected gradient is
            the same (Baisero and Amato 2022), the noise of which partner was met is gone.
    """

    def __init__(self, lambda_: float = 0.95, discount: float = 1.0, privileged: bool = False):
        self.lambda_, self.discount, self.privileged = lambda_, discount, privileged
        self.moments, self.products = np.zeros((WIDTH, WIDTH)), np.zeros(WIDTH)
        self.explained = float("nan")

    def __call__(self, rewards: TurnRewards, size: int, dialogues: Sequence[Dialogue]) -> list[np.ndarray]:
        """Judge a batch, as a `Credit` does, and learn from it.

        ``explained`` is then the share of the variance of returns that the values explained.

        Raises:
            ValueError: If dialogues are missing.
        """
        if len(dialogues) != len(rewards):
            raise ValueError(
                f"credit 'critic' needs the dialogue of each of {len(rewards)} episodes, got {len(dialogues)}"
            )
        counted = [i for i, turns in enumerate(rewards) if turns]
        returns = {i: returns_to_go(rewards[i] or (), self.discount) for i in counted}
        rows = {i: self._rows(dialogues[i], _others(returns, i, size)) for i in counted}
        folds = [[i for i in counted if (i // size) % _FOLDS == fold] for fold in range(_FOLDS)]
        sums = [self._sums([rows[i] for i in fold], [returns[i] for i in fold]) for fold in folds]
        advantages = [np.zeros(0) for _ in rewards]
        errors = []
        for fold, (moments, products) in zip(folds, reversed(sums), strict=True):
            weights = self._fit(self.moments + moments, self.products + products)
            for i in fold:
                values = rows[i] @ weights
                errors.append(returns[i] - values)
                advantages[i] = gae(rewards[i] or (), values, self.discount, self.lambda_)
        self.moments = MEMORY * (self.moments + sum(moments for moments, _ in sums))
        self.products = MEMORY * (self.products + sum(products for _, products in sums))
        if counted:
            spread = np.concatenate([returns[i] for i in counted]).var()
            self.explained = 1.0 - float(np.mean(np.concatenate(errors) ** 2)) / (float(spread) or 1.0)
        return advantages

    def save(self, path: Path) -> None:
        """Write what was learned, for `load`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, moments=self.moments, products=self.products)

    def load(self, path: Path) -> None:
        """Go on from what was saved.

        Raises:
            FileNotFoundError: If nothing was.
        """
        with np.load(path) as saved:
            self.moments, self.products = saved["moments"], saved["products"]

    def _rows(self, dialogue: Dialogue, others: float) -> np.ndarray:
        """What is known before each turn, as features; shape (turns, `WIDTH`)."""
        rows, counts = np.zeros((len(dialogue.steps), WIDTH)), np.zeros(BUCKETS)
        unit = scale(Words(dialogue.brief, dialogue.opening, ()))
        for k, row in enumerate(rows):
            counts += _bag(self._features(dialogue, k, unit))
            words, turn = counts + _bag(self._now(dialogue, k, unit)), BUCKETS + 2 * min(k, TURNS - 1)
            row[:BUCKETS] = words / (np.linalg.norm(words) or 1.0)
            row[turn : turn + 2] = 1.0, others
        return rows

    def _features(self, dialogue: Dialogue, k: int, unit: float) -> Iterator[str]:
        """What the turn before has added."""
        if k == 0:
            yield from opening_features(Words(dialogue.brief, dialogue.opening, ()), unit)
        else:
            yield from turn_features(k - 1, dialogue.steps[k - 1].text, dialogue.steps[k - 1].reply, unit)

    def _now(self, dialogue: Dialogue, k: int, unit: float) -> Iterator[str]:
        """What counts at this turn only: the last exchange, and what is hidden, if that may be seen."""
        if k:
            yield from (
                f"now {feature}"
                for feature in turn_features(0, dialogue.steps[k - 1].text, dialogue.steps[k - 1].reply, unit)
            )
        if self.privileged:
            hidden = ", ".join(f"{name} {value}" for name, value in dialogue.reveal(dialogue.hidden_at(k)).items())
            for feature in opening_features(Words(hidden, "", ()), unit):
                yield f"hidden {feature}"
                yield f"hidden {k} {feature}"

    def _sums(self, rows: list[np.ndarray], returns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        if not rows:
            return np.zeros_like(self.moments), np.zeros_like(self.products)
        x, y = np.concatenate(rows), np.concatenate(returns)
        return x.T @ x, x.T @ y

    def _fit(self, moments: np.ndarray, products: np.ndarray) -> np.ndarray:
        penalty = np.full(len(products), RIDGE)
        penalty[BUCKETS:] = 1e-6  # the mean of each turn and what the group tells are free
        return np.linalg.solve(moments + np.diag(penalty), products)


def _others(returns: dict[int, np.ndarray], i: int, size: int) -> float:
    """The mean return of the others in the group of episode `i`, which depends on nothing that `i` did; 0 for none."""
    first = i - i % size
    others = [returns[j][0] for j in range(first, first + size) if j != i and j in returns]
    return float(np.mean(others)) if others else 0.0


def _bag(features: Iterator[str]) -> np.ndarray:
    return np.bincount(buckets_of(features, BUCKETS), minlength=BUCKETS).astype(float)
