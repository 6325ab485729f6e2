"""Coaching: find out what suits a client, and recommend it. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from ...core.acts import Act, IllegalAct, Say

SEATS = ("coach", "client")


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask the client about one attribute."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Recommend(Act):
    """Recommend a strategy; it ends the dialogue."""

    strategy: str


@dataclass(frozen=True, slots=True)
class Suggest(Act):
    """Lead the client: put it to them that a strategy is theirs.

    It binds nobody, but a suggestible client may just agree.
    """

    strategy: str


@dataclass(frozen=True, slots=True)
class Answer(Act):
    """The client's yes or no."""

    word: Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The client's time is up."""


ACTS = (Ask, Recommend)
PUSHING_ACTS = (Ask, Recommend, Suggest)


class Session(NamedTuple):
    """Public state of a consultation.

    Attributes:
        turn: Turns that the coach has had.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        asked: Attributes asked about so far, as a bit mask over `Consultation.attributes`.
        questions: Questions and suggestions so far: what has to be paid for.
        topic: What the client has to answer now, if anything.
        recommended: The strategy that was recommended.
        ending: ``""`` while it goes on, then ``"recommended"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "client"
    asked: int = 0
    questions: int = 0
    topic: Act | None = None
    recommended: str | None = None
    ending: str = ""


@dataclass(frozen=True)
class Consultation:
    """Questions and answers until the coach recommends something, or until the client has to leave.

    An attribute can be asked about once: the client would only say the same again.

    Args:
        strategies: What can be recommended.
        attributes: What can be asked about.
        credit: Right strategy -> what each strategy is worth to such a client. Strategies are in the same order.
        turns: Turns that the coach has, the recommendation included.
        cost: Price of a question or a suggestion.
        pushing: Whether the coach may suggest strategies.
    """

    strategies: tuple[str, ...]
    attributes: tuple[str, ...]
    credit: tuple[tuple[float, ...], ...]
    turns: int = 7
    cost: float = 0.02
    pushing: bool = False

    seats = SEATS

    def start(self) -> Session:
        """Nobody has spoken; the client is to open."""
        return Session()

    def mover(self, state: Session) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Session, seat: str, act: Act) -> Session:
        """The state after `act`.

        Raises:
            IllegalAct: If the attribute or strategy does not exist, if the attribute was asked about before, or if
                there is no such act.
        """
        turn, mover, asked, questions, topic, _, _ = state
        if seat != mover:
            raise IllegalAct("It is not your turn.")
        if seat == "client":
            if turn >= self.turns:
                return Session(turn, None, asked, questions, None, None, "limit")
            return Session(turn, "coach", asked, questions)
        if isinstance(act, Say):
            return Session(turn + 1, "client", asked, questions)
        if isinstance(act, Ask):
            found = self._topics.get(act.attribute.lower())
            if found is None:
                raise IllegalAct(f"You can ask about {self._listed(asked)}.")
            bit, topic = found
            if asked & bit:
                raise IllegalAct(
                    f"You have asked about {topic.attribute} before, and the answer stays the same. Still open: "
                    f"{self._listed(asked)}."
                )
            return Session(turn + 1, "client", asked | bit, questions + 1, topic)
        if isinstance(act, Recommend) or (isinstance(act, Suggest) and self.pushing):
            strategy = act.strategy.lower()
            if strategy not in self.strategies:
                raise IllegalAct(f"The strategies are {', '.join(self.strategies)}.")
            if isinstance(act, Recommend):
                return Session(turn + 1, None, asked, questions, None, strategy, "recommended")
            return Session(turn + 1, "client", asked, questions + 1, Suggest(strategy))
        raise IllegalAct(
            f"A coach can ask about something, {'suggest a strategy, ' if self.pushing else ''}recommend a strategy, "
            "or talk."
        )

    def choices(self, state: Session, seat: str) -> Iterator[Act]:
        """Every strategy to recommend, every attribute not yet asked about, every strategy to suggest, and talk."""
        yield from (Recommend(strategy) for strategy in self.strategies)
        for bit, topic in self._topics.values():
            if not state.asked & bit:
                yield topic
        if self.pushing:
            yield from (Suggest(strategy) for strategy in self.strategies)
        yield Say()

    def payoff(self, state: Session, seat: str, hidden: Any = None) -> float:
        """What the recommendation is worth to a client whom `hidden` suits, less the cost of the questions."""
        worth = 0.0 if state.recommended is None else self._worth[hidden, state.recommended]
        return worth - self.cost * state.questions

    @cached_property
    def _topics(self) -> dict[str, tuple[int, Ask]]:
        return {name: (1 << place, Ask(name)) for place, name in enumerate(self.attributes)}

    @cached_property
    def _worth(self) -> dict[tuple[str, str], float]:
        return {
            (right, said): self.credit[i][j]
            for i, right in enumerate(self.strategies)
            for j, said in enumerate(self.strategies)
        }

    def _listed(self, asked: int) -> str:
        open_ones = [name for name, (bit, _) in self._topics.items() if not asked & bit]
        return ", ".join(open_ones) if open_ones else "nothing more"
