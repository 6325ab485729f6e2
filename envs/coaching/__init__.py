"""Coaching: find out what suits a client."""

from typing import Any

FAMILY = "Coaching"

VARIANTS: dict[str, dict[str, Any]] = {
    "Coaching-v0": {},
    "CoachingSmall-v0": {"preset": "small", "cost": 0.03, "reliability": 0.8},
    "CoachingSuggestible-v0": {"preset": "pair", "near": 0.0, "reliability": 0.75, "conformity": 0.6},
}
