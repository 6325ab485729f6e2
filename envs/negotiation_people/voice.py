"""The words of these sellers: those of Negotiation, and some for who names no price, or leaves before the end."""

from __future__ import annotations

from ...simulated_users.phrase_bank import PhraseVoice
from ...simulated_users.user import Cue
from ..content import content
from ..negotiation.game import TICKS
from ..negotiation.voice import VOICE as _VOICE
from ..negotiation.voice import WORDS as _WORDS
from .game import LOWBALL

THINKING = "thinking"
"""Slot of the words that answer an offer and name no price."""
INSULTED = "insulted"
"""Slot of the words that leave at an offer below `LOWBALL`; Negotiation's sellers leave only when time is up."""

_MORE = content(__file__, "phrases.toml")["bank"]


def _describe(cue: Cue) -> tuple[str, tuple, str]:
    slot, values, otherwise = _VOICE.describe(cue)
    offer = cue.before.standing
    if offer is not None and slot == "talk":
        slot = THINKING
    elif offer is not None and slot == "walk" and offer * TICKS < LOWBALL * cue.public.list_price:
        slot = INSULTED
    return slot, values, otherwise


VOICE = PhraseVoice(
    {persona: {**slots, **_MORE[persona]} for persona, slots in _WORDS["bank"].items()},
    _WORDS["fields"],
    _describe,
    _WORDS["topics"],
)
