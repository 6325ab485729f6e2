"""Guessing: find out what somebody is thinking of."""

from typing import Any

FAMILY = "Guessing"

VARIANTS: dict[str, dict[str, Any]] = {
    "Riddle-v0": {},
    "TwentyQuestions-v0": {"preset": "things", "turns": 20, "cost": 0.05},
    "GuessCity-v0": {"preset": "cities", "turns": 20, "cost": 0.05},
    "Rule-v0": {"preset": "rule", "turns": 5, "cost": 0.1},
}
