"""Selling a car: a dealer with a lot of five cars, and a buyer who comes in. Acts, public state, rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("dealer", "buyer")
Kind = Literal["sedan", "suv", "luxury"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Topic = Literal["budget", "kind"]
TOPICS: tuple[Topic, ...] = get_args(Topic)
CARS: tuple[tuple[Kind, int], ...] = (("sedan", 24), ("sedan", 40), ("suv", 44), ("suv", 64), ("luxury", 80))
"""Kind and list price of each car of the lot, in thousands of dollars."""
SHARES = (70, 80, 90, 100, 110)
"""Prices that can be asked for a car, in percent of its list price."""
DEAREST = 90
"""The largest budget, in thousands: what payoffs are a share of."""


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask for the budget, or which kind of car is wanted."""

    about: Topic


@dataclass(frozen=True, slots=True)
class Offer(Act):
    """Offer a car of the lot, by its number from 1, at a price in thousands of dollars."""

    car: int
    price: int


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """The buyer's answer: a kind, how large the budget is, or nothing."""

    answer: Literal["sedan", "suv", "luxury", "low", "middle", "high", "nothing"]


@dataclass(frozen=True, slots=True)
class Buy(Act):
    """The buyer takes the car at the price."""


@dataclass(frozen=True, slots=True)
class Refuse(Act):
    """The buyer refuses a car: ``dear``, it is of the right kind, but costs too much; ``kind``, it is of another."""

    why: Literal["dear", "kind"]


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The buyer leaves."""


ACTS = (Ask, Offer)
"""What a dealer can do, apart from talking."""

_SAY = Say()
_ASKS = tuple(Ask(topic) for topic in TOPICS)


@replaceable
class Visit(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the dealer has used.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        asked: Whether the budget and the kind were asked for.
        topic: What the buyer is to answer; ``None`` for talk.
        sold: The price of the sale, or 0.
        ending: ``""`` while it goes on, then ``"sold"``, ``"left"`` or ``"limit"``.
    """

    turn: int
    mover: str | None
    asked: tuple[bool, bool] = (False, False)
    topic: Act | None = None
    sold: int = 0
    ending: str = ""


@dataclass(frozen=True)
class Lot:
    """The rules.

    Args:
        turns: Turns of the dealer, after which the buyer leaves.
        discount: What is left of a price after each turn but the first.
        cars: Kind and list price of each car.
    """

    turns: int = 8
    discount: float = 0.97
    cars: tuple[tuple[Kind, int], ...] = CARS

    seats = SEATS

    def start(self) -> Visit:
        """The buyer is about to say hello."""
        return Visit(0, "buyer")

    def mover(self, state: Visit) -> str | None:
        """Whose turn it is."""
        return state.mover

    def prices(self, car: int) -> tuple[int, ...]:
        """The prices that can be asked for a car, by its number from 1."""
        return tuple(round(self.cars[car - 1][1] * share / 100) for share in SHARES)

    def apply(self, state: Visit, seat: str, act: Act) -> Visit:
        """The state after `act`.

        Raises:
            IllegalAct: If it was asked before, or if there is no such car or price.
        """
        if seat == "buyer":
            return self._answer(state, act)
        following = state._replace(turn=state.turn + 1, mover="buyer", topic=act)
        match act:
            case Say():
                return following._replace(topic=None)
            case Ask(about) if about in TOPICS:
                place = TOPICS.index(about)
                if state.asked[place]:
                    raise IllegalAct("You have asked me that before.")
                return following._replace(asked=tuple(was or i == place for i, was in enumerate(state.asked)))
            case Offer(car, price):
                if not 1 <= car <= len(self.cars):
                    raise IllegalAct(f"There are cars 1 to {len(self.cars)} on the lot.")
                if price not in self.prices(car):
                    some = ", ".join(map(str, self.prices(car)))
                    raise IllegalAct(f"Your price list for car {car} has {some} thousand.")
                return following
        raise IllegalAct("You can ask for my budget or for the kind that I want, offer me a car, or talk.")

    def choices(self, state: Visit, seat: str) -> Iterator[Act]:
        """All that is possible now, talk included."""
        yield from self.candidates(state)
        yield _SAY

    def candidates(self, state: Visit, support: Any = None) -> Iterator[Act]:
        """`choices` without talk, which only costs."""
        for ask, was in zip(_ASKS, state.asked, strict=True):
            if not was:
                yield ask
        for car in range(1, len(self.cars) + 1):
            yield from (Offer(car, price) for price in self.prices(car))

    def payoff(self, state: Visit, seat: str, hidden: Any = None) -> float:
        """The price as a share of the largest budget, discounted by the turns before the sale."""
        return self.discount ** (state.turn - 1) * state.sold / DEAREST if state.sold else 0.0

    def _answer(self, state: Visit, act: Act) -> Visit:
        if isinstance(act, Buy):
            assert isinstance(state.topic, Offer)
            return Visit(state.turn, None, sold=state.topic.price, ending="sold")
        if isinstance(act, Leave):
            return Visit(state.turn, None, ending="limit" if state.turn >= self.turns else "left")
        return state._replace(mover="dealer", topic=None)
