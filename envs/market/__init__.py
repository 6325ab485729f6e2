"""Market: an assistant asks, checks, haggles with and buys from several sellers for a customer."""

from typing import Any

FAMILY = "Market"

VARIANTS: dict[str, dict[str, Any]] = {"Market-v0": {}}
