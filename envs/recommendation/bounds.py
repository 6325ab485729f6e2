"""An upper bound on what any recommender can get from guests who never leave and never criticise.

**Free answers.** Tell the recommender before the first word every answer that it would get if it asked about
everything. That cannot make it worse off: it may forget them. What it gets is then a sum of two parts. A question is
answered with the same probability whatever has happened, so its expected reward is the same whenever it is asked, and
each attribute is asked about at most once: all questions together bring at most ``n * max(0, r)``. The shows, now of
any things whatever and not only of those that head the list, are a search for one thing among those that fit the
answers, with known probabilities: the likeliest first is best, and when to give up is found by backward induction. The
sum over all answers is exact.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations

from .game import Shelf
from .mind import TAIL


@cache
def free_answers(game: Shelf, vague: float) -> float:
    """The bound.

    Args:
        game: The rules.
        vague: Probability that a guest cannot answer a question.
    """
    pay, count = game.rewards, len(game.attributes)
    asking = count * max(0.0, (1.0 - vague) * pay.told + vague * pay.vague)
    weights = [1.0 / (place + TAIL) for place in range(len(game.rows))]
    found = 0.0
    for known in range(count + 1):
        likely = (1.0 - vague) ** known * vague ** (count - known)
        for told in combinations(range(count), known):
            groups: dict[tuple[str, ...], list[float]] = {}
            for row, weight in zip(game.rows, weights, strict=True):
                groups.setdefault(tuple(row[k] for k in told), []).append(weight)
            found += likely * sum(_search(game, tuple(group)) for group in groups.values())
    return asking + found / sum(weights)


def _search(game: Shelf, weights: tuple[float, ...]) -> float:
    """Best expected reward of shows among things of these weights, times their sum; the likeliest first."""
    pay = game.rewards
    shows = [sum(weights[first : first + game.length]) for first in range(0, len(weights), game.length)][: game.turns]
    left = sum(weights) - sum(shows)  # what is not found in any of them
    value = pay.lost * left
    for mass in reversed(shows):
        value = max(pay.lost * (left + mass), pay.taken * mass + pay.refused * left + value)
        left += mass
    return value
