"""Tutoring: a chain of skills, and a student who has mastered some of it."""

from typing import Any

FAMILY = "Tutoring"

VARIANTS: dict[str, dict[str, Any]] = {
    "Tutoring-v0": {},
    "TutoringEasy-v0": {
        "turns": 7,
        "kinds": (("both", 1.0, 0.7, 0.9),),
        "guess": 0.05,
        "explain_cost": 0.05,
        "example_cost": 0.08,
    },
    "TutoringHard-v0": {
        "skills": 4,
        "mastery": (0.40, 0.30, 0.15, 0.10, 0.05),
        "slip": 0.10,
        "guess": 0.25,
        "explain_cost": 0.06,
        "example_cost": 0.08,
    },
    "TutoringUnmarked-v0": {"marked": False},
}
