"""These sellers for a language model: what Negotiation's partner is told and held to."""

from __future__ import annotations

from ...simulated_users.user import Cue
from ..negotiation.guide import GUIDE as _GUIDE
from ..negotiation.guide import NegotiationGuide
from .voice import INSULTED, THINKING, VOICE

_PLAIN = {THINKING: "talk", INSULTED: "walk"}


class SellerGuide(NegotiationGuide):
    """To answer an offer without a price is to talk, and who is offered too little leaves. See `NegotiationGuide`."""

    def _of(self, table: str, slot: str, cue: Cue) -> str:
        return super()._of(table, _PLAIN.get(slot, slot), cue)


GUIDE = SellerGuide(VOICE, _GUIDE.words)
