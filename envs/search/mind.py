"""Who searches: users with one need behind an ambiguous query, of whom some have no patience for questions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
from ...core.states import replaceable
from .game import (
    FACETS,
    PAGES,
    UNSURE,
    VALUES,
    Clarify,
    Confirm,
    Correct,
    Desk,
    Explain,
    Leave,
    Page,
    Search,
    Session,
    Show,
    Stop,
    Tell,
)

POPULARITY = ((0.45, 0.3, 0.25), (0.4, 0.3, 0.3), (0.5, 0.5))
"""How likely each value of each facet is wanted; the facets are independent."""
TIRING = 4
_SAY, _LEAVE, _CONFIRM = Say(), Leave(), Confirm()


@replaceable
class Manner(NamedTuple):
    """How a user behaves.

    Attributes:
        meaning: Answers a question about the meaning.
        detail: Answers a question about the aspect or the depth.
        asked: Leaves after a question.
        confirms: Says of a search for what the user means that it is right.
        corrects: Says of another search what the user means.
        misled: Leaves after a search for something else.
        tires: Leaves after any turn, whatever it was, from turn `TIRING` on.
    """

    meaning: float
    detail: float
    asked: float
    confirms: float
    corrects: float
    misled: float
    tires: float


READY = Manner(1.0, 1.0, 0.0, 0.8, 0.8, 0.1, 0.3)
IMPATIENT = Manner(0.5, 0.1, 0.5, 0.6, 0.0, 0.1, 0.0)
BROWSING = Manner(0.4, 0.3, 0.4, 0.8, 0.8, 0.0, 0.4)
_MANNERS = {"ready": READY, "impatient": IMPATIENT, "browsing": BROWSING}


@replaceable
class Need(NamedTuple):
    """What is hidden: the page that would be best, and the kind of user. Neither ever changes."""

    page: Page
    kind: str


@dataclass(frozen=True)
class Searcher:
    """A user who wants one page. It is *ready*, *impatient* or *browsing*, and behaves as `Manner` says.

    Whoever is ready answers questions. Whoever is impatient seldom does and often leaves, but behaves as if ready once
    it was told why it is asked. Whoever is browsing has to see something first: once there was a search, it answers as
    if ready, and leaves after a question no more than that.

    Args:
        game: The rules.
        impatient: Share of users who are impatient.
        browsing: Share of users who are browsing.
    """

    game: Desk
    impatient: float
    browsing: float

    def prior(self) -> Belief[Need]:
        """Needs are as likely as their values; the kind has nothing to do with them."""
        kinds = {"ready": 1 - self.impatient - self.browsing, "impatient": self.impatient, "browsing": self.browsing}
        return Belief(
            (Need(page, kind), share * self.likely[page])
            for page in PAGES
            for kind, share in kinds.items()
            if share > 1e-9
        )

    def react(self, hidden: Need, state: Session) -> Belief[tuple[Need, Act]]:
        """Answer a question, react to a search or an explanation; something to say if it was nothing."""
        topic, manner = state.topic, self.manner(hidden.kind, state)
        answers: dict[Act, float] = {_SAY: 1.0}
        leaves = 0.0
        if isinstance(topic, Clarify):
            value, place = hidden.page[FACETS.index(topic.facet)], topic.facet == "meaning"
            told = manner.meaning if place else manner.detail
            leaves = manner.asked
            answers = dict[Act, float]({Tell(value): told, Tell(UNSURE): 1.0 - told})
        elif isinstance(topic, Search):
            right = int(hidden.page[0])
            if topic.meaning == right:
                answers = {_CONFIRM: manner.confirms, _SAY: 1.0 - manner.confirms}
            else:
                leaves, answers = manner.misled, {Correct(right): manner.corrects, _SAY: 1.0 - manner.corrects}
        if state.turn >= TIRING:
            leaves = 1.0 - (1.0 - leaves) * (1.0 - manner.tires)
        said = [((hidden, act), (1.0 - leaves) * p) for act, p in answers.items()]
        return Belief([((hidden, _LEAVE), leaves), *said])

    def manner(self, kind: str, state: Session) -> Manner:
        """How a user of a kind behaves, in a state in which it is to speak."""
        own = _MANNERS[kind]
        if (kind == "impatient" and state.explained) or (kind == "browsing" and state.sought):
            return own._replace(meaning=READY.meaning, detail=READY.detail, asked=READY.asked)
        return own

    def candidates(self, state: Session, support: tuple[Need, ...]) -> Iterator[Act]:
        """What can help: no search for a meaning that is ruled out, and nothing that leaves no time to use it.

        A question needs time for a show after it, an explanation for a question too, and both for a search if none was.

        Talk gains nothing: whatever follows it could be done at once, and the turn that is saved be spared at the end.
        """
        if state.sought:
            yield Show()
        left = self.game.turns - state.turn - (not state.sought)  # turns but for a first search
        if left > 1:
            yield from (Clarify(facet) for facet, fact in zip(FACETS, state.facts, strict=True) if not fact)  # type: ignore
        if left > 2 and not state.explained:
            yield Explain()
        if self.game.turns - state.turn > 1:
            meanings = sorted({int(need.page[0]) for need in support})
            yield from (Search(meaning) for meaning in meanings if meaning != state.sought)
        yield Stop()

    @cached_property
    def likely(self) -> dict[Page, float]:
        """Page -> how likely it is wanted."""
        places = [dict(zip(values, shares, strict=True)) for values, shares in zip(VALUES, POPULARITY, strict=True)]
        return {page: math.prod(place[value] for place, value in zip(places, page, strict=True)) for page in PAGES}
