"""Persuade: an expert recommends hotels to a traveller who comes back."""

from typing import Any

FAMILY = "Persuade"

VARIANTS: dict[str, dict[str, Any]] = {
    "Persuade-v0": {},
    "PersuadeReviews-v0": {"reviews": True, "rounds": 8},
}
