"""NegotiationPeople: price bargaining with sellers who answer as people do."""

from typing import Any

FAMILY = "NegotiationPeople"

VARIANTS: dict[str, dict[str, Any]] = {"NegotiationPeople-v0": {}}
