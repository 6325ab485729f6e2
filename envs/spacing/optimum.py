"""The exact optimum of a lesson with few cards.

The solver of `core` enumerates joint hidden states, which are (levels ** cards). Here they are never joined: a belief
about independent cards that change one at a time stays a product, cards that are alike (same belief, last seen at the
same time) can stand for each other, and the payoff is a sum. What is left is one number for each belief about a card,
and expectimax over multisets of (last seen, belief).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

from ...core.acts import Act, Say
from ...core.belief import Belief, ProductBelief
from ...core.solver import DIGITS, OutOfReach, Solution
from .game import Calendar, Flashcards, Lesson, Rest, Trace, recall
from .mind import Memory, Student, answer

LIMIT = 2e8  # courses of a lesson beyond which the optimum counts as out of reach; up to it, some seconds
_HARD = 100.0  # so many times as many, in effect, where cards are easy or hard: fewer of them come to the same belief
_KEPT = 200_000  # values of a short-sighted plan that are kept
_EPS = 1e-13  # a review must be worth more than rounding errors

Cards = tuple[tuple[int, int], ...]  # (last seen, number of the belief) of each card, sorted
REST = Rest()


class Plan:
    """Expectimax for every lesson with the same numbers, whatever the words on its cards.

    Args:
        memory: How cards are remembered.
        calendar: When the turns and the test are.
        cards: How many.
        cost: What a review costs.
    """

    def __init__(self, memory: Memory, calendar: Calendar, cards: int, cost: float):
        self.memory, self.calendar, self.cards, self.cost = memory, calendar, cards, cost
        self.beliefs: list[Belief[Trace]] = []
        self.memo: dict[tuple[int, Cards], float] = {}
        self.short: dict[tuple[int, Cards, int], float] = {}
        self._numbers: dict[tuple, int] = {}
        self._reviews: dict[tuple[int, int], tuple[tuple[float, int, Act], ...]] = {}
        self._recalled: dict[tuple[int, int], float] = {}
        courses = (1.0 + 3.0 * cards) ** len(calendar.times)  # three answers to each card, or a rest
        self.tractable = courses * (_HARD if memory.hard else 1.0) <= LIMIT
        self._gains: dict[tuple[int, tuple[int, int]], float] = {}

    def number(self, belief: Belief[Trace]) -> int:
        """The number of a belief; beliefs that agree to `DIGITS` digits have the same."""
        key = tuple(sorted((trace, round(p, DIGITS)) for trace, p in belief))
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self.beliefs)
            self.beliefs.append(belief)
        return found

    def review(self, belief: int, gap: int) -> tuple[tuple[float, int, Act], ...]:
        """What a review `gap` after the last one comes to: (probability, belief after it, answer)."""
        key = (belief, gap)
        found = self._reviews.get(key)
        if found is None:
            split: dict[Act, dict[Trace, float]] = {}
            for trace, p in self.beliefs[belief]:
                for (after, act), q in answer(self.memory, trace, gap):
                    part = split.setdefault(act, {})
                    part[after] = part.get(after, 0.0) + p * q
            found = self._reviews[key] = tuple(
                (math.fsum(part.values()), self.number(Belief(part)), act) for act, part in split.items()
            )
        return found

    def recalled(self, belief: int, gap: int) -> float:
        """Expected probability of recall after `gap`."""
        key = (belief, gap)
        found = self._recalled.get(key)
        if found is None:
            found = self._recalled[key] = self.beliefs[belief].expectation(lambda trace: recall(trace.half_life, gap))
        return found

    def kept(self, cards: Iterable[tuple[int, int]]) -> float:
        """Expected recall at the test, mean over the cards, if nothing more is reviewed."""
        test, recalled = self.calendar.test, self.recalled
        return sum([recalled(belief, test - seen) for seen, belief in cards]) / self.cards

    def value(self, turn: int, cards: Cards, horizon: int | None = None) -> float:
        """The best of what can still be added: expected recall at the test less the cost of the reviews to come.

        Args:
            turn: Turns completed.
            cards: Sorted.
            horizon: Turns in which something may still be reviewed; ``None`` for all.
        """
        if turn == len(self.calendar.times) or horizon == 0:
            return self.kept(cards)
        if horizon == 1:
            return self.kept(cards) + max(0.0, max([self.gain(turn, card) for card in cards]))
        if horizon is None:
            found = self.memo.get((turn, cards))
            if found is None:
                found = self.memo[turn, cards] = self._best(turn, cards, None)
            return found
        key = (turn, cards, horizon)
        found = self.short.get(key)
        if found is None:
            if len(self.short) >= _KEPT:
                self.short.clear()
            found = self.short[key] = self._best(turn, cards, horizon)
        return found

    def gain(self, turn: int, card: tuple[int, int]) -> float:
        """What the review of one card adds, if it is the last."""
        key = (turn, card)
        found = self._gains.get(key)
        if found is None:
            now, test, (seen, belief) = self.calendar.times[turn], self.calendar.test, card
            after = sum([p * self.recalled(later, test - now) for p, later, _ in self.review(belief, now - seen)])
            found = self._gains[key] = (after - self.recalled(belief, test - seen)) / self.cards - self.cost
        return found

    def _best(self, turn: int, cards: Cards, horizon: int | None) -> float:
        best, last = self.value(turn + 1, cards, _less(horizon)), None
        for place, card in enumerate(cards):
            if card != last:  # sorted: the same cards stand together
                best = max(best, self.reviewed(turn, cards, place, horizon))
                last = card
        return best

    def reviewed(self, turn: int, cards: Cards, place: int, horizon: int | None = None) -> float:
        """`value` after the review of one card."""
        now, (seen, belief) = self.calendar.times[turn], cards[place]
        rest, horizon = cards[:place] + cards[place + 1 :], _less(horizon)
        total = -self.cost
        for p, after, _ in self.review(belief, now - seen):
            total += p * self.value(turn + 1, tuple(sorted((*rest, (now, after)))), horizon)
        return total


def _less(horizon: int | None) -> int | None:
    return None if horizon is None else horizon - 1


@cache
def plan(memory: Memory, calendar: Calendar, cards: int, cost: float) -> Plan:
    """The plan of these numbers; made once."""
    return Plan(memory, calendar, cards, cost)


class SpacingSolution(Solution[tuple[Trace, ...]]):
    """The optimum of a coach, in the words of one lesson. Beliefs must be products, or certain.

    With `horizon` it is a coach that plans so many turns ahead, as if there were no reviews after them. ``horizon=1``
    is myopic: it makes the review that raises the expected recall at the test most.

    Args:
        game: The lesson.
        mind: The student.
        horizon: Own turns seen; ``None`` for all.

    Raises:
        OutOfReach: By every method but `short_sighted`, if the lesson is too long to be solved.
    """

    def __init__(self, game: Flashcards, mind: Student, horizon: int | None = None):
        super().__init__(game, mind, "coach")
        self._sides = game, mind
        self.base = plan(mind.memory, game.calendar, len(game.cards), game.cost)
        self.horizon = horizon

    @property
    def states(self) -> int:
        """How many information states have been solved so far, of all lessons with the same numbers."""
        return len(self.base.memo if self.horizon is None else self.base.short)

    def branches(self, state: Any, belief: Belief, act: Act) -> list[tuple[float, Any, Belief]]:
        """See `Solution.branches`."""
        after, numbers = self.game.apply(state, self.seat, act), self._canonical(belief)
        found: list[tuple[float, Any, Any]] = list(self._branches(after, numbers))
        return [(p, s, ProductBelief([self.base.beliefs[number] for number in mass])) for p, s, mass in found]

    def known_value(self) -> float:
        """See `Solution.known_value`; cards that are alike are counted together."""
        self._check_reach()
        totals: dict[tuple[int, ...], float] = {(): 1.0}
        for _ in range(self.base.cards):
            longer: dict[tuple[int, ...], float] = {}
            for numbers, p in totals.items():
                for trace, q in self.base.memory.prior:
                    key = tuple(sorted((*numbers, self.base.number(Belief.certain(trace)))))
                    longer[key] = longer.get(key, 0.0) + p * q
            totals = longer
        start = self.game.start()
        return math.fsum(p * self._future(start, numbers) for numbers, p in totals.items())

    def short_sighted(self, horizon: int) -> Solution[tuple[Trace, ...]]:
        """The best acts of a coach that sees only `horizon` of its own turns; for lessons of any length."""
        if horizon not in self._short:
            self._short[horizon] = SpacingSolution(*self._sides, horizon)
        return self._short[horizon]

    def _check_reach(self) -> None:
        if self.horizon is None and not self.base.tractable:
            cards, turns = self.base.cards, len(self.base.calendar.times)
            raise OutOfReach(
                f"the exact optimum of {cards} cards in {turns} turns is out of reach; Spacing.bound gives a proven "
                "upper bound"
            )

    def _canonical(self, belief: Any) -> Any:
        """The number of the belief about each card."""
        self._check_reach()
        if isinstance(belief, ProductBelief):
            return tuple([self.base.number(factor) for factor in belief.factors])
        if len(belief) != 1:
            raise ValueError(f"a belief about the cards must be a ProductBelief, or certain; got {belief!r}")
        return tuple([self.base.number(Belief.certain(trace)) for trace in belief.support[0]])

    def _future(self, state: Lesson, mass: Any) -> float:
        mover = state.mover
        if mover == "student":
            return sum([p * self._future(after, posterior) for p, after, posterior in self._step(state, mass)])
        cards = tuple(sorted(zip(state.seen, mass, strict=True)))
        spent = self.base.cost * state.reviews
        return (self.base.kept(cards) if mover is None else self.base.value(state.turn, cards, self.horizon)) - spent

    def _solve(self, state: Lesson, mass: Any) -> tuple[float, Act]:
        pairs = list(zip(state.seen, mass, strict=True))
        cards, spent = tuple(sorted(pairs)), self.base.cost * state.reviews
        best, act = self.base.value(state.turn + 1, cards, _less(self.horizon)), REST
        for review, pair in zip(self._sides[0].reviews, pairs, strict=True):
            value = self.base.reviewed(state.turn, cards, cards.index(pair), self.horizon)
            if value > best + _EPS:
                best, act = value, review
        return best - spent, act

    def _step(self, state: Lesson, mass: Any) -> Any:
        place = state.asked
        if place is None:
            yield 1.0, self.game.apply(state, "student", Say()), mass
            return
        for p, after, act in self.base.review(mass[place], self._sides[0].gap(state, place)):
            yield p, self.game.apply(state, "student", act), (*mass[:place], after, *mass[place + 1 :])
