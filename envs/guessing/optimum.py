"""How fast a thing can be named: the best that any questions allow, and the optimum with the questions of a table."""

from __future__ import annotations

from functools import cache
from typing import Any

from ...core.acts import Act
from ...core.solver import Mass, Solution
from .game import Ask, Guess, Quest, Round
from .mind import Thinker


@cache
def fewest_turns(things: int) -> int:
    """The least total of turns over all things, each thought of once, whatever yes-or-no questions there are.

    f(1) = 1, and f(n) = n + min(f(n - 1), min over k of f(k) + f(n - k)): everybody spends this turn, on a guess, which
    settles one, or on a question, which splits them. No learner can expect fewer than f(n) / n turns, in words of its
    own or out of a bank, since each answer is yes or no.
    """
    if things <= 1:
        return things
    splits = [fewest_turns(k) + fewest_turns(things - k) for k in range(1, things // 2 + 1)]
    return things + min(fewest_turns(things - 1), *splits)


def bound(things: int, cost: float = 0.05) -> float:
    """An upper bound on the payoff with any yes-or-no questions: 1 less `cost` for each turn but the last."""
    return 1.0 - cost * (fewest_turns(things) / things - 1.0)


class Fastest(Solution[str]):
    """The optimum of a table in which things are named until the right one is found.

    Beliefs are uniform over what is left, so a bit mask stands for them. The value of a mask with so many turns to go
    is searched by branch and bound. An act is passed over only if the closed form for things of that number, with
    questions that split them at will (`_free`), is no better than what was found.

    Args:
        game: The rules.
        mind: The thinker.
    """

    def __init__(self, game: Quest, mind: Thinker):
        super().__init__(game, mind, "guesser", mind.candidates)
        self._turns, self._cost, self._things = game.turns, game.cost, game.table.things
        self._splits = [(Ask(name), _parts(answers)) for name, answers in game.table.rows.items()]
        self._answers = max(len(parts) for _, parts in self._splits)
        self._bits = {thing: 1 << place for place, thing in enumerate(game.table.things)}
        self._found: dict[tuple[int, int], tuple[float, Act]] = {}
        self._frees: dict[tuple[int, int, int], float] = {}

    @property
    def states(self) -> int:
        """How many information states have been solved so far."""
        return len(self._found)

    def _solve(self, state: Round, mass: Mass) -> tuple[float, Act]:
        if max(p for _, p in mass) - min(p for _, p in mass) > 1e-9:
            return super()._solve(state, mass)  # nobody can come to believe this by listening
        total, act = self._best(sum(self._bits[thing] for thing, _ in mass), self._turns - state.turn)
        return total / len(mass), act

    def _best(self, mask: int, left: int) -> tuple[float, Act]:
        """The greatest sum of payoffs over the things of a mask with so many turns left, and the act."""
        found = self._found.get((mask, left))
        if found is None:
            found = self._found[mask, left] = self._search(mask, left)
        return found

    def _search(self, mask: int, left: int) -> tuple[float, Act]:
        count, now = mask.bit_count(), self._now(left)
        inside = [thing for thing in self._things if self._bits[thing] & mask]
        if count == 1 or left == 1:
            return now, Guess(inside[0])
        later = left - 1
        options: list[tuple[float, int, Act, tuple[int, ...]]] = []
        seen = set()
        for ask, masks in self._splits:
            parts = tuple(sorted(part for each in masks if (part := each & mask)))
            if len(parts) > 1 and parts not in seen:
                seen.add(parts)
                limit = sum(self._free(part.bit_count(), later) for part in parts)
                options.append((limit, len(options), ask, parts))
        named = now + self._free(count - 1, later)
        for thing in inside:
            options.append((named, len(options), Guess(thing), (mask & ~self._bits[thing],)))
        best, choice = -1.0, options[0][2]
        for limit, _, act, parts in sorted(options, key=lambda option: (-option[0], option[1])):
            if limit <= best + 1e-12:
                break
            value = (now if isinstance(act, Guess) else 0.0) + sum(self._best(part, later)[0] for part in parts)
            if value > best + 1e-12:
                best, choice = value, act
        return best, choice

    def _now(self, left: int) -> float:
        """What it pays to name it in this turn."""
        return 1.0 - self._cost * (self._turns - left)

    def _free(self, count: int, left: int, most: int = 0) -> float:
        """The greatest sum of payoffs of so many things with questions that split them at will.

        `most` is how many parts are still to be made of them by the question of this turn; 0 before it is asked.
        """
        if count <= 0 or left <= 0:
            return 0.0
        key = (count, left, most)
        if key not in self._frees:
            if most == 1:
                value = self._free(count, left - 1)
            elif most:
                parts = (self._free(k, left - 1) + self._free(count - k, left, most - 1) for k in range(1, count))
                value = max((self._free(count, left - 1), *parts))
            else:
                guess = self._now(left) + self._free(count - 1, left - 1)
                value = max(guess, self._free(count, left, self._answers) if count > 1 else 0.0)
            self._frees[key] = value
        return self._frees[key]


def _parts(answers: tuple[str, ...]) -> tuple[int, ...]:
    """For each answer of a row the things that it holds for, as a bit mask."""
    found: dict[str, int] = {}
    for place, said in enumerate(answers):
        found[said] = found.get(said, 0) | 1 << place
    return tuple(found.values())


def solution(game: Quest, mind: Any) -> Solution[str]:
    """The optimum of a table: `Fastest`, or the solver of the core where there is a test."""
    return Solution(game, mind, "guesser", mind.candidates) if game.table.values else Fastest(game, mind)
