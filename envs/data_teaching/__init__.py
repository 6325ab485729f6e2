"""Data teaching: choose each round which training data a model in training gets, and find out what it lacks."""

from typing import Any

FAMILY = "DataTeaching"

VARIANTS: dict[str, dict[str, Any]] = {"DataTeaching-v0": {}}
