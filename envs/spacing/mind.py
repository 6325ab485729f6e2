"""Who learns the cards: a memory of a few levels for each, which forgets between reviews and grows by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from ...core.acts import Act, Say
from ...core.belief import Belief, ProductBelief
from .game import Answer, Flashcards, Lesson, Trace, recall

RIGHT, WRONG, BLANK = Answer("right"), Answer("wrong"), Answer("blank")
_TALK = Say()


@dataclass(frozen=True)
class Memory:
    """How a card is remembered. Pairs hold the value for easy cards and that for hard ones.

    Attributes:
        half_lives: Half-life of a memory of each level, in units of time; increasing.
        start: Weight of each level before the first turn, for an easy card.
        start_hard: The same for a hard card.
        hard: Share of hard cards.
        learn: Probability that a card which was not recalled, and is shown, is at level 1 from then on; else it is at
            level 0.
        grow: A recalled card goes up a level with probability ``min(1, grow * (1 - p))``, where ``p`` was the
            probability of recalling it.
        slip: Probability that a card which is not recalled gets a wrong answer, rather than none; for each level.
    """

    half_lives: tuple[float, ...]
    start: tuple[float, ...]
    start_hard: tuple[float, ...]
    hard: float
    learn: tuple[float, float]
    grow: tuple[float, float]
    slip: tuple[float, ...]

    @cached_property
    def prior(self) -> Belief[Trace]:
        """What is known of a card before the first turn."""
        weights = ((False, 1.0 - self.hard, self.start), (True, self.hard, self.start_hard))
        return Belief(
            (self.trace(level, hard), share * w) for hard, share, levels in weights for level, w in enumerate(levels)
        )

    @cached_property
    def answers(self) -> dict[tuple[Trace, int], Belief[tuple[Trace, Act]]]:
        """What `answer` has worked out."""
        return {}

    @cached_property
    def traces(self) -> tuple[Trace, ...]:
        """Every trace that a card can ever have."""
        return tuple(
            self.trace(level, hard)
            for hard in sorted({trace.hard for trace in self.prior.support})
            for level in range(len(self.half_lives))
        )

    def trace(self, level: int, hard: bool) -> Trace:
        """The trace of a level."""
        return Trace(level, self.half_lives[level], hard)


MEMORIES: dict[str, Memory] = {
    "default": Memory(
        (0.25, 3.0, 10.0, 80.0),
        (0.6, 0.0, 0.2, 0.2),
        (0.6, 0.0, 0.2, 0.2),
        0.0,
        (0.8, 0.8),
        (3.0, 3.0),
        (0.1, 0.4, 0.7, 0.9),
    ),
    "mixed": Memory(
        (0.25, 3.0, 10.0, 80.0),
        (0.3, 0.1, 0.3, 0.3),
        (0.9, 0.1, 0.0, 0.0),
        0.4,
        (0.95, 0.5),
        (3.0, 1.5),
        (0.1, 0.4, 0.7, 0.9),
    ),
}
"""Whose memory it may be."""


@dataclass(frozen=True)
class Student:
    """The student's mind in one lesson. The cards are independent, and a review changes the card reviewed and no other.

    A card that was last seen `gap` units of time ago is recalled with probability ``p = 2 ** (-gap / half_life)``, and
    then answered right. After that it goes up a level with probability ``min(1, grow * (1 - p))``: what was nearly
    forgotten gains most, so that reviews in quick succession are wasted (the spacing effect, Cepeda et al. 2006; new
    theory of disuse, Bjork and Bjork 1992). A card that is not recalled gets a wrong answer or none, and is shown: it
    has to be learnt anew, whatever its level was.

    Args:
        game: The lesson.
        memory: How cards are remembered.
    """

    game: Flashcards
    memory: Memory

    def prior(self) -> ProductBelief:
        """The same for each card, independently."""
        return _prior(self.memory, len(self.game.cards))

    def factor(self, state: Lesson) -> int | None:
        """The card that was asked."""
        return state.asked

    def react_factor(self, part: Trace, state: Lesson) -> Belief[tuple[Trace, Act]]:
        """Answer the card that was asked."""
        assert state.asked is not None
        return answer(self.memory, part, self.game.gap(state, state.asked))

    def react(self, hidden: tuple[Trace, ...], state: Lesson) -> Belief[tuple[tuple[Trace, ...], Act]]:
        """Answer the card that was asked; say something if there was none."""
        place = state.asked
        if place is None:
            return Belief.certain((hidden, _TALK))
        before, after = hidden[:place], hidden[place + 1 :]
        return answer(self.memory, hidden[place], self.game.gap(state, place)).relabel(
            lambda outcome: ((*before, outcome[0], *after), outcome[1])
        )


def answer(memory: Memory, trace: Trace, gap: int) -> Belief[tuple[Trace, Act]]:
    """Joint distribution of the trace after a review and of the answer; kept with `memory`."""
    found = memory.answers.get((trace, gap))
    if found is None:
        found = memory.answers[trace, gap] = _answer(memory, trace, gap)
    return found


def _answer(memory: Memory, trace: Trace, gap: int) -> Belief[tuple[Trace, Act]]:
    level, hard, top = trace.level, trace.hard, len(memory.half_lives) - 1
    known = recall(trace.half_life, gap)
    up = min(1.0, memory.grow[hard] * (1.0 - known)) if level < top else 0.0
    slip, learn = memory.slip[level], memory.learn[hard]
    outcomes: list[tuple[tuple[Trace, Act], float]] = [((trace, RIGHT), known * (1.0 - up))]
    if level < top:
        outcomes.append(((memory.trace(level + 1, hard), RIGHT), known * up))
    for after, p in ((memory.trace(1, hard), learn), (memory.trace(0, hard), 1.0 - learn)):
        outcomes += [((after, WRONG), (1.0 - known) * p * slip), ((after, BLANK), (1.0 - known) * p * (1.0 - slip))]
    return Belief(outcomes)


@cache
def _prior(memory: Memory, cards: int) -> ProductBelief:
    return ProductBelief([memory.prior] * cards)


def mean_recall(beliefs: Sequence[Belief[Trace]], gaps: Sequence[int]) -> list[float]:
    """The probability that each card is recalled after its gap, as a perfect listener sees it."""
    return [
        belief.expectation(lambda trace, gap=gap: recall(trace.half_life, gap))
        for belief, gap in zip(beliefs, gaps, strict=True)
    ]
