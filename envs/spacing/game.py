"""Spaced repetition: which card to review next, and the test at the end. The rules."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("coach", "student")


@dataclass(frozen=True, slots=True)
class Review(Act):
    """Ask the student one card; the student answers, and is then shown the answer."""

    card: str


@dataclass(frozen=True, slots=True)
class Rest(Act):
    """Let this turn pass."""


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """What the student answered to the card that was asked."""

    result: Literal["right", "wrong", "blank"]


ACTS = (Review, Rest)


@cache
def fold(name: str) -> str:
    """A card's name without case and accents: who cannot type ``jabón`` may write ``jabon``."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


class Trace(NamedTuple):
    """What a student holds in memory of one card; hidden.

    Attributes:
        level: How firm it is, from 0.
        half_life: Time after which half of such memories are gone.
        hard: Whether the card is hard for this student.
    """

    level: int
    half_life: float
    hard: bool


@cache
def recall(half_life: float, gap: int) -> float:
    """Probability that a card is recalled `gap` units of time after its last review.

    The forgetting curve ``2 ** (-gap / half_life)`` of half-life regression (Settles and Meeder 2016, equation 1),
    which is ``exp(-gap * ln 2 / half_life)`` in the form of Ebbinghaus.
    """
    return 2.0 ** (-gap / half_life)


class Lesson(NamedTuple):
    """Public state of a lesson.

    Attributes:
        turn: Turns completed, from 0.
        mover: Whose turn it is; ``None`` when the lesson is over.
        asked: Place of the card that was just asked.
        seen: When each card was last seen, in units of time.
        reviews: Reviews so far.
        closes: What ends with the turn that the student is to answer: ``"session"``, ``"lesson"`` or ``""``.
    """

    turn: int
    mover: str | None
    asked: int | None
    seen: tuple[int, ...]
    reviews: int = 0
    closes: str = ""


@dataclass(frozen=True)
class Calendar:
    """When the turns are. Within a session a turn takes one unit of time.

    Attributes:
        sessions: How many.
        turns: Turns of the coach in each.
        pause: Time from the last turn of a session to the first of the next.
        exam: Time from the last turn to the test.
        before: Time from the day the cards were first seen to the first turn.
    """

    sessions: int = 3
    turns: int = 8
    pause: int = 8
    exam: int = 8
    before: int = 8

    @cached_property
    def times(self) -> tuple[int, ...]:
        """The time of each turn."""
        session = self.turns - 1 + self.pause
        return tuple(start * session + turn for start in range(self.sessions) for turn in range(self.turns))

    @cached_property
    def closes(self) -> tuple[str, ...]:
        """What ends with each turn; see `Lesson.closes`."""
        last = self.sessions * self.turns
        return tuple(
            "lesson" if turn == last else "" if turn % self.turns else "session" for turn in range(1, last + 1)
        )

    @cached_property
    def test(self) -> int:
        """The time of the test."""
        return self.times[-1] + self.exam


@dataclass(frozen=True)
class Flashcards:
    """A lesson with a deck of cards.

    Args:
        cards: The words by which cards are named in tags.
        calendar: When the turns and the test are.
        cost: What a review costs, in payoff.
    """

    cards: tuple[str, ...]
    calendar: Calendar
    cost: float = 0.0

    seats = SEATS

    @cached_property
    def places(self) -> dict[str, int]:
        """Place of each card by its folded name."""
        return {fold(name): place for place, name in enumerate(self.cards)}

    @cached_property
    def reviews(self) -> tuple[Review, ...]:
        """The review of each card."""
        return tuple(Review(name) for name in self.cards)

    def start(self) -> Lesson:
        """The coach is to move; every card was seen `Calendar.before` the first turn."""
        return Lesson(0, "coach", None, (-self.calendar.before,) * len(self.cards))

    def mover(self, state: Lesson) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Lesson, seat: str, act: Act) -> Lesson:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no such card.
        """
        turn, mover, asked, seen, reviews, _ = state
        if seat != mover:
            raise IllegalAct("It is not your turn.")
        if seat == "coach":
            if isinstance(act, Review):
                place = self.places.get(fold(act.card))
                if place is None:
                    raise IllegalAct(f"There is no such card; the cards are {', '.join(self.cards)}.")
                return Lesson(turn, "student", place, seen, reviews + 1, self.calendar.closes[turn])
            if isinstance(act, (Rest, Say)):
                return Lesson(turn, "student", None, seen, reviews, self.calendar.closes[turn])
            raise IllegalAct("A coach can review a card, rest, or talk.")
        if asked is not None:
            seen = (*seen[:asked], self.calendar.times[turn], *seen[asked + 1 :])
        turn += 1
        return Lesson(turn, "coach" if turn < len(self.calendar.times) else None, None, seen, reviews)

    def choices(self, state: Lesson, seat: str) -> Iterator[Act]:
        """Rest, or review any card. To talk is to rest."""
        yield Rest()
        yield from self.reviews

    def gap(self, state: Lesson, place: int) -> int:
        """Time since a card was last seen."""
        return self.calendar.times[state.turn] - state.seen[place]

    def payoff(self, state: Lesson, seat: str, hidden: Sequence[Trace] | None = None) -> float:
        """The mean probability of recall at the test, less the cost of the reviews.

        Args:
            state: Any state; before the end, as if there were no more reviews.
            seat: Both seats get the same.
            hidden: The trace of each card.
        """
        assert hidden is not None
        test = self.calendar.test
        recalled = sum([recall(trace.half_life, test - seen) for trace, seen in zip(hidden, state.seen, strict=True)])
        return recalled / len(hidden) - self.cost * state.reviews

    def expected_payoff(self, state: Lesson, seat: str, factors: Sequence[Any]) -> float:
        """Mean of `payoff` under independent beliefs about the traces."""
        test = self.calendar.test
        recalled = sum(
            factor.expectation(lambda trace, gap=test - seen: recall(trace.half_life, gap))
            for factor, seen in zip(factors, state.seen, strict=True)
        )
        return recalled / len(factors) - self.cost * state.reviews
