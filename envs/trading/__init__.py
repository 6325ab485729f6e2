"""Trading: work an order with a dealer of hidden position and style."""

from typing import Any

FAMILY = "Trading"

VARIANTS: dict[str, dict[str, Any]] = {"Trading-v0": {}}
