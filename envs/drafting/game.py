"""Drafting: find out what a first request leaves open, and hand over a version that is right. The rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("assistant", "user")
Spec = tuple[int, ...]
"""A value of each aspect, by its place among the aspect's values."""
_SAY = Say()


@dataclass(frozen=True, slots=True)
class Ask(Act):
    """Ask what the user wants of one aspect."""

    aspect: str


@dataclass(frozen=True, slots=True)
class Draft(Act):
    """Show a version, for the user to look through. A version is one value of each aspect, joined by hyphens."""

    version: str


@dataclass(frozen=True, slots=True)
class Examples(Act):
    """Show what can be chosen in every aspect, for the user to find out what it wants."""


@dataclass(frozen=True, slots=True)
class Search(Act):
    """Look up what there is in one aspect, and show it to the user."""

    aspect: str


@dataclass(frozen=True, slots=True)
class Deliver(Act):
    """Hand over the final version; it ends the dialogue."""

    version: str


@dataclass(frozen=True, slots=True)
class Want(Act):
    """The user says what it wants of an aspect."""

    aspect: str
    value: str


@dataclass(frozen=True, slots=True)
class Unsure(Act):
    """The user cannot say what it wants of an aspect before it sees something."""

    aspect: str


@dataclass(frozen=True, slots=True)
class Reject(Act):
    """A draft is not right; in so many aspects, if the user counts them (else 0)."""

    wrong: int = 0


@dataclass(frozen=True, slots=True)
class Point(Act):
    """A draft is wrong in this aspect; the user does not say what it should be."""

    aspect: str


@dataclass(frozen=True, slots=True)
class Edit(Act):
    """A draft is wrong in this aspect, and the user puts it right in place."""

    aspect: str
    value: str


@dataclass(frozen=True, slots=True)
class Accept(Act):
    """The draft is right, and the user takes it."""


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The user has had enough, or its time is up."""


@replaceable
class Aspect(NamedTuple):
    """What a first request leaves open, and the values that it can have."""

    name: str
    values: tuple[str, ...]


@replaceable
class Work(NamedTuple):
    """Public state of a piece of work.

    Attributes:
        turn: Turns that the assistant has had.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        asked: Aspects that cannot be asked about any more, as a bit mask.
        told: Aspects of which the user has said what it wants, as a bit mask.
        asks: Questions so far.
        drafts: Drafts so far.
        shown: Aspects of which examples or search results were shown, as a bit mask.
        topic: What the user has to answer now, if anything.
        final: The version that was accepted or delivered.
        ending: ``""`` while it goes on, then ``"accepted"``, ``"delivered"``, ``"left"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "user"
    asked: int = 0
    told: int = 0
    asks: int = 0
    drafts: int = 0
    shown: int = 0
    topic: Act | None = None
    final: Spec | None = None
    ending: str = ""


@dataclass(frozen=True)
class Commission:
    """Questions, drafts and corrections until a version is accepted or delivered, or until the user has to leave.

    An aspect can be asked about once, and once more after something was shown of it, unless the user has said what it
    wants.

    Args:
        aspects: What is open.
        turns: Turns that the assistant has, the delivery included.
        ask_cost: Price of a question.
        draft_cost: Price of a draft, which the user has to read.
        show_cost: Price of examples, or of a search.
        partial: What a final version is worth that is not right, times the share of its aspects that are.
        unseen: What a right aspect is worth that was not searched; 1 if searched.
        drafting: Whether versions can be shown before the last.
        showing: ``"nothing"``, ``"examples"`` (of all aspects at once) or ``"search"`` (one aspect at a time).
    """

    aspects: tuple[Aspect, ...]
    turns: int = 5
    ask_cost: float = 0.04
    draft_cost: float = 0.1
    show_cost: float = 0.1
    partial: float = 0.0
    unseen: float = 1.0
    drafting: bool = True
    showing: str = "nothing"

    seats = SEATS

    def start(self) -> Work:
        """Nobody has spoken; the user is to open."""
        return Work()

    def mover(self, state: Work) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Work, seat: str, act: Act) -> Work:
        """The state after `act`.

        Raises:
            IllegalAct: If there is no such aspect, version or act, or if it was asked about, told or shown before.
        """
        if seat != state.mover:
            raise IllegalAct("It is not your turn.")
        if seat == "user":
            return self._answered(state, act)
        after = state._replace(turn=state.turn + 1, mover="user")
        if isinstance(act, Say):
            return after
        if isinstance(act, Ask):
            place = self._place(act.aspect, state.asked)
            if state.asked >> place & 1:
                name, still = self.aspects[place].name, self._listed(state.asked)
                before = "I have told you" if state.told >> place & 1 else "You have asked me"
                raise IllegalAct(f"{before} about the {name} before. Still open: {still}.")
            return after._replace(topic=self.asks[place], asked=state.asked | 1 << place, asks=state.asks + 1)
        if isinstance(act, Draft) and self.drafting:
            return after._replace(topic=Draft(self.version(self.spec(act.version))), drafts=state.drafts + 1)
        if isinstance(act, Deliver):
            return after._replace(mover=None, final=self.spec(act.version), ending="delivered")
        if isinstance(act, Examples) and self.showing == "examples":
            if state.shown:
                raise IllegalAct("You have shown me examples before.")
            return after._replace(topic=act, shown=self.everything, asked=state.told)
        if isinstance(act, Search) and self.showing == "search":
            place = self._place(act.aspect, state.shown)
            name, bit = self.aspects[place].name, 1 << place
            if state.shown & bit:
                raise IllegalAct(f"You have searched for the {name} before. Still open: {self._listed(state.shown)}.")
            return after._replace(topic=Search(name), shown=state.shown | bit, asked=state.asked & ~bit | state.told)
        shows = {"nothing": "", "examples": "show examples, ", "search": "search for something, "}[self.showing]
        drafts = "show a draft, " if self.drafting else ""
        raise IllegalAct(f"You can ask about something, {shows}{drafts}deliver, or talk.")

    def _answered(self, state: Work, act: Act) -> Work:
        if isinstance(act, Accept) and isinstance(state.topic, Draft):
            final = self.spec(state.topic.version)
            return state._replace(mover=None, topic=None, final=final, ending="accepted")
        if isinstance(act, Leave):
            ending = "limit" if state.turn >= self.turns else "left"
            return state._replace(mover=None, topic=None, ending=ending)
        if isinstance(act, (Want, Edit)):
            bit = 1 << self.places[act.aspect]
            return state._replace(mover="assistant", topic=None, asked=state.asked | bit, told=state.told | bit)
        return state._replace(mover="assistant", topic=None)

    def choices(self, state: Work, seat: str) -> Iterator[Act]:
        """Every version to deliver, every question and every search still open, every draft, and talk."""
        yield from map(Deliver, self.versions)
        for place, ask in enumerate(self.asks):
            if not state.asked >> place & 1:
                yield ask
        yield from map(Draft, self.versions if self.drafting else ())
        if self.showing == "examples" and not state.shown:
            yield Examples()
        for place, aspect in enumerate(self.aspects if self.showing == "search" else ()):
            if not state.shown >> place & 1:
                yield Search(aspect.name)
        yield _SAY

    def payoff(self, state: Work, seat: str, hidden: Any = None) -> float:
        """What the final version is worth to the user of `hidden`, less the price of questions, drafts and showing."""
        worth = 0.0 if state.final is None else self.worth(state.shown, self.agree(state.final, hidden.spec))
        return worth - self.costs(state)

    def costs(self, state: Work) -> float:
        """The price of the questions, drafts and showing so far."""
        shows = state.shown.bit_count() if self.showing == "search" else int(state.shown > 0)
        return self.ask_cost * state.asks + self.draft_cost * state.drafts + self.show_cost * shows

    def worth(self, shown: int, right: int) -> float:
        """What a final version is worth that is right in so many aspects; `shown` are those that were searched."""
        every = len(self.aspects)
        if right < every:
            return self.partial * right / every
        return 1.0 - (1.0 - self.unseen) * (every - shown.bit_count()) / every

    @staticmethod
    def agree(one: Spec, other: Spec) -> int:
        """In how many aspects two versions are alike."""
        return sum(a == b for a, b in zip(one, other, strict=True))

    def spec(self, version: str) -> Spec:
        """A version that was written in words, in any order of its aspects.

        Raises:
            IllegalAct: If it is not one value of each aspect.
        """
        spec = self._specs.get(version)
        if spec is None:
            words = [word for word in version.lower().replace(",", "-").replace("/", "-").split("-") if word]
            found = dict(self._values[word] for word in words if word in self._values)
            if len(found) < len(self.aspects) or len(words) != len(self.aspects):
                each = "; ".join(f"{aspect.name}: {', '.join(aspect.values)}" for aspect in self.aspects)
                raise IllegalAct(f"A version has one value of each aspect, joined by hyphens ({each}).")
            spec = tuple(found[place] for place in range(len(self.aspects)))
        return spec

    def version(self, spec: Spec) -> str:
        """A version in words."""
        return "-".join(aspect.values[k] for aspect, k in zip(self.aspects, spec, strict=True))

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """Every version."""
        return tuple(product(*(range(len(aspect.values)) for aspect in self.aspects)))

    @cached_property
    def versions(self) -> tuple[str, ...]:
        """Every version, in words."""
        return tuple(map(self.version, self.specs))

    @property
    def everything(self) -> int:
        """The bit mask of all aspects."""
        return (1 << len(self.aspects)) - 1

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        """Every question."""
        return tuple(Ask(aspect.name) for aspect in self.aspects)

    @cached_property
    def places(self) -> dict[str, int]:
        """Aspect -> its place."""
        return {aspect.name: place for place, aspect in enumerate(self.aspects)}

    @cached_property
    def _specs(self) -> dict[str, Spec]:
        return dict(zip(self.versions, self.specs, strict=True))

    @cached_property
    def _values(self) -> dict[str, tuple[int, int]]:
        return {
            value: (place, number)
            for place, aspect in enumerate(self.aspects)
            for number, value in enumerate(aspect.values)
        }

    def _place(self, name: str, done: int) -> int:
        place = self.places.get(name.lower())
        if place is None:
            raise IllegalAct(f"There is nothing to be settled about that. Still open: {self._listed(done)}.")
        return place

    def _listed(self, done: int) -> str:
        return ", ".join(aspect.name for k, aspect in enumerate(self.aspects) if not done >> k & 1) or "nothing more"
