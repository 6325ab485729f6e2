"""Service: serve a customer with tools, by a policy."""

from typing import Any

FAMILY = "Service"

VARIANTS: dict[str, dict[str, Any]] = {
    "Service-v0": {},
    "ServiceEasy-v0": {"turns": 9, "confirms": 2, "remembers": 0.7, "leave": 0.05},
    "ServiceLarge-v0": {"orders": 3, "turns": 7},
    "ServiceAirline-v0": {"domain": "airline"},
}
