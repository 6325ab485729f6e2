"""A market of three sellers: whom to ask, whom to believe, what to pay. After Magentic Marketplace (2025)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

Name = Literal["anna", "ben", "cleo"]
SELLERS: tuple[Name, ...] = ("anna", "ben", "cleo")
TALK = 6
"""Turns of talk until the market closes."""


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask a seller for a quote, and whether what it sells meets what the customer needs."""

    who: Name


@dataclass(frozen=True, slots=True)
class Check(Act):
    """Have a seller show that its offer meets what the customer needs, and see for oneself."""

    who: Name


@dataclass(frozen=True, slots=True)
class Haggle(Act):
    """Ask a seller for a lower price, once."""

    who: Name


@dataclass(frozen=True, slots=True)
class Buy(Act):
    """Buy from a seller at the price that stands."""

    who: Name


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """Buy nothing."""


@dataclass(frozen=True, slots=True)
class Quote(Act):
    """A seller's price, and whether it says that its offer fits."""

    price: int
    word: Literal["fits", "lacks"]


@dataclass(frozen=True, slots=True)
class Show(Act):
    """What can be seen: whether it does fit."""

    word: Literal["fits", "lacks"]


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """The price that stands after haggling: a lower one, or the same."""

    price: int


@dataclass(frozen=True, slots=True)
class Withdraw(Act):
    """A seller does not sell any more."""


ACTS = (Ask, Check, Haggle, Buy, Leave)
QUESTIONS: dict[type[Act], str] = {Ask: "ask", Check: "check", Haggle: "haggle"}
_SAY = Say()


@replaceable
class Stall(NamedTuple):
    """What is known of a seller's offer.

    Attributes:
        price: The quote that stands, in dollars; 0 before it was asked for.
        claim: What the seller said of it: ``"fits"``, ``"lacks"``, or ``""`` before it was asked.
        shown: What was seen of it, likewise.
        haggled: Whether a lower price was asked for.
        gone: Whether the seller has withdrawn.
    """

    price: int = 0
    claim: str = ""
    shown: str = ""
    haggled: bool = False
    gone: bool = False


@replaceable
class Bazaar(NamedTuple):
    """Public state.

    Attributes:
        stalls: The offers, in the order of `SELLERS`.
        at: Place of the seller who was spoken to last.
        asked: What that seller is to answer: ``"ask"``, ``"check"``, ``"haggle"`` or ``"talk"``; ``""`` in the turns
            of the learner.
        first: Place of the seller who made the first quote; -1 before it.
        talk: Turns of talk so far.
        spent: Dollars that questions and talk have cost.
        bought: Place of the seller from whom was bought; -1 for nobody.
        ending: ``""`` while it goes on, then ``"bought"``, ``"left"``, ``"closed"``, or ``"withdrawn"`` if all have.
    """

    stalls: tuple[Stall, ...]
    at: int = 0
    asked: str = ""
    first: int = -1
    talk: int = 0
    spent: float = 0.0
    bought: int = -1
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Market:
    """The rules.

    Args:
        ask: What a request for a quote costs, and a turn of talk, in dollars.
        check: What a look at an offer costs.
        haggle: What a request for a lower price costs.
        value: What the customer gets from an offer that fits.
        poor: And from one that does not.
        names: The sellers.
    """

    ask: float = 1.0
    check: float = 5.0
    haggle: float = 1.0
    value: int = 100
    poor: int = 20
    names: tuple[Name, ...] = SELLERS

    @property
    def seats(self) -> tuple[str, ...]:
        """The learner, who moves first, and the sellers."""
        return ("you", *self.names)

    def start(self) -> Bazaar:
        """Nobody was asked."""
        return Bazaar((Stall(),) * len(self.names))

    def mover(self, state: Bazaar) -> str | None:
        """The seller who is to answer, or the learner."""
        return None if state.ending else self.names[state.at] if state.asked else "you"

    def view(self, state: Bazaar, seat: str) -> Bazaar:
        """The learner sees everything; a seller its own offer and the question, nothing of the others."""
        if seat == "you":
            return state
        own, none = self.names.index(seat), Stall()
        stalls = tuple(stall if place == own else none for place, stall in enumerate(state.stalls))
        return Bazaar(stalls, own, state.asked if state.at == own else "")

    def choices(self, state: Bazaar, seat: str) -> Iterator[Act]:
        """All but talk, which costs something and changes nothing: to leave is better."""
        yield Leave()
        for name, stall in zip(self.names, state.stalls, strict=True):
            if stall.gone:
                continue
            if not stall.price:
                yield Ask(name)
                continue
            yield Buy(name)
            if not stall.shown:
                yield Check(name)
            if not stall.haggled:
                yield Haggle(name)

    def apply(self, state: Bazaar, seat: str, act: Act) -> Bazaar:
        """The state after `act`.

        Raises:
            IllegalAct: If a seller is not there, has not quoted yet, or was asked the same before.
        """
        if seat != self.mover(state):
            raise IllegalAct("It is not your turn.")
        return self._told(state, act) if seat == "you" else self._answered(state, act)

    def payoff(self, state: Bazaar, seat: str, hidden: Any = None) -> float:
        """What the customer gets from what was bought, less price and costs, in hundreds of dollars."""
        fits = state.bought >= 0 and hidden[state.bought].fits
        return self._gain(state, float(fits))

    def expected_payoff(self, state: Bazaar, seat: str, factors: Sequence[Iterable[tuple[Any, float]]]) -> float:
        """The mean payoff under a belief about each seller."""
        bought = state.bought
        return self._gain(state, 0.0 if bought < 0 else sum(p for seller, p in factors[bought] if seller.fits))

    def unbank(self, state: Bazaar, seat: str) -> tuple[float, Bazaar]:
        """Costs so far, and the state without them."""
        return -state.spent / 100, state._replace(spent=0.0)

    def symmetry(self, state: Bazaar, beliefs: tuple[Any, ...]) -> tuple[Bazaar, tuple[Any, ...], Callable[[Act], Act]]:
        """The sellers are alike: their offers are sorted, each with what is believed of its seller.

        Who was spoken to last, who was first, and how much was talked makes no difference to what is best.
        """
        order = sorted(range(len(beliefs)), key=lambda place: (state.stalls[place], beliefs[place]))

        def back(act: Act) -> Act:
            kind: Any = type(act)
            who = getattr(act, "who", None)
            return act if who is None else kind(self.names[order[self.names.index(who)]])

        stalls = tuple(state.stalls[place] for place in order)
        return Bazaar(stalls, spent=state.spent), tuple(beliefs[place] for place in order), back

    def _gain(self, state: Bazaar, fits: float) -> float:
        if state.bought < 0:
            return -state.spent / 100
        worth = fits * self.value + (1.0 - fits) * self.poor
        return (worth - state.stalls[state.bought].price - state.spent) / 100

    def _host(self, state: Bazaar) -> int:
        """Who answers mere talk: who was spoken to last, or the first who is there."""
        there = [place for place, stall in enumerate(state.stalls) if not stall.gone]
        return state.at if state.at in there else there[0]

    def _told(self, state: Bazaar, act: Act) -> Bazaar:
        """After an act of the learner."""
        if isinstance(act, Leave):
            return state._replace(ending="left")
        if isinstance(act, Say):
            talk, spent = state.talk + 1, state.spent + self.ask
            if talk >= TALK:
                return state._replace(talk=talk, spent=spent, ending="closed")
            return state._replace(at=self._host(state), asked="talk", talk=talk, spent=spent)
        if not isinstance(act, ACTS):
            raise IllegalAct("You can ask for a price, have a look, haggle, buy, leave, or talk.")
        at = self.names.index(act.who)  # type: ignore[attr-defined]
        stall, name, whom = state.stalls[at], f"{self.names[at].capitalize()} has", self.names[at].capitalize()
        if stall.gone:
            raise IllegalAct(f"{name} left and sells you nothing more.")
        if at == self._host(state):  # who is to say why it is not possible
            name, whom = "I have", "me"
        if isinstance(act, Ask) == bool(stall.price):
            raise IllegalAct(f"{name} told you a price." if stall.price else f"First ask {whom} for a price.")
        if isinstance(act, Buy):
            return state._replace(at=at, bought=at, ending="bought")
        if isinstance(act, Check) and stall.shown:
            raise IllegalAct(f"{name} shown you that.")
        if isinstance(act, Haggle) and stall.haggled:
            raise IllegalAct(f"You asked {whom} for a lower price before, and that was the last word.")
        asked = QUESTIONS[type(act)]
        return state._replace(at=at, asked=asked, spent=state.spent + getattr(self, asked))

    def _answered(self, state: Bazaar, act: Act) -> Bazaar:
        """After an act of a seller."""
        at, stall = state.at, state.stalls[state.at]
        first = state.first
        if act == _SAY:
            return state._replace(asked="")
        if isinstance(act, Quote) and state.asked == "ask":
            stall = Stall(act.price, act.word)
            first = at if first < 0 else first
        elif isinstance(act, Show) and state.asked == "check":
            stall = stall._replace(shown=act.word)
        elif isinstance(act, Answer) and state.asked == "haggle":
            stall = stall._replace(price=act.price, haggled=True)
        elif isinstance(act, Withdraw) and state.asked == "haggle":
            stall = Stall(gone=True)
        else:
            raise IllegalAct("Answer what you were asked.")
        stalls = (*state.stalls[:at], stall, *state.stalls[at + 1 :])
        ending = "withdrawn" if all(one.gone for one in stalls) else ""
        return state._replace(stalls=stalls, asked="", first=first, ending=ending)
