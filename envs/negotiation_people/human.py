"""Bargains between people, read as for Negotiation and held against these sellers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...core.acts import Act, Say
from ..human_data import Course, Talk
from ..negotiation.game import TICKS, Offer
from ..negotiation.human import ALPHABET, in_ticks
from ..negotiation.human import HUMAN as _HUMAN
from ..negotiation.human import LOWEST as CHEAPEST
from .game import StandingAsk, Talks
from .mind import People

ROUNDS = 20
"""People have no deadline, and the types were fitted without one: it is put where hardly anybody comes."""


def course(family: Any, talk: Talk, acts: Sequence[tuple[str, Act]]) -> Course:
    """The bargain at a list price of `TICKS`, from the advertisement on: prices come to the nearest tick."""
    game = StandingAsk(TICKS, "seller", (None, None), ROUNDS)
    start = Talks(0, "buyer", TICKS, TICKS)
    return Course(game, People(game, family.leaves), "seller", start, in_ticks(talk, acts), ALPHABET, _coarse)


def _coarse(act: Act) -> tuple[Act, int]:
    """Such a seller names every tick. The list price is only talk."""
    if not isinstance(act, Offer):
        return act, 1
    return (Say() if act.price >= TICKS else Offer(max(CHEAPEST, act.price))), 1


HUMAN = _HUMAN._replace(course=course)
