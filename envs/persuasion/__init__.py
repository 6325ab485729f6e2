"""Persuasion: win a small donation for a good cause, with honest facts."""

from typing import Any

FAMILY = "Persuasion"

VARIANTS: dict[str, dict[str, Any]] = {
    "Persuasion-v0": {},
    "PersuasionProfile-v0": {"profile": 0.7},
}
