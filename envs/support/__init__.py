"""Support: listen to somebody in distress until help is wanted."""

from typing import Any

FAMILY = "Support"

VARIANTS: dict[str, dict[str, Any]] = {
    "Support-v0": {},
    "SupportEasy-v0": {"grows": (0.0, 1.0), "warm": (0.2, 0.8), "hurts": 0.0, "cost": 0.03},
    "SupportHard-v0": {"turns": 7, "grows": (0.1, 0.6)},
}
