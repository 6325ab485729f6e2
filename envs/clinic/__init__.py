"""Clinic: ask, test, reassure; then prescribe safely, or refer."""

from typing import Any

FAMILY = "Clinic"

VARIANTS: dict[str, dict[str, Any]] = {
    "Clinic-v0": {},
    "ClinicEasy-v0": {"guarded": 0.0, "wrong": 0.25},
    "ClinicHard-v0": {"risk": 0.4, "harm": 1.5, "refer": 0.4},
    "ClinicLarge-v0": {"preset": "large", "turns": 14, "cost": 0.005, "test_cost": 0.02},
}
