"""Rumour: moderate what a town tells itself, before one knows whether it is true."""

from typing import Any

FAMILY = "Rumour"

VARIANTS: dict[str, dict[str, Any]] = {"RumourSmall-v0": {}, "Rumour-v0": {"size": 10_000, "days": 5}}
