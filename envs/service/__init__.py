"""Service: serve a customer with tools, by a policy."""

from typing import Any

FAMILY = "Service"

VARIANTS: dict[str, dict[str, Any]] = {
    "Service-v0": {},
    "ServiceEasy-v0": {"turns": 9, "confirms": 2, "remembers": 0.7, "leave": 0.05},
    "ServiceHard-v0": {
        "turns": 7,
        "remembers": 0.5,
        "flexible": 0.9,
        "slip": 0.3,
        "harm": 1.0,
        "barred": 0.1,
        "impostors": 0.08,
    },
    "ServiceLarge-v0": {"orders": 3, "turns": 7},
    "ServiceAirline-v0": {"domain": "airline"},
}
