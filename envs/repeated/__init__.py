"""Repeated: a game of two options each, round after round with the same person, with a word before each round."""

from typing import Any

FAMILY = "Repeated"

VARIANTS: dict[str, dict[str, Any]] = {
    "Repeated-v0": {},
    "RepeatedDilemma-v0": {"game": "dilemma"},
    "RepeatedBattle-v0": {"game": "battle"},
}
