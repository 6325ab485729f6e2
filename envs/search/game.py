"""Search: clarify an ambiguous query, search for one of its meanings, and show what was found. The rules."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Literal, NamedTuple, get_args

from ...core.acts import Act, IllegalAct, Say
from ...core.states import replaceable

SEATS = ("assistant", "user")
UNSURE = "unsure"
"""In place of a value: the user did not say."""

Facet = Literal["meaning", "aspect", "depth"]
FACETS: tuple[str, ...] = get_args(Facet)
VALUES = (("1", "2", "3"), ("history", "pictures", "news"), ("brief", "thorough"))
"""The values of each facet; meanings are numbered, since each query has its own."""
WEIGHTS = (1.0, 0.7, 0.4)
"""Importance of each facet: the rewards of IntentionGym for details of high, medium and low importance."""
LENGTH = 3  # pages in a list

Page = tuple[str, ...]
PAGES: tuple[Page, ...] = tuple(product(*VALUES))


@dataclass(frozen=True, slots=True)
class Clarify(Act):
    """Ask a clarifying question about one facet."""

    facet: Facet


@dataclass(frozen=True, slots=True)
class Explain(Act):
    """Tell the user why a question or two will save it time."""


@dataclass(frozen=True, slots=True)
class Search(Act):
    """Search for one meaning of the query; the user can see which."""

    meaning: int


@dataclass(frozen=True, slots=True)
class Show(Act):
    """Show the three best pages of what was found; it ends the dialogue."""


@dataclass(frozen=True, slots=True)
class Stop(Act):
    """Give up; it ends the dialogue."""


@dataclass(frozen=True, slots=True)
class Tell(Act):
    """The user's answer: a value, or `UNSURE`."""

    value: str


@dataclass(frozen=True, slots=True)
class Confirm(Act):
    """What is being searched for is what the user means."""


@dataclass(frozen=True, slots=True)
class Correct(Act):
    """What is being searched for is not what the user means, but this."""

    meaning: int


@dataclass(frozen=True, slots=True)
class Leave(Act):
    """The user loses patience."""


ACTS = (Clarify, Explain, Search, Show, Stop)


@replaceable
class Session(NamedTuple):
    """Public state.

    Attributes:
        turn: Turns that the assistant has had.
        mover: Whose turn it is; ``None`` when the dialogue is over.
        facts: What the user has said of each facet: a value, `UNSURE`, or ``""`` if that is open.
        sought: The meaning that was searched for last; 0 if none was.
        explained: Whether the assistant has told why it asks.
        cents: What questions and searches have cost, in hundredths.
        topic: What the user reacts to now.
        shown: Pages that were shown at the end.
        ending: ``""`` while it goes on, then ``"shown"``, ``"left"``, ``"stopped"`` or ``"limit"``.
    """

    turn: int = 0
    mover: str | None = "user"
    facts: tuple[str, ...] = ("", "", "")
    sought: int = 0
    explained: bool = False
    cents: int = 0
    topic: Act | None = None
    shown: tuple[Page, ...] = ()
    ending: str = ""


QUESTION = 6
"""What a question costs, in hundredths; so with the next two."""
EXPLANATION = 2
SEARCH = 20


@dataclass(frozen=True)
class Desk:
    """Questions and searches until pages are shown, the user leaves, the assistant stops, or the turns are over.

    A facet can be asked about once, and again after an explanation and after the first search if the user did not say.

    Args:
        turns: Turns that the assistant has, the show included.
    """

    turns: int = 6

    seats = SEATS

    def start(self) -> Session:
        """Nobody has spoken; the user is to open with its query."""
        return Session()

    def mover(self, state: Session) -> str | None:
        """Whose turn it is."""
        return state.mover

    def apply(self, state: Session, seat: str, act: Act) -> Session:
        """The state after `act`.

        Raises:
            IllegalAct: If it is not possible; the message is said to the actor.
        """
        return _answered(self, state, act) if seat == SEATS[1] else self._done(state, act)

    def choices(self, state: Session, seat: str) -> Iterator[Act]:
        """Every open question, an explanation, every other search, a show after a search, to stop, and talk."""
        if state.sought:
            yield Show()
        yield from (Clarify(facet) for facet, fact in zip(FACETS, state.facts, strict=True) if not fact)  # type: ignore
        if not state.explained:
            yield Explain()
        yield from (Search(k) for k in (1, 2, 3) if k != state.sought)
        yield Stop()
        yield Say()

    def payoff(self, state: Session, seat: str, hidden: Any = None) -> float:
        """nDCG@3 of what was shown, less the costs."""
        return (ndcg(state.shown, hidden.page) if state.shown else 0.0) - state.cents / 100

    def _done(self, state: Session, act: Act) -> Session:
        after = state._replace(turn=state.turn + 1, mover="user", topic=act)
        if isinstance(act, Say):
            return after._replace(topic=None)
        if isinstance(act, Stop):
            return after._replace(mover=None, topic=None, ending="stopped")
        if isinstance(act, Show):
            if not state.sought:
                raise IllegalAct("You have not searched yet; there is nothing to show.")
            return after._replace(mover=None, topic=None, shown=ranked(state.facts, state.sought), ending="shown")
        if isinstance(act, Explain):
            if state.explained:
                raise IllegalAct("You have told me that already.")
            return after._replace(explained=True, facts=_again(state.facts), cents=state.cents + EXPLANATION)
        if isinstance(act, Search):
            if not 1 <= act.meaning <= 3:
                raise IllegalAct("The meanings are 1, 2 and 3.")
            if act.meaning == state.sought:
                raise IllegalAct("You have just searched for that.")
            facts = state.facts if state.sought else _again(state.facts)
            return after._replace(sought=act.meaning, facts=facts, cents=state.cents + SEARCH)
        if isinstance(act, Clarify):
            if state.facts[FACETS.index(act.facet)]:
                raise IllegalAct(f"You have asked me about the {act.facet}.")
            return after._replace(cents=state.cents + QUESTION)
        raise IllegalAct(
            "You can ask about the meaning, the aspect or the depth, explain, search, show, stop, or talk."
        )


def _again(facts: tuple[str, ...]) -> tuple[str, ...]:
    """What was not answered can be asked again."""
    return tuple("" if fact == UNSURE else fact for fact in facts)


def _answered(game: Desk, state: Session, act: Act) -> Session:
    topic, over = state.topic, state.turn >= game.turns
    after = state._replace(mover=None if over else SEATS[0], topic=None, ending="limit" if over else "")
    if isinstance(act, Leave):
        return after._replace(mover=None, ending="left")
    if isinstance(act, Tell) and isinstance(topic, Clarify):
        place = FACETS.index(topic.facet)
        if act.value not in (*VALUES[place], UNSURE):
            raise IllegalAct(f"The values of the {topic.facet} are {', '.join(VALUES[place])}.")
        return after._replace(facts=(*state.facts[:place], act.value, *state.facts[place + 1 :]))
    if isinstance(topic, Search) and isinstance(act, (Confirm, Correct)):
        meaning = topic.meaning if isinstance(act, Confirm) else act.meaning
        if isinstance(act, Correct) and (act.meaning == topic.meaning or not 1 <= act.meaning <= 3):
            raise IllegalAct("A correction names another of the meanings 1, 2 and 3.")
        return after._replace(facts=(str(meaning), *state.facts[1:]))
    if isinstance(act, Say):
        return after
    raise IllegalAct("A user answers what it is asked, confirms or corrects a search, talks, or leaves.")


@cache
def ranked(facts: tuple[str, ...], index: int) -> tuple[Page, ...]:
    """The three pages that are shown: of the meaning that was searched for, by importance of the facts that they meet.

    Among pages that meet the same, the order of `PAGES` decides: the likelier values come first.
    """
    found = [page for page in PAGES if page[0] == str(index)]
    met = {page: sum(w for w, fact, value in zip(WEIGHTS, facts, page, strict=True) if fact == value) for page in found}
    return tuple(sorted(found, key=lambda page: -met[page])[:LENGTH])


def gain(wanted: Page, page: Page) -> float:
    """Gain of a page: 0 for another meaning, else 2 to the power of its grade, less 1.

    The grade is the importance of the facets that it meets, scaled so that a page that meets all has grade 3.
    """
    if page[0] != wanted[0]:
        return 0.0
    met = sum(w for w, one, other in zip(WEIGHTS, wanted, page, strict=True) if one == other)
    return 2.0 ** (3.0 * met / sum(WEIGHTS)) - 1.0


@cache
def ndcg(shown: tuple[Page, ...], wanted: Page) -> float:
    """Normalised discounted cumulative gain of a list of three (Järvelin and Kekäläinen 2002)."""
    best = sorted((gain(wanted, page) for page in PAGES), reverse=True)[:LENGTH]
    return _dcg([gain(wanted, page) for page in shown]) / _dcg(best)


def _dcg(gains: list[float]) -> float:
    return sum(value / math.log2(rank + 2) for rank, value in enumerate(gains))
