"""Negotiation: price bargaining over one item."""

from typing import Any

FAMILY = "Negotiation"

VARIANTS: dict[str, dict[str, Any]] = {
    "Negotiation-v0": {},
    "NegotiationEasy-v0": {"population": "easy", "discount": 0.98, "values": (17, 19, 21, 23)},
    "NegotiationHard-v0": {"population": "hard", "rounds": 9, "discount": 0.93, "values": (14, 15, 16)},
}
