"""CarDealer: sell a car to a buyer of hidden budget, taste and temper."""

from typing import Any

FAMILY = "CarDealer"

VARIANTS: dict[str, dict[str, Any]] = {"CarDealer-v0": {}}
