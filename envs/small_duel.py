"""Small games between learners who have no private facts, in which best responses are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..core.acts import Act
from ..core.belief import Belief
from ..core.dialogue import Dialogue
from ..core.duel import Remembered, SmallDuel, seat_dialogue
from ..core.stream import Stream
from ..simulated_users.user import Cue
from .base import Family


def open_duel(family: Family, menu: Callable[[Any, str], Sequence[Act]], seed: int = 0) -> SmallDuel:
    """What `Family.duel` draws, with fewer acts to choose from.

    The number of courses grows as the number of acts to the power of turns.

    Args:
        family: A family in which the seats that learn have no private facts.
        menu: The acts of a person in a state, all of them legal.
        seed: Of the draw.
    """
    assert family.duel is not None
    both = family.duel(Stream(np.random.default_rng(seed)))

    def some(state: Any, seat: str) -> Sequence[Act]:
        return [both.tool(state)] if both.tool and seat in family.tools else menu(state, seat)

    def printed(seat: str, act: Act, state: Any) -> str:
        public = next(iter(both.scenarios.values())).public
        return family.tools[seat](Cue(act, seat, public, "", "", False, "", "", state))

    def dialogue(seat: str, private: None) -> Dialogue:
        return seat_dialogue(both.game, seat, both.scenarios[seat], both.briefs[seat])

    game = Remembered(both.game, some)
    seats = family.people_seats
    privates: dict[str, Belief] = {seat: Belief.certain(None) for seat in seats}
    return SmallDuel(seats, privates, lambda seat, private: game, dialogue, family.grammar, both.context, printed)
