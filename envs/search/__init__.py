"""Search: an ambiguous query; clarify it, or search and show what was found."""

from typing import Any

FAMILY = "Search"

VARIANTS: dict[str, dict[str, Any]] = {"Search-v0": {}, "SearchPatient-v0": {"impatient": 0.0, "browsing": 0.0}}
