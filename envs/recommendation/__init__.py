"""Recommendation: ask what a guest wants, or show a place."""

from typing import Any

FAMILY = "Recommendation"

VARIANTS: dict[str, dict[str, Any]] = {
    "Recommendation-v0": {},
    "RecommendationClassic-v0": {"rewards": "unicorn", "guests": "plain"},
    "RecommendationLarge-v0": {
        "catalogue": "region",
        "rewards": "unicorn",
        "guests": "plain",
        "turns": 15,
        "length": 3,
    },
}
