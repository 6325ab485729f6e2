"""Alternating: two people take turns to propose how to share a pot that shrinks."""

from typing import Any

FAMILY = "Alternating"

VARIANTS: dict[str, dict[str, Any]] = {"Alternating-v0": {}}
