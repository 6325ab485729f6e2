"""A repeated persuasion game: acts, public state, rules.

Each round the office gives the expert another hotel. How good it is, only the expert sees; the traveller hears what the
expert says of it, goes or stays away, and learns afterwards whether the hotel was good.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

Which = Literal["high", "middle", "low"]
REVIEWS: tuple[str, ...] = get_args(Which)
GOOD = 8.0
"""A hotel is good from this mean score on, and a review of so much says that it is."""
PRAISE, WARNING = 10.0, 0.0
"""A recommendation counts as a review of the best score, and a warning as one of the worst."""


@dataclass(frozen=True, slots=True)
class Recommend(Act):
    """Say that the hotel is good."""


@dataclass(frozen=True, slots=True)
class Warn(Act):
    """Say that the hotel is not good."""


@dataclass(frozen=True, slots=True)
class Show(Act):
    """Pass one of the hotel's reviews on."""

    review: Which


@dataclass(frozen=True, slots=True)
class Book(Act):
    """Book it; the traveller's."""


@dataclass(frozen=True, slots=True)
class Pass(Act):
    """Do not; the traveller's."""


@dataclass(frozen=True, slots=True)
class Deal(Act):
    """The next hotel; the office's."""

    hotel: str


Quality = Literal["good", "poor"]


@dataclass(frozen=True, slots=True)
class Found(Act):
    """What a hotel is like, as it is found out; the night's."""

    quality: Quality


@replaceable
class Hotel(NamedTuple):
    """A kind of hotel.

    Attributes:
        mean: Of all its reviews, from 0 to 10.
        scores: Of the reviews that the expert has: high, middle, low.
        share: How often the office deals it.
    """

    mean: float
    scores: tuple[float, float, float]
    share: float

    @property
    def good(self) -> bool:
        """Whether a stay is worth it."""
        return self.mean >= GOOD


Stock = tuple[tuple[str, Hotel], ...]
STOCK: Stock = (
    ("good", Hotel(8.8, (9.6, 8.3, 7.1), 0.25)),
    ("fair", Hotel(7.6, (9.6, 7.9, 5.8), 0.45)),
    ("poor", Hotel(6.6, (8.4, 6.7, 4.2), 0.3)),
)
"""Kinds of hotels with reviews."""


def plain_stock(chance: float) -> Stock:
    """Good and poor hotels, of which the expert knows nothing else."""
    none = (PRAISE, GOOD, WARNING)
    return ("good", Hotel(PRAISE, none, chance)), ("poor", Hotel(WARNING, none, 1.0 - chance))


@replaceable
class Visit(NamedTuple):
    """Public state.

    Attributes:
        round: From 0; -1 before the greeting.
        mover: Whose turn it is.
        hotel: The kind of the hotel at hand; the traveller's view leaves it out.
        shown: The score that the traveller was shown of it.
        honest: Whether what was said of the last hotel was so; ``None`` where nothing was said.
        good: Whether it was good; ``None`` where nothing was said of it, since then nobody's trust depends on it.
        sold: Rounds in which the traveller went; left out of its view, too.
        slept: How many of these hotels were good; counted for a traveller who learns.
    """

    round: int = -1
    mover: str | None = "traveller"
    hotel: str = ""
    shown: float | None = None
    honest: bool | None = None
    good: bool | None = None
    sold: int = 0
    slept: int = 0


@dataclass(frozen=True)
class Trips:
    """The rules.

    Args:
        rounds: Hotels.
        stock: Kinds of hotels, by name.
        reviews: Whether the expert passes reviews on; else it recommends or warns.
        loss: What a poor hotel costs a traveller who learns, where a good one is worth 1; such a one is told by the
            night how each hotel was. ``None`` for a simulated one, who knows.
    """

    rounds: int
    stock: Stock
    reviews: bool = False
    loss: float | None = None

    @property
    def seats(self) -> tuple[str, ...]:
        """Office and night are tools."""
        return ("expert", "traveller", "office", *(() if self.loss is None else ("night",)))

    def start(self) -> Visit:
        """The traveller is about to say hello."""
        return Visit()

    def mover(self, state: Visit) -> str | None:
        """Whose turn it is."""
        return state.mover

    def view(self, state: Visit, seat: str) -> Visit:
        """The traveller sees neither the hotel nor what was sold; the office deals whatever has been."""
        if seat == "traveller":
            return state._replace(hotel="", sold=0, slept=0)
        return Visit(state.round, state.mover) if seat == "office" else state

    def pending(self, state: Visit) -> bool:
        """No move is sealed: what the traveller does not see is the hotel."""
        return False

    def movers(self, state: Visit) -> tuple[str, ...]:
        """One after the other."""
        return () if state.mover is None else (state.mover,)

    def audience(self, state: Visit, seat: str) -> tuple[str, ...]:
        """Who hears a seat: the office speaks to the expert alone."""
        return ("expert",) if seat == "office" else ("expert", "traveller")

    def unbank(self, state: Visit, seat: str) -> tuple[float, Visit]:
        """What was sold so far, and the state without it."""
        return state.sold / self.rounds, state._replace(sold=0, slept=0)

    @property
    def chance(self) -> float:
        """How often a hotel is good."""
        return sum(hotel.share for _, hotel in self.stock if hotel.good)

    def hotel(self, state: Visit) -> Hotel:
        """The kind of the hotel at hand."""
        return next(hotel for name, hotel in self.stock if name == state.hotel)

    def choices(self, state: Visit, seat: str) -> Iterable[Act]:
        """What the expert can say of a hotel, or nothing; what the traveller can do."""
        if seat == "office":
            return tuple(Deal(name) for name, _ in self.stock)
        if seat == "night":
            return (self.night(state),)
        if seat == "traveller":
            return (Say(),) if state.round < 0 else (Book(), Pass())
        said: tuple[Act, ...] = tuple(map(Show, get_args(Which))) if self.reviews else (Recommend(), Warn())
        return (*said, Say())

    def score(self, state: Visit, act: Act) -> float | None:
        """What the traveller is shown by an act of the expert; ``None`` for talk.

        Raises:
            IllegalAct: If it is not possible.
        """
        if isinstance(act, Say):
            return None
        if self.reviews and isinstance(act, Show):
            return self.hotel(state).scores[REVIEWS.index(act.review)]
        if not self.reviews and isinstance(act, (Recommend, Warn)):
            return PRAISE if isinstance(act, Recommend) else WARNING
        raise IllegalAct("Show me one of the reviews." if self.reviews else "Just say whether the hotel is good.")

    def apply(self, state: Visit, seat: str, act: Act) -> Visit:
        """The state after an act."""
        if seat == "expert":
            return state._replace(mover="traveller", shown=self.score(state, act))
        if seat == "office":
            assert isinstance(act, Deal)
            return state._replace(mover="expert", hotel=act.hotel)
        if seat == "night":
            return self._next(state)
        if not isinstance(act, (Book, Pass, Say)) or (state.round < 0 and not isinstance(act, Say)):
            raise IllegalAct("Say hello first." if state.round < 0 else "Book the hotel, or pass.")
        if state.round < 0:
            return Visit(0, "office")
        went = isinstance(act, Book)
        state = state._replace(sold=state.sold + went)
        if self.loss is None:
            return self._next(state)
        return state._replace(mover="night", slept=state.slept + (went and self.hotel(state).good))

    def night(self, state: Visit) -> Found:
        """How the hotel at hand is."""
        return Found("good" if self.hotel(state).good else "poor")

    def _next(self, state: Visit) -> Visit:
        good = self.hotel(state).good
        honest = None if state.shown is None else (state.shown >= GOOD) == good
        return Visit(
            state.round + 1,
            "office" if state.round + 1 < self.rounds else None,
            honest=honest,
            good=None if honest is None else good,
            sold=state.sold,
            slept=state.slept,
        )

    def payoff(self, state: Visit, seat: str, hidden: Any = None) -> float:
        """Of the expert the share of all rounds in which the traveller went; of the traveller its gain a round."""
        if seat == "expert":
            return state.sold / self.rounds
        return (state.slept - (self.loss or 0.0) * (state.sold - state.slept)) / self.rounds
