"""Repeated: a game of two or three options each, round after round, with a word before each."""

from typing import Any

FAMILY = "Repeated"

VARIANTS: dict[str, dict[str, Any]] = {
    "Repeated-v0": {},
    "RepeatedDilemma-v0": {"game": "dilemma"},
    "RepeatedBattle-v0": {"game": "battle"},
    "RepeatedHands-v0": {"game": "hands", "rounds": 8, "talk": False},
}
