"""Expert and traveller both learn: what each is told, and the hotels that the office deals."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from ...core.acts import Act
from ...core.belief import Belief
from ...core.duel import Seats
from ...core.mind import Mind
from ...core.stream import Stream
from .game import WARNING, Deal, Trips, Visit
from .tours import TOURS
from .voice import BOOKING_GRAMMAR, PLAIN_GRAMMAR, REVIEW_GRAMMAR, WARNED


def seats(game: Trips, scenario: Any, task: str, guest: Mind, stream: Stream) -> Seats:
    """The game for both.

    Args:
        game: Its rules, with the loss of a traveller who learns.
        scenario: Tour and name.
        task: What the expert is told.
        guest: The mind of a traveller who does not learn.
        stream: The hotels are drawn from it.
    """
    shares = Belief((name, hotel.share) for name, hotel in game.stock)
    dealt = [shares.sample(stream) for _ in range(game.rounds)]
    briefs = {
        seat: f"{told} What binds is one tag a message: {grammar.help()}."
        for seat, told, grammar in (
            ("expert", task, REVIEW_GRAMMAR if game.reviews else PLAIN_GRAMMAR),
            ("traveller", _asked(game, scenario), BOOKING_GRAMMAR),
        )
    }

    def tool(state: Visit) -> Act:
        return game.night(state) if state.mover == "night" else Deal(dealt[state.round])

    def named(state: Visit) -> Hashable:
        """Whose turn it is, and what plain words can name; see `understand_either`."""
        if state.mover == "traveller":
            known = WARNED if state.shown == WARNING else ""
        else:
            known = state.hotel if game.reviews else ""
        return state.mover or "", (scenario.tour, state.round, known)

    return Seats(game, briefs, dict.fromkeys(briefs, scenario), named, tool, {"traveller": guest})


def _asked(game: Trips, scenario: Any) -> str:
    """What the traveller is told."""
    says = "shows you one of three reviews" if game.reviews else "recommends or warns of it, or says nothing"
    return (
        f"You are {scenario.name} and travel along {TOURS[scenario.tour].called}, a town a night, {game.rounds} "
        f"nights. In each town you hear of one hotel: an expert, who alone is told how good it is, {says}. You book it "
        f"or pass; {game.chance:.0%} of all hotels are good. After each night you hear how the hotel was. A good one "
        f"in which you slept is worth 1 point, another one costs {game.loss:g}; your score is the sum, divided by "
        f"{game.rounds}. The expert scores the share of the hotels that you book. First say hello."
    )
