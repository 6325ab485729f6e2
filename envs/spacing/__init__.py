"""Spacing: which flashcard to review next."""

from typing import Any

FAMILY = "Spacing"

VARIANTS: dict[str, dict[str, Any]] = {
    "Spacing-v0": {},
    "SpacingSmall-v0": {"cards": 3, "sessions": 2, "turns": 4, "pause": 3, "exam": 16, "cost": 0.015},
}

LEADERBOARD = "SpacingSmall-v0"
