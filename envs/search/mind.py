"""Who searches: users with one need behind an ambiguous query, of whom some have no patience for questions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ...core.acts import Act, Say
from ...core.belief import Belief
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

POPULARITY = ((0.5, 0.3, 0.2), (0.5, 0.3, 0.2), (0.6, 0.4))
"""How likely each value of each facet is wanted; the facets are independent."""
STUBBORN = 0.1  # share of the impatient whom an explanation leaves as they are
_SAY, _LEAVE, _CONFIRM = Say(), Leave(), Confirm()


class Manner(NamedTuple):
    """How a user behaves.

    Attributes:
        answers: Answers a clarifying question.
        asked: Leaves after a clarifying question.
        told: Leaves after an explanation.
        reacts: Says of a search whether it is for what the user means, and what that is.
        misled: Leaves after a search for something else.
    """

    answers: float
    asked: float
    told: float
    reacts: float
    misled: float


READY = Manner(0.95, 0.0, 0.4, 0.6, 0.0)
HURRIED = Manner(0.3, 0.3, 0.0, 0.2, 0.1)


class Need(NamedTuple):
    """What is hidden: the page that would be best, and the kind of user. Neither ever changes."""

    page: Page
    kind: str


@dataclass(frozen=True)
class Searcher:
    """A user who wants one page. It is *ready*, *impatient*, or *stubborn*, which is impatient for good.

    Whoever is ready answers questions, and has no time for explanations. Whoever is impatient seldom answers and often
    leaves, but behaves as if ready once it was told why it is asked.

    Args:
        game: The rules.
        impatient: Share of users who are impatient or stubborn.
    """

    game: Desk
    impatient: float

    def prior(self) -> Belief[Need]:
        """Needs are as likely as their values; the kind has nothing to do with them."""
        hurried = self.impatient
        kinds = {"ready": 1 - hurried, "impatient": hurried * (1 - STUBBORN), "stubborn": hurried * STUBBORN}
        return Belief(
            (Need(page, kind), share * self.likely[page]) for page in PAGES for kind, share in kinds.items() if share
        )

    def react(self, hidden: Need, state: Session) -> Belief[tuple[Need, Act]]:
        """Answer a question, react to a search or an explanation; something to say if it was nothing."""
        topic = state.topic
        calm = hidden.kind == "ready" or (hidden.kind == "impatient" and state.explained)
        manner = READY if calm else HURRIED
        if isinstance(topic, Clarify):
            value, stays = hidden.page[FACETS.index(topic.facet)], 1.0 - manner.asked
            return Belief(
                {
                    (hidden, _LEAVE): manner.asked,
                    (hidden, Tell(value)): stays * manner.answers,
                    (hidden, Tell(UNSURE)): stays * (1.0 - manner.answers),
                }
            )
        if isinstance(topic, Explain):
            leaves = READY.told if hidden.kind == "ready" else HURRIED.told
            return Belief({(hidden, _LEAVE): leaves, (hidden, _SAY): 1.0 - leaves})
        if isinstance(topic, Search):
            right = int(hidden.page[0])
            reaction, leaves = (_CONFIRM, 0.0) if topic.meaning == right else (Correct(right), manner.misled)
            said = (1.0 - leaves) * manner.reacts
            return Belief({(hidden, _LEAVE): leaves, (hidden, reaction): said, (hidden, _SAY): 1.0 - leaves - said})
        return Belief.certain((hidden, _SAY))

    def candidates(self, state: Session, support: tuple[Need, ...]) -> Iterator[Act]:
        """What can help: no search for a meaning that is ruled out, and nothing but a show in the last turn.

        Talk gains nothing: whatever follows it could be done at once, and the turn that is saved be spared at the end.
        """
        if state.sought:
            yield Show()
        left = self.game.turns - state.turn
        if left > 1:
            yield from (Clarify(facet) for facet, fact in zip(FACETS, state.facts, strict=True) if not fact)  # type: ignore
            if not state.explained:
                yield Explain()
            meanings = sorted({int(need.page[0]) for need in support})
            yield from (Search(meaning) for meaning in meanings if meaning != state.sought)
        yield Stop()

    @cached_property
    def likely(self) -> dict[Page, float]:
        """Page -> how likely it is wanted."""
        places = [dict(zip(values, shares, strict=True)) for values, shares in zip(VALUES, POPULARITY, strict=True)]
        return {page: math.prod(place[value] for place, value in zip(places, page, strict=True)) for page in PAGES}
