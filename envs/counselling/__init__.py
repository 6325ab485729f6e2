"""Counselling: motivational interviewing with a client who may not want to change yet."""

from typing import Any

FAMILY = "Counselling"

VARIANTS: dict[str, dict[str, Any]] = {
    "Counselling-v0": {},
    "CounsellingEasy-v0": {"turns": 8, "receptive": 0.6, "opens": 0.85, "resolves": 0.9},
    "CounsellingHard-v0": {"contemplating": 0.2, "receptive": 0.3, "opens": 0.6},
}
