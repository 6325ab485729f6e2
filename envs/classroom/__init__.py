"""Classroom: a teacher has a few turns to get a small class to master something."""

from typing import Any

FAMILY = "Classroom"

VARIANTS: dict[str, dict[str, Any]] = {"Classroom-v0": {}}
