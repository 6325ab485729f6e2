"""GuidedSolving: help a student with a problem, and give away as little as can be."""

from typing import Any

FAMILY = "GuidedSolving"

VARIANTS: dict[str, dict[str, Any]] = {
    "GuidedSolving-v0": {},
    "GuidedSolvingEasy-v0": {"population": "easy"},
    "GuidedSolvingHard-v0": {"population": "hard", "leak": "hard", "leak_weight": 0.3},
}
