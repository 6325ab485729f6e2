"""Persuade: an expert recommends hotels to a traveller who comes back; either seat can learn."""

from typing import Any

FAMILY = "Persuade"

VARIANTS: dict[str, dict[str, Any]] = {
    "Persuade-v0": {"role": "expert"},
    "PersuadeReviews-v0": {"role": "expert", "reviews": True, "rounds": 8},
    "PersuadeBuyer-v0": {"role": "traveller", "rounds": 8, "chance": 0.5, "loss": 2.0},
}
