"""The exact optimum of tutoring, by a solver of its own that is a hundred times faster than the general one.

Nothing but the number of turns left and the belief matters, because costs add up: the value is a function of these two
less what was spent. As a function of the belief it is convex (Smallwood and Sondik 1973), which gives two short cuts
that leave the result exact.

- With one or two turns left it is the greatest of a few linear functions, which are listed once.
- With more, a belief is worth at most as much as the mean over what it might turn out to be, and acts whose bound is
  below the best act found so far need not be followed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core.acts import Act
from ...core.solver import DIGITS, Mass, ShortSighted, Solution
from .game import Lesson, Stop, Tutorial
from .mind import Pupil, Student

LINEAR = 2  # turns left at which the linear functions are listed; with three there would be thousands


class _Move(NamedTuple):
    """An act of the tutor, with its cost.

    For each reaction of the student there is the joint probability of it and of the next hidden state (row: before).
    """

    act: Act
    cost: float
    reactions: tuple[np.ndarray, ...]


class Optimum(Solution[Pupil]):
    """What the best tutor can expect of a student, and what it would do.

    Args:
        game: The rules.
        mind: The student.
    """

    def __init__(self, game: Tutorial, mind: Student):
        super().__init__(game, mind, "tutor", mind.candidates)
        self._turns, self._cost = game.turns, game.cost
        self._pupils = mind.pupils
        self._place = {pupil: place for place, pupil in enumerate(self._pupils)}
        self._final = np.array([pupil.mastered / len(game.skills) for pupil in self._pupils])
        self._moves = _without_worse(self._read(game, mind))
        self._kinds = np.array([[kind.weight] for kind in mind.kinds]) / sum(kind.weight for kind in mind.kinds)
        self._linear: list[tuple[np.ndarray, list[Act]]] = [(self._final[None], [Stop()])]
        for _ in range(min(LINEAR, game.turns)):
            self._linear.append(self._one_turn_more(self._linear[-1][0]))
        self._bounds: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._best: dict[tuple[int, bytes], tuple[float, Act]] = {}

    @property
    def states(self) -> int:
        """How many information states have been solved so far, besides those with one or two turns left."""
        return len(self._best)

    def short_sighted(self, horizon: int) -> Solution[Pupil]:
        """The best acts of a tutor that sees only `horizon` of its own turns, after which it would stop.

        Stopping is free and takes no turn.
        """
        if horizon not in self._short:
            self._short[horizon] = ShortSighted(self, horizon + 1)
        return self._short[horizon]

    def observed_value(self) -> float:
        """Expected payoff of a tutor that sees the hidden state before each turn: an upper bound on `known_value`."""
        values = self._final
        for _ in range(self._turns):
            moves = [np.sum([part @ values for part in move.reactions], axis=0) - move.cost for move in self._moves]
            values = np.max([self._final, *moves], axis=0)
        return float(sum(p * values[self._place[pupil]] for pupil, p in self.mind.prior()))

    def _read(self, game: Tutorial, mind: Student) -> list[_Move]:
        """Every candidate but stopping as matrices, read off the mind that runs the episodes."""
        start = Lesson(2, "tutor")
        moves = []
        for act in mind.candidates(start, self._pupils):
            if isinstance(act, Stop):
                continue
            after, parts = game.apply(start, "tutor", act), {}
            for before, pupil in enumerate(self._pupils):
                for (then, said), p in mind.react(pupil, after):
                    parts.setdefault(said, np.zeros((len(self._pupils),) * 2))[before, self._place[then]] += p
            moves.append(_Move(act, game.cost(after), tuple(parts.values())))
        return moves

    def _one_turn_more(self, rest: np.ndarray) -> tuple[np.ndarray, list[Act]]:
        """The linear functions whose greatest is the value, each with its act, from those (rows) with a turn less."""
        rows: list[np.ndarray] = [self._final[None]]
        acts: list[Act] = [Stop()]
        for move in self._moves:
            sums = np.full((1, len(self._final)), -move.cost)
            for part in move.reactions:  # after each reaction the tutor may go on in another way
                sums = _without_dominated((sums[:, None] + (rest @ part.T)[None]).reshape(-1, len(self._final)))[0]
            rows.append(sums)
            acts += [move.act] * len(sums)
        kept, places = _without_dominated(np.concatenate(rows))
        return kept, [acts[place] for place in places]

    def _solve(self, state: Any, mass: Mass) -> tuple[float, Act]:
        belief = np.zeros(len(self._pupils))
        for pupil, p in mass:
            belief[self._place[pupil]] = p
        value, act = self._plan(state.left, belief)
        return value - self._cost(state), act

    def _plan(self, left: int, belief: np.ndarray) -> tuple[float, Act]:
        """Value, without what was spent before, and best act with `left` turns to go."""
        if left <= LINEAR:
            rows, acts = self._linear[left]
            values = rows @ belief
            best = int(values.argmax())
            return float(values[best]), acts[best]
        key = (left, np.round(belief, DIGITS).tobytes())
        found = self._best.get(key)
        if found is None:
            found = self._best[key] = self._search(left, belief)
        return found

    def _search(self, left: int, belief: np.ndarray) -> tuple[float, Act]:
        best, choice = float(self._final @ belief), self._linear[0][1][0]
        promising = []
        for order, move in enumerate(self._moves):
            parts = [belief @ part for part in move.reactions]
            bounds = [self._bound(left - 1, part) for part in parts]
            promising.append((sum(bounds) - move.cost, -order, move, parts, bounds))
        promising.sort(key=lambda item: item[:2], reverse=True)
        for bound, _, move, parts, bounds in promising:
            if bound <= best:
                break
            for part, hoped in zip(parts, bounds, strict=True):
                p = float(part.sum())
                bound += (p * self._plan(left - 1, part / p)[0] if p > 0.0 else 0.0) - hoped
                if bound <= best:
                    break
            else:
                best, choice = bound, move.act
        return best, choice

    def _bound(self, left: int, mass: np.ndarray) -> float:
        """At least what `mass` (a belief times its probability) is worth: the mean over beliefs that mix to it.

        They are certainty of each hidden state and, for as much of the mass as is split among the kinds of student as
        in the population, certainty of the number of skills mastered alone.
        """
        if left not in self._bounds:
            certain = np.array([self._plan(left, row)[0] for row in np.eye(len(self._pupils))])
            levels = len(self._pupils) // len(self._kinds)
            unknown = np.array([self._plan(left, np.outer(self._kinds, row).ravel())[0] for row in np.eye(levels)])
            self._bounds[left] = certain, unknown - (self._kinds * certain.reshape(len(self._kinds), levels)).sum(0)
        certain, less = self._bounds[left]
        return float(certain @ mass + less @ (mass.reshape(len(self._kinds), -1) / self._kinds).min(0))


def _without_dominated(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows that are not below another everywhere, and their places; of equal ones the first."""
    _, places = np.unique(rows, axis=0, return_index=True)
    places = np.sort(places)
    rows = rows[places]
    below = np.all(rows[None] >= rows[:, None], axis=2)
    np.fill_diagonal(below, False)
    kept = ~np.any(below, axis=1)
    return rows[kept], places[kept]


def _without_worse(moves: Sequence[_Move]) -> list[_Move]:
    """The moves without those that do just what a cheaper one does, or an earlier one at the same price."""

    def same(one: _Move, other: _Move) -> bool:
        return len(one.reactions) == len(other.reactions) and all(map(np.array_equal, one.reactions, other.reactions))

    ranked = sorted(range(len(moves)), key=lambda place: (moves[place].cost, place))
    kept: list[int] = []
    for place in ranked:
        if not any(same(moves[place], moves[other]) for other in kept):
            kept.append(place)
    return [moves[place] for place in sorted(kept)]
