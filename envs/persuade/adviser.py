"""The expert as a simulated person: whom it lies to, and when, is hidden, and so is how good each hotel is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, get_args

from ...core.acts import Act, Say
from ...core.belief import Belief
from .game import Found, Quality, Recommend, Warn
from .nights import Night, Nights

LIES: dict[str, str] = {
    "honest": "none",
    "puffer": "all",
    "mixer": "40%",
    "committed": "25%",
    "long-con": "none, but all in the last rounds",
    "bait": "none until you have booked twice, then 70%",
    "chastened": "all, until you have slept in a poor hotel that it had recommended; then none",
}
"""Kind -> which poor hotels it recommends."""
MIXES = 0.4
COMMITS = 0.25
SPOILED = 0.7
"""Share of the poor hotels that are recommended by a mixer, by who is committed, and by bait once it has caught."""
CAUGHT = 2
"""Bookings after which bait has caught."""
LAST = 4
"""The last rounds, in which a long con is paid out."""

EXPERTS: tuple[tuple[str, float], ...] = (
    ("honest", 1.5),
    ("puffer", 2.0),
    ("mixer", 0.5),
    ("committed", 0.5),
    ("long-con", 2.5),
    ("bait", 1.0),
    ("chastened", 5.0),
)
"""Kind and weight of those who may be met."""


HOTELS: tuple[Quality, ...] = get_args(Quality)


class Counsel(NamedTuple):
    """What is hidden.

    Attributes:
        kind: One of `LIES`.
        hotel: The one that was spoken of last, ``"good"`` or ``"poor"``; either, before a word of any.
    """

    kind: str
    hotel: Quality = "good"


@dataclass(frozen=True)
class Expert:
    """An expert, and the hotels that it is asked about.

    Hotels are dealt by chance. A good one is always recommended; a poor one is recommended or warned of, as the kind of
    the expert says. Who books learns from the night how the hotel was; of the others nobody tells.

    Args:
        game: The rules.
        chance: How often a hotel is good.
        population: Who may be met.
    """

    game: Nights
    chance: float
    population: tuple[tuple[str, float], ...] = EXPERTS

    def prior(self) -> Belief[Counsel]:
        """Who may be met."""
        return Belief((Counsel(kind, hotel), weight) for kind, weight in self.population for hotel in HOTELS)

    def react(self, hidden: Counsel, state: Night) -> Belief[tuple[Counsel, Act]]:
        """Greet, speak of the next hotel, show how a night was, or say goodbye."""
        if state.mover == "night":
            return Belief.certain((hidden, Found(hidden.hotel)))
        if not 0 <= state.round < self.game.rounds:
            return Belief.certain((hidden, Say()))
        poor, lies = 1.0 - self.chance, self.lies(hidden.kind, state)
        bad = Counsel(hidden.kind, "poor")
        return Belief(
            [
                ((Counsel(hidden.kind, "good"), Recommend()), self.chance),
                ((bad, Recommend()), poor * lies),
                ((bad, Warn()), poor * (1.0 - lies)),
            ]
        )

    def lies(self, kind: str, state: Night) -> float:
        """How likely a poor hotel is to be recommended."""
        return {
            "honest": 0.0,
            "puffer": 1.0,
            "mixer": MIXES,
            "committed": COMMITS,
            "long-con": float(state.round >= self.game.rounds - LAST),
            "bait": SPOILED if state.booked >= CAUGHT else 0.0,
            "chastened": float(not state.caught),
        }[kind]
