"""Drafting: write what somebody wants who has said only half of it."""

from typing import Any

FAMILY = "Drafting"

VARIANTS: dict[str, dict[str, Any]] = {
    "Drafting-v0": {},
    "DraftingVague-v0": {"examples": True},
    "DraftingGraded-v0": {"partial": 0.5},
    "DraftingFunction-v0": {"preset": "function"},
    "DraftingTrip-v0": {"preset": "trip", "turns": 7, "show_cost": 0.05, "unseen": 0.8},
}
