"""Recommendation over several rounds: ask about an attribute, or show what fits. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("recommender", "guest")
ANY = "any"
"""In place of a value: the guest could not say."""


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask what the guest wants of an attribute."""

    attribute: str


@dataclass(frozen=True, slots=True)
class Show(Act):
    """Show what heads the list: the most popular of what fits all that was said and was not turned down.

    The ranker is part of the game, as in SCPR and UNICORN.
    """


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """Tell the guest that there is nothing for it; it ends the dialogue."""


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """The guest's answer: a value, or `ANY` if it could not say."""

    value: str


@dataclass(frozen=True, slots=True)
class Take(Act):
    """The guest takes what was shown: the how-manieth of it."""

    number: int


@dataclass(frozen=True, slots=True)
class Refuse(Act):
    """The guest wants nothing of what was shown."""


@dataclass(frozen=True, slots=True)
class Criticise(Act):
    """The guest wants nothing of what was shown, and says what of the first thing is wrong and what it should be."""

    attribute: str
    value: str


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The guest loses patience."""


ACTS = (Ask, Show, Stop)


@replaceable
class Rewards(NamedTuple):
    """What the recommender gets, all of it at the end.

    Attributes:
        told: For each question that was answered.
        vague: For each that was not.
        refused: For each show that was turned down.
        taken: If something was taken.
        lost: If nothing was.
    """

    told: float
    vague: float
    refused: float
    taken: float
    lost: float


@replaceable
class Round(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the recommender has had.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        facts: What the guest wants of each attribute: a value, `ANY`, or ``""`` if that is open.
        refused: Places in the catalogue that were turned down and still fit the facts.
        asks: Questions so far.
        told: Those of them that were answered; counted only where that pays otherwise than no answer.
        shows: Shows so far.
        topic: The attribute that the guest is asked about now, or ``""``.
        shown: What it is shown now, or has taken: places in the catalogue.
        taken: The how-manieth of it was taken; 0 if none.
        ending: ``""`` while it goes on, then ``"taken"``, ``"left"``, ``"stopped"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "guest"
    facts: tuple[str, ...] = ()
    refused: tuple[int, ...] = ()
    asks: int = 0
    told: int = 0
    shows: int = 0
    topic: str = ""
    shown: tuple[int, ...] = ()
    taken: int = 0
    ending: str = ""


@dataclass(frozen=True)
class Shelf:
    """Questions and shows until the guest takes something or leaves, the recommender stops, or the turns are over.

    An attribute can be asked about once; where looking teaches, what a guest could not say once more after its first
    look.

    Args:
        attributes: What can be asked about.
        rows: The values of each thing there is, most popular first.
        turns: Turns that the recommender has.
        length: How many things are shown at a time.
        rewards: What it gets.
        teaches: Whether a first look helps guests to say what they want.
    """

    attributes: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    turns: int
    length: int
    rewards: Rewards
    teaches: bool

    seats = SEATS

    def start(self) -> Round:
        """Nobody has spoken; the guest is to open."""
        return Round(facts=("",) * len(self.attributes))

    def mover(self, state: Round) -> str | None:
        """Whose turn it is."""
        return state.mover

    def list(self, state: Round) -> tuple[int, ...]:
        """What a show would show: places in the catalogue. Empty if nothing fits."""
        key = (state.facts, state.refused)
        found = self._lists.get(key)
        if found is None:
            fits = [place for place in self._fitting(state.facts) if place not in state.refused]
            found = self._lists[key] = tuple(fits[: self.length])
        return found

    def apply(self, state: Round, seat: str, act: Act) -> Round:
        """The state after `act`.

        Raises:
            IllegalAct: If it is not possible; the message is said to the actor.
        """
        return self._answered(state, act) if seat == SEATS[1] else self._done(state, act)

    def choices(self, state: Round, seat: str) -> Iterator[Act]:
        """A show if anything fits, every question that is open, to stop, and talk."""
        if self.list(state):
            yield Show()
        yield from (Ask(name) for name, fact in zip(self.attributes, state.facts, strict=True) if not fact)
        yield Stop()
        yield Say()

    def payoff(self, state: Round, seat: str, hidden: Any = None) -> float:
        """What the questions and shows brought, and whether something was taken."""
        pay, taken = self.rewards, bool(state.taken)
        asked = pay.vague * (state.asks - state.told) + pay.told * state.told
        return asked + pay.refused * (state.shows - taken) + (pay.taken if taken else pay.lost)

    def _done(self, state: Round, act: Act) -> Round:
        turn = state.turn + 1
        if isinstance(act, Say):
            return state._replace(turn=turn, mover="guest")
        if isinstance(act, Stop):
            return state._replace(turn=turn, mover=None, ending="stopped")
        if isinstance(act, Show):
            shown = self.list(state)
            if not shown:
                raise IllegalAct("There is nothing left on your list that fits.")
            return state._replace(turn=turn, mover="guest", shows=state.shows + 1, shown=shown)
        if isinstance(act, Ask):
            topic = act.attribute.lower()
            if topic not in self.attributes:
                raise IllegalAct(f"You can ask about {', '.join(self.attributes)}.")
            if state.facts[self.attributes.index(topic)]:
                again = ", ".join(name for name, fact in zip(self.attributes, state.facts, strict=True) if not fact)
                raise IllegalAct(f"You know about the {topic}. You can still ask about {again or 'nothing more'}.")
            return state._replace(turn=turn, mover="guest", asks=state.asks + 1, topic=topic)
        raise IllegalAct("A recommender can ask about something, show what heads the list, stop, or talk.")

    def _answered(self, state: Round, act: Act) -> Round:
        over = state.turn >= self.turns
        after = state._replace(
            mover=None if over else "recommender", topic="", shown=(), ending="limit" if over else ""
        )
        if isinstance(act, Leave):
            return after._replace(mover=None, ending="left")
        if isinstance(act, Tell) and state.topic:
            told = act.value != ANY and self.rewards.told != self.rewards.vague
            return self._known(after._replace(told=state.told + told), state.topic, act.value)
        if isinstance(act, Take) and 1 <= act.number <= len(state.shown):
            return state._replace(mover=None, taken=act.number, ending="taken")
        if isinstance(act, (Refuse, Criticise)) and state.shown:
            after = after._replace(refused=tuple(sorted({*state.refused, *state.shown})))
            if self.teaches and state.shows == 1:
                after = after._replace(facts=tuple("" if fact == ANY else fact for fact in state.facts))
            return self._known(after, act.attribute, act.value) if isinstance(act, Criticise) else after
        if isinstance(act, Say):
            return after
        raise IllegalAct("A guest answers what it is asked, takes or refuses what it is shown, talks, or leaves.")

    def _known(self, state: Round, attribute: str, value: str) -> Round:
        """The state with one fact more; what no longer fits need not be remembered."""
        if attribute not in self.attributes or value not in (ANY, *self._values[attribute]):
            raise IllegalAct(f"The attributes are {', '.join(self.attributes)}, with the values of the catalogue.")
        place = self.attributes.index(attribute)
        facts = (*state.facts[:place], value, *state.facts[place + 1 :])
        fits = self._fitting(facts)
        return state._replace(facts=facts, refused=tuple(house for house in state.refused if house in fits))

    def _fitting(self, facts: tuple[str, ...]) -> tuple[int, ...]:
        found = self._fits.get(facts)
        if found is None:
            found = self._fits[facts] = tuple(
                place
                for place, row in enumerate(self.rows)
                if all(fact in ("", ANY, value) for fact, value in zip(facts, row, strict=True))
            )
        return found

    @cached_property
    def _values(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(dict.fromkeys(row[k] for row in self.rows)) for k, name in enumerate(self.attributes)}

    @cached_property
    def _fits(self) -> dict[tuple[str, ...], tuple[int, ...]]:
        return {}

    @cached_property
    def _lists(self) -> dict[tuple, tuple[int, ...]]:
        return {}
