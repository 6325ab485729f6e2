"""Donor: gifts among strangers who know of each other only what they last gave."""

from typing import Any

FAMILY = "Donor"

VARIANTS: dict[str, dict[str, Any]] = {
    "Donor-v0": {},
    "DonorLong-v0": {"rounds": 7},
}
