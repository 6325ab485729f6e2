"""Division: bargaining over several issues at once, with hidden preferences."""

from typing import Any

FAMILY = "Division"

VARIANTS: dict[str, dict[str, Any]] = {
    "Division-v0": {},
    "DivisionCamp-v0": {"kind": "camp"},
    "DivisionJob-v0": {"kind": "job"},
}
