"""Open: dialogues that are written down in a file, and a library of them."""

from typing import Any

FAMILY = "Open"

VARIANTS: dict[str, dict[str, Any]] = {"Open-v0": {}}

LEADERBOARD = None  # its optima hold against a stand-in that a file describes
